"""Cells of a picture at a map's own resolution, and orders in which they are changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

__all__ = ["PixelOrder", "cell_means", "edge_map"]


@dataclass(frozen=True, eq=False)
class PixelOrder:
    """An order in which a picture's cells are changed.

    Attributes:
        cells: int64 ``(g * g,)``, each cell once, numbered row by row from the top left; in the order of
            change.
    """

    cells: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[np.float64], seed: int) -> PixelOrder:
        """Highest value of ``values`` ``(g, g)`` first; ties in a random order by ``seed``."""
        chance = np.random.default_rng(seed).permutation(values.size)
        return cls(np.lexsort((chance, -values.ravel())).astype(np.int64))

    @classmethod
    def drawn(cls, grid: int, seed: Sequence[int]) -> PixelOrder:
        """A random order of ``grid * grid`` cells."""
        return cls(np.random.default_rng(list(seed)).permutation(grid * grid).astype(np.int64))

    def counts(self, steps: int) -> NDArray[np.int64]:
        """Number of cells changed after 0, 1, … ``steps`` steps."""
        return np.rint(np.arange(steps + 1) * len(self.cells) / steps).astype(np.int64)

    def turn(self, side: int) -> NDArray[np.int64]:
        """Int64 ``(side, side)``: for each input pixel, the number of cells changed before its own."""
        grid = round(len(self.cells) ** 0.5)
        rank = np.empty(grid * grid, np.int64)
        rank[self.cells] = np.arange(grid * grid)
        cell = np.arange(side) * grid // side
        return np.asarray(rank[cell[:, None] * grid + cell])


def cell_means(values: NDArray[np.float32] | NDArray[np.float64], grid: int) -> NDArray[np.float64]:
    """Mean of a map ``(H, W)`` in each of ``grid`` times ``grid`` cells, float64 ``(grid, grid)``.

    Where the cells do not divide the sides, neighbours share the pixels on their border.
    """
    sheet = torch.from_numpy(np.ascontiguousarray(values, np.float64))[None, None]
    means: NDArray[np.float64] = functional.adaptive_avg_pool2d(sheet, grid)[0, 0].numpy()
    return means


def edge_map(values: Tensor) -> NDArray[np.float64]:
    """Sobel magnitude of the luminance of a picture ``(3, n, n)`` in 0..1: float64 ``(n, n)``.

    Edges repeated at the border; independent of any model.
    """
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64, device=values.device)
    light = (weights[:, None, None] * values).sum(dim=0)[None, None]
    smooth, slope = weights.new_tensor([1.0, 2.0, 1.0]), weights.new_tensor([-1.0, 0.0, 1.0])
    kernels = torch.stack([torch.outer(smooth, slope), torch.outer(slope, smooth)])[:, None]
    slopes = functional.conv2d(functional.pad(light, (1, 1, 1, 1), mode="replicate"), kernels)
    found: NDArray[np.float64] = slopes.square().sum(dim=1).sqrt()[0].cpu().numpy()
    return found
