"""The colour of a mask, by a rule over pixels: for tables of errors by colour, never for predictions."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.learning.data.splits import Extent

__all__ = ["COLOURS", "mask_colour"]

COLOURS = ("white_grey", "blue", "dark", "other", "unknown")
"""White to grey, which lighting alone can change into each other; blue; black and dark blue; any other
colour; and a photo without colours, or a box without pixels."""

_LOWER = (0.2, 0.8, 0.5, 1.15)
"""Left, right, top and bottom of the search area of a mask, in widths and heights of the face's box: below
the chin as well, where a lowered mask hangs."""

_UPPER = (0.25, 0.75, 0.1, 0.45)
"""Forehead and eyes: their colour is skin in this light."""

_SKIN_CHROMA, _SKIN_LIGHT = 14.0, 30.0
"""A pixel closer than this to the upper face, in a*b* and in L*, may be skin and is not counted."""

_DARK = 30.0  # L* below which a pixel without a warm colour is dark
_FAINT = 15.0  # chroma up to which a dark pixel is achromatic
_GREY = 12.0  # chroma up to which a light pixel is white or grey
_COLD = (195.0, 290.0)  # hues of blue, degrees in the plane of a* and b*
_BLUE = 6.0  # chroma from which a cold pixel is blue
_LIT = 0.6  # of the upper face's L*: darker pixels are white or blue in shadow, and counted as neither
_OTHER_WEIGHT = 0.5
"""Other pixels are often an ear, a collar or skin in shadow, so they count half."""

_COLOURLESS = 2.0  # mean chroma of a picture below which it is monochrome


def mask_colour(crop: NDArray[np.uint8], extent: Extent) -> str:
    """The colour of the mask of a face, one of ``COLOURS``.

    Each pixel of the lower face is skin, dark, blue, white to grey, or none of these, by lightness, chroma
    and hue in CIE L*a*b*; the colour with the most pixels wins. The limits were chosen on drawn masks.

    Args:
        crop: RGB uint8 ``(H, W, 3)``, a face with a mask, however it is worn.
        extent: the face's tight box, in pixels of ``crop``.
    """
    lower, upper = _cut(crop, extent, _LOWER), _cut(crop, extent, _UPPER)
    if not len(lower) or not len(upper) or _chroma(_lab(crop.reshape(-1, 3))).mean() < _COLOURLESS:
        return "unknown"
    return _most(_lab(lower), np.median(_lab(upper), axis=0))


def _most(pixels: NDArray[np.float32], skin: NDArray[np.float32]) -> str:
    """The colour with the most pixels, of L*a*b* values ``(N, 3)``; ``skin`` is the upper face's median."""
    light, chroma = pixels[:, 0], _chroma(pixels)
    hue = np.degrees(np.arctan2(pixels[:, 2], pixels[:, 1])) % 360
    cold = (hue > _COLD[0]) & (hue < _COLD[1])
    dark = (light < _DARK) & ((chroma < _FAINT) | cold)
    lit = ~dark & (light > _LIT * skin[0])
    blue = lit & cold & (chroma > _BLUE)
    grey = lit & ~blue & (chroma < _GREY)
    bare = (_chroma(pixels - skin) < _SKIN_CHROMA) & (np.abs(light - skin[0]) < _SKIN_LIGHT)
    counts = {
        "white_grey": grey.sum(),
        "blue": blue.sum(),
        "dark": dark.sum(),
        "other": _OTHER_WEIGHT * (~(bare | dark | blue | grey)).sum(),
    }
    return max(counts, key=lambda name: counts[name])


def _cut(
    crop: NDArray[np.uint8], extent: Extent, part: tuple[float, float, float, float]
) -> NDArray[np.uint8]:
    """Pixels ``(N, 3)`` of a part of the face's box that lie in the picture."""
    width, height = extent.right - extent.left, extent.bottom - extent.top
    left, right = (extent.left + share * width for share in part[:2])
    top, bottom = (extent.top + share * height for share in part[2:])
    rows = slice(max(0, math.floor(top)), max(0, math.ceil(bottom)))
    columns = slice(max(0, math.floor(left)), max(0, math.ceil(right)))
    return crop[rows, columns].reshape(-1, 3)


def _lab(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    return np.asarray(values, np.float32)


def _chroma(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.hypot(pixels[:, 1], pixels[:, 2]), np.float32)
