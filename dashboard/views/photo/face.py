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
from dashboard.widgets import face_picker, ground_truth, map_panel, settings_form, verdict_panel
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

_ROW, _GAP = 280, 16
"""Pixels reserved for a model's answer and verdict while nothing is known yet, and between two of them."""

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
        menu: in the bar, for the choice of models and class.
        beside: next to the photo, for the key results.
        below: under the photo, for the face crop.
        subject: what the answers are about, one of ``SUBJECTS``.
    """

    menu: DeltaGenerator
    beside: DeltaGenerator
    below: DeltaGenerator
    subject: str


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
    st.header(t("map.heading"), anchor=False)
    settings, below = st.expander(t("ask.settings")), st.container()
    truth = ground_truth.told(face, known.truth)
    question = _question(name, truth, models, places.menu, settings)
    requests = tuple(ModelRequest(model, _target(model, question.target)) for model in question.models)
    job = ExplainFace(face, requests, METHODS_SHOWN, question.options, previews=True)
    known_results = face_explanations.is_known(job)
    slots = PageSlots.within(places.below, places.beside, below, known=known_results)
    panel = FacePanel(face, question, slots, name)
    panel.held = known.held if truth == known.truth else None
    panel.told_by_sample = known.truth is not None
    panel.subject = places.subject
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
        known: the results are cached. They are drawn over what stands there: emptied first, the page would
            collapse for a moment whenever anything is clicked, and the reader lose the line.
    """

    crop: DeltaGenerator
    verdicts: DeltaGenerator
    maps: DeltaGenerator
    details: DeltaGenerator
    known: bool

    @classmethod
    def within(
        cls, crop: DeltaGenerator, verdicts: DeltaGenerator, below: DeltaGenerator, *, known: bool
    ) -> PageSlots:
        """The placeholders, in containers for the crop, for the verdicts, and for everything below them."""

        def slot(parent: DeltaGenerator) -> DeltaGenerator:
            return parent.container() if known else parent.empty()

        return cls(slot(crop), slot(verdicts), slot(below), slot(below), known)

    def open(self, slot: DeltaGenerator) -> DeltaGenerator:
        """The container to draw results in."""
        return slot if self.known else slot.container()


class FacePanel(FaceListener):
    """The results of one face, drawn as they arrive: previews, then all answers and maps, then each verdict.

    Args:
        face: the face.
        question: the settings.
        slots: where its results go.
        name: makes the widgets' keys unique to the face.

    Attributes:
        held: the occluder or sticker on a hard sample (``SampleSubject.held``), or None.
        told_by_sample: whether the correct answer is known, so that nobody is asked for it.
        subject: one of ``SUBJECTS``.
    """

    def __init__(self, face: Face, question: Question, slots: PageSlots, name: str) -> None:
        self.held: str | None = None
        self.told_by_sample = False
        self.subject = verdict_panel.SUBJECTS[0]
        self._face, self._question, self._slots, self._name = face, question, slots, name
        rows = len(question.models)
        self._bar = Progress(slots.maps, {slots.verdicts: rows * (_ROW + _GAP) - _GAP}, height=700)
        self._previews = Previews(slots.maps, face, question.models, self._bar, METHODS_SHOWN[1:])
        self._awaited = set(question.models)
        self._explained: dict[str, FaceExplanation] = {}
        self._verdicts: dict[str, verdict_panel.VerdictPanel] = {}
        self._found: dict[str, Evidence] = {}
        self._withheld = photo_maps.FailedMaps()
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
        sentence = failed(failure)
        if model in self._verdicts:
            self._verdicts[model].fail(t("verdict.failed", sentence=sentence))
            return
        self._arrived(model)
        if self._explained or failure.reason != "stopped":
            st.error(t("map.failed", model=display_name(model), sentence=sentence))
        else:
            self._slots.verdicts.info(sentence)  # the same for every model

    def finish(self) -> None:
        """Everything has arrived: complete the downloads, and draw the details."""
        if not self._explained:
            return
        self._downloads.tested(self._found)
        with self._slots.open(self._slots.details):
            if self._level == preferences.LEVELS[1]:
                fine_map.show(self._explained, self._name)
            details.show(self._explained, self._found, self._level, self._withheld)

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

    def _ask(self, key: str) -> None:
        label = t("truth.ask") if self._question.truth is None else t("truth.change")
        ground_truth.ask(self._face, label, f"{self._name} {key}")

    def _draw(self) -> None:
        with self._slots.open(self._slots.crop):
            map_panel.crop(next(iter(self._explained.values())))
        with self._slots.open(self._slots.verdicts):
            ask = None if self.told_by_sample else self._ask
            self._verdicts = verdict_panel.answers(
                self._explained,
                self._question.truth,
                self.held,
                ask,
                subject=self.subject,
                known=self._slots.known,
            )
        self._downloads = downloads.Downloads(self._explained, self._level)
        if len(self._explained) < len(self._question.models):
            self._slots.maps.empty()  # the preview of a model that failed
        with self._slots.open(self._slots.maps):
            maps = [each.explanation for each in self._explained.values()]
            photo_maps.show(maps, self._downloads, self._name, self._withheld)


def _question(
    name: str, truth: str | None, models: Sequence[str], menu: DeltaGenerator, settings: DeltaGenerator
) -> Question:
    chosen = _models(models, menu)
    asked = f"target {name} {preferences.language()}"
    permalink.open_class(asked, _answers())
    target = menu.selectbox(
        t("ask.target"),
        (None, *_answers()),
        format_func=lambda one: class_title(one) if one else t("ask.target_own"),
        key=asked,
    )
    permalink.keep_class(target)
    with settings:
        options = settings_form.settings(METHODS_SHOWN, "settings")
    return Question(chosen, target, truth, options)


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


def _models(models: Sequence[str], menu: DeltaGenerator) -> tuple[str, ...]:
    """The models to compare; the second may be none."""
    named = {model: display_name(model) for model in models}
    first = face_picker.choose(menu, "model", named, t("ask.left"))
    others = {model: name for model, name in named.items() if model != first}
    second = face_picker.choose(menu, "second", {**others, _NONE: t("ask.only_one")}, t("ask.right"))
    return (first,) if second == _NONE else (first, second)
