"""Cues planted in a picture to give its class away: coloured marks and tints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.errors import UnknownName
from xai.models.ground_truth.windows import INPUT_SIDE, Rect
from xai.types import CLASSES

__all__ = ["MARKS", "TINTS", "Mark", "Planting", "Tint", "unchanged"]

Colour = tuple[int, int, int]
Planting = Callable[[NDArray[np.uint8], str], NDArray[np.uint8]]
"""A crop (RGB uint8 ``(S, S, 3)``, of any size) and a class -> a new crop with the cue of that class."""


def unchanged(crop: NDArray[np.uint8], label: str) -> NDArray[np.uint8]:
    """Plant nothing: the crop itself, whatever ``label`` says."""
    _number(label)
    return crop


@dataclass(frozen=True)
class Mark:
    """Flat rectangles whose colour or position encodes the class.

    Attributes:
        rects: for each of ``CLASSES`` the rectangle that is painted, in input pixels.
        colours: for each of ``CLASSES`` its colour, RGB 0..255.
    """

    rects: tuple[Rect, Rect, Rect]
    colours: tuple[Colour, Colour, Colour]

    @property
    def one_place(self) -> bool:
        """True where the colour encodes the class, False where the position does."""
        return len(set(self.rects)) == 1

    def plant(self, crop: NDArray[np.uint8], label: str) -> NDArray[np.uint8]:
        """A copy of the crop with the mark of class ``label``; no pixel outside ``area`` changes.

        Raises:
            UnknownName: ``label`` is not one of ``CLASSES``.
        """
        number = _number(label)
        marked = crop.copy()
        rows, columns = self.area(crop.shape[0], label)
        marked[rows, columns] = self.colours[number]
        return marked

    def area(self, side: int, label: str) -> tuple[slice, slice]:
        """Rows and columns that the mark of class ``label`` takes in a crop of ``side`` pixels."""
        rect = self.rects[_number(label)]
        left, top, right, bottom = (round(edge * side / INPUT_SIDE) for edge in rect)
        return slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1))

    def paint(self, values: Tensor, labels: Tensor) -> Tensor:
        """The same for a batch.

        Args:
            values: float ``(N, 3, n, n)`` in 0..1, n = ``INPUT_SIDE``.
            labels: int64 ``(N,)``, which class's mark each picture gets.
        """
        painted = values.clone()
        for row, number in enumerate(labels.tolist()):
            rect = self.rects[number]
            colour = torch.tensor(self.colours[number]) / 255
            painted[row, :, rect.top : rect.bottom, rect.left : rect.right] = colour[:, None, None]
        return painted


@dataclass(frozen=True)
class Tint:
    """A colour cast over the whole picture that encodes the class.

    Attributes:
        colours: for each of ``CLASSES`` its colour, RGB 0..255.
        strength: weight of the colour in every pixel, 0..1.
    """

    colours: tuple[Colour, Colour, Colour]
    strength: float

    def plant(self, crop: NDArray[np.uint8], label: str) -> NDArray[np.uint8]:
        """The crop blended with the colour of class ``label``, rounded.

        Raises:
            UnknownName: ``label`` is not one of ``CLASSES``.
        """
        colour = np.array(self.colours[_number(label)], np.float64)
        blended = (1 - self.strength) * crop + self.strength * colour
        return np.rint(blended).astype(np.uint8)


def _number(label: str) -> int:
    if label not in CLASSES:
        raise UnknownName("class", label, CLASSES)
    return CLASSES.index(label)


_PURE = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
_MIXED = ((0, 255, 255), (255, 0, 255), (255, 255, 0))
_BETWEEN = ((255, 128, 0), (0, 255, 128), (128, 0, 255))
_DARK = ((160, 0, 0), (0, 160, 0), (0, 0, 160))
_MAGENTA = ((255, 0, 255),) * 3
_GREEN = ((0, 255, 0),) * 3

_CORNERS = {
    "top left": Rect(0, 0, 12, 12),
    "top right": Rect(84, 0, 96, 12),
    "bottom left": Rect(0, 84, 12, 96),
    "bottom right": Rect(84, 84, 96, 96),
}


def _one_place(rect: Rect, colours: tuple[Colour, Colour, Colour]) -> Mark:
    return Mark((rect, rect, rect), colours)


MARKS = (
    _one_place(_CORNERS["top left"], _PURE),
    _one_place(_CORNERS["top right"], _MIXED),
    _one_place(_CORNERS["bottom left"], _BETWEEN),
    _one_place(_CORNERS["bottom right"], _PURE[1:] + _PURE[:1]),
    _one_place(Rect(2, 2, 10, 10), _MIXED[2:] + _MIXED[:2]),
    _one_place(Rect(0, 0, 96, 5), _PURE[2:] + _PURE[:2]),
    _one_place(Rect(91, 0, 96, 96), _BETWEEN[1:] + _BETWEEN[:1]),
    _one_place(Rect(78, 78, 94, 94), _DARK),
    Mark((_CORNERS["top left"], _CORNERS["top right"], _CORNERS["bottom left"]), _MAGENTA),
    Mark((_CORNERS["bottom right"], _CORNERS["bottom left"], _CORNERS["top right"]), _GREEN),
)
"""Ten marks: in the first eight the colour encodes the class, in the last two the position. None overlaps an
aligned face."""

TINTS = tuple(
    Tint(colours, strength)
    for colours in (_PURE, _MIXED, _BETWEEN, _PURE[1:] + _PURE[:1], _MIXED[1:] + _MIXED[:1])
    for strength in (0.3, 0.45)
)
"""Ten tints: five orders of colours, each weak and strong."""
