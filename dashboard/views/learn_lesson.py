"""What the steps of the lesson share: the sample, what was measured on it, and large type for a room."""

from __future__ import annotations

import html
from dataclasses import dataclass

import streamlit as st

from dashboard import reader, session
from dashboard.jobs import Explain, Explained, SampleLook
from dashboard.sentences import sample_title
from dashboard.views.photo_progress import Progress
from dashboard.words import say
from xai.photo.samples import SAMPLES, Sample
from xai.types import Face

__all__ = ["Lesson", "tell"]

_SAMPLE = "lesson sample"
_LARGE = '<p style="font-size:1.9rem;line-height:1.35;max-width:48rem;margin:0">{}</p>'
_METHODS = ("occlusion", "gradcam")


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
            key=f"lesson choice {reader.language()}",
            width=320,
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


def tell(sentence: str) -> None:
    """Say something: as text, or in large type for a room."""
    if reader.projector():
        st.html(_LARGE.format(html.escape(sentence.replace("**", ""))))
    else:
        st.markdown(sentence)
