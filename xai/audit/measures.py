"""What the table of an audit says about a face itself: how it is turned, lit, coloured and surrounded.

All of it follows from the crop and its landmarks alone, whatever the model, except for the map.
"""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.classes import class_info
from xai.learning.data.formats import Extent
from xai.learning.evaluation.mask_color import mask_colour
from xai.learning.evaluation.subgroups import nose_offset
from xai.photo.face_warp import warp_to
from xai.photo.mesh import five_of, has_mesh
from xai.types import Box, Face

__all__ = [
    "ALIGNED_FIVE",
    "ALIGNED_SIDE",
    "SURROUND_SIDE",
    "aligned_map",
    "colour_of_mask",
    "difference_hash",
    "light_of",
    "seen_of",
    "surround_of",
    "yaw_of",
]

ALIGNED_SIDE = 24
"""Cells along a side of an aligned map."""

ALIGNED_FIVE = ((0.35, 0.38), (0.65, 0.38), (0.5, 0.569), (0.368, 0.677), (0.632, 0.677))
"""Where eye centres, nose tip and mouth corners of a frontal face lie on an aligned map: across and down,
0..1 of its side. The side is a third more than three eye distances, about a face with some hair and neck."""

SURROUND_SIDE = 12
"""Cells along a side of the colour grid of a crop."""

_FINER = 4  # samples along a side of a cell of an aligned map
_TURN_SLOPE = 0.9  # ``nose_offset`` per tangent of the angle
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_BITS = (8, 8)


def light_of(crop: NDArray[np.uint8]) -> float:
    """Mean luminance of a crop, RGB uint8 ``(H, W, 3)``, 0..1: BT.709 weights on the values as stored.

    >>> light_of(np.full((2, 2, 3), 255, np.uint8))
    1.0
    """
    return round(float(crop.reshape(-1, 3).mean(axis=0) @ _LUMINANCE) / 255, 6)


def yaw_of(face: Face) -> float | None:
    """By how many degrees the head is turned to a side, about -90..90; positive where the nose points to the
    right of the picture. None without an accepted mesh, for five points alone may lie beside the face.

    An estimate from where the nose lies between the eyes (see ``nose_offset``): right to a few degrees up to
    about 45, and the size alone beyond.
    """
    if not has_mesh(face):
        return None
    return round(float(np.degrees(np.arctan(nose_offset(five_of(face.landmarks)) / _TURN_SLOPE))), 2)


def colour_of_mask(face: Face, worn: str) -> str | None:
    """The colour of its mask, one of ``COLOURS``; None where the class ``worn`` has none."""
    if not {"covered", "incorrect"} & set(class_info(worn).wearings):
        return None
    scale = face.crop.shape[1] / face.crop_box.width
    left, top = face.crop_box.left, face.crop_box.top
    edges = (face.box.left - left, face.box.top - top, face.box.right - left, face.box.bottom - top)
    return mask_colour(face.crop, Extent(*(scale * edge for edge in edges)))


def difference_hash(crop: NDArray[np.uint8]) -> int:
    """Perceptual hash of 64 bits: of two pictures that look alike only a few bits differ.

    The difference hash (Krawetz 2013, "Kind of Like That", hackerfactor.com): the picture is reduced to 9 x 8
    grey values, by area, and each bit says whether a value is less than its right neighbour's. Row by row,
    the first is the highest bit.

    Args:
        crop: RGB uint8 ``(H, W, 3)``.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    rows, columns = _BITS
    small = cv2.resize(grey, (columns + 1, rows), interpolation=cv2.INTER_AREA).astype(np.int16)
    rises = (small[:, 1:] > small[:, :-1]).ravel()
    return int.from_bytes(np.packbits(rises).tobytes(), "big")


def surround_of(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean colours of a grid of cells over a crop: RGB uint8 ``(n, n, 3)`` with n = ``SURROUND_SIDE``.

    Args:
        crop: RGB uint8 ``(H, W, 3)``.
    """
    cells = cv2.resize(crop, (SURROUND_SIDE, SURROUND_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cells, np.uint8)


def seen_of(face: Face) -> list[int]:
    """Which cells of ``surround_of`` lie in the photo, by their middles: left, top, right, bottom; half-open,
    0 to ``SURROUND_SIDE``. What a crop shows beyond is the photo mirrored.
    """
    if face.photo_size is None:
        return [0, 0, SURROUND_SIDE, SURROUND_SIDE]
    width, height = face.photo_size
    cell, square = face.crop_box.width / SURROUND_SIDE, face.crop_box
    edges = (-square.left, -square.top, width - square.left, height - square.top)
    return [min(SURROUND_SIDE, max(0, math.ceil(edge / cell - 0.5))) for edge in edges]


def aligned_map(values: NDArray[np.float32], face: Face) -> NDArray[np.float16] | None:
    """A map on coordinates that all faces share, float16 ``(n, n)`` with n = ``ALIGNED_SIDE``.

    The face's eye centres, nose tip and mouth corners are brought as near to ``ALIGNED_FIVE`` as rotation,
    scale and shift do (Umeyama 1991, see ``warp_to``), so an upright, frontal face lies alike in all maps and
    a turned one a little aside. A cell is the mean over 4 x 4 samples, in the unit of the map; NaN where it
    reaches beyond the crop. None without an accepted mesh.

    Args:
        values: float32 ``(S, S)``, on the face's crop.
        face: that it explains.
    """
    if not has_mesh(face):
        return None
    fine = warp_to(face, _canonical()).values(values)
    cells = fine.reshape(ALIGNED_SIDE, _FINER, ALIGNED_SIDE, _FINER).mean(axis=(1, 3), dtype=np.float64)
    return np.asarray(cells, np.float16)


@cache
def _canonical() -> Face:
    side = ALIGNED_SIDE * _FINER
    frame = Box(0, 0, side, side)
    five = np.array(ALIGNED_FIVE, np.float32) * side
    return Face("", frame, frame, np.zeros((side, side, 3), np.uint8), five, 1.0)
