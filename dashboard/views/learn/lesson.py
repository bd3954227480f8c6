"""What the steps of the lesson share: the sample, the results on it, and projector mode."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from dashboard import face_explanations, preferences, session
from dashboard.face_explanations import MapCollector
from dashboard.i18n import t
from dashboard.text.predictions import sample_title
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import (
    METHODS_SHOWN,
    AnalyzeSample,
    ExplainFace,
    FaceExplanation,
    ModelRequest,
)
from xai.photo.samples import SAMPLES, Sample
from xai.types import Face

__all__ = ["Lesson", "face_width", "for_the_room", "write_large"]

_SAMPLE = "lesson sample"

_LARGE = Path(__file__).with_name("projector.css")

_FACE, _FACE_LARGE = 300, 520
_CHART_TYPE, _CHART_GROWS = 26, 2
"""Plotly sizes are in pixels only: font size in projector mode, and how much taller a chart is there."""


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
        place = st.empty()
        job = AnalyzeSample(self.sample.id, self.models[:1])
        seen = session.analyze_photo(job, self.sample.id, Progress(place).of(self.models[0]))
        place.empty()
        return seen.faces[0]

    def explained(self, *models: str) -> dict[str, FaceExplanation]:
        """Model -> its maps of that face, of all models if none is named; raises ``JobError``."""
        job = self.job(*(models or self.models), test=False)
        place = st.empty()
        bar = Progress(place)
        maps = MapCollector(lambda model, stage: bar.of(model)(stage))
        face_explanations.explain(job, maps)
        place.empty()
        for failure in maps.failures.values():
            raise failure
        return maps.found

    def job(self, *models: str, test: bool) -> ExplainFace:
        """The job for models on that face; raises ``JobError``."""
        requests = tuple(ModelRequest(model, test=test) for model in models)
        return ExplainFace(self.face(), requests, METHODS_SHOWN)


def write_large() -> None:
    """In projector mode: make everything on the page larger."""
    if preferences.projector():
        st.html(_LARGE)


def face_width() -> int:
    """Display width of a face in pixels."""
    return _FACE_LARGE if preferences.projector() else _FACE


def for_the_room(figure: go.Figure) -> go.Figure:
    """The chart as it is; in projector mode larger, with larger type."""
    if preferences.projector():
        large = {"size": _CHART_TYPE}
        figure.update_layout(font=large, legend_font=large, height=_CHART_GROWS * figure.layout.height)
        figure.update_xaxes(tickfont=large).update_yaxes(tickfont=large)
    return figure
