"""Occlusion sensitivity: how the prediction changes when a patch hides part of the face.

Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2: a patch slides
over the picture and the probability of the class is recorded at every position. A patch with soft edges
(``GaussianPatch``, Greydanus et al. 2018) is run in the same way.

The positions of all faces and models go through one stream of batches (``scheduler``), made on the network's
device (``batches``); the maps are assembled from the recorded probabilities by two small matrix products
(``response_grid``). Memory does not grow with the number of positions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from xai.attribution.masked_batches import MaskedBatches
from xai.attribution.occlusion.batches import OccludedBatches
from xai.attribution.occlusion.low_precision import LowPrecisionCheck
from xai.attribution.occlusion.patch import FACE_FILLS, FILLS, GaussianPatch, Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.errors import UnknownName
from xai.models.classifiers import Classifier
from xai.models.inference.batch_job import InferenceJob, ModelOutputs
from xai.models.inference.runtimes import Mode
from xai.models.inference.scheduler import run
from xai.types import ComputeInfo, Progress

__all__ = [
    "OcclusionGrid",
    "OcclusionScan",
    "Request",
    "baseline",
    "occlude",
    "occlude_all",
    "places_only",
]


@dataclass(frozen=True, eq=False)
class Request:
    """One input for a sliding patch.

    Attributes:
        classifier: the model.
        values: float32 ``(3, n, n)`` in 0..1, the crop as ``to_input`` makes it, on any device.
        patch: size, stride and fill; one with soft edges is exact in either mode.
        hidden: the patch's pixels, float32 ``(3, n, n)`` in 0..1, in place of ``baseline``'s fill.
        target: index of the class whose map is checked in fast mode; the predicted class where None.
    """

    classifier: Classifier
    values: Tensor
    patch: Patch | GaussianPatch
    hidden: Tensor | None = None
    target: int | None = None


def baseline(values: Tensor, fill: str) -> Tensor:
    """The fill of the patch for an input ``(3, n, n)`` in 0..1; same shape, range and device."""
    if fill == "grey":
        return torch.full_like(values, 0.5)
    if fill == "mean":
        return values.mean(dim=(1, 2), keepdim=True).expand_as(values)
    if fill == "blur":
        return _blurred(values)
    if fill in FACE_FILLS:
        raise ValueError(f"the fill {fill} is drawn for one face; hand its picture in as hidden")
    raise UnknownName("fill", fill, FILLS)


def occlude(
    classifier: Classifier,
    values: Tensor,
    patch: Patch | GaussianPatch,
    progress: Progress | None = None,
    hidden: Tensor | None = None,
    mode: Mode = "exact",
) -> OcclusionGrid:
    """Slide the patch over one input and record the outputs: ``occlude_all`` of one ``Request``."""
    return occlude_all([Request(classifier, values, patch, hidden)], progress, mode)[0]


def occlude_all(
    requests: Sequence[Request], progress: Progress | None = None, mode: Mode = "exact"
) -> tuple[OcclusionGrid, ...]:
    """Slide patches over several inputs, of one or several classifiers, in one stream of batches.

    Args:
        requests: the inputs.
        progress: called between batches with (positions done, positions in all); may raise to stop the work.
            In fast mode it is called with everything done while positions are measured again.
        mode: ``exact``: float32, within 1e-5 of captum's ``Occlusion`` in probability. ``fast``: half
            precision where the machine has it, checked by a ``LowPrecisionCheck``; a map in doubt is
            recomputed exactly.

    The probabilities do not depend on the batch size, nor on the other requests, beyond float rounding.
    """
    scans = [OcclusionScan(request) for request in requests]
    jobs = [scan.job(mode) for scan in scans]
    grids = [scan.grid(a) for scan, a in zip(scans, run(jobs, places_only(jobs, progress)), strict=True)]
    low = [i for i, scan in enumerate(scans) if scan.low]
    if low:
        places = sum(job.count - 1 for job in jobs)
        again = _guarded([scans[i] for i in low], [grids[i] for i in low], _standing(progress, places))
        grids = [dict(zip(low, again, strict=True)).get(i, grid) for i, grid in enumerate(grids)]
    return tuple(grids)


class OcclusionScan:
    """One request in progress: its picture and its patch positions, the unoccluded picture first.

    Args:
        request: the request.
    """

    def __init__(self, request: Request) -> None:
        classifier, values = request.classifier, request.values.to(request.classifier.device)
        self.request, self.low = request, False
        hidden = baseline(values, request.patch.fill) if request.hidden is None else request.hidden
        self._picture = classifier.normalise(values)
        self._hidden = classifier.normalise(hidden.to(classifier.device))
        self._cover = request.patch.cover(values.shape[-1])
        self.rows = len(self._cover)

    def job(self, mode: Mode, only: NDArray[np.intp] | None = None) -> InferenceJob:
        """All positions after the unoccluded picture, or only the positions ``only``, row by row."""
        places = np.arange(self.rows**2) if only is None else only
        forwards = self.rows**2 + 1
        if isinstance(self.request.patch, GaussianPatch):
            inputs = MaskedBatches(self._picture, self._hidden, partial(_shown, self._cover, places))
            return InferenceJob(self.request.classifier, len(places) + 1, inputs, forwards=forwards)
        edges = np.array(self.request.patch.windows(self._picture.shape[-1]), np.int64)
        down, right = np.divmod(places, self.rows)
        patches = np.r_[np.zeros((1, 4), np.int64), np.c_[edges[down], edges[right]]]
        covered = OccludedBatches(self._picture, self._hidden, patches)
        return InferenceJob(self.request.classifier, len(patches), covered, mode, forwards)

    def grid(self, answers: ModelOutputs) -> OcclusionGrid:
        """The grid of the outputs at all positions."""
        self.low = answers.low
        places = answers.probabilities.numpy()[1:]
        return self.grid_of(answers, places.reshape(self.rows, self.rows, -1))

    def grid_of(self, answers: ModelOutputs, places: NDArray[np.float32]) -> OcclusionGrid:
        """The grid of probabilities ``(R, R, C)``; ``answers`` begins with the unoccluded picture's."""
        whole: NDArray[np.float32] = answers.probabilities.numpy()[0]
        return OcclusionGrid(places, whole, self._cover, ComputeInfo(answers.runtime))


