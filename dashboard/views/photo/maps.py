"""The maps of one face by up to two models, on shared scales; and two known models for comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import face_explanations, session, url_state
from dashboard.i18n import class_title, t
from dashboard.text.predictions import failed
from dashboard.text.verdicts import looked_at
from dashboard.views.photo import downloads
from dashboard.widgets import map_panel
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import FaceExplanation
from xai.classes import class_info
from xai.types import Explanation

__all__ = ["FailedMaps", "show"]


@dataclass(eq=False)
class FailedMaps:
    """Maps that failed their checks; folded where they are drawn, also when the maps are drawn again.

    Attributes:
        reasons: model -> method -> why.
        places: model -> method -> placeholder of the map.
        look: display settings of the last drawing.
    """

    reasons: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[str, Mapping[str, DeltaGenerator]] = field(default_factory=dict)
    look: map_panel.MapStyle | None = None

    def add(self, explanation: Explanation, method: str, reason: str) -> None:
        """Fold a map that is drawn already."""
        model = explanation.provenance.model
        self.reasons.setdefault(model, {})[method] = reason
        if self.look:
            map_panel.fold(self.places[model][method], explanation, method, self.look, reason)


@st.fragment
def show(
    explanations: Sequence[Explanation], take: downloads.Downloads, name: str, withheld: FailedMaps
) -> None:
    """The maps side by side. Changing the overlay opacity reruns only this fragment and no model.

    Args:
        explanations: one per model, at least one, all of the same face.
        take: the downloads; they may grow after this fragment is drawn.
        name: makes the widgets' keys unique to the face.
        withheld: the maps that failed their checks; more may come after this fragment is drawn.
    """
    look = withheld.look = _legend(explanations)
    columns = st.columns(len(explanations), border=True)
    for column, explanation in zip(columns, explanations, strict=True):
        model = explanation.provenance.model
        with column:
            withheld.places[model] = map_panel.show(
                explanation, look, f"{name} {model}", withheld.reasons.get(model, {})
            )
    st.caption(t("legend.caution"))
    _references(explanations[0])
    downloads.show(take, name)


@st.fragment
def _references(explanation: Explanation) -> None:
    """The same face on a known-honest and a known-cheating model, on request."""
    session.begin_fragment()
    face, place = explanation.face, st.empty()
    if not face_explanations.has_references(face) and not place.button(t("reference.button")):
        return
    try:
        honest, cheat = face_explanations.explain_references(face, Progress(place).of())
    except JobError as failure:
        place.error(t("reference.failed", sentence=failed(failure)))
        return
    with place.container():
        for (title, known), column in zip(
            ((t("reference.honest"), honest), (t("reference.cheat"), cheat)),
            st.columns(2, border=True),
            strict=True,
        ):
            with column:
                _reference(title, known)


def _reference(title: str, known: FaceExplanation) -> None:
    made, said = known.explanation, known.explanation.prediction
    st.markdown(f"**{title}**")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = t("answer.heading", answer=class_title(said.label), probability=said.confidence)
        st.badge(words, color=class_info(said.label).hue)
        if made.evidence:
            st.markdown(f"**{looked_at(made.evidence)}**", width="content")
    look = map_panel.MapStyle(map_panel.scales([made]), map_panel.opacity(), 1.0)
    with map_panel.row(len(made.heatmaps), f"reference-{made.provenance.model}"):
        for method in made.heatmaps:
            with st.container(width="stretch", gap="xxsmall"):
                map_panel.draw(made, method, look)


def _legend(explanations: Sequence[Explanation]) -> map_panel.MapStyle:
    """The scales shared by both models, in colour and in words, and the slider for the overlay opacity."""
    scales = map_panel.scales(explanations)
    *columns, right = st.columns(len(scales) + 1)
    for (method, scale), column in zip(scales.items(), columns, strict=True):
        with column:
            map_panel.legend(method, scale)
    url_state.slider_from_url(map_panel.OPACITY, (0.0, 1.0), map_panel.FIRST_OPACITY)
    opacity = right.slider(t("ask.opacity"), 0.0, 1.0, step=0.05, format="percent", key=map_panel.OPACITY)
    url_state.set_url_param(map_panel.OPACITY, f"{opacity:g}", f"{map_panel.FIRST_OPACITY:g}")
    return map_panel.MapStyle(scales, opacity, _share_limit(explanations))


def _share_limit(explanations: Sequence[Explanation]) -> float:
    """The largest share or area of any region on the page, with a margin."""
    counted = [shares for each in explanations for shares in each.shares.values() if shares]
    largest = max((value for c in counted for value in (*c.share.values(), *c.area.values())), default=1.0)
    return min(1.0, 1.05 * largest)
