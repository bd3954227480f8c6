"""The occluding patch: its size, stride, fill and positions. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

from xai.errors import UnknownName

__all__ = ["FACE_FILLS", "FILLS", "Patch", "windows"]

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
        if not (0 < self.size <= 1 and 0 < self.stride <= 1):
            raise ValueError(
                f"patch and stride are shares of the side in (0, 1], not {self.size} and {self.stride}"
            )
        if self.fill not in FILLS:
            raise UnknownName("fill", self.fill, FILLS)

    def windows(self, side: int) -> list[tuple[int, int]]:
        """First and last-plus-one pixel along one axis at every position, for an input of ``side`` pixels."""
        return windows(side, max(1, round(self.size * side)), max(1, round(self.stride * side)))


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
