"""For experts: the occlusion maps at the finest stride, coarse positions first, with a Stop button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import face_explanations, session
from dashboard.face_explanations import FaceListener
from dashboard.i18n import t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.widgets.map_preview import Previews
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import ExplainFace, FaceExplanation, JobProgress, ModelRequest
from xai.attribution.methods import METHODS
from xai.partial_results import Preview
from xai.types import Explanation, Face, Params

__all__ = ["show"]

_STRIDE = 1 / 56
"""Stride of the patch as a share of the side."""


@st.fragment
def show(explained: Mapping[str, FaceExplanation], name: str) -> None:
    """A button to compute fine maps, the maps in progress, or the maps.

    Args:
        explained: model -> its maps of the face, at least one; patch, fill and class are theirs.
        name: makes the widgets' keys unique to the face.
    """
    session.begin_fragment()
    wish = f"fine {name}"
    with st.expander(t("fine.title")):
        st.caption(t("fine.what"))
        button = st.empty()
        if session.get_state(wish):
            button.button(t("fine.stop"), key=f"stop {wish}", on_click=session.set_state, args=(wish, False))
            _measure(explained)
            button.empty()
        else:
            places = {model: _places(model, each) for model, each in explained.items()}
            seconds = sum(places[model] * _pass_seconds(each) for model, each in explained.items())
            button.button(
                t("fine.button", places=sum(places.values()), seconds=max(1.0, seconds)),
                key=f"measure {wish}",
                on_click=session.set_state,
                args=(wish, True),
            )


def _measure(explained: Mapping[str, FaceExplanation]) -> None:
    first = next(iter(explained.values()))
    listener = _Fine(first.explanation.face, tuple(explained))
    requests = tuple(
        ModelRequest(model, each.explanation.target, test=False) for model, each in explained.items()
    )
    options = {"occlusion": _params(first)}
    job = ExplainFace(first.explanation.face, requests, ("occlusion",), options, previews=True)
    face_explanations.explain(job, listener)
    listener.finish()


class _Fine(FaceListener):
    """The fine maps of one face, each drawn when it arrives."""

    def __init__(self, face: Face, models: Sequence[str]) -> None:
        self._place = st.empty()
        self._face, self._bar = face, Progress(self._place)
        self._previews = Previews(self._place, face, models, self._bar)
        self._made: dict[str, Explanation] = {}

    def progress(self, model: str, stage: JobProgress) -> None:
        """Update the progress bar."""
        self._bar.of(model)(stage)

    def preview(self, model: str, preview: Preview) -> None:
        """Draw a preview in the placeholder of the map."""
        self._previews.of(model)(preview)

    def maps(self, model: str, explained: FaceExplanation) -> None:
        """Keep the map; it is drawn with the next update."""
        self._made[model] = explained.explanation
        self._previews.done(model, explained.explanation)

    def failed(self, model: str, failure: JobError) -> None:
        """Show that a model failed; the others go on."""
        st.error(t("map.failed", model=display_name(model), sentence=failed(failure)))

    def finish(self) -> None:
        """Draw the maps that succeeded."""
        finished = Previews(self._place, self._face, list(self._made), self._bar)
        for model, explanation in self._made.items():
            finished.done(model, explanation)
        finished.draw()


def _params(explained: FaceExplanation) -> Params:
    return {**explained.explanation.heatmaps["occlusion"].params, "stride": _STRIDE}


def _places(model: str, explained: FaceExplanation) -> int:
    side = next(card.input_size for card in session.catalogue().cards if card.name == model)
    return METHODS["occlusion"].forwards(_params(explained), side)


def _pass_seconds(explained: FaceExplanation) -> float:
    return sum(explained.explanation.provenance.seconds.values()) / explained.passes
