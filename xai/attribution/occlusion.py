"""Occlusion sensitivity: what becomes of the answer when a patch hides part of the face.

Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2: a patch slides
over the picture and the probability of the class is recorded at every position.

A patch is two numbers here, never a full-size mask: its rows and its columns. One batch of masked inputs
is made on the device from the rows and columns of its positions; the maps are assembled from the recorded
probabilities by two small matrix products. Memory does not grow with the number of positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from xai.attribution.methods import Attribution, Progress
from xai.attribution.patch import FACE_FILLS, FILLS, Patch
from xai.errors import UnknownName
from xai.models.classifiers import Classifier

__all__ = ["OcclusionGrid", "baseline", "occlude", "occlusion"]

_BATCH_PIXELS = 32 * 128 * 128
"""Input pixels per batch on the CPU, so that a stop is noticed within a second; a GPU takes eight times
as many."""


@dataclass(frozen=True, eq=False)
class OcclusionGrid:
    """What the model answered with the patch at every position.

    Attributes:
        probabilities: float32 ``(R, K, C)``, the answer with the patch in row ``r`` and column ``k`` of
            the grid of positions.
        original: float32 ``(C,)``, the answer to the whole picture.
        cover: float32 ``(R, n)``: 1 where the patch in row ``r`` covers that input row. The grid is
            square, so the same matrix serves for the columns.
    """

    probabilities: NDArray[np.float32]
    original: NDArray[np.float32]
    cover: NDArray[np.float32]

    def probability_map(self, index: int) -> NDArray[np.float32]:
        """Float32 ``(n, n)`` in input pixels: the mean probability of class ``index`` over all positions
        that cover the pixel (the heat map of the first published study); the original where none does.
        """
        return self._spread(self.probabilities[..., index], float(self.original[index]))

    def drop_map(self, index: int) -> NDArray[np.float32]:
        """Float32 ``(n, n)``: how far the probability of class ``index`` falls, in probability points.

        Positive where hiding lowers it: the pixel speaks for the class. Equal to captum's ``Occlusion``
        with the same window, stride and baseline.
        """
        return self._spread(self.original[index] - self.probabilities[..., index], 0.0)

    def becomes_map(self) -> NDArray[np.int8]:
        """Int8 ``(n, n)``: the class that the answer becomes with the patch over that place, as an index;
        at each pixel that of the position whose centre is nearest.
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


def baseline(values: Tensor, fill: str) -> Tensor:
    """What is put under the patch, for an input ``(3, n, n)`` in 0..1; same shape, range and device."""
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
    patch: Patch,
    progress: Progress | None = None,
    hidden: Tensor | None = None,
) -> OcclusionGrid:
    """Slide the patch over one input and record the answers.

    Args:
        classifier: what is asked.
        values: float32 ``(3, n, n)`` in 0..1, the crop as ``to_input`` makes it, on any device.
        patch: size, stride and fill.
        progress: called between batches.
        hidden: what the patch shows, float32 ``(3, n, n)`` in 0..1, in place of ``baseline``'s fill.

    The probabilities do not depend on the batch size beyond float rounding.
    """
    values = values.to(classifier.device)
    side = values.shape[-1]
    cover = _cover(side, patch).to(classifier.device)
    picture = classifier.normalise(values)
    under = baseline(values, patch.fill) if hidden is None else hidden.to(classifier.device)
    places = torch.cartesian_prod(torch.arange(len(cover)), torch.arange(len(cover))).to(classifier.device)
    answers = _answers(classifier, picture, _Cutter(classifier.normalise(under), cover, places), progress)
    grid = answers[1:].reshape(len(cover), len(cover), -1)
    return OcclusionGrid(grid, answers[0], cover.cpu().numpy())


def occlusion(
    classifier: Classifier,
    values: Tensor,
    target: int,
    params: Mapping[str, float | int | str],
    progress: Progress,
    hidden: Tensor | None = None,
) -> Attribution:
    """The method as ``METHODS`` lists it: the drop map of class ``target``, the probability map and what
    the answer becomes, all ``(n, n)`` in input pixels. The fills of ``FACE_FILLS`` need ``hidden``.
    """
    patch = Patch(float(params["patch"]), float(params["stride"]), str(params["fill"]))
    grid = occlude(classifier, values, patch, progress, hidden)
    return Attribution(grid.drop_map(target), grid.probability_map(target), grid.becomes_map())


@dataclass(frozen=True, eq=False)
class _Cutter:
    """Makes masked inputs on the device, a batch of positions at a time."""

    hidden: Tensor
    cover: Tensor
    places: Tensor

    def masked(self, picture: Tensor, start: int, stop: int) -> Tensor:
        """Positions ``start`` to ``stop`` of ``picture`` ``(3, n, n)`` -> ``(N, 3, n, n)``."""
        rows, columns = self.places[start:stop].unbind(dim=1)
        under = (self.cover[rows, :, None] * self.cover[columns, None, :]).bool()[:, None]
        batch = torch.where(under, self.hidden, picture)
        return batch.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def _answers(
    classifier: Classifier, picture: Tensor, cutter: _Cutter, progress: Progress | None
) -> NDArray[np.float32]:
    """Probabilities ``(1 + positions, C)``: of the picture itself, then with the patch at each position."""
    total = len(cutter.places)
    batch = _batch_size(picture)
    found = [classifier.probabilities(picture[None])]
    for start in range(0, total, batch):
        if progress:
            progress(start, total)
        found.append(classifier.probabilities(cutter.masked(picture, start, min(start + batch, total))))
    if progress:
        progress(total, total)
    return torch.cat(found).cpu().numpy()


def _batch_size(picture: Tensor) -> int:
    pixels = _BATCH_PIXELS * (8 if picture.is_cuda else 1)
    return max(1, min(256, pixels // (picture.shape[-1] * picture.shape[-2])))


def _cover(side: int, patch: Patch) -> Tensor:
    places = patch.windows(side)
    cover = torch.zeros(len(places), side)
    for row, (start, stop) in enumerate(places):
        cover[row, start:stop] = 1
    return cover


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
