"""Pictures under soft masks, made a batch at a time on the network's device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xai.models.inference.batch_job import Batches
from xai.models.inference.runtimes import Runtime

__all__ = ["MaskedBatches"]


@dataclass(frozen=True, eq=False)
class MaskedBatches:
    """A picture, what shows where it is masked, and its masks.

    Attributes:
        picture: float32 ``(3, n, n)``, normalised.
        under: what a mask of 0 shows, shaped like ``picture``; black after normalisation where None.
        masks: called with (start, stop, device): masks ``start`` to ``stop``, float32 ``(N, n, n)`` in 0..1.
    """

    picture: Tensor
    under: Tensor | None
    masks: Callable[[int, int, torch.device], Tensor]

    def __call__(self, runtime: Runtime) -> Batches:
        """The function that makes the batches for a runtime, as ``InferenceJob.inputs`` requires."""
        picture = self.picture.to(runtime.device)
        under = None if self.under is None else self.under.to(runtime.device)

        @torch.inference_mode()
        def batch(start: int, stop: int, slot: int) -> Tensor:
            shown = self.masks(start, stop, runtime.device)[:, None]
            made = picture * shown if under is None else torch.lerp(under, picture, shown)
            return made.contiguous(memory_format=runtime.memory_format)

        return batch
