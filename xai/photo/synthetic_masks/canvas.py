"""The canvas a mask is drawn on: a window of the photo, enlarged, and its drawing operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.synthetic_masks.layout import MaskLayout

__all__ = ["Canvas"]

Plane = NDArray[np.float32]
Points = NDArray[np.float32]

_LARGEST_SCALE = 6
_COARSE = 40  # nodes a side at which slowly varying values are computed
_SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class Canvas:
    """The part of a photo that a mask can change, and how much larger it is drawn.

    Attributes:
        left, top, right, bottom: photo pixels, half-open, inside the photo.
        scale: drawn pixels per photo pixel.
    """

    left: int
    top: int
    right: int
    bottom: int
    scale: int

    @classmethod
    def around(cls, layout: MaskLayout, height: int, width: int) -> Self | None:
        """The canvas for a mask in a photo of this size; None where the mask lies outside it."""
        points = np.vstack([layout.outline, layout.core, *layout.straps])
        return cls.over(points, layout.frame.width, (height, width), layout.fit.drawn_width)

    @classmethod
    def over(cls, points: Points, face_width: float, photo: tuple[int, int], drawn_width: int) -> Self | None:
        """The canvas round ``points`` ``(N, 2)`` on a face of this width; None where they lie outside.

        Args:
            points: what is to be drawn, photo pixels.
            face_width: in photo pixels.
            photo: rows and columns.
            drawn_width: a narrower face is drawn enlarged and then reduced.
        """
        height, width = photo
        margin = 0.15 * face_width + 2
        left, top = (max(0, int(c - margin)) for c in points.min(axis=0))
        right, bottom = (int(c + margin) + 1 for c in points.max(axis=0))
        right, bottom = min(right, width), min(bottom, height)
        scale = int(np.clip(round(drawn_width / face_width), 1, _LARGEST_SCALE))
        return cls(left, top, right, bottom, scale) if right > left and bottom > top else None

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the drawing."""
        return (self.bottom - self.top) * self.scale, (self.right - self.left) * self.scale

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The window of the photo ``(H, W, 3)``, a view."""
        return pixels[self.top : self.bottom, self.left : self.right]

    def reduce(self, drawing: Plane) -> Plane:
        """A drawing ``(h, w[, C])`` reduced to photo pixels by averaging."""
        size = (self.right - self.left, self.bottom - self.top)
        return np.asarray(cv2.resize(drawing, size, interpolation=cv2.INTER_AREA))

    def nodes(self) -> Points:
        """Photo coordinates of a coarse grid over the canvas, float32 ``(N, 2)``."""
        across = (np.arange(_COARSE) + 0.5) * (self.right - self.left) / _COARSE - 0.5 + self.left
        down = (np.arange(_COARSE) + 0.5) * (self.bottom - self.top) / _COARSE - 0.5 + self.top
        return np.stack(np.meshgrid(across, down), axis=2).reshape(-1, 2).astype(np.float32)

    def spread(self, values: Points) -> tuple[Plane, ...]:
        """Values ``(N, C)`` at ``nodes`` interpolated over the whole drawing: C planes ``(h, w)``."""
        rows, columns = (_between(_COARSE, fine) for fine in self.size)
        planes = values.reshape(_COARSE, _COARSE, -1).transpose(2, 0, 1)
        return tuple(np.asarray(rows @ plane @ columns.T, np.float32) for plane in planes)

    def fill(self, *shapes: Points) -> Plane:
        """Coverage 0..1 of polygons given in photo pixels, edges antialiased: ``(h, w)``."""
        paper = np.zeros(self.size, np.uint8)
        for shape in shapes:
            if len(shape):
                cv2.fillPoly(paper, [self._subpixels(shape)], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        return np.asarray(paper.astype(np.float32) / 255)

    def stroke(self, curve: Points, width: float, strength: Points) -> Plane:
        """Coverage of a line along ``curve`` ``(N, 2)``, ``width`` photo pixels thick: ``(h, w)``.

        It is as strong at each point as ``strength`` ``(N,)`` says, 0..1.
        """
        paper = np.zeros(self.size, np.uint8)
        at = self._subpixels(curve)
        drawn = max(1, round(width * self.scale))
        thin = min(1.0, width * self.scale)
        for start, end, strong in zip(at[:-1], at[1:], strength[1:], strict=True):
            ink = int(255 * thin * strong)
            if ink > 0:
                cv2.line(paper, start, end, ink, drawn, cv2.LINE_AA, _SUBPIXEL_BITS)
        return np.asarray(paper.astype(np.float32) / 255)

    def _subpixels(self, points: Points) -> NDArray[np.int32]:
        drawn = (points - np.array([self.left, self.top]) + 0.5) * self.scale - 0.5
        return np.asarray(np.round(drawn * (1 << _SUBPIXEL_BITS)), np.int32)


def _between(coarse: int, fine: int) -> Plane:
    """Weights ``(fine, coarse)`` that interpolate a line of samples, both grids over the same extent.

    Catmull and Rom's cubic: its slope is continuous, so that the light on the result shows no grid.
    """
    at = np.clip((np.arange(fine) + 0.5) * coarse / fine - 0.5, 0, coarse - 1)
    start = np.minimum(at.astype(int), coarse - 2)
    t = (at - start)[:, None]
    cubic = np.array([[0, -1, 2, -1], [2, 0, -5, 3], [0, 1, 4, -3], [0, 0, -1, 1]]) / 2
    weights = np.zeros((fine, coarse), np.float32)
    for tap, parts in enumerate(cubic):
        nodes = np.clip(start + tap - 1, 0, coarse - 1)
        np.add.at(weights, (np.arange(fine), nodes), (t ** np.arange(4) @ parts).astype(np.float32))
    return weights
