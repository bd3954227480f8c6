"""Smooth noise in a sheet's own coordinates."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["smooth_noise"]

Plane = NDArray[np.float32]

_NOISE_SIDE = 256  # pixels a side on which noise is worked out


def smooth_noise(u: Plane, v: Plane, cells: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Smooth noise over the sheet, about -1..1, with so many cells across and down."""
    columns, rows = cells
    fine = max(1, _NOISE_SIDE // max(cells))  # a look-up between pixels is exact to 1/32 only
    size = ((columns + 4) * fine, (rows + 4) * fine)
    tile = rng.normal(0, 0.6, (rows + 4, columns + 4)).astype(np.float32)
    tile = np.asarray(cv2.resize(tile, size, interpolation=cv2.INTER_CUBIC))
    x = ((np.clip(u, -1.2, 1.2) + 1) / 2 * columns + 2) * fine - 0.5
    y = (np.clip(v, -0.2, 1.2) * rows + 2) * fine - 0.5
    edge = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.remap(tile, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=edge)
    )
