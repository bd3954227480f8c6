"""The strip of edited faces: thumbnails, each with the edit and the model's new answer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from dashboard.text.edited_faces import EditWords, edited_faces
from xai.evidence_types import Evidence
from xai.photo.images import encode_jpeg

__all__ = ["show"]

_STYLE = Path(__file__).with_suffix(".css")

_STRIP = '<div class="edited-faces-box"><p>{title}</p><ul class="edited-faces">{faces}</ul></div>'
_FACE = (
    '<li class="{kind}"><figure><img src="data:image/jpeg;base64,{data}" alt="{alt}">'
    "<figcaption>{lines}</figcaption></figure></li>"
)
_LINE = '<span class="{kind}">{words}</span>'


def show(evidence: Evidence) -> None:
    """Draw the strip: first the faces that should change the answer, then those that should not."""
    shown = edited_faces(evidence)
    if shown:
        st.html(_STYLE)
    for title, faces in shown.items():
        st.html(_drawn(title, faces))


def _drawn(title: str, faces: Sequence[EditWords]) -> str:
    """A heading with its faces as self-contained HTML; the browser wraps the row."""
    return _STRIP.format(title=escape(title), faces="".join(map(_face, faces)))


def _face(shown: EditWords) -> str:
    lines = {"change": shown.change, "answer": shown.answer, "found": shown.found}
    return _FACE.format(
        kind="held" if shown.held else "failed",
        data=b64encode(encode_jpeg(shown.picture)).decode(),
        alt=escape(shown.alt, quote=True),
        lines=" ".join(_LINE.format(kind=kind, words=escape(words)) for kind, words in lines.items()),
    )
