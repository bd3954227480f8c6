"""The chart of the mask that is pulled down. Numbers in, a plotly figure out."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.i18n import class_name, number, say
from dashboard.palette import CLASS, GRID, ORANGE, SLATE, ink
from dashboard.worker.counterfactual_jobs import Found

__all__ = ["height_curve"]

_DASHES = ("solid", "dash", "dot", "dashdot")


def height_curve(found: Found, height: float) -> go.Figure:
    """The probability of each answer over the height of the mask; colour, dash and a word tell them apart.

    Args:
        found: of ``pull_down``.
        height: the height that is shown beside it; a line marks it, another one where the answer changes.
    """
    figure = go.Figure()
    for index, name in enumerate(found.start.classes):
        figure.add_scatter(
            x=found.values,
            y=[answer.of(name) for answer in found.answers],
            name=class_name(name),
            mode="lines",
            line={"color": CLASS.get(name, SLATE), "dash": _DASHES[index % len(_DASHES)], "width": 3},
            hoverinfo="skip",
        )
    if found.flips_at is not None:
        figure.add_vline(x=found.flips_at, line={"width": 2, "color": ORANGE, "dash": "dot"})
    figure.add_vline(x=height, line={"width": 1, "color": ink()})
    written = [number(value, ".0%") for value in (0.0, 0.5, 1.0)]
    ticks = {"ticktext": written, "tickvals": [0, 0.5, 1], "gridcolor": GRID}
    figure.update_xaxes(range=[1.02, -0.02], title=say("cover_slide.axis"), **ticks)
    figure.update_yaxes(range=[0, 1.02], **ticks)
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(
        height=280, margin={"l": 0, "r": 8, "t": 8, "b": 4}, dragmode=False, legend=legend
    )
