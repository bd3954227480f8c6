"""Whether a map in half precision can be shown: some positions are measured again in float32, and the rest is
judged by them.

Three rules:

1. At least ``CHECKED`` positions are measured again in float32: those with the largest drops, and as many
   spread evenly over the ranking of all others. Their outputs replace the low-precision ones; the largest
   difference is the map's *error* E.
2. *Peak*: the highest pixel is certain when every patch position that covers a pixel within 2 E of it was
   measured again. They are, unless that is more than a quarter of all positions: then the peak is in doubt.
3. *Ranking*: differences in log-odds, sampled from the measured ones, are added to the map; the rank
   correlation of the two estimates that with the map in float32. Below ``RANKING`` the ranking is in doubt.

A map in doubt is recomputed in float32 as a whole.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.types import ComputeInfo

__all__ = ["CHECKED", "RANKING", "LowPrecisionCheck", "rank_correlation"]

CHECKED = 8
"""Least number of positions measured again on every fast map (all of them where there are fewer)."""

RANKING = 0.99
"""Smallest estimated rank correlation with which a fast map is shown."""

_SHARE = 0.25
_GRAIN = 56


class LowPrecisionCheck:
    """Checks one fast map.

    Args:
        grid: the map in half precision.
        target: index of the class whose map is checked.
    """

    def __init__(self, grid: OcclusionGrid, target: int) -> None:
        self._hasty, self._target = grid, target
        classes = grid.probabilities.shape[2]
        self._answers = grid.probabilities.reshape(-1, classes).copy()
        self._errors = np.zeros(len(self._answers), np.float32)
        self._checked = np.zeros(len(self._answers), bool)
        self.doubt = ""

    def next(self) -> NDArray[np.intp]:
        """Positions to measure again, as indices row by row; none when no more are needed."""
        if not self._checked.any():
            return self._first()
        if self.doubt:
            return np.zeros(0, np.intp)
        wanted = np.flatnonzero(self._near_the_peak() & ~self._checked)
        if self._checked.sum() + len(wanted) > max(CHECKED, _SHARE * len(self._answers)):
            self.doubt = "peak"
        elif not len(wanted) and not self.correlation >= RANKING:
            self.doubt = "ranking"
        return np.zeros(0, np.intp) if self.doubt else wanted

    def learn(self, places: NDArray[np.intp], answers: NDArray[np.float32]) -> None:
        """Add float32 outputs ``(1 + N, C)``: for the unoccluded picture, then at the requested positions."""
        self._hasty = replace(self._hasty, original=answers[0])
        self._errors[places] = answers[1:, self._target] - self._answers[places, self._target]
        self._answers[places] = answers[1:]
        self._checked[places] = True

    @property
    def error(self) -> float:
        """Largest difference in probability of the class at the positions measured again."""
        return float(np.abs(self._errors).max())

    @property
    def correlation(self) -> float:
        """Estimated rank correlation (Spearman) of the map with the one in float32; NaN where one is flat."""
        hasty = self._hasty.probabilities.reshape(self._answers.shape)[:, self._target]
        off = (_log_odds(self._answers[:, self._target]) - _log_odds(hasty))[self._checked]
        drawn = np.random.default_rng(0).choice(off, len(hasty))
        drawn[self._checked] = 0
        disturbed = self._answers.copy()
        disturbed[:, self._target] = 1 / (1 + np.exp(-_log_odds(self._answers[:, self._target]) - drawn))
        here, there = self._map(self._answers), self._map(disturbed)
        grain = max(1, len(here) // _GRAIN)
        return rank_correlation(here[::grain, ::grain], there[::grain, ::grain])

    @property
    def grid(self) -> OcclusionGrid:
        """The map with every output measured again in place of the low-precision one."""
        computed = ComputeInfo(
            self._hasty.computed.runtime, int(self._checked.sum()), self.error, self.correlation, self.doubt
        )
        answers = self._answers.reshape(self._hasty.probabilities.shape)
        return replace(self._hasty, probabilities=answers, computed=computed)

    def _first(self) -> NDArray[np.intp]:
        order = np.argsort(self._answers[:, self._target], kind="stable")
        half = CHECKED // 2
        rest = np.linspace(half, len(order) - 1, CHECKED - half).round().astype(np.intp)
        chosen: NDArray[np.intp] = order if len(order) <= CHECKED else order[np.r_[:half, rest]]
        return chosen

    def _near_the_peak(self) -> NDArray[np.bool_]:
        drops, cover = self._map(self._answers), self._hasty.cover
        high = drops >= drops.max() - 2 * self.error
        return np.asarray(cover @ high @ cover.T > 0).reshape(-1)

    def _map(self, answers: NDArray[np.float32]) -> NDArray[np.float32]:
        shaped = answers.reshape(self._hasty.probabilities.shape)
        return replace(self._hasty, probabilities=shaped).drop_map(self._target)


def _log_odds(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds: there a network's rounding is about as large at every position; in probability it is not."""
    within = probability.astype(np.float64).clip(1e-7, 1 - 1e-7)
    return np.asarray(np.log(within) - np.log1p(-within))


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Spearman's rank correlation of two arrays of one shape, equal values sharing their mean rank.

    1 where both are constant; NaN where one alone is.

    >>> rank_correlation(np.array([1.0, 2, 3]), np.array([10.0, 30, 20]))
    0.5
    """
    ranks = [_ranks(values.reshape(-1)) for values in (first, second)]
    spreads = [r.std() for r in ranks]
    if spreads[0] == 0 and spreads[1] == 0:
        return 1.0
    if 0 in spreads:
        return float("nan")
    return round(float(np.mean(ranks[0] * ranks[1]) / (spreads[0] * spreads[1])), 12)


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Ranks about their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return np.asarray(ranks - ranks.mean())
