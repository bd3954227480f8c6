"""RISE: the mean of random masks, weighted by the answers to the pictures under them.

Petsiuk et al. 2018, "RISE: Randomized Input Sampling for Explanation of Black-box Models", eq. 6: masks are
small random grids, enlarged with a random shift. As in the authors' program what is masked shows the mean
colour of the training data. It needs outputs only.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from xai.attribution.base import Attribution, AttributionRequest
from xai.attribution.masked_batches import MaskedBatches
from xai.models.inference.batch_job import InferenceJob
from xai.models.inference.scheduler import run
from xai.types import Params, Progress

__all__ = ["RiseMasks", "rise"]

_CHUNK = 64


class RiseMasks:
    """The masks of one map; any of them can be made again.

    Args:
        count: how many.
        cells: of the random grid, per axis.
        keep: probability that a cell shows the picture.
        side: of the input, pixels.
    """

    def __init__(self, count: int, cells: int, keep: float, side: int) -> None:
        chance = torch.Generator().manual_seed(0)
        self._cell, self._side = -(-side // cells), side
        self._grids = (torch.rand(count, cells, cells, generator=chance) < keep).float()
        self._shifts = torch.randint(self._cell, (count, 2), generator=chance).tolist()
        self._large = (cells + 1) * self._cell

    def __len__(self) -> int:
        return len(self._grids)

    def __call__(self, start: int, stop: int, device: torch.device) -> Tensor:
        """Masks ``start`` to ``stop``, float32 ``(N, n, n)`` in 0..1."""
        grids = self._grids[start:stop, None].to(device)
        large = functional.interpolate(grids, (self._large,) * 2, mode="bilinear", align_corners=False)[:, 0]
        cut = [
            each[down : down + self._side, right : right + self._side]
            for each, (down, right) in zip(large, self._shifts[start:stop], strict=True)
        ]
        return torch.stack(cut)


def rise(asked: Sequence[AttributionRequest], params: Params, progress: Progress) -> list[Attribution]:
    """The importance of each pixel: by how much the expected probability of the class is higher where the
    pixel is shown than at random masks in all.

    The paper's map is not centred; here the mean is taken off, so that 0 means no effect. With a second class
    it is the difference of the two probabilities. The seed is fixed.
    """
    classifier, keep = asked[0].classifier, float(params["keep"])
    picture = classifier.normalise(asked[0].values.to(classifier.device))
    masks = RiseMasks(int(params["masks"]), int(params["cells"]), keep, picture.shape[-1])
    found = run([InferenceJob(classifier, len(masks), MaskedBatches(picture, None, masks))], progress)[0]
    worth = torch.stack([each.score(found.probabilities) for each in asked])
    worth = (worth - worth.mean(dim=1, keepdim=True)).to(picture)
    total = torch.zeros(len(asked), *picture.shape[1:], device=picture.device)
    for start in range(0, len(masks), _CHUNK):
        part = worth[:, start : start + _CHUNK]
        shown = masks(start, start + part.shape[1], total.device)
        total += torch.einsum("tk,kij->tij", part, shown)
    return [Attribution(each) for each in (total / (keep * len(masks))).cpu().numpy()]
