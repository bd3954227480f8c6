"""Painting over a face, and the models' answers to it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard import session, url_state
from dashboard.components import paint_canvas
from dashboard.components.answer_bars import Answer
from dashboard.components.paint_canvas import Board
from dashboard.components.paint_canvas.shapes import MOST_SHAPES, Shape, parse_shapes, parse_spot, place_of
from dashboard.i18n import t
from dashboard.session_cache import cache_of
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.counterfactuals import selection
from dashboard.views.counterfactuals.selection import HIDDEN, Chosen
from dashboard.views.counterfactuals.text import alt_covered, covered_sentence
from dashboard.worker.job_handle import JobError
from xai.types import REGIONS, Face

__all__ = ["show"]

PARTS = ("nose", "mouth", "chin", "cheeks", "eyes", "forehead", "elsewhere")
"""Parts of the face that can be hidden by name, the ones that matter most first."""

OPENINGS = (("nose", "mouth"), ("nose", "mouth", "chin", "cheeks"))
"""Covers that a face may open with: the first that flips the first model's answer; without one, the first."""

_NOTHING = "none"
"""Stands in the URL where nothing is hidden."""

_FACES = 12
"""Faces whose covers a session keeps; the least recently viewed is evicted first."""

_SHOWN = "shown face"
"""Key of the face that the widget for the hidden parts was last drawn for."""


@st.fragment
def show(chosen: Chosen) -> None:
    """The face with its covers, and the models' answers; only this fragment is rerun."""
    session.begin_fragment()
    place_of_board = st.container()
    bar = st.empty()  # under the face, so that waiting does not move it from under the brush
    parts, with_what = st.columns([5, 2], gap="medium")
    with with_what:
        fill = selection.fill()
    with parts:
        hidden = _parts(chosen, fill)
    key = " ".join(("canvas", *chosen.key))
    side = len(chosen.face.crop)
    with place_of_board:
        sent, shapes = _painted(key, chosen)
        place = place_of(shapes, chosen.ground.regions, hidden, side)
        content = chosen.ground.contents[fill]
        picture = np.where(place[..., None], content, chosen.face.crop)
        share = float(place.mean())
        answers = [_answer(chosen, model, picture, bar) for model in chosen.models]
        shown = session.cached("picture", (*chosen.key, "fill", fill), partial(paint_canvas.inline, content))
        alt, known = alt_covered(share, hidden), chosen.ground.regions is not None
        note = t("cover.share" if share else "cover.bare", share=share)
        board = Board(picture, shown, sent, bool(share), answers, note, alt, known)
        paint_canvas.paint(board, key, partial(_toggle, chosen, key), partial(_clear, chosen, key))
        if isinstance(sent, list) and len(sent) >= MOST_SHAPES:
            st.caption(t("cover.full", most=MOST_SHAPES))


def _parts(chosen: Chosen, fill: str) -> Sequence[str]:
    """Draw buttons for the parts of the face; returns those that are pressed."""
    if chosen.ground.regions is None:
        st.caption(t("cover.parts_unknown"))
        return ()
    opening = _opening(chosen, fill)
    if session.get_state(_SHOWN) != chosen.key or session.get_state(HIDDEN) is None:
        first = session.get_state(_SHOWN) is None and HIDDEN in st.query_params
        asked = st.query_params.get(HIDDEN, "").split(",")
        usual = tuple(name for name in PARTS if name in asked) if first else opening
        session.set_state(HIDDEN, list(cache_of("hidden").get(chosen.key, usual)))
        session.set_state(_SHOWN, chosen.key)
    hidden = st.pills(
        t("cover.parts"),
        PARTS,
        selection_mode="multi",
        format_func=lambda name: t(f"cover_part.{name}"),
        key=HIDDEN,
    )
    _keep("hidden", chosen.key, tuple(hidden))
    url_state.set_url_param(HIDDEN, _address(hidden), _address(opening))
    return hidden


def _address(hidden: Sequence[str]) -> str:
    return ",".join(name for name in PARTS if name in hidden) or _NOTHING


def _opening(chosen: Chosen, fill: str) -> Sequence[str]:
    """The parts that are hidden until the visitor hides others; one of ``OPENINGS``."""

    def look() -> Sequence[str]:
        crop, content = chosen.face.crop, chosen.ground.contents[fill]
        try:
            before = chosen.ask(chosen.models[0], crop)
            for parts in OPENINGS:
                place = place_of((), chosen.ground.regions, parts, len(crop))
                picture = np.where(place[..., None], content, crop)
                if chosen.ask(chosen.models[0], picture).label != before.label:
                    return parts
        except JobError:  # the answer under the face says why
            return OPENINGS[0]
        return OPENINGS[0]

    return session.cached("covered", (*chosen.key, chosen.models[0], "opening", fill), look)


def _lower_face(face: Face) -> list[dict[str, object]]:
    """A rectangle over the lower half of a face whose parts are not known, as the browser would send it."""
    scale = len(face.crop) / face.crop_box.width
    left, right = (round(scale * (x - face.crop_box.left), 1) for x in (face.box.left, face.box.right))
    middle = (face.box.top + face.box.bottom) / 2
    top, bottom = (round(scale * (y - face.crop_box.top), 1) for y in (middle, face.box.bottom))
    return [{"kind": "bar", "left": left, "top": top, "right": right, "bottom": bottom}]


def _painted(key: str, chosen: Chosen) -> tuple[object, tuple[Shape, ...]]:
    """What was painted on the face, as sent and as parsed.

    The browser forgets it when the canvas is not shown, as with the page's other tools; so the session keeps
    the last valid painting.
    """
    held, sent = cache_of("painted"), paint_canvas.sent_by(key, "shapes")
    known = chosen.ground.regions is not None
    if sent is None:
        sent = held.get(key, None if known else _lower_face(chosen.face))
    try:
        shapes = parse_shapes(sent, len(chosen.face.crop))
    except ValueError:
        st.warning(t("cover.refused"))
        return sent, ()
    if sent is not None:
        _keep("painted", key, sent)
    return sent, shapes


def _keep(kind: str, key: Hashable, value: object) -> None:
    held = cache_of(kind)
    held[key] = value
    held.move_to_end(key)
    while len(held) > _FACES:
        held.popitem(last=False)


def _answer(chosen: Chosen, model: str, picture: NDArray[np.uint8], bar: DeltaGenerator) -> Answer:
    called = display_name(model)
    try:
        before, now = (chosen.ask(model, each, bar) for each in (chosen.face.crop, picture))
    except JobError as failure:
        return Answer(called, t("cover.failed", sentence=failed(failure)))
    return Answer(called, covered_sentence(before, now), now.label != before.label, before, now)


def _toggle(chosen: Chosen, key: str) -> None:
    """Hide the part of the face that was clicked, or show it again."""
    regions = chosen.ground.regions
    try:
        x, y = parse_spot(paint_canvas.sent_by(key, "spot"), len(chosen.face.crop))
    except ValueError:
        return
    if regions is not None:
        name = REGIONS[regions[int(y), int(x)]]
        before = session.get_state(HIDDEN)
        hidden = list(before) if isinstance(before, list | tuple) else []
        session.set_state(
            HIDDEN, [*(one for one in hidden if one != name), *([] if name in hidden else [name])]
        )


def _clear(chosen: Chosen, key: str) -> None:
    """Uncover everything; the canvas itself has sent that no shape is left."""
    if paint_canvas.sent_by(key, "cleared") and chosen.ground.regions is not None:
        session.set_state(HIDDEN, [])
