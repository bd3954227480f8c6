"""What the steps of the lesson share: the sample, the results on it, and how it is written for a room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import face_explanations, preferences, session
from dashboard.charts.palette import class_colour
from dashboard.components import sliding_patch
from dashboard.face_explanations import MapCollector
from dashboard.i18n import class_title, format_number, t
from dashboard.text.predictions import sample_title
from dashboard.widgets.progress import Progress
from dashboard.worker.counterfactual_jobs import ClassifyCrop, FaceFills, PrepareFills
from dashboard.worker.jobs import (
    METHODS_SHOWN,
    AnalyzeSample,
    ExplainFace,
    FaceExplanation,
    JobProgress,
    ModelRequest,
    PhotoAnalysis,
)
from xai.photo.samples import SAMPLES, Sample
from xai.types import Face, Prediction

__all__ = ["FACE", "Lesson", "answer_bars", "write_styles"]

FACE = 300
"""Display width of a face in pixels; in projector mode its height sets its size."""

_SAMPLE = "lesson sample"
_LARGE = Path(__file__).with_name("projector.css")

_BAR = (
    '<div><span>{answer}</span><span class="bar"><i style="width:{width:.1f}%;background:{colour}"></i>'
    "</span><b>{percent}</b></div>"
)


@dataclass(frozen=True)
class Lesson:
    """This visitor's lesson.

    Attributes:
        models: names of one or two models, the default first.
    """

    models: tuple[str, ...]

    @property
    def sample(self) -> Sample:
        """The chosen sample; the first by default."""
        return SAMPLES[str(session.get_state(_SAMPLE) or next(iter(SAMPLES)))]

    def title(self, model: str) -> str:
        """What the class calls a model: a letter tells no more than the lesson does."""
        return t("learn.model", name="ABC"[self.models.index(model)])

    def choose(self) -> None:
        """Draw the widget to choose a sample with one face."""
        alone = [sample.id for sample in SAMPLES.values() if len(sample.wearers) == 1]
        chosen = st.selectbox(
            t("learn.take"),
            alone,
            index=alone.index(self.sample.id),
            format_func=lambda name: sample_title(SAMPLES[name]),
            key=f"lesson choice {preferences.language()}",
            width="stretch" if preferences.projector() else 320,
        )
        session.set_state(_SAMPLE, chosen)

    def face(self) -> Face:
        """The face of the sample; raises ``JobError``."""
        return self._seen().faces[0]

    def prediction(self) -> Prediction:
        """The first model's answer about it; raises ``JobError``."""
        return self._seen().predictions[self.models[0]][0]

    def regions(self) -> NDArray[np.int8] | None:
        """The regions of that face, int8 ``(S, S)``, index into ``REGIONS``; raises ``JobError``."""
        face, place = self.face(), st.empty()
        show = Progress(place).of()
        found = session.cached(
            "ground",
            (face.photo_sha256, *face.crop_box.as_list()),
            lambda: cast(FaceFills, session.run_job(PrepareFills(face), show)),
        )
        place.empty()
        return found.regions

    def explained(self, *models: str) -> dict[str, FaceExplanation]:
        """Model -> its maps of that face, of all models if none is named; raises ``JobError``."""
        job = self.job(*(models or self.models), test=False)
        place = st.empty()
        bar = Progress(place)
        maps = MapCollector(lambda model, stage: bar.of(self.title(model))(stage))
        face_explanations.explain(job, maps)
        place.empty()
        for failure in maps.failures.values():
            raise failure
        return maps.found

    def slid(self) -> Mapping[str, tuple[Prediction, ...]]:
        """Model -> its answers without the patch, then with it at each position; raises ``JobError``."""
        face, place = self.face(), st.empty()
        found = {}
        for model in self.models:
            ask = partial(_slid, face, model, Progress(place).of(self.title(model)))
            found[model] = session.cached("probe", ("lesson", self.sample.id, model), ask)
        place.empty()
        return found

    def job(self, *models: str, test: bool) -> ExplainFace:
        """The job for models on that face; raises ``JobError``."""
        requests = tuple(ModelRequest(model, test=test) for model in models)
        return ExplainFace(self.face(), requests, METHODS_SHOWN)

    def _seen(self) -> PhotoAnalysis:
        place = st.empty()
        job = AnalyzeSample(self.sample.id, self.models[:1])
        seen = session.analyze_photo(job, self.sample.id, Progress(place).of(self.title(self.models[0])))
        place.empty()
        return seen


def write_styles() -> None:
    """The lesson's own style, and in projector mode the one that enlarges everything."""
    if preferences.projector():
        st.html(_LARGE)


def answer_bars(prediction: Prediction) -> str:
    """A prediction as self-contained HTML, a bar per class; sized in rem, so that it grows in a room."""
    bars = (
        _BAR.format(
            answer=escape(class_title(name)),
            width=100 * value,
            colour=class_colour(name),
            percent=escape(format_number(value, ".0%")),
        )
        for name, value in zip(prediction.classes, map(float, prediction.probabilities), strict=True)
    )
    return f'<div class="answer-bars">{"".join(bars)}</div>'


def _slid(face: Face, model: str, show: Callable[[JobProgress], None]) -> tuple[Prediction, ...]:
    total = sliding_patch.GRID**2
    pictures = [face.crop, *(sliding_patch.covered(face.crop, index) for index in range(total))]
    answers = []
    for index, picture in enumerate(pictures):
        show(JobProgress("explaining", index, total))
        answers.append(cast(Prediction, session.run_job(ClassifyCrop(picture, model), _silent)))
    return tuple(answers)


def _silent(_stage: JobProgress) -> None:
    """The bar counts positions, not the stages of each."""
