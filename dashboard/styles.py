"""The style of all pages, in the HTML that loads Streamlit: it is there before anything is drawn.

Streamlit loads the part that applies a page's own style last, so that everything would move once more.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dashboard.i18n import languages, t
from dashboard.preferences import use_language

__all__ = ["ratio_key", "stylesheet", "upload_key"]

_HERE = Path(__file__).parent

_STEPS = 50
"""Steps per 1 in which the ratio of a picture is known before it is loaded."""

_NARROWEST, _WIDEST = 10, 200
"""In steps."""

_RATIO = ".st-key-{key},.st-key-{key} img{{aspect-ratio:auto {ratio:.2f}}}"

_UPLOADERS = {
    "photo": "photo.upload",
    "files": "audit_start.upload_files",
    "folder": "audit_start.upload_folder",
    "resume": "audit_start.upload_resume",
    "model": "own.upload",
}
"""What is uploaded -> key of its button's label."""

_UPLOAD = '.st-key-{key}{{--upload-label:"{words}"}}'
"""Streamlit's own label of the button is English in every language."""


@cache
def stylesheet() -> str:
    """The style sheets beside widgets and pages, and a rule for each ratio of a picture and each language."""
    files = [*sorted(_HERE.glob("widgets/*.css")), *sorted(_HERE.glob("views/*/style.css"))]
    ratios = [
        _RATIO.format(key=_key(steps), ratio=steps / _STEPS) for steps in range(_NARROWEST, _WIDEST + 1)
    ]
    labels = [_upload_label(code, what) for code in languages() for what in _UPLOADERS]
    return "\n".join([*labels, *(file.read_text(encoding="utf-8") for file in files), *ratios])


def ratio_key(width: int, height: int) -> str:
    """Key of a container for a picture of this many pixels, which has its size before the picture is loaded.

    A page can have one picture of each ratio in such a container.
    """
    return _key(min(max(round(_STEPS * width / height), _NARROWEST), _WIDEST))


def upload_key(language: str, what: str = "photo") -> str:
    """Key of the container of an uploader whose button is labelled in ``language``.

    Args:
        language: of the page.
        what: is uploaded: one of ``_UPLOADERS``.
    """
    return f"upload-{what}-in-{language}"


def _upload_label(language: str, what: str) -> str:
    with use_language(language):
        return _UPLOAD.format(key=upload_key(language, what), words=t(_UPLOADERS[what]))


def _key(steps: int) -> str:
    return f"photo-picture-{steps}"
