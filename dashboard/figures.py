"""Charts of the dashboard. Numbers in, plotly figures out; pictures of maps are made in ``xai.render``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from dashboard.words import class_name, say
from xai.attribution.methods import METHODS
from xai.render import class_colour
from xai.types import REGIONS, Prediction, RegionShares

__all__ = ["class_bars", "region_bars"]

_METHOD_COLOURS = ("#7048b6", "#2a7f9e", "#a0522d", "#5b7c2a", "#8a3b6b", "#6b6b00")
_AREA_COLOUR = "rgba(128,128,128,.45)"
_GRID = "rgba(128,128,128,.25)"


def class_bars(prediction: Prediction) -> go.Figure:
    """The answer as one bar per class, in the model's order from the top; the word stands at each bar."""
    shown = [float(value) for value in prediction.probabilities]
    figure = go.Figure(
        go.Bar(
            x=shown,
            y=[class_name(name) for name in prediction.classes],
            orientation="h",
            marker={"color": [_css(class_colour(name)) for name in prediction.classes]},
            text=[f"{value:.0%}" for value in shown],
            textposition=["inside" if value > 0.85 else "outside" for value in shown],
            textangle=0,
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(range=[0, 1], visible=False)
    return _plain(figure, height=28 * len(shown) + 16)


def region_bars(shares: Mapping[str, RegionShares], limit: float = 1.0) -> go.Figure:
    """For each region: what part of each map's positive evidence lies in it, next to its size.

    Args:
        shares: method -> shares; methods without any are left out by the caller. All have one area.
        limit: where the axis ends, 0..1; charts that share it can be compared.
    """
    area = next(iter(shares.values())).area
    figure = go.Figure()
    for method, counted in shares.items():
        marker = {"color": _METHOD_COLOURS[list(METHODS).index(method) % len(_METHOD_COLOURS)]}
        figure.add_bar(**_series(counted.share, say(f"method_short.{method}"), marker))
    hatched = {"color": _AREA_COLOUR, "pattern": {"shape": "/", "size": 5}}
    figure.add_bar(**_series(area, say("regions.area"), hatched))
    figure.update_xaxes(tickformat=".0%", range=[0, limit], gridcolor=_GRID)
    figure.update_layout(barmode="group", bargap=0.3, showlegend=True)
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    return _plain(figure, height=340)


def _series(values: Mapping[str, float], name: str, marker: Mapping[str, object]) -> dict[str, object]:
    return {
        "x": [values[region] for region in REGIONS],
        "y": [say(f"region.{region}") for region in REGIONS],
        "name": name,
        "orientation": "h",
        "marker": marker,
        "hovertemplate": "%{x:.0%}",
    }


def _plain(figure: go.Figure, height: int) -> go.Figure:
    figure.update_yaxes(autorange="reversed", title=None, ticksuffix=" ")
    return figure.update_layout(height=height, margin={"l": 0, "r": 8, "t": 4, "b": 4}, dragmode=False)


def _css(colour: Sequence[int]) -> str:
    return "rgb({},{},{})".format(*colour)
