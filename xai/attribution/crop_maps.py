"""Resizes a method's map, of any resolution, to the crop."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from xai.types import Face

__all__ = ["resize_classes_to_crop", "resize_to_crop"]


def resize_to_crop(values: NDArray[np.float32], face: Face) -> NDArray[np.float32]:
    """A map ``(h, w)`` over the whole crop -> float32 ``(S, S)`` in crop pixels, bilinear."""
    grid = torch.from_numpy(values)[None, None]
    sized: NDArray[np.float32] = functional.interpolate(grid, face.crop.shape[:2], mode="bilinear")[
        0, 0
    ].numpy()
    return sized


def resize_classes_to_crop(becomes: NDArray[np.int8], face: Face) -> NDArray[np.int8]:
    """A map of class indices in crop pixels, by nearest neighbour: classes cannot be interpolated."""
    rows, columns = (np.arange(s) * n // s for s, n in zip(face.crop.shape[:2], becomes.shape, strict=True))
    return becomes[np.ix_(rows, columns)]
