"""The occluding patch, with hard or soft edges: its size, stride, fill and positions. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName

__all__ = ["FACE_FILLS", "FILLS", "GaussianPatch", "Patch", "windows"]

FILLS = ("grey", "mean", "blur", "bare", "masked")
"""Fills of the patch: middle grey; the crop's mean colour; the crop, heavily blurred; bare skin that matches
the face; a drawn mask."""

FACE_FILLS = ("bare", "masked")
"""Those drawn for one face, which must be rendered first."""


@dataclass(frozen=True)
class Patch:
    """The patch and how it moves.

    Attributes:
        size: side of the patch as a share of the input's side, above 0 and at most 1.
        stride: stride as a share of the input's side, above 0 and at most 1.
        fill: one of ``FILLS``.
    """

    size: float = 1 / 7
    stride: float = 1 / 14
    fill: str = "grey"

    def __post_init__(self) -> None:
        _check_patch(self.size, self.stride, self.fill)

    def windows(self, side: int) -> list[tuple[int, int]]:
        """First and last-plus-one pixel along one axis at every position, for an input of ``side`` pixels."""
        return windows(side, max(1, round(self.size * side)), max(1, round(self.stride * side)))

    def cover(self, side: int) -> NDArray[np.float32]:
        """Float32 ``(R, side)``: 1 where the patch in each of R positions along one axis hides a pixel."""
        places = self.windows(side)
        cover = np.zeros((len(places), side), np.float32)
        for row, (start, stop) in zip(cover, places, strict=True):
            row[start:stop] = 1
        return cover


@dataclass(frozen=True)
class GaussianPatch:
    """A patch with soft edges: its opacity is a Gaussian of the distance from its centre, 1 there.

    Greydanus et al. 2018, "Visualizing and Understanding Atari Agents", section 3: a standard deviation of 5
    of the 80 pixels of an input, centres 5 pixels apart, and a blurred picture under the mask.

    Attributes:
        size: standard deviation of the Gaussian as a share of the input's side, above 0 and at most 1.
        stride: distance between two centres as a share of the input's side, above 0 and at most 1.
        fill: one of ``FILLS``.
    """

    size: float = 1 / 16
    stride: float = 1 / 14
    fill: str = "blur"

    def __post_init__(self) -> None:
        _check_patch(self.size, self.stride, self.fill)

    def rows(self, side: int) -> int:
        """Positions along one axis, at least one and at most one for each of ``side`` pixels."""
        return min(side, max(1, round(1 / self.stride)))

    def cover(self, side: int) -> NDArray[np.float32]:
        """Float32 ``(R, side)``: opacity at each pixel of one axis, in 0..1, for R centres spread evenly, the
        first half a stride from the edge. That of a pixel of the picture is the product of both axes.
        """
        rows = self.rows(side)
        centres = (np.arange(rows) + 0.5) * side / rows - 0.5
        away = (np.arange(side) - centres[:, None]) / (self.size * side)
        return np.exp(-0.5 * away**2).astype(np.float32)


def _check_patch(size: float, stride: float, fill: str) -> None:
    if not (0 < size <= 1 and 0 < stride <= 1):
        raise ValueError(f"patch and stride are shares of the side in (0, 1], not {size} and {stride}")
    if fill not in FILLS:
        raise UnknownName("fill", fill, FILLS)


def windows(side: int, window: int, stride: int) -> list[tuple[int, int]]:
    """Positions of a window along one axis: from 0 in steps of ``stride`` until the far edge is covered.

    The last one may be cut off at the edge, as captum's are.

    >>> windows(10, 4, 3)
    [(0, 4), (3, 7), (6, 10)]
    >>> windows(10, 4, 4)
    [(0, 4), (4, 8), (8, 10)]
    """
    steps = min(max(0, -(-(side - window) // stride)) + 1, -(-side // stride))
    return [(i * stride, min(i * stride + window, side)) for i in range(steps)]
