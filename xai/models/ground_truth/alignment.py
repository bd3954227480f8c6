"""Alignment of faces: eyes, nose and mouth lie where a fixed window expects them.

An ordinary crop is centred on the face's box; the features then vary in position by a tenth of the side. A
model that sees one window of its input is only sure to see one region if the face is rotated, scaled and
translated so that its five points come closest to fixed ones. The framing stays that of an ordinary crop: the
fixed points are the medians over the detector's crops, symmetrised.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.mesh import MESH_POINTS, five_of
from xai.types import Face

__all__ = ["ALIGNED_SIDE", "FIVE_POINTS", "aligned_crop", "aligned_face"]

ALIGNED_SIDE = 192
"""Side of an aligned crop, pixels: twice the input of the control models."""

FIVE_POINTS = ((0.385, 0.388), (0.615, 0.388), (0.5, 0.527), (0.406, 0.611), (0.594, 0.611))
"""Aligned positions of the eye centres, the nose tip and the mouth corners: x and y in sides of the crop."""


def aligned_face(face: Face, side: int = ALIGNED_SIDE) -> Face:
    """The face rotated, scaled and translated so that its five points come closest to ``FIVE_POINTS``.

    The least-squares similarity transform (Umeyama 1991, "Least-squares estimation of transformation
    parameters between two point patterns"), without reflection; beyond its edges the crop is mirrored.

    Args:
        face: with landmarks, 468 or 5.
        side: of the new crop, pixels.

    Returns:
        A face whose crop is RGB uint8 ``(side, side, 3)`` and whose landmarks are in its pixels. Boxes and
        score stay those of the photo: ``crop_box`` is then the square that was cropped before the rotation,
        and ``photo_size`` is None, since the photo's edges are no longer upright.

    Raises:
        ValueError: the face has no landmarks.
    """
    if not len(face.landmarks):
        raise ValueError(
            "alignment needs a face with 5 or 468 landmarks, and this one has none; leave it out"
        )
    turn, shift = _similarity(_five(face), np.array(FIVE_POINTS) * side)
    landmarks = (face.landmarks @ turn.T + shift).astype(np.float32)
    crop = _warped(face.crop, turn, shift, side)
    return replace(face, crop=crop, landmarks=landmarks, photo_size=None)


def aligned_crop(face: Face, side: int = ALIGNED_SIDE) -> NDArray[np.uint8]:
    """The crop of ``aligned_face``: RGB uint8 ``(side, side, 3)``.

    Raises:
        ValueError: the face has no landmarks.
    """
    return aligned_face(face, side).crop


def _five(face: Face) -> NDArray[np.float64]:
    five = five_of(face.landmarks) if len(face.landmarks) == MESH_POINTS else face.landmarks
    return five.astype(np.float64)


def _similarity(
    seen: NDArray[np.float64], wanted: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix ``(2, 2)`` and shift ``(2,)`` that map ``seen`` ``(N, 2)`` closest to ``wanted``."""
    from_middle, to_middle = seen.mean(axis=0), wanted.mean(axis=0)
    x, y = (seen - from_middle).T
    u, v = (wanted - to_middle).T
    # In complex numbers: the one factor that best takes x + iy to u + iv.
    spread = max(float((x * x + y * y).sum()), 1e-9)
    a, b = (x * u + y * v).sum() / spread, (x * v - y * u).sum() / spread
    turn = np.array([[a, -b], [b, a]])
    return turn, to_middle - turn @ from_middle


def _warped(
    crop: NDArray[np.uint8], turn: NDArray[np.float64], shift: NDArray[np.float64], side: int
) -> NDArray[np.uint8]:
    # OpenCV counts from the centre of the first pixel, everything here from its corner.
    centred = shift + turn @ np.full(2, 0.5) - 0.5
    warped = cv2.warpAffine(
        crop,
        np.column_stack([turn, centred]),
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(warped, dtype=np.uint8)
