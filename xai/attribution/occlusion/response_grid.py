"""The model's outputs with the patch at every position, and the maps computed from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.types import ComputeInfo

__all__ = ["OcclusionGrid"]


@dataclass(frozen=True, eq=False)
class OcclusionGrid:
    """The model's outputs with the patch at every position.

    Attributes:
        probabilities: float32 ``(R, K, C)``, the output with the patch in row ``r`` and column ``k`` of the
            grid of positions.
        original: float32 ``(C,)``, the output for the unoccluded picture.
        cover: float32 ``(R, n)``: 1 where the patch in row ``r`` covers that input row. The grid is
            square, so the same matrix serves for the columns.
        computed: runtime and precision, and the error of a fast map where it was measured again.
    """

    probabilities: NDArray[np.float32]
    original: NDArray[np.float32]
    cover: NDArray[np.float32]
    computed: ComputeInfo

    def probability_map(self, index: int) -> NDArray[np.float32]:
        """Float32 ``(n, n)`` in input pixels: the mean probability of class ``index`` over all positions
        that cover the pixel (the heat map of the first published study); the original where none does.
        """
        return self._spread(self.probabilities[..., index], float(self.original[index]))

    def drop_map(self, index: int) -> NDArray[np.float32]:
        """Float32 ``(n, n)``: how far the probability of class ``index`` falls, in probability points.

        Positive where hiding lowers it: the pixel is evidence for the class. Equal to captum's ``Occlusion``
        with the same window, stride and baseline.
        """
        return self._spread(self.original[index] - self.probabilities[..., index], 0.0)

    def becomes_map(self) -> NDArray[np.int8]:
        """Int8 ``(n, n)``: index of the class predicted with the patch over that pixel; at each pixel that of
        the position whose centre is nearest.
        """
        answers = self.probabilities.argmax(axis=2).astype(np.int8)
        nearest = self._nearest()
        becomes: NDArray[np.int8] = answers[np.ix_(nearest, nearest)]
        return becomes

    def _spread(self, values: NDArray[np.float32], empty: float) -> NDArray[np.float32]:
        cover = self.cover.astype(np.float64)
        count = np.outer(cover.sum(axis=0), cover.sum(axis=0))
        total = cover.T @ values.astype(np.float64) @ cover
        spread = np.divide(total, count, out=np.full_like(total, empty), where=count > 0)
        return spread.astype(np.float32)

    def _nearest(self) -> NDArray[np.intp]:
        side = self.cover.shape[1]
        pixels = np.arange(side)
        centres = (self.cover * pixels).sum(axis=1) / self.cover.sum(axis=1)
        nearest: NDArray[np.intp] = np.abs(pixels[:, None] - centres[None, :]).argmin(axis=1)
        return nearest
