"""Occlusion maps with coarse positions first: a preview early, the map itself when every position is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.attribution.occlusion.engine import OcclusionScan, Request, places_only
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.models.inference.batch_job import InferenceJob, ModelOutputs
from xai.models.inference.scheduler import iter_results
from xai.types import Progress

__all__ = ["FineMap", "coarse_to_fine"]

_STEP = 4
"""Every fourth position per axis is measured first: for a stride of 1/56 that is 1/14."""


@dataclass(frozen=True, eq=False)
class FineMap:
    """A map in progress.

    Attributes:
        which: index of its request.
        grid: the model outputs at every position.
        preview: whether most of them were interpolated. It can be wrong by half of the map's range: it is to
            be shown as a preview, and nothing is to be computed from it.
    """

    which: int
    grid: OcclusionGrid
    preview: bool


def coarse_to_fine(requests: Sequence[Request], progress: Progress | None = None) -> Iterator[FineMap]:
    """A preview of every request, then every exact map; each position is run once, all in one stream.

    A request with so few positions that none would be interpolated has no preview: its map comes at once.

    Args:
        requests: the requests.
        progress: called between batches with (positions done, positions in all); may raise to stop the work.
    """
    maps = [_InTwoParts(OcclusionScan(request)) for request in requests]
    later = [which for which, each in enumerate(maps) if len(each.rest)]
    jobs = [each.job(each.coarse) for each in maps] + [maps[which].job(maps[which].rest) for which in later]
    answers = iter_results(jobs, places_only(jobs, progress))
    for which, each in enumerate(maps):
        yield FineMap(which, each.begun(next(answers)), preview=which in later)
    for which, last in zip(later, answers, strict=True):
        yield FineMap(which, maps[which].ended(last), preview=False)


class _InTwoParts:
    """One map whose positions are run in two jobs: the coarse ones, and the rest."""

    def __init__(self, scan: OcclusionScan) -> None:
        self._scan, self._rows = scan, scan.rows
        every = np.arange(self._rows**2).reshape(self._rows, self._rows)
        self._knots = np.unique(np.r_[0 : self._rows : _STEP, self._rows - 1])
        self.coarse = every[np.ix_(self._knots, self._knots)].reshape(-1)
        self.rest = np.setdiff1d(every, self.coarse)

    def job(self, places: NDArray[np.intp]) -> InferenceJob:
        return self._scan.job("exact", places)

    def begun(self, first: ModelOutputs) -> OcclusionGrid:
        """The map where only the coarse positions are known, interpolated in between."""
        self._first, self._found = first, first.probabilities.numpy()[1:]
        measured = self._found.reshape(len(self._knots), len(self._knots), -1)
        return self._scan.grid_of(first, _interpolated(measured, self._knots, self._rows))

    def ended(self, last: ModelOutputs) -> OcclusionGrid:
        """The final map."""
        answers = np.empty((self._rows**2, self._found.shape[1]), np.float32)
        answers[self.coarse], answers[self.rest] = self._found, last.probabilities.numpy()[1:]
        return self._scan.grid_of(self._first, answers.reshape(self._rows, self._rows, -1))


def _interpolated(measured: NDArray[np.float32], knots: NDArray[np.intp], rows: int) -> NDArray[np.float32]:
    """Answers ``(k, k, C)`` at the knots of either axis -> bilinear in between, ``(rows, rows, C)``."""
    weights = np.stack([np.interp(np.arange(rows), knots, unit) for unit in np.eye(len(knots))], axis=1)
    between = np.einsum("rk,sl,klc->rsc", weights, weights, measured)
    return np.asarray(between, np.float32)
