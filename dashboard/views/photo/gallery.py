"""The gallery of samples: easy ones, and hard ones that mislead classifiers."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboard import session
from dashboard.i18n import class_short_label, t
from dashboard.text.predictions import sample_title
from dashboard.views.photo import permalink
from dashboard.widgets.progress import reserve_height
from xai.photo.samples import SAMPLES, Sample

__all__ = ["first_row", "show"]

_FIRST = 10

_TELLING = ("admiral-scarf", "astronaut-paper")
"""Hard samples that show what no easy one does: a wrong answer from the right place, and *cannot tell*."""

_THUMBNAIL = 72
"""Width of a thumbnail in pixels; one with several people is twice as wide."""


def first_row() -> list[Sample]:
    """The first ten samples: easy ones, and those that complete the range of verdicts and answers."""
    easy = [sample for sample in SAMPLES.values() if not sample.traps]
    telling = [SAMPLES[name] for name in _TELLING]
    return [*easy[: _FIRST - len(telling)], *telling]


def show(shown: Sample | None) -> None:
    """Every sample as a thumbnail with a button; a click selects it.

    Args:
        shown: the selected one, or None.
    """
    if _all_drawn():
        # nested as deep as in a fragment, or pictures would briefly appear in each other's place
        with st.container():
            _groups(shown)
    else:
        _growing_groups(shown)


@st.fragment(run_every=1.0)
def _growing_groups(shown: Sample | None) -> None:
    """A fragment only while thumbnails are missing: a click in one waits until the maps are done."""
    if _all_drawn():
        st.rerun()
    _groups(shown)


def _all_drawn() -> bool:
    return len(session.sample_thumbnails(SAMPLES)) == len(SAMPLES)


def _groups(shown: Sample | None) -> None:
    first = first_row()
    _thumbnails("first", first, shown)
    st.caption(t("gallery.more"))
    _thumbnails("more", (sample for sample in SAMPLES.values() if sample not in first), shown)


def _thumbnails(row: str, samples: Iterable[Sample], shown: Sample | None) -> None:
    pictures = session.sample_thumbnails(SAMPLES)
    with st.container(horizontal=True, gap="xsmall", key=f"samples-{row}"):
        for sample in samples:
            chosen = sample == shown
            name = f"thumb-{'chosen-' if chosen else ''}{sample.id}"
            wide = len(sample.truth) > 1
            with st.container(width=_THUMBNAIL * (1 + wide), gap="xxsmall", key=name):
                _thumbnail(sample, pictures.get(sample.id), chosen=chosen)


def _thumbnail(sample: Sample, picture: bytes | None, *, chosen: bool) -> None:
    if picture:
        st.image(picture, width="stretch", alt=t("photo.sample_alt", title=sample_title(sample)))
    else:
        reserve_height(st.empty(), _THUMBNAIL)
    for trap in sample.traps:
        st.caption(t(f"trap.{trap}"), text_alignment="center")
    truth = " · ".join(class_short_label(name) for name in sample.truth)
    label = f"**{truth}**" if chosen else truth
    if st.button(label, key=f"sample {sample.id}", type="tertiary", width="stretch"):
        permalink.show(sample)
        st.rerun()
