"""Occluded copies of a picture, made a batch of patch positions at a time on the network's device.

A patch is its four edges. On a CPU each batch in flight has a buffer with copies of the picture, and from one
batch to the next only the patches are rewritten: some thousand pixels each instead of the whole picture. On a
GPU a batch is composed in one operation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.models.inference.batch_job import Batches
from xai.models.inference.runtimes import Runtime

__all__ = ["OccludedBatches"]


@dataclass(frozen=True, eq=False)
class OccludedBatches:
    """A picture, the patch's fill, and the patch positions.

    Attributes:
        picture: float32 ``(3, n, n)``, normalised.
        hidden: float32 ``(3, n, n)``, normalised: what the patch shows.
        patches: int64 ``(P, 4)``: top, bottom, left, right, half-open; an empty one leaves the picture as it
            is.
    """

    picture: Tensor
    hidden: Tensor
    patches: NDArray[np.int64]

    def __call__(self, runtime: Runtime) -> Batches:
        """The function that makes the batches for a runtime, as ``InferenceJob.inputs`` requires."""
        where = runtime.device
        moved = OccludedBatches(self.picture.to(where), self.hidden.to(where), self.patches)
        return _CpuBatches(moved, runtime) if where.type == "cpu" else _GpuBatches(moved)


class _CpuBatches:
    """On a CPU: reused buffers, one for each batch that may be in flight."""

    def __init__(self, covered: OccludedBatches, runtime: Runtime) -> None:
        self._covered = covered
        shape = (min(runtime.batch, len(covered.patches)), *covered.picture.shape)
        sheet = covered.picture.expand(shape).clone(memory_format=runtime.memory_format)
        self._sheets = [sheet, *(sheet.clone() for _ in range(runtime.depth - 1))]
        self._shown: list[list[list[int]]] = [[] for _ in self._sheets]

    @torch.inference_mode()
    def __call__(self, start: int, stop: int, slot: int) -> Tensor:
        sheet = self._sheets[slot]
        for page, patch in zip(sheet, self._shown[slot], strict=False):
            _copy(self._covered.picture, page, patch)
        self._shown[slot] = self._covered.patches[start:stop].tolist()
        for page, patch in zip(sheet, self._shown[slot], strict=False):
            _copy(self._covered.hidden, page, patch)
        return sheet[: stop - start]


def _copy(source: Tensor, page: Tensor, patch: list[int]) -> None:
    top, bottom, left, right = patch
    page[:, top:bottom, left:right] = source[:, top:bottom, left:right]


class _GpuBatches:
    """On a GPU: everything that a batch needs is on the device, so that nothing is copied for it."""

    def __init__(self, covered: OccludedBatches) -> None:
        self._covered = covered
        device = covered.picture.device
        self._patches = torch.from_numpy(covered.patches).to(device)
        self._pixels = torch.arange(covered.picture.shape[-1], device=device)

    @torch.inference_mode()
    def __call__(self, start: int, stop: int, slot: int) -> Tensor:
        top, bottom, left, right = self._patches[start:stop, :, None].unbind(dim=1)
        rows = (self._pixels >= top) & (self._pixels < bottom)
        columns = (self._pixels >= left) & (self._pixels < right)
        under = (rows[:, :, None] & columns[:, None, :])[:, None]
        batch = torch.where(under, self._covered.hidden, self._covered.picture)
        return batch.contiguous(memory_format=torch.channels_last)
