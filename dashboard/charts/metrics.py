"""Charts about models: scores, confusion, data, training. Numbers in, plotly figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.charts.palette import AREA, BLUE, GRID, ORANGE, PURPLE, SLATE, ink
from dashboard.charts.predictions import share_ticks
from dashboard.i18n import class_title, format_number, t
from xai.models.card_schema import Epoch, Metric

__all__ = ["DotRow", "class_counts", "dots", "dots_height", "learning_curves"]

_LINE = {
    "train_loss": (SLATE, "dot"),
    "loss": (BLUE, "solid"),
    "accuracy": (PURPLE, "dash"),
    "aca": (ORANGE, "solid"),
}


@dataclass(frozen=True)
class DotRow:
    """One row of a dot plot.

    Attributes:
        label: what it is about.
        measured: a filled dot with its interval; None where nothing was measured.
        published: a hollow diamond, or None.
    """

    label: str
    measured: Metric | None
    published: float | None = None


def dots(rows: Sequence[DotRow]) -> go.Figure:
    """Shares as a dot plot with 95 % intervals; a dot without one is hollow.

    What a study published is a hollow diamond on the same line.
    """
    here = [(place, row.measured) for place, row in enumerate(rows) if row.measured]
    there = [(place, row.published) for place, row in enumerate(rows) if row.published is not None]
    sure = [(place, found) for place, found in here if found.low is not None]
    alone = [(place, found.value) for place, found in here if found.low is None]
    figure = go.Figure()
    figure.add_scatter(
        **_marks([(place, found.value) for place, found in sure], t("dots.measured")),
        marker={"color": BLUE, "size": 11},
        error_x=_intervals([found for _, found in sure]),
    )
    if alone:
        circle = {"color": BLUE, "size": 11, "symbol": "circle-open", "line": {"width": 2.5}}
        figure.add_scatter(**_marks(alone, t("dots.alone")), marker=circle)
    if there:
        hollow = {"color": ORANGE, "size": 12, "symbol": "diamond-open", "line": {"width": 2.5}}
        figure.add_scatter(**_marks(there, t("dots.published")), marker=hollow)
    _label_lines(figure, rows)
    figure.update_xaxes(gridcolor=GRID, zeroline=False, **_window(rows))
    return _sized(figure, dots_height(len(rows), legend=bool(there)), legend=bool(there))


def dots_height(rows: int, *, legend: bool = False) -> int:
    """Height in pixels of a dot plot with these rows."""
    return 46 * rows + 40 + 30 * legend


def class_counts(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Faces of each class in each part of the data."""
    figure = go.Figure()
    fills = ({"color": BLUE}, {"color": AREA, "pattern": {"shape": "/", "size": 5}})
    for (part, by_class), marker in zip(counts.items(), fills, strict=False):
        figure.add_bar(
            x=list(by_class.values()),
            y=[class_title(name) for name in by_class],
            name=t(f"part.{part}"),
            orientation="h",
            marker=marker,
            text=[format_number(value, ",") for value in by_class.values()],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    most = max((n for by_class in counts.values() for n in by_class.values()), default=1)
    figure.update_xaxes(visible=False, range=[0, 1.2 * most])
    figure.update_yaxes(autorange="reversed", ticksuffix="  ")
    figure.update_layout(barmode="group", bargap=0.35)
    return _sized(figure, 64 * len(next(iter(counts.values()))) + 40, legend=True)


def learning_curves(history: Sequence[Epoch], names: Sequence[str]) -> go.Figure:
    """Training curves, epoch by epoch, distinguished by dash as well.

    Args:
        history: the epochs.
        names: fields of ``Epoch``; those that no epoch has are left out.
    """
    figure = go.Figure()
    for name in names:
        points = [(each.number, getattr(each, name)) for each in history if getattr(each, name) is not None]
        if points:
            colour, dash = _LINE[name]
            figure.add_scatter(
                x=[epoch for epoch, _ in points],
                y=[value for _, value in points],
                name=t(f"curve_name.{name}"),
                mode="lines",
                line={"color": colour, "dash": dash, "width": 2.5},
                hovertemplate="%{y:.3f}",
            )
    figure.update_xaxes(title=t("curves.epoch"), gridcolor=GRID, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, rangemode="tozero", zeroline=False)
    if not {"loss", "train_loss"} & set(names):
        figure.update_yaxes(range=[0, 1.02], **share_ticks())
    return _sized(figure, 260, legend=True)


def _marks(points: Sequence[tuple[int, float]], name: str) -> dict[str, object]:
    """One series of dots: row and share of each."""
    return {
        "x": [value for _, value in points],
        "y": [place for place, _ in points],
        "name": name,
        "mode": "markers",
        "cliponaxis": False,
        "customdata": [format_number(value, ".1%") for _, value in points],
        "hovertemplate": "%{customdata}",
    }


def _label_lines(figure: go.Figure, rows: Sequence[DotRow]) -> None:
    """A thin line for each row with its label above it: a phone has no room beside the line."""
    for place, row in enumerate(rows):
        figure.add_annotation(
            x=0,
            xref="paper",
            y=place - 0.36,
            text=row.label,
            font={"color": ink()},
            showarrow=False,
            xanchor="left",
        )
        figure.add_shape(
            type="line",
            x0=0,
            x1=1,
            xref="x domain",
            y0=place,
            y1=place,
            line={"width": 1, "color": GRID},
            layer="below",
        )
    figure.update_yaxes(visible=False, range=[len(rows) - 0.5, -0.7])


def _intervals(found: Sequence[Metric]) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [(each.high if each.high is not None else each.value) - each.value for each in found],
        "arrayminus": [each.value - (each.low if each.low is not None else each.value) for each in found],
        "color": BLUE,
        "thickness": 2,
        "width": 5,
    }


def _window(rows: Sequence[DotRow]) -> dict[str, object]:
    """The axis: from 0 to 1, or from 0.5 where no value is lower; the ticks show which."""
    values = [
        v for row in rows if row.measured for v in (row.measured.value, row.measured.low) if v is not None
    ]
    values += [row.published for row in rows if row.published is not None]
    least = 0.5 if values and min(values) > 0.52 else 0.0
    return {"range": [least, 1.005], **share_ticks()}


def _sized(figure: go.Figure, height: int, *, legend: bool) -> go.Figure:
    figure.update_xaxes(tickfont_color=ink(), title_font_color=ink())
    figure.update_yaxes(tickfont_color=ink(), title_font_color=ink())
    return figure.update_layout(
        height=height,
        margin={"l": 18, "r": 18, "t": 30 if legend else 6, "b": 4},
        dragmode=False,
        showlegend=legend,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
