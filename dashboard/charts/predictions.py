"""Charts of the dashboard. Numbers in, plotly figures out; images of maps are made in ``xai.render``."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import plotly.graph_objects as go

from dashboard.charts.palette import AREA, GRID, METHOD, class_colour, ink
from dashboard.i18n import class_title, format_number, has_key, t
from xai.attribution.methods import METHODS
from xai.types import REGIONS, Prediction, RegionShares

__all__ = ["class_bars", "region_bars", "share_ticks"]


def class_bars(prediction: Prediction) -> go.Figure:
    """The answer as one bar per class, in the model's order from the top; the label stands at each bar."""
    shown = [float(value) for value in prediction.probabilities]
    figure = go.Figure(
        go.Bar(
            x=shown,
            y=[class_title(name) for name in prediction.classes],
            orientation="h",
            marker={"color": [class_colour(name) for name in prediction.classes]},
            text=[format_number(value, ".0%") for value in shown],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(range=[0, 1.15], visible=False)
    return _plain(figure, height=28 * len(shown) + 16)


def region_bars(shares: Mapping[str, RegionShares], limit: float = 1.0) -> go.Figure:
    """For each region: the share of each map's positive evidence in it, next to its area.

    Args:
        shares: method -> shares; methods without any are left out by the caller. All have one area.
        limit: where the axis ends, 0..1; charts that share it can be compared.
    """
    area = next(iter(shares.values())).area
    figure = go.Figure()
    for (method, counted), colour in zip(shares.items(), cycle(METHOD), strict=False):
        marker = {"color": colour}
        figure.add_bar(**_series(counted.share, _method_name(method), marker))
    hatched = {"color": AREA, "pattern": {"shape": "/", "size": 5}}
    figure.add_bar(**_series(area, t("regions.area"), hatched))
    figure.update_xaxes(range=[0, limit], gridcolor=GRID, **share_ticks(limit))
    figure.update_layout(barmode="group", bargap=0.3, showlegend=True)
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    return _plain(figure, height=340)


def share_ticks(limit: float = 1.0) -> dict[str, list[object]]:
    """Ticks of an axis of shares from 0 to ``limit``, formatted for the reader's language."""
    step = next(step for step in (0.05, 0.1, 0.25, 0.5) if limit / step <= 5 or step == 0.5)
    values = [step * index for index in range(int(limit / step + 1e-9) + 1)]
    return {"tickvals": [*values], "ticktext": [format_number(value, ".0%") for value in values]}


def _method_name(method: str) -> str:
    """Short name of a method; the title of its entry where the messages have none."""
    return t(f"method_short.{method}") if has_key(f"method_short.{method}") else METHODS[method].title


def _series(values: Mapping[str, float], name: str, marker: Mapping[str, object]) -> dict[str, object]:
    return {
        "x": [values[region] for region in REGIONS],
        "y": [t(f"region.{region}") for region in REGIONS],
        "name": name,
        "orientation": "h",
        "marker": marker,
        "customdata": [format_number(values[region], ".0%") for region in REGIONS],
        "hovertemplate": "%{customdata}",
    }


def _plain(figure: go.Figure, height: int) -> go.Figure:
    figure.update_yaxes(autorange="reversed", title=None, ticksuffix=" ", tickfont_color=ink())
    figure.update_xaxes(tickfont_color=ink())
    return figure.update_layout(height=height, margin={"l": 0, "r": 8, "t": 4, "b": 4}, dragmode=False)
