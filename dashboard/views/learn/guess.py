"""The step "Guess first": the learner taps regions, then sees the guess on the models' maps."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session
from dashboard.components import face_regions
from dashboard.i18n import t
from dashboard.text.predictions import alt_map
from dashboard.views.learn.lesson import FACE, Lesson
from dashboard.views.learn.steps import drawn_map, or_error, scale_of
from dashboard.widgets.settings_form import main_button
from xai.render import outline_regions
from xai.types import REGIONS, Explanation

__all__ = ["made", "show"]

_METHOD = "occlusion"


@or_error
def show(lesson: Lesson) -> None:
    """The face to tap on; beside it, once a guess is made, the maps with the guess outlined."""
    crop, regions = lesson.face().crop, lesson.regions()
    if regions is None:
        raise ValueError("a sample has no landmarks; its portrait was altered")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        marked = face_regions.tap(crop, regions, f"guess {lesson.sample.id}")
    with right:
        if not made(lesson):
            st.button(
                t("learn.guess_show"),
                key="reveal",
                on_click=session.set_state,
                args=(_key(lesson), True),
                disabled=not marked,
                type=main_button(),
            )
        elif marked:
            _reveal(lesson, marked, np.isin(regions, [REGIONS.index(name) for name in marked]))


def made(lesson: Lesson) -> bool:
    """Whether this visitor has made a guess about the sample."""
    return bool(session.get_state(_key(lesson)))


def _key(lesson: Lesson) -> str:
    return f"lesson guess {lesson.sample.id}"


def _reveal(lesson: Lesson, marked: tuple[str, ...], where: NDArray[np.bool_]) -> None:
    found = {model: each.explanation for model, each in lesson.explained().items()}
    scale = scale_of(found.values(), _METHOD)
    with st.container(key="lesson-small"):
        columns = st.columns(len(found))
    for column, (model, explanation) in zip(columns, found.items(), strict=True):
        with column:
            st.markdown(f"**{lesson.title(model)}**")
            drawn = outline_regions(drawn_map(explanation, _METHOD, scale), {"guess": where})
            st.image(drawn, width=FACE, alt=alt_map(explanation, _METHOD, lesson.title(model)))
            st.markdown(_found(explanation, marked))
    st.caption(t("learn.guess_legend"))


def _found(explanation: Explanation, marked: tuple[str, ...]) -> str:
    shares = explanation.shares[_METHOD]
    if shares is None:
        return t("learn.guess_nothing")
    return t("learn.guess_found", share=round(100 * shares.of(*marked)[0]))
