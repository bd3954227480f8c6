"""The maps of one face by up to two models, side by side, on shared scales."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import url_state
from dashboard.i18n import t
from dashboard.views.photo import downloads
from dashboard.widgets import map_panel
from xai.types import Explanation

__all__ = ["show"]


@st.fragment
def show(explanations: Sequence[Explanation], take: downloads.Downloads, name: str) -> None:
    """The maps side by side. Changing the overlay opacity reruns only this fragment and no model.

    Args:
        explanations: one per model, at least one, all of the same face.
        take: the downloads; they may grow after this fragment is drawn.
        name: makes the widgets' keys unique to the face.
    """
    look = _legend(explanations)
    columns = st.columns(len(explanations), border=True)
    for column, explanation in zip(columns, explanations, strict=True):
        with column:
            map_panel.show(explanation, look, f"{name} {explanation.provenance.model}")
    st.caption(t("legend.caution"))
    downloads.show(take, name)


def _legend(explanations: Sequence[Explanation]) -> map_panel.MapStyle:
    """The scales shared by both models, in colour and in words, and the slider for the overlay opacity."""
    scales = map_panel.scales(explanations)
    *columns, right = st.columns(len(scales) + 1)
    for (method, scale), column in zip(scales.items(), columns, strict=True):
        with column:
            map_panel.legend(method, scale)
    url_state.slider_from_url(map_panel.OPACITY, (0.0, 1.0), map_panel.FIRST_OPACITY)
    opacity = right.slider(t("ask.opacity"), 0.0, 1.0, step=0.05, key=map_panel.OPACITY)
    url_state.set_url_param(map_panel.OPACITY, f"{opacity:g}", f"{map_panel.FIRST_OPACITY:g}")
    return map_panel.MapStyle(scales, opacity, _share_limit(explanations))


def _share_limit(explanations: Sequence[Explanation]) -> float:
    """The largest share or area of any region on the page, with a margin."""
    counted = [shares for each in explanations for shares in each.shares.values() if shares]
    largest = max((value for c in counted for value in (*c.share.values(), *c.area.values())), default=1.0)
    return min(1.0, 1.05 * largest)
