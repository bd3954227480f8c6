"""Curves: the checks of a map, and the mask height probe. Numbers in, plotly figures out."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.charts.palette import BLUE, BROWN, GRID, ORANGE, SLATE, class_colour
from dashboard.i18n import class_title, format_number, t
from dashboard.worker.counterfactual_jobs import ProbeResult
from dashboard.worker.results import CurveCheck

__all__ = ["curves", "height_curve"]

_LINES = {"own": (BLUE, "solid"), "edges": (BROWN, "dash"), "random": (SLATE, "dot")}

_DASHES = ("solid", "dash", "dot", "dashdot")


def curves(check: CurveCheck) -> go.Figure:
    """The answer's probability as the picture changes, in three orders, distinguished by dash as well."""
    figure = go.Figure()
    for name, values in (("random", check.random), ("edges", check.edges), ("own", check.own)):
        colour, dash = _LINES[name]
        figure.add_scatter(
            x=check.changed,
            y=values,
            customdata=[format_number(float(value), ".0%") for value in values],
            name=t(f"order.{name}"),
            mode="lines",
            line={"color": colour, "dash": dash, "width": 3 if name == "own" else 2},
            hovertemplate="%{customdata}",
        )
    written = [format_number(value, ".0%") for value in (0.0, 0.5, 1.0)]
    ticks = {"ticktext": written, "tickvals": [0, 0.5, 1], "gridcolor": GRID}
    figure.update_xaxes(range=[0, 1.02], title=t("trust.changed"), **ticks)
    figure.update_yaxes(range=[0, 1.02], **ticks)
    return figure.update_layout(
        height=170, margin={"l": 0, "r": 8, "t": 4, "b": 4}, dragmode=False, showlegend=False
    )


def height_curve(found: ProbeResult) -> go.Figure:
    """The probability of each answer over the height of the mask; colour, dash and a word distinguish them.

    Args:
        found: of ``pull_down``; a line marks where the answer changes.
    """
    figure = go.Figure()
    for index, name in enumerate(found.start.classes):
        figure.add_scatter(
            x=found.values,
            y=[answer.of(name) for answer in found.answers],
            name=class_title(name),
            mode="lines",
            line={"color": class_colour(name), "dash": _DASHES[index % len(_DASHES)], "width": 3},
            hoverinfo="skip",
        )
    if found.flips_at is not None:
        figure.add_vline(x=found.flips_at, line={"width": 2, "color": ORANGE, "dash": "dot"})
    written = [format_number(value, ".0%") for value in (0.0, 0.5, 1.0)]
    ticks = {"ticktext": written, "tickvals": [0, 0.5, 1], "gridcolor": GRID}
    figure.update_xaxes(range=[1.02, -0.02], title=t("cover_slide.axis"), **ticks)
    figure.update_yaxes(range=[0, 1.02], **ticks)
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(
        height=280, margin={"l": 0, "r": 8, "t": 8, "b": 4}, dragmode=False, legend=legend
    )
