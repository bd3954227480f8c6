"""Aligns one face with another, so that corresponding points coincide.

Crops are framed by the detector alone: the same pixel is a nostril in one and a lip in another. Maps of two
faces can only be compared after one is rotated, scaled and translated.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.mesh import MESH_POINTS, five_of
from xai.types import Face

__all__ = ["FaceWarp", "warp_to"]

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FaceWarp:
    """The transform that aligns the crop of one face with that of another.

    Attributes:
        matrix: float64 ``(2, 3)``: maps x and y of the moved crop to those of the fixed one, both counted
            from the corner of the first pixel.
        side: of the fixed crop, pixels.
        by_features: eyes, nose and mouth are aligned; False: only the frames of the crops, because one face
            has no landmarks.
    """

    matrix: NDArray[np.float64]
    side: int
    by_features: bool

    def crop(self, crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The moved crop, RGB uint8 ``(side, side, 3)``, bilinear; black outside it."""
        return np.asarray(self._warped(crop, cv2.INTER_LINEAR, 0), np.uint8)

    def values(self, values: Plane) -> Plane:
        """A map on the moved crop as float32 ``(side, side)``, bilinear; NaN outside it."""
        shown = np.asarray(self._warped(values, cv2.INTER_LINEAR, 0), np.float32)
        return np.where(self.inside(values.shape[0]), shown, np.float32(np.nan))

    def labels(self, labels: NDArray[np.int8], elsewhere: int) -> NDArray[np.int8]:
        """Labels on the moved crop, int8 ``(side, side)``, nearest; ``elsewhere`` outside it."""
        laid = self._warped(labels.view(np.uint8), cv2.INTER_NEAREST, elsewhere).view(np.int8)
        return np.where(self.inside(labels.shape[0]), laid, np.int8(elsewhere))

    def inside(self, side: int) -> NDArray[np.bool_]:
        """The pixels, bool ``(side, side)``, whose centre lies on a moved crop of ``side`` pixels."""
        middles = np.stack(np.meshgrid(*[np.arange(self.side) + 0.5] * 2), axis=-1)
        x, y = np.moveaxis((middles - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T, -1, 0)
        within: NDArray[np.bool_] = (x >= 0) & (x <= side) & (y >= 0) & (y <= side)
        return within

    def _warped(self, picture: NDArray[np.uint8] | Plane, how: int, outside: float) -> NDArray[np.generic]:
        # OpenCV counts from the centre of the first pixel, everything here from its corner.
        turn, shift = self.matrix[:, :2], self.matrix[:, 2]
        centred = np.column_stack([turn, shift + turn @ np.full(2, 0.5) - 0.5])
        # Half a pixel along the edge has nothing beyond it to interpolate with, hence the rim.
        rim = cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        centred[:, 2] -= turn @ np.ones(2)
        warped = cv2.warpAffine(
            rim, centred, (self.side, self.side), flags=how, borderValue=(outside, outside, outside)
        )
        return np.asarray(warped)


def warp_to(moved: Face, fixed: Face) -> FaceWarp:
    """The transform that aligns ``moved`` with ``fixed``.

    Five points (eye centres, nose tip, mouth corners) are aligned by the best similarity transform (Umeyama
    1991, "Least-squares estimation of transformation parameters between two point patterns"), without
    reflection. Without landmarks the frames of the crops are aligned.

    Args:
        moved: the face that is transformed.
        fixed: the face that stays as it is.
    """
    side, own = fixed.crop.shape[0], moved.crop.shape[0]
    if not len(moved.landmarks) or not len(fixed.landmarks):
        return FaceWarp(np.array([[side / own, 0.0, 0.0], [0.0, side / own, 0.0]]), side, by_features=False)
    seen, wanted = _complex(moved), _complex(fixed)
    apart = seen - seen.mean()
    # In complex numbers a rotation with a scale is one factor.
    factor = (apart.conj() @ (wanted - wanted.mean())) / max(float((abs(apart) ** 2).sum()), 1e-9)
    shift = wanted.mean() - factor * seen.mean()
    a, b = factor.real, factor.imag
    return FaceWarp(np.array([[a, -b, shift.real], [b, a, shift.imag]]), side, by_features=True)


def _complex(face: Face) -> NDArray[np.complex128]:
    """The five points as x + iy."""
    five = five_of(face.landmarks) if len(face.landmarks) == MESH_POINTS else face.landmarks
    points: NDArray[np.complex128] = five[:, 0].astype(np.float64) + 1j * five[:, 1].astype(np.float64)
    return points
