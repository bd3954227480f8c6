"""One face: what is asked about it, and in which order the answers, verdicts, maps and reasons come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import preferences, session
from dashboard.i18n import class_name, say
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.photo import details, downloads, fine_map, permalink
from dashboard.views.photo import maps as photo_maps
from dashboard.widgets import face_picker, map_panel, settings_form, verdict_panel
from dashboard.widgets.map_preview import Previews
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import METHODS_SHOWN, Explain, Explained, Options
from dashboard.worker.ticket import JobError
from xai.evidence_types import Evidence
from xai.types import CLASSES, Face

__all__ = ["NOTHING", "Known", "Places", "show"]

_NONE = "none"
"""In the address: no second model."""


@dataclass(frozen=True)
class Known:
    """What is known of a face before any model is asked.

    Attributes:
        truth: the true answer, or None.
        held: what a hard sample holds before the face (``Wearer.held``), or None.
    """

    truth: str | None = None
    held: str | None = None


NOTHING = Known()


@dataclass(frozen=True, eq=False)
class Places:
    """Where a face's results go around its photo.

    Attributes:
        beside: next to the photo, for what a reader in a hurry needs.
        below: under the photo, for the face as it was cut out.
    """

    beside: DeltaGenerator
    below: DeltaGenerator


@dataclass(frozen=True)
class Question:
    """What the visitor wants to know about a face.

    Attributes:
        models: names of one or two models.
        target: class to explain, or None for the answer each model gives.
        truth: the true answer, or None.
        options: settings of the maps.
    """

    models: tuple[str, ...]
    target: str | None
    truth: str | None
    options: Options


def show(face: Face, known: Known, models: Sequence[str], places: Places) -> None:
    """Everything about one face: first the answers and verdicts, then the maps, then the reasons.

    Args:
        face: the face.
        known: what is known of it.
        models: names of all models, the default first.
        places: around the photo.
    """
    name = f"{face.photo_sha256} {face.box.as_list()}"
    level = preferences.level()
    with places.beside:
        verdicts = st.container(key="verdicts-of-a-face").empty()
        asking = st.expander(say("ask.another"))
    st.header(say("map.heading"), anchor=False)
    settings, maps, reasons = st.expander(say("ask.settings")), st.empty(), st.empty()
    question = _question(name, known.truth, models, asking, settings)
    waiting = Progress(maps, {verdicts: verdict_panel.HEIGHT + 180}, height=700)
    explained = _explain(face, question, waiting, maps)
    if not explained:
        verdicts.empty()
        maps.empty()
        return
    with places.below.container():
        map_panel.crop(next(iter(explained.values())))
    with verdicts.container():
        held = known.held if question.truth == known.truth else None
        slots = verdict_panel.answers(explained, question.truth, held)
    found: dict[str, Evidence] = {}
    take = downloads.Takeaway(explained, level)
    if len(explained) < len(question.models):
        maps.empty()  # the preview of a model that failed
    with maps.container():
        photo_maps.show([each.explanation for each in explained.values()], take, name)
    _judge(explained, slots, found, level)
    take.tested(found)
    with reasons.container():
        details.show(explained, found, level)
        if level == preferences.LEVELS[1]:
            fine_map.show(explained, name)


def _question(
    name: str, truth: str | None, models: Sequence[str], asking: DeltaGenerator, settings: DeltaGenerator
) -> Question:
    with asking:
        left, right = st.columns(2)
    asked = f"target {name} {preferences.language()}"
    permalink.open_class(asked, _answers())
    target = left.selectbox(
        say("ask.target"),
        (None, *_answers()),
        format_func=lambda one: class_name(one) if one else say("ask.target_own"),
        key=asked,
    )
    permalink.keep_class(target)
    known = right.selectbox(
        say("ask.truth"),
        (None, *CLASSES),
        index=CLASSES.index(truth) + 1 if truth else 0,
        format_func=lambda one: class_name(one) if one else say("ask.truth_unknown"),
        key=f"truth {name} {preferences.language()}",
    )
    chosen = _models(models, left, right)
    with settings:
        options = settings_form.settings(METHODS_SHOWN, "settings")
    return Question(chosen, target, known, options)


def _answers() -> list[str]:
    """Every answer that any model can give, those of the three classes first."""
    known = [name for card in session.catalogue().cards for name in card.classes]
    return list(dict.fromkeys((*CLASSES, *known)))


def _models(models: Sequence[str], left: DeltaGenerator, right: DeltaGenerator) -> tuple[str, ...]:
    """The models to compare; the second may be none."""
    named = {model: display_name(model) for model in models}
    first = face_picker.choose(left, "model", named, say("ask.left"))
    others = {model: name for model, name in named.items() if model != first}
    second = face_picker.choose(right, "second", {**others, _NONE: say("ask.only_one")}, say("ask.right"))
    return (first,) if second == _NONE else (first, second)


def _explain(
    face: Face, question: Question, progress: Progress, maps: DeltaGenerator
) -> dict[str, Explained]:
    """Model -> explanation, previews meanwhile; a model that fails says so, and the others go on."""
    explained: dict[str, Explained] = {}
    previews = Previews(maps, face, question.models, progress, METHODS_SHOWN[1:])
    for model in question.models:
        job = Explain(face, model, METHODS_SHOWN, question.target, question.options, glimpse=True)
        try:
            explained[model] = session.explain(job, progress.of(model), previews.of(model))
        except JobError as failure:
            st.error(say("map.failed", model=display_name(model), sentence=failed(failure)))
        else:
            previews.done(model, explained[model].explanation)
    return explained


def _judge(
    explained: Mapping[str, Explained],
    slots: Mapping[str, verdict_panel.Slot],
    found: dict[str, Evidence],
    level: str,
) -> None:
    """Fill the slots with verdicts as they come, and ``found`` with the evidence."""

    def arrive(model: str, evidence: Evidence) -> None:
        found[model] = evidence
        slots[model].fill(evidence, level)

    maps = {model: each.explanation for model, each in explained.items()}
    try:
        session.examine(maps, lambda model, stage: slots[model].wait(stage), arrive)
    except JobError as failure:
        for model in slots.keys() - found.keys():
            slots[model].fail(say("verdict.failed", sentence=failed(failure)))
