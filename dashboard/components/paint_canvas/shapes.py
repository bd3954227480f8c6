"""Shapes that a visitor painted on a face: parsed from what the browser sent, and rasterised on the crop.

What comes from a browser is untrusted: all of it is checked here, and no other module reads it. A shape is in
crop pixels, x to the right and y down, 0 at the left or upper edge of the first pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.types import REGIONS

__all__ = ["MOST_POINTS", "MOST_SHAPES", "Bar", "Shape", "Stroke", "parse_shapes", "parse_spot", "place_of"]

Area = NDArray[np.bool_]
Point = tuple[float, float]

MOST_SHAPES = 100
"""Most shapes accepted at once."""

MOST_POINTS = 400
"""Most points of one stroke."""


@dataclass(frozen=True)
class Stroke:
    """A stroke of a round brush.

    Attributes:
        points: x and y of its points, at least one.
        width: of the brush.
    """

    points: tuple[Point, ...]
    width: float

    def lay(self, place: Area) -> None:
        """Mark in ``place`` ``(S, S)`` every pixel whose centre lies within half a width of the stroke."""
        ends = [*self.points[1:]] or [self.points[0]]
        for start, end in zip(self.points, ends, strict=False):
            _lay_segment(place, start, end, self.width / 2)


@dataclass(frozen=True)
class Bar:
    """An axis-aligned rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def lay(self, place: Area) -> None:
        """Mark in ``place`` ``(S, S)`` every pixel whose centre lies in the rectangle."""
        rows = slice(*(max(0, math.ceil(edge - 0.5)) for edge in (self.top, self.bottom)))
        columns = slice(*(max(0, math.ceil(edge - 0.5)) for edge in (self.left, self.right)))
        place[rows, columns] = True


Shape = Stroke | Bar


def parse_shapes(sent: object, side: int) -> tuple[Shape, ...]:
    """The shapes in what a browser sent.

    Args:
        sent: a list of ``{"kind": "stroke", "points": [[x, y], ...], "width": w}`` and
            ``{"kind": "bar", "left": x, "top": y, "right": x, "bottom": y}``, or None for none.
        side: of the crop in pixels; no coordinate may lie further than that outside it.

    Raises:
        ValueError: anything else; one sentence says what.
    """
    if sent is None:
        return ()
    if not isinstance(sent, list) or len(sent) > MOST_SHAPES:
        raise ValueError(f"shapes must come as a list of at most {MOST_SHAPES}")
    return tuple(_shape(one, side) for one in sent)


def parse_spot(sent: object, side: int) -> Point:
    """The point ``[x, y]`` that was clicked, inside the crop; raises as ``parse_shapes`` does."""
    x, y = _point(sent, side)
    if not (0 <= x < side and 0 <= y < side):
        raise ValueError(f"a spot must lie on the crop of {side} pixels")
    return x, y


def place_of(
    shapes: Iterable[Shape], regions: NDArray[np.int8] | None, hidden: Sequence[str], side: int
) -> Area:
    """What is covered, bool ``(side, side)``: all shapes, and the regions of the face in ``hidden``.

    Args:
        shapes: in crop pixels.
        regions: int8 ``(side, side)``, index into ``REGIONS``; None where they are not known.
        hidden: names of regions; without ``regions`` they cover nothing.
        side: of the crop.
    """
    place = np.zeros((side, side), np.bool_)
    for shape in shapes:
        shape.lay(place)
    if regions is not None:
        place |= np.isin(regions, [REGIONS.index(name) for name in hidden])
    return place


def _shape(sent: object, side: int) -> Shape:
    match sent:
        case {"kind": "stroke", "points": [_, *_] as points, "width": width} if len(points) <= MOST_POINTS:
            measure = _number(width, side)
            if measure <= 0:
                raise ValueError("a brush needs a width above 0")
            return Stroke(tuple(_point(point, side) for point in points), measure)
        case {"kind": "bar", "left": left, "top": top, "right": right, "bottom": bottom}:
            edges = [_number(edge, side) for edge in (left, top, right, bottom)]
            return Bar(*edges)
    raise ValueError(f"a shape must be a bar, or a stroke of 1 to {MOST_POINTS} points")


def _point(sent: object, side: int) -> Point:
    match sent:
        case [x, y]:
            return _number(x, side), _number(y, side)
    raise ValueError("a point must be a list of two numbers")


def _number(sent: object, side: int) -> float:
    if isinstance(sent, bool) or not isinstance(sent, int | float) or not -side <= sent <= 2 * side:
        raise ValueError(f"a number of a shape must lie between {-side} and {2 * side}")
    return float(sent)


def _lay_segment(place: Area, start: Point, end: Point, reach: float) -> None:
    """Only the segment's bounding box is checked: a stroke has many segments, and each is short."""
    low = [max(0, math.floor(min(one, other) - reach)) for one, other in zip(start, end, strict=True)]
    high = [max(0, math.ceil(max(one, other) + reach)) for one, other in zip(start, end, strict=True)]
    part = place[low[1] : high[1], low[0] : high[0]]
    rows, columns = np.mgrid[: part.shape[0], : part.shape[1]]
    x, y = columns + (low[0] + 0.5 - start[0]), rows + (low[1] + 0.5 - start[1])
    along = (end[0] - start[0], end[1] - start[1])
    length = along[0] ** 2 + along[1] ** 2
    share = ((x * along[0] + y * along[1]) / length).clip(0, 1) if length else np.zeros(part.shape)
    part |= (x - share * along[0]) ** 2 + (y - share * along[1]) ** 2 <= reach**2
