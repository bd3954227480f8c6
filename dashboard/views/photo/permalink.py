"""The URL of *Check a photo*: the picture with its face, and the explained class.

Of an own photo the URL has nothing but its number in this session, so that *Back* returns to it; elsewhere,
and after a reload, it opens as a sentence saying that the photo is not kept. Faces of samples have the same
ids as on other pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import streamlit as st

from dashboard import own_photos, session, url_state
from dashboard.own_photos import OwnPhoto
from dashboard.widgets.face_picker import FACE
from xai.photo.samples import SAMPLES, Sample

__all__ = [
    "accept",
    "choices",
    "face_asked",
    "is_lost",
    "keep_class",
    "keep_face",
    "open_class",
    "refuse",
    "refused",
    "show",
    "shown",
    "start_again",
]

_CLASS, _OWN = "class", "photo"
_SHOWN, _ASKED, _LOST = "shown picture", "asked face", "lost photo"
_CHOICES = own_photos.UPLOAD_ROUNDS[0]
_REFUSED = "photos refused"
_SAMPLE = "sample"
"""State: the id of the sample that is shown, or None; other pages list its faces first."""


def shown() -> Sample | OwnPhoto:
    """The picture to show: what the visitor chose last, what the URL names, or the first sample."""
    url_state.bind(FACE, _SHOWN, _ASKED)
    url_state.bind(_OWN, _SHOWN, _ASKED)
    chosen = session.get_state(_SHOWN)
    if chosen is None:
        _open()
        chosen = session.get_state(_SHOWN)
    own = {photo.number: photo for photo in own_photos.photos()}
    if isinstance(chosen, int) and chosen in own:
        return own[chosen]
    return SAMPLES.get(str(chosen), next(iter(SAMPLES.values())))


def show(picture: Sample | OwnPhoto) -> None:
    """Choose a picture."""
    sample = picture.id if isinstance(picture, Sample) else None
    session.set_state(_SAMPLE, sample)
    session.set_state(_SHOWN, picture.number if isinstance(picture, OwnPhoto) else sample)
    session.set_state(_LOST, None)
    session.set_state(_CHOICES, choices() + 1)


def choices() -> int:
    """How often a picture was chosen in this session."""
    return int(str(session.get_state(_CHOICES) or 0))


def start_again() -> None:
    """Show the first sample, as on the first visit."""
    session.set_state(_SHOWN, "")
    session.set_state(_SAMPLE, next(iter(SAMPLES)))


def refuse(sentence: str) -> None:
    """Say under every picture, until the next upload, why a photo was not accepted."""
    session.set_state(_REFUSED, (*refused(), sentence))


def accept() -> None:
    """A new upload begins: what was said of the last one goes."""
    session.set_state(_REFUSED, None)


def refused() -> tuple[str, ...]:
    """Why photos of the last upload were not accepted, a sentence each."""
    return cast(tuple[str, ...], session.get_state(_REFUSED) or ())


def is_lost() -> bool:
    """Whether the URL names an own photo that this session does not have."""
    return bool(session.get_state(_LOST))


def face_asked(picture: Sample | OwnPhoto) -> int | None:
    """The face of the sample that the URL named, once: what is chosen afterwards counts; else None."""
    asked = session.get_state(_ASKED)
    session.set_state(_ASKED, None)
    if isinstance(asked, tuple) and isinstance(picture, Sample) and asked[0] == picture.id:
        return int(asked[1])
    return None


def keep_face(picture: Sample | OwnPhoto, index: int) -> None:
    """Write the face that is shown to the URL; a class chosen for another face is removed."""
    names = _names(picture) if isinstance(picture, Sample) else ()
    name = names[index] if index < len(names) else ""
    first = _names(next(iter(SAMPLES.values())))[0]
    own = str(picture.number) if isinstance(picture, OwnPhoto) else None
    same = st.query_params.get(FACE, first) == name or st.query_params.get(_OWN) == own is not None
    asked = st.query_params.get(_CLASS) if same else None
    url_state.write_params({FACE: None if name in ("", first) else name, _OWN: own, _CLASS: asked})


def open_class(key: str, known: Sequence[str | None]) -> None:
    """Before the widget for the class is drawn under ``key``: set it from the URL."""
    url_state.bind(_CLASS, key)
    if key not in st.session_state and (asked := st.query_params.get(_CLASS)) in known:
        st.session_state[key] = asked


def keep_class(name: str | None) -> None:
    """Write the explained class to the URL."""
    url_state.set_url_param(_CLASS, name or "", "")


def _open() -> None:
    """Read the picture from the URL; unknown values are ignored."""
    session.set_state(_SHOWN, "")
    session.set_state(_SAMPLE, next(iter(SAMPLES)))
    asked = st.query_params.get(FACE)
    for sample in SAMPLES.values():
        if asked in _names(sample):
            show(sample)
            session.set_state(_ASKED, (sample.id, _names(sample).index(str(asked))))
    if number := st.query_params.get(_OWN):
        own = next((photo for photo in own_photos.photos() if str(photo.number) == number), None)
        if own:
            show(own)
        session.set_state(_LOST, own is None)


def _names(sample: Sample) -> tuple[str, ...]:
    """Ids of its faces in the URL."""
    if len(sample.truth) == 1:
        return (sample.id,)
    return tuple(f"{sample.id}.{number}" for number in range(1, len(sample.truth) + 1))
