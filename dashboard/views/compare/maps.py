"""The maps under one cursor, their difference, the legend, and the same as plain images."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import preferences
from dashboard.components.map_comparison import Panel, side_by_side
from dashboard.i18n import class_title, has_key, t
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


def show(pair: MapPair, more: Sequence[AlignedMap], *, same_face: bool) -> None:
    """The maps of the pair, then the others, then the difference of the pair.

    Args:
        pair: the maps being compared.
        more: the other maps, aligned likewise.
        same_face: all are of one face.
    """
    layers = (pair.first, pair.second, *more)
    full = shared_scale(layers)
    panels = [_panel(each, full) for each in layers]
    panels.append(_difference(pair, full))
    st.subheader(t("compare.maps", method=method_title(pair.first.method)), anchor=False)
    side_by_side(panels, pair.first.regions, pair.first.unit, preferences.language())
    for note in (*class_notes(pair), *_frame_notes(layers, same_face)):
        st.info(note)
    _legend(pair, full)
    with st.expander(t("compare.plain")):
        _plain(panels)


def _panel(layer: AlignedMap, full: float) -> Panel:
    title = t("compare.panel", name=layer.title, target=class_title(layer.explanation.target))
    return Panel(title, render_map(layer, full, _OPACITY), alt_layer(layer), layer.values, layer.signed)


def _difference(pair: MapPair, full: float) -> Panel:
    picture = drawn_difference(pair.first, pair.second, full, _OPACITY)
    title = t("compare.difference", first=pair.first.title, second=pair.second.title)
    return Panel(title, picture, alt_difference(pair), difference(pair.first, pair.second), signed=True)


def _frame_notes(layers: Sequence[AlignedMap], same_face: bool) -> list[str]:
    if same_face:
        return []
    return [t("compare.laid" if all(each.by_features for each in layers) else "compare.frames")]


def _legend(pair: MapPair, full: float) -> None:
    unit = pair.first.unit
    left, right = st.columns(2, gap="medium")
    with left:
        end = full + 1 if unit == DENSITY else full
        bar(bar_alt(pair.first.method, end), signed=pair.first.signed)
        words = unit if has_key(f"compare_legend.{unit}") else "signed" if pair.first.signed else "unsigned"
        st.caption(t(f"compare_legend.{words}", full=value_text(end, unit, signed=False)))
    with right:
        bar(t("legend.bar_alt", scale=full), signed=True)
        names = {"first": pair.first.title, "second": pair.second.title}
        st.caption(t("compare.legend_difference", full=value_text(full, unit, signed=False), **names))


def _plain(panels: Sequence[Panel]) -> None:
    with st.container(horizontal=True, gap="small"):
        for panel in panels:
            with st.container(width=_PLAIN_WIDTH, gap="xxsmall"):
                st.image(encode_jpeg(panel.picture), width="stretch", alt=panel.alt)
                st.caption(panel.title)
