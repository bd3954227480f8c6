"""One face: its settings, and the order in which answers, verdicts, maps and details appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import face_explanations, preferences, session
from dashboard.face_explanations import FaceListener
from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.photo import details, downloads, fine_map, permalink
from dashboard.views.photo import maps as photo_maps
from dashboard.widgets import face_picker, map_panel, settings_form, verdict_panel
from dashboard.widgets.map_preview import Previews
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import (
    METHODS_SHOWN,
    ExplainFace,
    FaceExplanation,
    JobProgress,
    ModelRequest,
    Options,
)
from xai.classes import class_info, nearest_class
from xai.evidence_types import Evidence
from xai.partial_results import Preview
from xai.types import CLASSES, Face

__all__ = ["NO_GROUND_TRUTH", "GroundTruth", "Places", "show"]

_NONE = "none"
"""URL value: no second model."""


@dataclass(frozen=True)
class GroundTruth:
    """Ground truth of a face, known before any model runs.

    Attributes:
        truth: the true class, or None.
        held: the occluder or sticker on a hard sample (``SampleSubject.held``), or None.
    """

    truth: str | None = None
    held: str | None = None


NO_GROUND_TRUTH = GroundTruth()


@dataclass(frozen=True, eq=False)
class Places:
    """Where a face's results go around its photo.

    Attributes:
        beside: next to the photo, for the key results.
        below: under the photo, for the face crop.
    """

    beside: DeltaGenerator
    below: DeltaGenerator


@dataclass(frozen=True)
class Question:
    """What the visitor wants to know about a face.

    Attributes:
        models: names of one or two models.
        target: class to explain, or None for each model's own answer.
        truth: the true class, or None.
        options: settings of the maps.
    """

    models: tuple[str, ...]
    target: str | None
    truth: str | None
    options: Options


def show(face: Face, known: GroundTruth, models: Sequence[str], places: Places) -> None:
    """Everything about one face: first the answers and verdicts, then the maps, then the details.

    Args:
        face: the face.
        known: its ground truth.
        models: names of all models, the default first.
        places: around the photo.
    """
    name = f"{face.photo_sha256} {face.box.as_list()}"
    with places.beside:
        verdicts = st.container(key="verdicts-of-a-face").empty()
        asking = st.expander(t("ask.another"))
    st.header(t("map.heading"), anchor=False)
    settings, maps, details_below = st.expander(t("ask.settings")), st.empty(), st.empty()
    question = _question(name, known.truth, models, asking, settings)
    panel = FacePanel(face, question, PageSlots(places.below, verdicts, maps, details_below), name)
    panel.held = known.held if question.truth == known.truth else None
    requests = tuple(ModelRequest(model, _target(model, question.target)) for model in question.models)
    job = ExplainFace(face, requests, METHODS_SHOWN, question.options, previews=True)
    face_explanations.explain(job, panel)
    panel.finish()


@dataclass(frozen=True, eq=False)
class PageSlots:
    """The placeholders of the page, each filled when its results arrive.

    Attributes:
        crop: for the face crop.
        verdicts: for the answers and verdicts.
        maps: for the maps.
        details: for the details of verdicts and maps.
    """

    crop: DeltaGenerator
    verdicts: DeltaGenerator
    maps: DeltaGenerator
    details: DeltaGenerator


class FacePanel(FaceListener):
    """The results of one face, drawn as they arrive: previews, then all answers and maps, then each verdict.

    Args:
        face: the face.
        question: the settings.
        slots: where its results go.
        name: makes the widgets' keys unique to the face.

    Attributes:
        held: the occluder or sticker on a hard sample (``SampleSubject.held``), or None.
    """

    def __init__(self, face: Face, question: Question, slots: PageSlots, name: str) -> None:
        self.held: str | None = None
        self._question, self._slots, self._name = question, slots, name
        self._bar = Progress(slots.maps, {slots.verdicts: verdict_panel.HEIGHT + 180}, height=700)
        self._previews = Previews(slots.maps, face, question.models, self._bar, METHODS_SHOWN[1:])
        self._awaited = set(question.models)
        self._explained: dict[str, FaceExplanation] = {}
        self._verdicts: dict[str, verdict_panel.VerdictPanel] = {}
        self._found: dict[str, Evidence] = {}
        self._level = preferences.level()

    def progress(self, model: str, stage: JobProgress) -> None:
        """Update the progress bar of the maps, then that of a verdict."""
        if model in self._verdicts:
            self._verdicts[model].wait(stage)
        elif not self._verdicts:
            self._bar.of(model)(stage)

    def preview(self, model: str, preview: Preview) -> None:
        """Draw a preview in the placeholder of the map."""
        self._previews.of(model)(preview)

    def maps(self, model: str, explained: FaceExplanation) -> None:
        """Draw answers and maps once those of all models have arrived."""
        self._explained[model] = explained
        self._previews.done(model, explained.explanation)
        self._arrived(model)

    def evidence(self, model: str, evidence: Evidence) -> None:
        """Draw the verdict in its placeholder."""
        self._found[model] = evidence
        self._verdicts[model].fill(evidence, self._level)

    def failed(self, model: str, failure: JobError) -> None:
        """Show that a model failed; the others go on."""
        if model in self._verdicts:
            self._verdicts[model].fail(t("verdict.failed", sentence=failed(failure)))
        else:
            st.error(t("map.failed", model=display_name(model), sentence=failed(failure)))
            self._arrived(model)

    def finish(self) -> None:
        """Everything has arrived: complete the downloads, and draw the details."""
        if not self._explained:
            return
        self._downloads.tested(self._found)
        with self._slots.details.container():
            details.show(self._explained, self._found, self._level)
            if self._level == preferences.LEVELS[1]:
                fine_map.show(self._explained, self._name)

    def _arrived(self, model: str) -> None:
        self._awaited.discard(model)
        if self._awaited:
            return
        if not self._explained:
            self._slots.verdicts.empty()
            self._slots.maps.empty()
            return
        self._explained = {m: self._explained[m] for m in self._question.models if m in self._explained}
        self._draw()

    def _draw(self) -> None:
        with self._slots.crop.container():
            map_panel.crop(next(iter(self._explained.values())))
        with self._slots.verdicts.container():
            self._verdicts = verdict_panel.answers(self._explained, self._question.truth, self.held)
        self._downloads = downloads.Downloads(self._explained, self._level)
        if len(self._explained) < len(self._question.models):
            self._slots.maps.empty()  # the preview of a model that failed
        with self._slots.maps.container():
            maps = [each.explanation for each in self._explained.values()]
            photo_maps.show(maps, self._downloads, self._name)


def _question(
    name: str, truth: str | None, models: Sequence[str], asking: DeltaGenerator, settings: DeltaGenerator
) -> Question:
    with asking:
        left, right = st.columns(2)
    asked = f"target {name} {preferences.language()}"
    permalink.open_class(asked, _answers())
    target = left.selectbox(
        t("ask.target"),
        (None, *_answers()),
        format_func=lambda one: class_title(one) if one else t("ask.target_own"),
        key=asked,
    )
    permalink.keep_class(target)
    known = right.selectbox(
        t("ask.truth"),
        (None, *CLASSES),
        index=CLASSES.index(truth) + 1 if truth else 0,
        format_func=lambda one: class_title(one) if one else t("ask.truth_unknown"),
        key=f"truth {name} {preferences.language()}",
    )
    chosen = _models(models, left, right)
    with settings:
        options = settings_form.settings(METHODS_SHOWN, "settings")
    return Question(chosen, target, known, options)


def _answers() -> list[str]:
    """Every class of any model, whatever its spelling, the three standard classes first."""
    known = [class_info(name).name for card in session.catalogue().cards for name in card.classes]
    return list(dict.fromkeys((*CLASSES, *known)))


def _target(model: str, target: str | None) -> str | None:
    """The class in the model's spelling; one that it does not have is left for the model to refuse."""
    if target is None:
        return None
    classes = next(card.classes for card in session.catalogue().cards if card.name == model)
    return nearest_class(target, classes) or target


def _models(models: Sequence[str], left: DeltaGenerator, right: DeltaGenerator) -> tuple[str, ...]:
    """The models to compare; the second may be none."""
    named = {model: display_name(model) for model in models}
    first = face_picker.choose(left, "model", named, t("ask.left"))
    others = {model: name for model, name in named.items() if model != first}
    second = face_picker.choose(right, "second", {**others, _NONE: t("ask.only_one")}, t("ask.right"))
    return (first,) if second == _NONE else (first, second)
