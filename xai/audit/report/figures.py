"""The charts of the report: claims against thresholds, slices, and mean maps over the outline of a face."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xai.audit.report.formats import percent, points, shown
from xai.audit.report.rendering.drawing import Drawing
from xai.render import colour_bar, overlay

__all__ = ["Dot", "dot_plot", "grouped_plot", "map_drawing", "map_legend"]

Floats = NDArray[np.float64]

_WIDTH = 420.0
_EDGE = 16.0
_ROW = 46.0
_LONGEST, _LONGEST_BESIDE = 56, 26
"""Letters of a name for which there is room above its mark, and beside it."""

_BELOW = 31.0
"""Of a row's mark, below the top of the row."""
_BESIDE, _LINE = 180.0, 22.0
"""Of a plot in groups: where its axis begins, and the height of a row."""

_CELL = 10
"""Pixels of a cell of a map, so that it stays sharp when it is enlarged."""

_MAP_SIDE = 150.0
_BAR = (300, 14)

_OVAL, _EYES, _NOSE, _MOUTH = (
    (0.5, 0.48, 0.31, 0.39),
    ((0.35, 0.38), (0.65, 0.38)),
    (0.5, 0.569),
    (0.5, 0.677),
)
"""Places in the frame of the maps, as shares of its side: centre and radii of the face; eyes, nose, mouth."""


@dataclass(frozen=True)
class Dot:
    """One row of a dot plot.

    Attributes:
        name: what was measured.
        value: the estimate; None where there is none.
        interval: its 95 % interval; None likewise.
        limit: the threshold; None where none was asked for.
        role: colour of the mark.
        square: whether the mark is a square, to tell two measures apart without colour.
    """

    name: str
    value: float | None
    interval: tuple[float, float] | None
    limit: float | None = None
    role: str = "accent"
    square: bool = False


def dot_plot(rows: Sequence[Dot], alt: str, *, differences: bool = False) -> Drawing:
    """Estimates with their intervals, one above the other, on one axis.

    Args:
        rows: shares, 0..1, or differences of shares, -1..1.
        alt: text alternative.
        differences: whether they are differences: the axis is as wide as they need, with 0 in the middle,
            and a limit stands on both sides.
    """
    ends = _ends(rows) if differences else (0.0, 1.0)
    bottom = _ROW * len(rows)
    drawing = Drawing(_WIDTH, bottom + 18, alt)
    say = points if differences else percent

    def across(value: float) -> float:
        return _EDGE + (value - ends[0]) / (ends[1] - ends[0]) * (_WIDTH - 2 * _EDGE)

    for tick in np.linspace(ends[0], ends[1], 5):
        anchor = {ends[0]: "start", ends[1]: "end"}.get(float(tick), "middle")
        at = across(tick) + {"start": -_EDGE, "end": _EDGE}.get(anchor, 0)
        drawing.text((at, bottom + 14), say(float(tick)), "quiet", font_size="12", text_anchor=anchor)
        for number in range(len(rows)):
            middle = _ROW * number + _BELOW
            drawing.line((across(tick), middle - 9), (across(tick), middle + 9), "rule")
    for number, row in enumerate(rows):
        _row(drawing, row, _ROW * number, across, both=differences)
    return drawing


def grouped_plot(groups: Mapping[str, Sequence[Dot]], title: str, alt: str) -> Drawing:
    """Shares with their intervals, a line each with its name beside it, in groups with a heading.

    Args:
        groups: heading -> its rows.
        title: above the axis.
        alt: text alternative.
    """
    lines = sum(len(rows) + 1 for rows in groups.values())
    drawing = Drawing(_WIDTH, _LINE * (lines + 1) + 4, alt)

    def across(share: float) -> float:
        return _BESIDE + share * (_WIDTH - _EDGE - _BESIDE)

    drawing.text((0, 15), title, font_weight="bold")
    for tick in (0.0, 0.5, 1.0):
        drawing.text((across(tick), 15), percent(tick), "quiet", font_size="12", text_anchor="middle")
    top = _LINE
    for heading, rows in groups.items():
        drawing.text((0, top + 16), heading, "quiet", font_size="12")
        top += _LINE
        for row in rows:
            drawing.text((8, top + 14), shown(row.name, _LONGEST_BESIDE), font_size="12")
            for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
                drawing.line((across(tick), top + 2), (across(tick), top + _LINE - 2), "rule")
            _interval(drawing, row, top + _LINE / 2, across)
            top += _LINE
    return drawing


