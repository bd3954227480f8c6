"""The selection: one or two faces, two or more models, a method, the class to explain, a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import preferences, url_state
from dashboard.i18n import class_title, t
from dashboard.text.map_units import display_unit, method_title
from dashboard.text.model_names import display_name
from dashboard.views.compare.aligned_maps import UNITS
from dashboard.widgets import face_picker
from dashboard.widgets.face_picker import FaceOption
from xai.attribution.methods import METHODS
from xai.types import CLASSES

__all__ = ["Choice", "choose"]

_GIVEN = "given"
"""Choice: each model's own answer."""

_MODELS = "models"
"""Key of the widget, and its URL parameter."""

_MOST_MODELS = 4


@dataclass(frozen=True)
class Choice:
    """What is compared.

    Attributes:
        faces: one or two.
        models: names.
        method: name in ``METHODS``.
        target: the class that is explained; None: each model's own answer.
        unit: of a map of probabilities, one of ``UNITS``.
    """

    faces: tuple[FaceOption, ...]
    models: tuple[str, ...]
    method: str
    target: str | None
    unit: str


def choose(models: Sequence[str]) -> Choice:
    """Draw the widgets, and keep their values in the URL.

    Args:
        models: names of all models, the default first.
    """
    faces = _faces(*st.columns(2, gap="medium"))
    left, right = st.columns(2, gap="medium")
    usual = models[:2]
    url_state.multiselect_from_url(_MODELS, models, usual)
    chosen = left.pills(  # not a multiselect: in the dark theme its tags are white on light
        t("compare.models"),
        models,
        selection_mode="multi",
        format_func=display_name,
        key=_MODELS,
        persist_state="session",
        wrap=True,
    )
    url_state.names_to_address(_MODELS, chosen, usual)
    if len(chosen) > _MOST_MODELS:
        left.caption(t("compare.too_many", count=_MOST_MODELS))
    with right:
        one, two = st.columns(2, gap="small")
    method = face_picker.choose(
        one, "method", {name: method_title(name) for name in METHODS}, t("compare.method")
    )
    answers = {_GIVEN: t("ask.target_own")} | {name: class_title(name) for name in CLASSES}
    target = face_picker.choose(two, "answer", answers, t("compare.target"))
    unit = UNITS[0]
    if preferences.level() == preferences.LEVELS[1] and display_unit(method) == UNITS[0]:
        units = {name: t(f"compare.unit_{name}") for name in UNITS}
        unit = face_picker.choose(right, "unit", units, t("compare.unit"))
    return Choice(faces, tuple(chosen[:_MOST_MODELS]), method, None if target == _GIVEN else target, unit)


def _faces(left: DeltaGenerator, right: DeltaGenerator) -> tuple[FaceOption, ...]:
    """The two widgets for faces."""
    known = face_picker.listed()
    first = face_picker.field(left, face_picker.FACE, known, t("compare.face"))
    others = {"": t("compare.one_face")} | {n: each.title for n, each in known.items() if n != first.id}
    second = face_picker.choose(right, "beside", others, t("compare.second_face"))
    return (first, known[second]) if second else (first,)
