"""The gallery of samples: the easy ones, and those that classifiers fall for."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboard import session
from dashboard.sentences import sample_title
from dashboard.views.photo_progress import hold
from dashboard.words import class_word, say
from xai.photo.samples import SAMPLES, Sample

__all__ = ["show"]

_THUMBNAIL = 80
"""Width of a thumbnail in pixels."""


def show() -> None:
    """Every sample as a picture with a button; a click makes it the one that the page shows."""
    st.markdown(say("photo.samples"))
    if _all_drawn():
        _groups()
    else:
        _growing_groups()


@st.fragment(run_every=1.0)
def _growing_groups() -> None:
    """Only while pictures are missing: a click in a fragment waits until the maps are done."""
    if _all_drawn():
        st.rerun()
    _groups()


def _all_drawn() -> bool:
    return len(session.gallery(SAMPLES)) == len(SAMPLES)


def _groups() -> None:
    _thumbnails(sample for sample in SAMPLES.values() if not sample.traps)
    with st.expander(say("gallery.hard")):
        _thumbnails(sample for sample in SAMPLES.values() if sample.traps)


def _thumbnails(samples: Iterable[Sample]) -> None:
    pictures = session.gallery(SAMPLES)
    with st.container(horizontal=True, gap="xsmall"):
        for sample in samples:
            with st.container(width=_THUMBNAIL, gap="xxsmall"):
                _thumbnail(sample, pictures.get(sample.id))


def _thumbnail(sample: Sample, picture: bytes | None) -> None:
    if picture:
        st.image(picture, width="stretch", alt=say("photo.sample_alt", title=sample_title(sample)))
    else:
        hold(st.empty(), _THUMBNAIL)
    for trap in sample.traps:
        st.caption(say(f"trap.{trap}"), text_alignment="center")
    truth = " · ".join(class_word(name) for name in sample.truth)
    chosen = ":material/check:" if session.recall("sample") == sample.id else None
    if st.button(truth, key=f"sample {sample.id}", type="tertiary", icon=chosen, width="stretch"):
        session.remember("sample", sample.id)
        st.rerun()