def _interval(drawing: Drawing, row: Dot, middle: float, across: Callable[[float], float]) -> None:
    if row.value is None or row.interval is None:
        drawing.text((across(0) + 4, middle + 4), "no estimate", "quiet", font_size="12")
        return
    first, last = row.interval
    drawing.line((across(first), middle), (across(last), middle), row.role, 3.5)
    _mark(drawing, across(row.value), middle, row)


def _row(drawing: Drawing, row: Dot, top: float, across: Callable[[float], float], *, both: bool) -> None:
    drawing.text((0, top + 13), shown(row.name, _LONGEST))
    middle = top + _BELOW
    _interval(drawing, row, middle, across)
    if row.limit is not None:
        for limit in (row.limit, -row.limit) if both else (row.limit,):
            _limit(drawing, across(limit), middle)


def _mark(drawing: Drawing, x: float, y: float, row: Dot) -> None:
    if row.square:
        drawing.rect(x - 4.5, y - 4.5, 9, 9, row.role)
    else:
        drawing.dot(x, y, 5, row.role)


def _limit(drawing: Drawing, x: float, y: float) -> None:
    drawing.line((x, y - 9), (x, y + 9), "limit", 2)
    drawing.path(f"M{x - 4.5:.2f} {y - 13:.2f}h9l-4.5 6z", "limit")


def _ends(rows: Iterable[Dot]) -> tuple[float, float]:
    known = [abs(end) for row in rows for end in (*(row.interval or ()), row.limit or 0.0)]
    reach = min(1.0, np.ceil(10 * max(known, default=0.1) * 1.05) / 10)
    return -float(reach), float(reach)


def map_drawing(values: Sequence[Sequence[float | None]], scale: float, alt: str, caption: str) -> Drawing:
    """A mean map over the outline of a face.

    Args:
        values: rows of the map, signed; None where no face reached.
        scale: value with the full colour; maps that share it can be compared.
        alt: text alternative.
        caption: below the map.
    """
    drawing = Drawing(_MAP_SIDE, _MAP_SIDE, alt, caption)
    grid = np.nan_to_num(np.array(values, np.float32), nan=0.0)
    white = np.full((*grid.shape, 3), 255, np.uint8)
    painted = overlay(white, grid, scale=scale, opacity=1.0)
    large = painted.repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    drawing.picture((0, 0, _MAP_SIDE, _MAP_SIDE), _png(large))
    for steps in _face(_MAP_SIDE):
        drawing.path(steps, "halo", width=2.6)
        drawing.path(steps, "outline", width=1.1)
    return drawing


def map_legend(scale: float) -> Drawing:
    """The colours of all maps and what they mean."""
    wide, high = _BAR
    drawing = Drawing(
        wide + 2 * _EDGE, 52, f"The scale of the maps, from minus {scale:.2g} to plus {scale:.2g}"
    )
    drawing.picture((_EDGE, 19, wide, high), _png(colour_bar(wide * 2, high * 2)))
    drawing.text((_EDGE, 12), "against the answer", "quiet", font_size="12")
    drawing.text((_EDGE + wide, 12), "for the answer", "quiet", font_size="12", text_anchor="end")
    for at, words, anchor in (
        (0, f"−{scale:.2g}", "start"),
        (0.5, "0", "middle"),
        (1, f"+{scale:.2g}", "end"),
    ):
        drawing.text((_EDGE + at * wide, 48), words, font_size="12", text_anchor=anchor)
    return drawing


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _face(side: float) -> tuple[str, ...]:
    """The outline as paths."""
    x, y, wide, high = (side * part for part in _OVAL)
    nose, mouth = ((side * part[0], side * part[1]) for part in (_NOSE, _MOUTH))
    unit = side / 100
    eyes = [
        f"M{side * across - 7 * unit:.2f} {side * down:.2f}q{7 * unit:.2f} {-6 * unit:.2f} {14 * unit:.2f} 0"
        f"q{-7 * unit:.2f} {6 * unit:.2f} {-14 * unit:.2f} 0z"
        for across, down in _EYES
    ]
    return (
        f"M{x - wide:.2f} {y:.2f}a{wide:.2f} {high:.2f} 0 1 0 {2 * wide:.2f} 0"
        f"a{wide:.2f} {high:.2f} 0 1 0 {-2 * wide:.2f} 0z",
        *eyes,
        f"M{nose[0] - 5 * unit:.2f} {nose[1]:.2f}q{5 * unit:.2f} {4 * unit:.2f} {10 * unit:.2f} 0",
        f"M{mouth[0] - 10 * unit:.2f} {mouth[1]:.2f}q{10 * unit:.2f} {6 * unit:.2f} {20 * unit:.2f} 0"
        f"q{-10 * unit:.2f} {-4 * unit:.2f} {-20 * unit:.2f} 0z",
    )
