"""What the classes mean: a drawn sample and a sentence for each."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.i18n import has_key, t
from dashboard.text.predictions import sample_title
from xai.classes import class_info
from xai.photo.samples import SAMPLES
from xai.types import CLASSES

__all__ = ["class_notes", "show"]

_PICTURE = 96
"""Width of a picture in pixels."""


def class_notes(classes: tuple[str, ...]) -> str:
    """A sentence for each class of a model, for a tooltip; a class of unknown meaning has none."""
    known = (class_info(name).name for name in classes)
    return "\n\n".join(t(f"class_note.{name}") for name in known if has_key(f"class_note.{name}"))


def show() -> None:
    """The three classes, in a box that opens over the page."""
    with st.popover(t("classes.title")):
        if _all_drawn():
            _classes()
        else:
            _growing_classes()


@st.fragment(run_every=1.0)
def _growing_classes() -> None:
    """A fragment only while pictures are missing."""
    if _all_drawn():
        st.rerun()
    _classes()


def _all_drawn() -> bool:
    return len(session.sample_thumbnails(_EXAMPLES.values())) == len(_EXAMPLES)


def _classes() -> None:
    pictures = session.sample_thumbnails(_EXAMPLES.values())
    for name, sample in _EXAMPLES.items():
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            if picture := pictures.get(sample):
                alt = t("photo.sample_alt", title=sample_title(SAMPLES[sample]))
                st.image(picture, width=_PICTURE, alt=alt)
            st.markdown(t(f"class_note.{name}"))


def _example(name: str) -> str:
    """The first easy sample of one person of a class."""
    return next(each.id for each in SAMPLES.values() if each.truth == (name,) and not each.traps)


_EXAMPLES = {name: _example(name) for name in CLASSES}
"""Class -> sample that shows it."""
