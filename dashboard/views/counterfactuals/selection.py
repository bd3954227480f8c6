"""Which face is edited, and which model runs on it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import streamlit as st

from dashboard import session, url_state
from dashboard.i18n import t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.widgets import face_picker
from dashboard.widgets.face_picker import FaceOption
from dashboard.widgets.progress import Progress
from dashboard.worker.counterfactual_jobs import ClassifyCrop, FaceFills, PrepareFills, ProbeResult, RunProbe
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import Job
from xai.evidence.counterfactuals.probes import COVER_FILLS
from xai.types import Face, Prediction

__all__ = ["Chosen", "choose", "fill", "one_of"]


@dataclass(frozen=True, eq=False)
class Chosen:
    """The face and the model, and what was prepared for them.

    Attributes:
        face: the face.
        model: name of the model.
        ground: the fills that covers of the face are made from.
    """

    face: Face = field(repr=False)
    model: str
    ground: FaceFills

    @property
    def key(self) -> tuple[str, ...]:
        """Cache key: the same for the same face."""
        return (self.face.photo_sha256, *(str(edge) for edge in self.face.crop_box.as_list()))

    def ask(self, job: ClassifyCrop, picture: Hashable) -> Prediction:
        """The model's prediction for a covered face; ``picture`` is its cache key.

        Raises:
            JobError: the job failed.
        """
        return cast(Prediction, _made("covered", (*self.key, job.model, picture), job))

    def found(self, job: RunProbe) -> ProbeResult:
        """Result of a probe on the face; errors as of ``ask``."""
        return cast(ProbeResult, _made("probe", (*self.key, job.model, job.probe, job.fill), job))


def choose(models: Sequence[str]) -> Chosen | None:
    """Draw the widgets for face and model; None, after showing a message, where there is no face."""
    left, right = st.columns([3, 2], gap="medium")
    listed = face_picker.field(left, face_picker.FACE, face_picker.listed(), t("cover.face"))
    named = {name: display_name(name) for name in models}
    model = face_picker.choose(right, "model", named, t("cover.model"))
    return _ready(listed, model)


def one_of(name: str, words: Mapping[str, str], label: str, *, collapsed: bool = False) -> str:
    """Draw a row of choices that is synchronised with the URL; returns the choice.

    Streamlit's own binding would write the displayed labels to the URL, in the reader's language.

    Args:
        name: of the URL parameter; the widget's key.
        words: choice -> its label, the default first.
        label: of the widget.
        collapsed: the label is for screen readers only.
    """
    known = list(words)
    url_state.select_from_url(name, known)
    chosen = st.segmented_control(
        label,
        known,
        format_func=words.__getitem__,
        required=True,
        key=name,
        label_visibility="collapsed" if collapsed else "visible",
    )
    url_state.set_url_param(name, chosen or known[0], known[0])
    return chosen or known[0]


def fill() -> str:
    """Draw the widget for the fill of a cover; returns one of ``COVER_FILLS``."""
    return one_of("fill", {name: t(f"cover_fill.{name}") for name in COVER_FILLS}, t("cover.fill"))


def _ready(listed: FaceOption, model: str) -> Chosen | None:
    place = st.empty()
    try:
        face = face_picker.find(listed, model, Progress(place).of(model))
        if face is None:
            place.info(t("cover.gone"))
            return None
        key = (face.photo_sha256, *face.crop_box.as_list())
        ground = cast(FaceFills, _made("ground", key, PrepareFills(face)))
    except JobError as failure:
        place.error(t("cover.failed", sentence=failed(failure)))
        return None
    place.empty()
    return Chosen(face, model, ground)


def _made(kind: str, key: Hashable, job: Job) -> object:
    """The result of a job, with a progress bar while it runs."""
    place = st.empty()
    model = getattr(job, "model", "")
    made = session.run_cached(kind, key, job, Progress(place).of(model))
    place.empty()
    return made
