"""Painting over a face, and the model's answer to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session, url_state
from dashboard.charts.predictions import class_bars
from dashboard.components import paint_canvas
from dashboard.components.paint_canvas import Board
from dashboard.components.paint_canvas.shapes import MOST_SHAPES, Shape, parse_shapes, parse_spot, place_of
from dashboard.i18n import t
from dashboard.session_cache import cache_of
from dashboard.text.model_names import display_name
from dashboard.text.predictions import alt_answer, failed
from dashboard.views.counterfactuals import selection
from dashboard.views.counterfactuals.selection import Chosen
from dashboard.views.counterfactuals.text import alt_covered, covered_sentence
from dashboard.widgets import map_panel
from dashboard.worker.counterfactual_jobs import ClassifyCrop
from dashboard.worker.job_handle import JobError
from xai.types import REGIONS, Prediction

__all__ = ["show"]

Area = NDArray[np.bool_]

PARTS = ("nose", "mouth", "chin", "cheeks", "eyes", "forehead", "elsewhere")
"""Parts of the face that can be hidden by name, the ones that matter most first."""

_FACES = 12
"""Faces whose paintings a session keeps; the least recently viewed is evicted first."""

_HIDDEN = "regions"
"""Key of the widget, and its URL parameter."""


@st.fragment
def show(chosen: Chosen) -> None:
    """The face with its covers, and the model's answer; only this fragment is rerun."""
    parts, with_what = st.columns([5, 2], gap="medium")
    with parts:
        hidden = _parts(chosen)
    with with_what:
        fill = selection.fill()
    key = " ".join(("canvas", *chosen.key))
    side = len(chosen.face.crop)
    sent, shapes = _painted(key, side)
    place = place_of(shapes, chosen.ground.regions, hidden, side)
    content = chosen.ground.contents[fill]
    picture = np.where(place[..., None], content, chosen.face.crop)
    left, right = st.columns([1, 1], gap="large")
    with right:
        now, said = _answer(chosen, picture, float(place.mean()))
    shown = session.cached("picture", (*chosen.key, "fill", fill), partial(paint_canvas.inline, content))
    alt, known = alt_covered(place.mean(), hidden), chosen.ground.regions is not None
    board = Board(picture, shown, sent, now, alt, said, known)
    with left:
        paint_canvas.paint(board, key, partial(_toggle, chosen, key))
        if isinstance(sent, list) and len(sent) >= MOST_SHAPES:
            st.caption(t("cover.full", most=MOST_SHAPES))


def _parts(chosen: Chosen) -> Sequence[str]:
    """Draw buttons for the parts of the face; returns those that are pressed."""
    if chosen.ground.regions is None:
        st.caption(t("cover.parts_unknown"))
        return ()
    if session.get_state(_HIDDEN) is None:
        asked = st.query_params.get(_HIDDEN, "").split(",")
        session.set_state(_HIDDEN, [name for name in PARTS if name in asked])
    hidden = st.pills(
        t("cover.parts"),
        PARTS,
        selection_mode="multi",
        format_func=lambda name: t(f"cover_part.{name}"),
        key=_HIDDEN,
    )
    url_state.set_url_param(_HIDDEN, ",".join(hidden), "")
    return hidden


def _painted(key: str, side: int) -> tuple[object, tuple[Shape, ...]]:
    """What was painted on the face, as sent and as parsed.

    The browser forgets it when the canvas is not shown, as with the page's other tools; so the session keeps
    the last valid painting.
    """
    held, sent = cache_of("painted"), paint_canvas.sent_by(key, "shapes")
    if sent is None:
        sent = held.get(key)
    try:
        shapes = parse_shapes(sent, side)
    except ValueError:
        st.warning(t("cover.refused"))
        return sent, ()
    if sent is not None:
        held[key] = sent
        held.move_to_end(key)
    while len(held) > _FACES:
        held.popitem(last=False)
    return sent, shapes


def _answer(chosen: Chosen, picture: NDArray[np.uint8], share: float) -> tuple[Prediction | None, str]:
    """Draw the model's current answer; returns it as a value and as a sentence."""
    try:
        before, now = _asked(chosen, chosen.face.crop), _asked(chosen, picture)
    except JobError as failure:
        sentence = t("cover.failed", sentence=failed(failure))
        st.error(sentence)
        return None, sentence
    called = display_name(chosen.model)
    map_panel.answer(now, t("cover.now", model=called))
    said = covered_sentence(called, before, now, share)
    st.markdown(said)
    chart = class_bars(now)
    st.plotly_chart(chart, config=map_panel.STATIC_CHART, key="covered answer", alt=alt_answer(called, now))
    return now, said


def _asked(chosen: Chosen, picture: NDArray[np.uint8]) -> Prediction:
    digest = hashlib.sha256(picture.tobytes()).hexdigest()
    return chosen.ask(ClassifyCrop(picture, chosen.model), digest)


def _toggle(chosen: Chosen, key: str) -> None:
    """Hide the part of the face that was clicked, or show it again."""
    regions = chosen.ground.regions
    try:
        x, y = parse_spot(paint_canvas.sent_by(key, "spot"), len(chosen.face.crop))
    except ValueError:
        return
    if regions is not None:
        name = REGIONS[regions[int(y), int(x)]]
        before = session.get_state(_HIDDEN)
        hidden = list(before) if isinstance(before, list | tuple) else []
        session.set_state(
            _HIDDEN, [*(one for one in hidden if one != name), *([] if name in hidden else [name])]
        )
