"""A fixed frame (texture space) for faces, in which a pixel is the same point on every face.

A piecewise affine warp over the triangles of the 468-point mesh and a rim beyond it, as the shape-free
patches of Cootes, Edwards and Taylor, "Active Appearance Models" (1998). Pixel (x, y) of any grid has its
centre at (x + .5, y + .5).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["OVAL", "RIM", "FaceFrame", "Placement", "with_rim"]

Points = NDArray[np.float32]
Plane = NDArray[np.float32]

OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Mesh vertices along the rim of the face, clockwise from the forehead."""

RIM = 1.42
"""Extent of the frame beyond the face, as a factor on the distance from the middle of the oval."""

_FACING = 0.12
"""Share of its usual size below which a triangle is turned away too far to be sampled."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Frame coordinates of the pixels of one crop.

    Attributes:
        x: float32 ``(S, S)``, frame pixels.
        y: float32 ``(S, S)``, frame pixels.
        inside: bool ``(S, S)``, whether the frame covers the pixel; x and y are meaningless elsewhere.
    """

    x: Plane
    y: Plane
    inside: NDArray[np.bool_]

    def draw(self, sheet: Plane) -> Plane:
        """A frame image ``(h, w, C)`` warped onto the crop: float32 ``(S, S, C)``."""
        return np.asarray(_sampled(sheet, self.x, self.y), np.float32)


@dataclass(frozen=True, eq=False)
class FaceFrame:
    """The frame.

    Attributes:
        vertices: float32 ``(504, 2)``, the mean mesh with its rim, in frame pixels.
        triangles: int32 ``(T, 3)``, vertex indices, all with the same orientation in the frame.
        size: height and width in pixels.
    """

    vertices: Points
    triangles: NDArray[np.int32]
    size: tuple[int, int]

    def owners(self) -> NDArray[np.int32]:
        """The triangle that covers each pixel, int32 ``(h, w)``; -1 where none does."""
        return _owners(self.vertices, self.triangles, self.size, np.ones(len(self.triangles)))

    def oval(self) -> NDArray[np.bool_]:
        """The face itself, without the rim: bool ``(h, w)``."""
        canvas = np.zeros(self.size, np.uint8)
        corners = np.rint((self.vertices[list(OVAL)] - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(canvas, [corners], 1, shift=4)
        return canvas.astype(bool)

    def read(self, pixels: NDArray[np.uint8], landmarks: Points) -> Plane:
        """A picture warped to the frame.

        Args:
            pixels: RGB uint8 ``(S, S, 3)``.
            landmarks: float32 ``(468, 2)``, the mesh in those pixels.

        Returns:
            float32 ``(h, w, 3)``, 0..255; outside the triangles the nearest triangle is extrapolated.
        """
        points = with_rim(landmarks)
        source, scale = _reduced(pixels, self._pixel_size(points))
        owner = self.owners()
        across = _carried(self.vertices, points * scale, self.triangles[owner], _grid(self.size))
        return np.asarray(_sampled(source, across[..., 0], across[..., 1]), np.float32)

    def place(self, landmarks: Points, side: int) -> Placement:
        """Frame coordinates of the pixels of a crop of ``side`` pixels with this mesh."""
        points = with_rim(landmarks)
        owner = _owners(points, self.triangles, (side, side), self._sizes(points))
        place = _carried(points, self.vertices, self.triangles[owner], _grid((side, side)))
        return Placement(place[..., 0], place[..., 1], owner >= 0)

    def facing(self, landmarks: Points) -> NDArray[np.bool_]:
        """Which pixels of the frame are visible from the camera: bool ``(h, w)``."""
        owner = self.owners()
        return np.asarray((owner >= 0) & self._seen(landmarks)[owner], np.bool_)

    def facing_vertices(self, landmarks: Points) -> NDArray[np.bool_]:
        """Which vertices of a mesh the camera sees, bool ``(468,)``: most of their triangles face it."""
        corners, seen = self.triangles.ravel(), np.repeat(self._seen(landmarks), 3)
        share = np.bincount(corners, seen, len(self.vertices)) / np.bincount(corners)
        return np.asarray(share[: len(landmarks)] > 0.5, np.bool_)

    def _seen(self, landmarks: Points) -> NDArray[np.bool_]:
        """Which triangles face the camera."""
        sizes = self._sizes(with_rim(landmarks)) / _areas(self.vertices, self.triangles)
        return np.asarray(sizes > _FACING * np.median(sizes), np.bool_)

    def _sizes(self, points: Points) -> NDArray[np.float64]:
        return _areas(points, self.triangles)

    def _pixel_size(self, points: Points) -> float:
        """Crop pixels per frame pixel, along one side."""
        return float(np.sqrt(np.abs(self._sizes(points)).sum() / self._sizes(self.vertices).sum()))


def with_rim(landmarks: Points) -> Points:
    """The mesh ``(468, 2)`` with a rim beyond its oval: float32 ``(504, 2)``."""
    oval = landmarks[list(OVAL)]
    middle = oval.mean(axis=0)
    return np.concatenate([landmarks, middle + RIM * (oval - middle)]).astype(np.float32)


def _areas(points: Points, triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    a, b, c = (points[triangles[:, i]].astype(np.float64) for i in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    return np.asarray((ux * vy - uy * vx) / 2)


def _owners(
    points: Points, triangles: NDArray[np.int32], size: tuple[int, int], areas: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Triangles that face away are drawn first, so that those facing the viewer cover them."""
    owner = np.full(size, -1, np.int32)
    corners = np.rint((points[triangles] - 0.5) * 16).astype(np.int32)
    for number in np.argsort(areas > 0, kind="stable"):
        cv2.fillConvexPoly(owner, corners[number], int(number), shift=4)
    return owner


def _carried(source: Points, goal: Points, triangles: NDArray[np.int32], places: Plane) -> Plane:
    """Places ``(h, w, 2)`` in source coordinates -> goal coordinates, by each place's own triangle."""
    a, b, c = (source[triangles[..., i]].astype(np.float64) for i in range(3))
    u, v, w = b - a, c - a, places - a
    area = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    area = np.where(np.abs(area) < 1e-6, 1e-6, area)
    second = (w[..., 0] * v[..., 1] - w[..., 1] * v[..., 0]) / area
    third = (u[..., 0] * w[..., 1] - u[..., 1] * w[..., 0]) / area
    # A pixel that a triangle only touches may be slightly outside it; far outside is a sliver's noise.
    second, third = second.clip(-0.5, 1.5)[..., None], third.clip(-0.5, 1.5)[..., None]
    to_a, to_b, to_c = (goal[triangles[..., i]] for i in range(3))
    return np.asarray(to_a + second * (to_b - to_a) + third * (to_c - to_a), np.float32)


def _grid(size: tuple[int, int]) -> Plane:
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    return np.stack([columns, rows], axis=-1).astype(np.float32)


def _reduced(pixels: NDArray[np.uint8], step: float) -> tuple[Plane, float]:
    """The picture at about the frame's own resolution, to avoid aliasing."""
    side = pixels.shape[0]
    goal = max(1, round(side / max(step, 1.0)))
    small = cv2.resize(pixels, (goal, goal), interpolation=cv2.INTER_AREA) if goal < side else pixels
    return small.astype(np.float32), goal / side


def _sampled(sheet: Plane, x: Plane, y: Plane) -> Plane:
    return np.asarray(
        cv2.remap(sheet, x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
