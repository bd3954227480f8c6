"""Which face is edited, and which models run on it."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard import session, url_state
from dashboard.i18n import t
from dashboard.session_cache import cache_of
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

__all__ = ["HIDDEN", "Chosen", "choose", "fill", "one_of"]

HIDDEN = "regions"
"""Key of the widget for the hidden parts of the face, and its URL parameter."""

_NONE = "none"
"""Stands for no second model."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """The face and the models, and what was prepared for them.

    Attributes:
        face: the face.
        models: names of one or two models.
        ground: the fills that covers of the face are made from.
    """

    face: Face = field(repr=False)
    models: tuple[str, ...]
    ground: FaceFills

    @property
    def key(self) -> tuple[str, ...]:
        """Cache key: the same for the same face."""
        return (self.face.photo_sha256, *(str(edge) for edge in self.face.crop_box.as_list()))

    def ask(self, model: str, picture: NDArray[np.uint8], bar: DeltaGenerator | None = None) -> Prediction:
        """A model's prediction for the face as it is in ``picture``, RGB uint8 ``(S, S, 3)``.

        Args:
            model: its name.
            picture: the face.
            bar: where progress is drawn; here where None.

        Raises:
            JobError: the job failed.
        """
        digest = hashlib.sha256(picture.tobytes()).hexdigest()
        job = ClassifyCrop(picture, model)
        return cast(Prediction, _made("covered", (*self.key, model, digest), job, bar))

    def found(self, job: RunProbe, bar: DeltaGenerator | None = None) -> ProbeResult:
        """Result of a probe on the face, its progress drawn in ``bar``; errors as of ``ask``."""
        return cast(ProbeResult, _made("probe", self._probe_key(job), job, bar))

    def holds(self, job: RunProbe) -> bool:
        """Whether the result of a probe is there already."""
        return self._probe_key(job) in cache_of("probe")

    def probe(self, model: str, probe: str) -> RunProbe:
        """The job of a probe that draws on the face: on the same pictures for all models.

        Raises:
            JobError: as of ``ask``.
        """
        seen = self.ask(self.models[0], self.face.crop).label
        return RunProbe(self.face, model, probe, COVER_FILLS[0], drawn_as=seen)

    def _probe_key(self, job: RunProbe) -> tuple[str | None, ...]:
        return (*self.key, job.model, job.probe, job.fill, job.drawn_as)


def choose(models: Sequence[str]) -> Chosen | None:
    """Draw the widgets for face and models; None, after showing a message, where there is no face."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        faces = st.container()
        listed = face_picker.field(faces, face_picker.FACE, face_picker.listed(), t("cover.face"))
        asked = st.popover(t("cover.models"))
    named = {name: display_name(name) for name in models}
    first = face_picker.choose(asked, "model", named, t("cover.model"))
    others = {name: called for name, called in named.items() if name != first} | {_NONE: t("cover.no_model")}
    second = face_picker.choose(asked, "other", others, t("cover.second_model"))
    return _ready(listed, (first,) if second == _NONE else (first, second))


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


def _ready(listed: FaceOption, models: tuple[str, ...]) -> Chosen | None:
    place = st.empty()
    try:
        face = face_picker.find(listed, models[0], Progress(place).of(models[0]))
        if face is None:
            place.info(t("cover.gone"))
            return None
        key = (face.photo_sha256, *face.crop_box.as_list())
        ground = cast(FaceFills, _made("ground", key, PrepareFills(face)))
    except JobError as failure:
        place.error(t("cover.failed", sentence=failed(failure)))
        return None
    place.empty()
    return Chosen(face, models, ground)


def _made(kind: str, key: Hashable, job: Job, bar: DeltaGenerator | None = None) -> object:
    """The result of a job, with a progress bar while it runs."""
    place = bar or st.empty()
    model = getattr(job, "model", "")
    try:
        made = session.run_cached(kind, key, job, Progress(place).of(model))
    except JobError:
        place.empty()  # no bar stands beside the sentence that says why
        raise
    place.empty()
    return made
