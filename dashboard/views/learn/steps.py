"""The steps of the lesson, each with live results on the sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard import face_explanations, preferences
from dashboard.components import sliding_patch
from dashboard.face_explanations import FaceListener
from dashboard.i18n import t
from dashboard.text.predictions import alt_map, failed, right_or_wrong
from dashboard.text.regions import peak_name
from dashboard.text.verdicts import word
from dashboard.views.learn.lesson import FACE, Lesson, answer_bars
from dashboard.views.learn.three_questions import answers_of
from dashboard.widgets import edited_faces
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import JobProgress
from xai.attribution.methods import METHODS
from xai.evidence_types import Evidence
from xai.photo.images import encode_jpeg
from xai.render import display_scale, display_values, overlay
from xai.types import REGIONS, Explanation

__all__ = [
    "MARKS",
    "answer",
    "attention",
    "cover",
    "drawn_map",
    "limits",
    "or_error",
    "scale_of",
    "verdict",
]

_OPACITY = 0.7
_CHANGED, _MOSTLY, _PARTLY = 0.1, 0.5, 0.2
"""Least drop of the answer that is worth naming; shares of a map that are most of it, and a part."""

MARKS = {True: ":green[:material/check_circle:]", False: ":red[:material/cancel:]", None: ":gray[–]"}
"""Marks of what was passed, of what was not, and of what was left open."""


def or_error(step: Callable[[Lesson], None]) -> Callable[[Lesson], None]:
    """The step, or an error message in its place where a job fails."""

    @wraps(step)
    def shown(lesson: Lesson) -> None:
        try:
            step(lesson)
        except JobError as failure:
            st.error(failed(failure))

    return shown


@or_error
def answer(lesson: Lesson) -> None:
    """A face, and the model's prediction."""
    left, right = st.columns(2, gap="medium")
    with right:
        lesson.choose()
    prediction = lesson.prediction()
    left.image(encode_jpeg(lesson.face().crop), width=FACE, alt=t("map.crop_plain_alt"))
    with right:
        st.markdown(f"**{lesson.title(lesson.models[0])}**")
        st.html(answer_bars(prediction))
        st.markdown(right_or_wrong(prediction, lesson.sample.truth[0]))


@or_error
def cover(lesson: Lesson) -> None:
    """A patch slides over the face; each model's answer beside it."""
    answers, regions = lesson.slid(), lesson.regions()
    panels = [
        sliding_patch.Panel(
            lesson.title(model),
            t("learn.patch_alt", model=lesson.title(model)),
            each,
            _most(sliding_patch.drops_of(each), regions),
        )
        for model, each in answers.items()
    ]
    sliding_patch.slide(lesson.face().crop, panels, f"patch {lesson.sample.id}")


def _most(drops: NDArray[np.float64], regions: NDArray[np.int8] | None) -> str:
    """Where the patch lowered the answer most, in one sentence."""
    if regions is None or drops.max() < _CHANGED:
        return t("learn.patch_nothing")
    under = regions[sliding_patch.corner(int(drops.argmax()), len(regions))]
    region = REGIONS[int(np.bincount(under.ravel(), minlength=len(REGIONS)).argmax())]
    return t("learn.patch_most", place=peak_name(region))


@or_error
def attention(lesson: Lesson) -> None:
    """The Grad-CAM maps of the models."""
    method = "gradcam"
    found = {model: each.explanation for model, each in lesson.explained().items()}
    scale = scale_of(found.values(), method)
    for column, (model, explanation) in zip(st.columns(len(found), gap="medium"), found.items(), strict=True):
        with column:
            name = lesson.title(model)
            st.markdown(f"**{name}**")
            drawn = encode_jpeg(drawn_map(explanation, method, scale))
            st.image(drawn, width=FACE, alt=alt_map(explanation, method, name))
            st.markdown(t(f"learn.weight_{_how_much(explanation, method)}"))


def _how_much(explanation: Explanation, method: str) -> str:
    """How much of a map lies on nose and mouth."""
    shares = explanation.shares[method]
    share = shares.of("nose", "mouth")[0] if shares else 0.0
    return "mostly" if share >= _MOSTLY else "partly" if share >= _PARTLY else "hardly"


def scale_of(found: Iterable[Explanation], method: str) -> float:
    """The scale that the maps share."""
    return display_scale([each.heatmaps[method] for each in found], METHODS[method].display)


def drawn_map(explanation: Explanation, method: str, scale: float) -> NDArray[np.uint8]:
    """A map over its face, RGB uint8 ``(S, S, 3)``; ``scale`` as of ``scale_of``."""
    values = display_values(explanation.heatmaps[method], METHODS[method].display)
    return overlay(explanation.face.crop, values, scale=scale, opacity=_OPACITY)


@or_error
def verdict(lesson: Lesson) -> None:
    """Three questions to each model, answered live, with the edited faces."""
    models = (_one_of(lesson),) if preferences.projector() else lesson.models
    slots: dict[str, DeltaGenerator] = {}
    for model, column in zip(models, st.columns(len(models), gap="medium"), strict=True):
        with column:
            if len(models) > 1:
                st.markdown(f"**{lesson.title(model)}**")
            slots[model] = st.empty()
    face_explanations.explain(lesson.job(*models, test=True), _Verdicts(lesson, slots))


def _one_of(lesson: Lesson) -> str:
    """The model that a class looks at: large, there is room for one."""
    chosen = st.segmented_control(
        t("learn.which"),
        lesson.models,
        format_func=lesson.title,
        default=lesson.models[0],
        required=True,
        key="lesson_verdict",
        label_visibility="collapsed",
    )
    return chosen or lesson.models[0]


class _Verdicts(FaceListener):
    """The verdicts of the lesson's models, each in its placeholder."""

    def __init__(self, lesson: Lesson, slots: Mapping[str, DeltaGenerator]) -> None:
        self._lesson, self._slots = lesson, slots
        self._bars = {model: Progress(slot) for model, slot in slots.items()}

    def progress(self, model: str, stage: JobProgress) -> None:
        """Update the progress bar in the verdict's placeholder."""
        self._bars[model].of(self._lesson.title(model))(stage)

    def evidence(self, model: str, evidence: Evidence) -> None:
        """A verdict has arrived."""
        with self._slots[model].container(gap="xsmall"):
            asked, shown = st.columns([1, 2]) if preferences.projector() else (st.container(), st.container())
            with asked, st.container(gap="xsmall"):
                for name, held in answers_of(evidence).items():
                    st.markdown(f"{MARKS[held]} {t(f'three.{name}')}")
                st.markdown(t("learn.verdict_is", verdict=word(evidence.verdict)))
            with shown:
                edited_faces.show(evidence)

    def failed(self, model: str, failure: JobError) -> None:
        """Show why there is no verdict."""
        self._slots[model].error(t("verdict.failed", sentence=failed(failure)))


def limits(_lesson: Lesson) -> None:
    """What a map and a verdict do not prove."""
    for number in range(1, 5):
        st.markdown(t(f"learn.limit_{number}"))