def _shown(
    cover: NDArray[np.float32], places: NDArray[np.intp], start: int, stop: int, device: torch.device
) -> Tensor:
    """How much of the picture inputs ``start`` to ``stop`` show, ``(N, n, n)``: all of it in the first."""
    down, right = np.divmod(places[max(start - 1, 0) : stop - 1], len(cover))
    rows, columns = (torch.from_numpy(cover[each]).to(device) for each in (down, right))
    hidden = rows[:, :, None] * columns[:, None, :]
    whole = torch.ones(int(start == 0), *hidden.shape[1:], device=device)
    return torch.cat([whole, 1 - hidden])


def _guarded(
    scans: Sequence[OcclusionScan], hasty: Sequence[OcclusionGrid], progress: Progress | None
) -> list[OcclusionGrid]:
    """The maps with some positions measured again, or recomputed as a whole where they are in doubt."""
    guards = [
        LowPrecisionCheck(grid, _target(scan.request, grid)) for scan, grid in zip(scans, hasty, strict=True)
    ]
    while wanted := {i: places for i, guard in enumerate(guards) if len(places := guard.next())}:
        jobs = [scans[i].job("exact", places) for i, places in wanted.items()]
        for (i, places), answers in zip(wanted.items(), run(jobs, progress), strict=True):
            guards[i].learn(places, answers.probabilities.numpy())
    found = [guard.grid for guard in guards]
    doubtful = [i for i, guard in enumerate(guards) if guard.doubt]
    for i, answers in zip(doubtful, run([scans[i].job("exact") for i in doubtful], progress), strict=True):
        computed = replace(found[i].computed, runtime=answers.runtime)
        found[i] = replace(scans[i].grid(answers), computed=computed)
    return found


def _target(request: Request, grid: OcclusionGrid) -> int:
    return int(grid.original.argmax()) if request.target is None else request.target


def places_only(jobs: Sequence[InferenceJob], progress: Progress | None) -> Progress | None:
    """Progress over the positions alone, where the first input of every job is the unoccluded picture."""
    if progress is None:
        return None
    starts = list(accumulate((job.count for job in jobs), initial=0))[:-1]
    return lambda done, total: progress(done - bisect_left(starts, done), total - len(jobs))


def _standing(progress: Progress | None, total: int) -> Progress | None:
    """Progress that stays at 100 %, and can still stop the work."""
    return None if progress is None else lambda _done, _total: progress(total, total)


def _blurred(values: Tensor) -> Tensor:
    """Gaussian blur with a standard deviation of a tenth of the side: no feature survives, colour does."""
    sigma = values.shape[-1] / 10
    reach = int(3 * sigma)
    steps = torch.arange(-reach, reach + 1, device=values.device, dtype=values.dtype)
    kernel = torch.exp(-0.5 * (steps / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(3, 1, -1)
    spread = functional.pad(values[None], (reach, reach, reach, reach), mode="replicate")
    across = functional.conv2d(spread, kernel[:, :, None, :], groups=3)
    return functional.conv2d(across, kernel[:, :, :, None], groups=3)[0]
