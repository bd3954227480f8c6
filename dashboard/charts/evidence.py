"""Charts of the evidence, of the checks and of a mask that is pulled down. Numbers in, plotly figures out."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.charts.palette import BLUE, BROWN, CLASS, GRID, ORANGE, SLATE, ink
from dashboard.i18n import class_name, number, say
from dashboard.worker.counterfactual_jobs import Found
from dashboard.worker.results import CurveCheck
from xai.evidence_types import Condition, Evidence

__all__ = ["bullet", "curves", "effect_bars", "height_curve"]

_HOLDS, _FAILS, _UNKNOWN = BLUE, SLATE, "rgba(128,128,128,.3)"
_TRACK = "rgba(128,128,128,.14)"
_ALLOWED = "rgba(37,99,168,.16)"
_LIMIT = ORANGE
_FULL = 1.0
_ORDER = (
    "nose_and_mouth",
    "nose",
    "mouth",
    "lower_face",
    "chin",
    "cheeks",
    "eyes",
    "forehead",
    "elsewhere",
)
_LINES = {"own": (BLUE, "solid"), "edges": (BROWN, "dash"), "random": (SLATE, "dot")}

_DASHES = ("solid", "dash", "dot", "dashdot")


def bullet(name: str, condition: Condition) -> go.Figure:
    """A value against its threshold: a bar from 0 to 1, a line at the threshold, the allowed side tinted.

    Args:
        name: one of ``CONDITIONS``; of ``exclusion`` the side below the threshold is the allowed one.
        condition: what is drawn; values beyond 0..1 end where the bar ends, words say them.
    """
    at = condition.threshold
    allowed = (0.0, at) if name == "exclusion" else (at, _FULL)
    colour = {True: _HOLDS, False: _FAILS, None: _UNKNOWN}[condition.holds]
    shown = min(max(condition.value or 0.0, 0.0), _FULL)
    figure = go.Figure(
        go.Bar(x=[shown], y=[""], orientation="h", width=0.45, marker={"color": colour}, hoverinfo="skip")
    )
    for left, right, tint in ((0.0, _FULL, _TRACK), (*allowed, _ALLOWED)):
        figure.add_shape(
            type="rect", x0=left, x1=right, y0=-0.5, y1=0.5, fillcolor=tint, line_width=0, layer="below"
        )
    figure.add_shape(type="line", x0=at, x1=at, y0=-0.5, y1=0.5, line={"width": 3, "color": _LIMIT})
    figure.update_xaxes(range=[0, _FULL], visible=False, fixedrange=True)
    figure.update_yaxes(range=[-0.5, 0.5], visible=False, fixedrange=True)
    return figure.update_layout(
        height=22, margin={"l": 0, "r": 0, "t": 0, "b": 0}, dragmode=False, showlegend=False
    )


def effect_bars(evidence: Evidence) -> go.Figure:
    """The effect of changing each region, with its rank at the bar; what decides stands first."""
    names = [name for name in _ORDER if name in evidence.regions]
    found = [evidence.regions[name] for name in names]
    deciding = {"strict": "nose_and_mouth", "wide": "lower_face"}[evidence.area]
    values = [each.effect for each in found]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[say(f"region.{name}") for name in names],
            orientation="h",
            marker={"color": [_HOLDS if name == deciding else _FAILS for name in names]},
            text=[say("effects.bar", effect=each.effect, rank=each.rank) for each in found],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    low, high = min(0.0, *values), max(_FULL, *values)
    figure.update_xaxes(range=[low, high + 0.45 * (high - low)], visible=False)
    figure.update_yaxes(autorange="reversed", title=None, ticksuffix=" ")
    return figure.update_layout(
        height=26 * len(names) + 16, margin={"l": 0, "r": 0, "t": 4, "b": 4}, dragmode=False
    )


def curves(check: CurveCheck) -> go.Figure:
    """The answer's probability as the picture changes, in three orders, told apart by dashes as well."""
    figure = go.Figure()
    for name, values in (("random", check.random), ("edges", check.edges), ("own", check.own)):
        colour, dash = _LINES[name]
        figure.add_scatter(
            x=check.changed,
            y=values,
            customdata=[number(float(value), ".0%") for value in values],
            name=say(f"order.{name}"),
            mode="lines",
            line={"color": colour, "dash": dash, "width": 3 if name == "own" else 2},
            hovertemplate="%{customdata}",
        )
    written = [number(value, ".0%") for value in (0.0, 0.5, 1.0)]
    ticks = {"ticktext": written, "tickvals": [0, 0.5, 1], "gridcolor": GRID}
    figure.update_xaxes(range=[0, 1.02], title=say("trust.changed"), **ticks)
    figure.update_yaxes(range=[0, 1.02], **ticks)
    return figure.update_layout(
        height=170, margin={"l": 0, "r": 8, "t": 4, "b": 4}, dragmode=False, showlegend=False
    )


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
