"""A fine occlusion map, coarse places first: a preview at once, the map itself when every place is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.attribution.grid import OcclusionGrid
from xai.attribution.methods import Progress
from xai.attribution.occlusion import Request, Scan, places_only
from xai.attribution.stream import stream

__all__ = ["FineMap", "refine"]

_STEP = 4
"""Every fourth place each way is measured first: of a stride of 1/56 that is 1/14."""


@dataclass(frozen=True, eq=False)
class FineMap:
    """A map on its way.

    Attributes:
        grid: the answers at every place.
        preview: whether most of them were interpolated. It can be wrong by half of the map's range: it is to
            be shown as a preview, and nothing is to be computed from it.
    """

    grid: OcclusionGrid
    preview: bool


def refine(request: Request, progress: Progress | None = None) -> Iterator[FineMap]:
    """A preview, then the exact map; each place is measured once, all in one stream of batches.

    Args:
        request: what is asked; a stride of 1/56 of the side is what this is for.
        progress: called between batches with (places done, places in all); may raise to stop the work.
    """
    scan = Scan(request)
    rows = len(scan.windows)
    every = np.arange(rows * rows).reshape(rows, rows)
    knots = np.unique(np.r_[0:rows:_STEP, rows - 1])
    coarse = every[np.ix_(knots, knots)].reshape(-1)
    rest = np.setdiff1d(every, coarse)
    jobs = [scan.job("exact", part) for part in (coarse, rest) if len(part)]
    answers = stream(jobs, places_only(jobs, progress))
    first = next(answers)
    found = np.zeros((rows * rows, first.logits.shape[1]), np.float32)
    found[coarse] = first.probabilities.numpy()[1:]
    if len(rest):
        measured = found[coarse].reshape(len(knots), len(knots), -1)
        yield FineMap(scan.grid_of(first, _interpolated(measured, knots, rows)), preview=True)
    for last in answers:
        found[rest] = last.probabilities.numpy()[1:]
    yield FineMap(scan.grid_of(first, found.reshape(rows, rows, -1)), preview=False)


def _interpolated(measured: NDArray[np.float32], knots: NDArray[np.intp], rows: int) -> NDArray[np.float32]:
    """Answers ``(k, k, C)`` at the knots of either axis -> bilinear in between, ``(rows, rows, C)``."""
    weights = np.stack([np.interp(np.arange(rows), knots, unit) for unit in np.eye(len(knots))], axis=1)
    between = np.einsum("rk,sl,klc->rsc", weights, weights, measured)
    return np.asarray(between, np.float32)
