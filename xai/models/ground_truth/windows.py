"""The windows: which part of an aligned face each aperture sees, in pixels of the models' input."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CORNERS", "HIDDEN_FROM", "INPUT_SIDE", "SHIFTS", "WINDOWS", "Rect", "covered", "shifted"]

INPUT_SIDE = 96
"""Side of the input of every control model, pixels."""


class Rect(NamedTuple):
    """A half-open rectangle in input pixels: ``left <= x < right``, ``top <= y < bottom``."""

    left: int
    top: int
    right: int
    bottom: int


WINDOWS: dict[str, tuple[Rect, ...]] = {
    "nose": (Rect(44, 40, 52, 45), Rect(42, 45, 54, 52)),
    "mouth": (Rect(40, 53, 56, 63),),
    "nose_and_mouth": (Rect(44, 40, 52, 45), Rect(42, 45, 54, 53), Rect(40, 53, 56, 63)),
    "eyes": (Rect(30, 30, 42, 39), Rect(54, 30, 66, 39)),
    "forehead": (Rect(37, 20, 59, 28),),
    "cheeks": (Rect(28, 43, 37, 55), Rect(59, 43, 68, 55)),
    "chin": (Rect(40, 67, 56, 73),),
    "upper_face": (Rect(0, 0, 96, 35), Rect(0, 35, 42, 39), Rect(54, 35, 96, 39)),
}
"""Window -> rectangles on a face aligned to ``FIVE_POINTS``, well inside the region of the same name. The
distance between the eyes is 22 pixels there."""

HIDDEN_FROM = 39
"""Input row, just below the eyes, from which the lower face was hidden in the training of
``lower_hidden``."""

SHIFTS = ((0, 0), (0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""Window offsets of the ten instances of an aperture, x and y in pixels."""

CORNERS = (
    Rect(0, 0, 18, 18),
    Rect(78, 0, 96, 18),
    Rect(0, 78, 18, 96),
    Rect(78, 78, 96, 96),
    Rect(0, 0, 24, 24),
    Rect(72, 0, 96, 24),
    Rect(0, 72, 24, 96),
    Rect(72, 72, 96, 96),
    Rect(0, 0, 12, 12),
    Rect(84, 0, 96, 12),
)
"""The windows of the ten background apertures."""


def covered(rects: tuple[Rect, ...]) -> NDArray[np.bool_]:
    """The pixels of the input under any of the rectangles: bool ``(n, n)``."""
    seen = np.zeros((INPUT_SIDE, INPUT_SIDE), dtype=bool)
    for rect in rects:
        seen[rect.top : rect.bottom, rect.left : rect.right] = True
    return seen


def shifted(rects: tuple[Rect, ...], by: tuple[int, int]) -> tuple[Rect, ...]:
    """The rectangles shifted by ``by`` (x, y), clipped at the input's edge.

    >>> shifted((Rect(0, 2, 5, 6),), (-1, 1))
    (Rect(left=0, top=3, right=4, bottom=7),)
    """
    x, y = by
    moved = (Rect(r.left + x, r.top + y, r.right + x, r.bottom + y) for r in rects)
    return tuple(Rect(*(min(max(edge, 0), INPUT_SIDE) for edge in rect)) for rect in moved)
