"""The URL of *Check a photo*: the sample with its face, and the explained class.

Never a photo, and nothing at all about a visitor's own photo. Faces have the same ids as on other pages.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import session, url_state
from dashboard.widgets.face_picker import FACE
from xai.photo.samples import SAMPLES, Sample

__all__ = ["face_asked", "keep_class", "keep_face", "open_class", "open_sample"]

_CLASS = "class"
_OPENED, _ASKED, _IS_SAMPLE = "opened address", "asked face", "shows a sample"


def open_sample() -> None:
    """Read the sample and its face from the URL, once per session; unknown values are ignored."""
    if session.get_state(_OPENED):
        return
    session.set_state(_OPENED, True)
    for sample in SAMPLES.values():
        names = _names(sample)
        if (asked := st.query_params.get(FACE)) in names:
            session.set_state("sample", sample.id)
            session.set_state(_ASKED, (sample.id, names.index(asked)))


def face_asked(sample: Sample | None) -> int:
    """The face of the sample that the URL named when the session began; else the first."""
    asked = session.get_state(_ASKED)
    if sample and isinstance(asked, tuple) and asked[0] == sample.id:
        return int(asked[1])
    return 0


def keep_face(sample: Sample | None, index: int) -> None:
    """Write the face that is shown to the URL; a class chosen for another face is removed."""
    session.set_state(_IS_SAMPLE, sample is not None)
    names = _names(sample) if sample else ()
    name = names[index] if index < len(names) else ""
    first = _names(next(iter(SAMPLES.values())))[0]
    if st.query_params.get(FACE, first) != name:
        st.query_params.pop(_CLASS, None)
    url_state.set_url_param(FACE, name or first, first)


def open_class(key: str, known: Sequence[str | None]) -> None:
    """Before the widget for the class is drawn under ``key``: set it from the URL."""
    if key not in st.session_state and (asked := st.query_params.get(_CLASS)) in known:
        st.session_state[key] = asked


def keep_class(name: str | None) -> None:
    """Write the explained class to the URL, if a sample is shown."""
    url_state.set_url_param(_CLASS, name if name and session.get_state(_IS_SAMPLE) else "", "")


def _names(sample: Sample) -> tuple[str, ...]:
    """Ids of its faces in the URL."""
    if len(sample.truth) == 1:
        return (sample.id,)
    return tuple(f"{sample.id}.{number}" for number in range(1, len(sample.truth) + 1))
