"""What the steps of the lesson share: the sample, what was measured on it, and its size in a room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from dashboard import preferences, session
from dashboard.i18n import say
from dashboard.text.predictions import sample_title
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import Explain, Explained, SampleLook
from xai.photo.samples import SAMPLES, Sample
from xai.types import Face

__all__ = ["Lesson", "face_width", "for_the_room", "write_large"]

_SAMPLE = "lesson sample"
_METHODS = ("occlusion", "gradcam")

_LARGE = Path(__file__).with_name("projector.css")

_FACE, _FACE_LARGE = 300, 520
_CHART_TYPE, _CHART_GROWS = 26, 2
"""Plotly measures in pixels alone: its type for a room, and how much higher a chart is there."""


@dataclass(frozen=True)
class Lesson:
    """The lesson of this visitor.

    Attributes:
        models: names of one or two models, the default first.
    """

    models: tuple[str, ...]

    @property
    def sample(self) -> Sample:
        """The sample that was chosen; at first the first."""
        return SAMPLES[str(session.recall(_SAMPLE) or next(iter(SAMPLES)))]

    def choose(self) -> None:
        """Draw the field in which a sample with one face is chosen."""
        alone = [sample.id for sample in SAMPLES.values() if len(sample.wearers) == 1]
        chosen = st.selectbox(
            say("learn.take"),
            alone,
            index=alone.index(self.sample.id),
            format_func=lambda name: sample_title(SAMPLES[name]),
            key=f"lesson choice {preferences.language()}",
            width="stretch" if preferences.projector() else 320,
        )
        session.remember(_SAMPLE, chosen)

    def face(self) -> Face:
        """The face of the sample; raises ``JobError``."""
        place = st.empty()
        job = SampleLook(self.sample.id, self.models[:1])
        seen = session.look(job, self.sample.id, Progress(place).of(self.models[0]))
        place.empty()
        return seen.faces[0]

    def explained(self, model: str) -> Explained:
        """What the maps of a model show on that face; raises ``JobError``."""
        face = self.face()
        place = st.empty()
        explained = session.explain(Explain(face, model, _METHODS, None, {}), Progress(place).of(model))
        place.empty()
        return explained


def write_large() -> None:
    """In a room: make everything on the page larger."""
    if preferences.projector():
        st.html(_LARGE)


def face_width() -> int:
    """How wide a face is shown, in pixels."""
    return _FACE_LARGE if preferences.projector() else _FACE


def for_the_room(figure: go.Figure) -> go.Figure:
    """The chart itself, in a room with larger type and larger."""
    if preferences.projector():
        large = {"size": _CHART_TYPE}
        figure.update_layout(font=large, legend_font=large, height=_CHART_GROWS * figure.layout.height)
        figure.update_xaxes(tickfont=large).update_yaxes(tickfont=large)
    return figure
