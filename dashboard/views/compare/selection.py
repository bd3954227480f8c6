"""The selection: model A and model B on one face, or one model on two faces; a map, the class to explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import preferences, session, url_state
from dashboard.i18n import class_title, t
from dashboard.text.faithfulness import method_options
from dashboard.text.map_units import display_unit, method_title
from dashboard.text.model_names import PURPOSES, display_name, purpose
from dashboard.views.compare.aligned_maps import UNITS
from dashboard.widgets import face_picker
from dashboard.widgets.face_picker import FaceOption
from xai.attribution.methods import DEFAULT_METHODS, METHODS
from xai.models.cards import Card
from xai.types import CLASSES

__all__ = ["Choice", "Slot", "choose"]

_GIVEN = "given"
"""Choice: each model's own answer."""

_MODELS = "models"
"""URL parameter: the names in both slots; one name for one model on two faces."""

_FIRST, _SECOND = "model A", "model B"
"""Keys of the widgets."""

_SAME = ""
"""Choice for the second slot: the first model, on a second face."""

_BESIDE = "beside"
"""Key of the widget for the second face, and its URL parameter."""

_AGAINST, _NOTHING = "against", "nothing"
"""Key of the widget for the second class, and its URL parameter; the choice that there is none."""

_WIDTHS = (3, 3, 3, 1.3)
"""Columns: both models, the face, the settings."""


@dataclass(frozen=True)
class Slot:
    """One side of the comparison.

    Attributes:
        model: its name.
        face: the face that it sees.
    """

    model: str
    face: FaceOption


@dataclass(frozen=True)
class Choice:
    """What is compared.

    Attributes:
        first, second: two models on one face, or one model on two faces.
        method: name in ``METHODS``.
        target: the class that is explained; None: each model's own answer.
        unit: of a map of probabilities, one of ``UNITS``.
        against: a second class: why the target and not this one; None: why the target at all.
    """

    first: Slot
    second: Slot
    method: str
    target: str | None
    unit: str
    against: str | None = None

    @property
    def one_face(self) -> bool:
        """Whether two models are compared, not two faces."""
        return self.first.face == self.second.face

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the two models, or of the one."""
        return tuple(dict.fromkeys((self.first.model, self.second.model)))

    @property
    def faces(self) -> tuple[FaceOption, ...]:
        """The two faces, or the one."""
        return tuple(dict.fromkeys((self.first.face, self.second.face)))


def choose(cards: Sequence[Card]) -> Choice:
    """Draw the widgets, and keep their values in the URL.

    Args:
        cards: of all models, the default first.
    """
    left, middle, right, more = st.columns(_WIDTHS, gap="small", vertical_alignment="bottom")
    one, two = _models(left, middle, cards)
    known = face_picker.listed()
    face = face_picker.field(right, face_picker.FACE, known, t("compare.face"))
    beside = face
    if two == _SAME:
        others = {name: each.title for name, each in known.items() if name != face.id}
        below = st.columns(_WIDTHS, gap="small")[1]
        beside = known[face_picker.choose(below, _BESIDE, others, t("compare.second_face"), usual="")]
    else:
        url_state.write_params({_BESIDE: None})
    return _settings(more, Slot(one, face), Slot(two or one, beside))


def _settings(place: DeltaGenerator, first: Slot, second: Slot) -> Choice:
    with place.popover(t("compare.settings"), width="stretch"):
        body = st.container()
    method = face_picker.choose(
        body, "method", method_options(), t("compare.method"), first=DEFAULT_METHODS[0]
    )
    answers = {_GIVEN: t("ask.target_own")} | {name: class_title(name) for name in CLASSES}
    target = face_picker.choose(body, "answer", answers, t("compare.target"))
    against = _against(body, method, target)
    unit = UNITS[0]
    expert = preferences.level() == preferences.LEVELS[1]
    if expert and display_unit(method) == UNITS[0] and not against:
        units = {name: t(f"compare.unit_{name}") for name in UNITS}
        unit = face_picker.choose(body, "unit", units, t("compare.unit"))
    return Choice(first, second, method, None if target == _GIVEN else target, unit, against)


def _against(place: DeltaGenerator, method: str, target: str) -> str | None:
    """The second class, where the method can tell two classes apart; else a sentence that it cannot."""
    if not METHODS[method].contrasts:
        url_state.write_params({_AGAINST: None})
        place.caption(t("compare.no_contrast", method=method_title(method)))
        return None
    others = {name: class_title(name) for name in CLASSES if name != target}
    named = {_NOTHING: t("compare.contrast_none")} | others
    chosen = face_picker.choose(place, _AGAINST, named, t("compare.contrast"))
    return None if chosen == _NOTHING else chosen


def _models(left: DeltaGenerator, right: DeltaGenerator, cards: Sequence[Card]) -> tuple[str, str]:
    """The two slots; ``_SAME`` in the second stands for the model in the first."""
    names = [card.name for kind in PURPOSES for card in cards if purpose(card) == kind]
    usual = [card.name for card in cards[:2]]
    _from_address(names, usual)
    titles = {card.name: _title(card) for card in cards} | {_SAME: t("compare.same_model")}
    one = left.selectbox(
        t("compare.first"), names, format_func=titles.__getitem__, key=_FIRST, persist_state="session"
    )
    if st.session_state[_SECOND] == one:  # the models change places
        st.session_state[_SECOND] = session.get_state("compared")
    others = [_SAME, *(name for name in names if name != one)]
    two = right.selectbox(
        t("compare.second"), others, format_func=titles.__getitem__, key=_SECOND, persist_state="session"
    )
    session.set_state("compared", one)
    url_state.names_to_address(_MODELS, [one, two] if two else [one], usual)
    return one, two


def _from_address(names: Sequence[str], usual: Sequence[str]) -> None:
    """Before the slots are drawn: fill them from the URL, else with the first two models."""
    state = st.session_state
    if state.get(_FIRST) in names and state.get(_SECOND) in (_SAME, *names):
        return
    asked = dict.fromkeys(name for name in st.query_params.get_all(_MODELS) if name in names)
    state[_FIRST], state[_SECOND] = [*(asked or usual), _SAME][:2]
    if len(asked) > len(usual):
        st.info(t("compare.two_used", first=display_name(state[_FIRST]), second=display_name(state[_SECOND])))


def _title(card: Card) -> str:
    """A model with what it is for; typing any of it finds the model."""
    key = f"{purpose(card)}_two" if len(card.classes) < len(CLASSES) else purpose(card)
    return t(f"compare_option.{key}", name=display_name(card.name))
