"""The two maps with a slider between them, their difference, the legend, and the same as plain images."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import preferences
from dashboard.components.map_comparison import Panel, side_by_side
from dashboard.i18n import class_title, has_key, t
from dashboard.text.faithfulness import method_warnings
from dashboard.text.map_units import DENSITY, bar_alt, method_title, value_text
from dashboard.views.compare.aligned_maps import (
    AlignedMap,
    difference,
    drawn_difference,
    render_map,
    shared_scale,
)
from dashboard.views.compare.text import MapPair, alt_difference, alt_layer, class_notes
from dashboard.widgets.map_panel import bar
from xai.photo.images import encode_jpeg

__all__ = ["show"]

_OPACITY = 0.7
_PLAIN_WIDTH = 260


def show(pair: MapPair) -> None:
    """The two maps with a slider between them, and their difference one click away.

    Args:
        pair: the maps being compared.
    """
    full = shared_scale((pair.first, pair.second))
    panels = (_panel(pair.first, full), _panel(pair.second, full))
    apart = _difference(pair, full)
    st.subheader(method_title(pair.first.method), anchor=False)
    for warning in method_warnings(pair.first.method):
        st.warning(warning)
    side_by_side(panels, apart, pair.first.regions, pair.first.unit, preferences.language())
    for note in (*class_notes(pair), *_frame_notes(pair)):
        st.info(note)
    _legend(pair, full)
    with st.expander(t("compare.plain")):
        _plain((*panels, apart))


def _panel(layer: AlignedMap, full: float) -> Panel:
    named = {"name": layer.title, "target": class_title(layer.explanation.target)}
    title = (
        t("compare.panel_contrast", **named, against=class_title(layer.against))
        if layer.against
        else t("compare.panel", **named)
    )
    return Panel(title, render_map(layer, full, _OPACITY), alt_layer(layer), layer.values, layer.signed)


def _difference(pair: MapPair, full: float) -> Panel:
    names = {"first": pair.first.title, "second": pair.second.title}
    return Panel(
        t("compare.difference", **names),
        drawn_difference(pair.first, pair.second, full, _OPACITY),
        alt_difference(pair),
        difference(pair.first, pair.second),
        signed=True,
        note=t("compare.legend_difference", full=value_text(full, pair.first.unit, signed=False), **names),
    )


def _frame_notes(pair: MapPair) -> list[str]:
    if not pair.faces:
        return []
    both = pair.first.by_features and pair.second.by_features
    return [t("compare.laid" if both else "compare.frames")]


def _legend(pair: MapPair, full: float) -> None:
    unit = pair.first.unit
    left, right = st.columns(2, gap="medium", vertical_alignment="center")
    with left:
        end = full + 1 if unit == DENSITY else full
        bar(bar_alt(pair.first.method, end), signed=pair.first.signed)
    with right:
        words = unit if has_key(f"compare_legend.{unit}") else "signed" if pair.first.signed else "unsigned"
        st.caption(t(f"compare_legend.{words}", full=value_text(end, unit, signed=False)))
        if pair.first.against:
            st.caption(t("compare.contrast_legend" if pair.first.signed else "compare.contrast_density"))


def _plain(panels: Sequence[Panel]) -> None:
    with st.container(horizontal=True, gap="small"):
        for panel in panels:
            with st.container(width=_PLAIN_WIDTH, gap="xxsmall"):
                st.image(encode_jpeg(panel.picture), width="stretch", alt=panel.alt)
                st.caption(panel.title)
