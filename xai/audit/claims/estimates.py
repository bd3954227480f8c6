"""Shares over faces of several photos: intervals, tests and power, all clustered by photo.

Faces of one photo are dependent, so a photo counts as one observation of the variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats  # type: ignore[import-untyped]

__all__ = ["Difference", "Estimate", "Share", "holm", "share"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Interval = tuple[float, float]

TAIL = 0.025
"""Of a 95 % interval, on each side."""

POWER = 0.9
"""How often an effect of the detectable size is found."""

_FARTHEST = 60.0  # quantile beyond which a tail probability is nothing


class Estimate(Protocol):
    """What a claim compares with its threshold."""

    @property
    def faces(self) -> tuple[int, ...]:
        """Faces of each share."""

    @property
    def value(self) -> float:
        """The estimate."""

    def interval(self) -> Interval:
        """95 %, clustered by photo."""

    def p_holds(self, threshold: float) -> float:
        """One-sided p of the null hypothesis that what is claimed is not so."""

    def p_fails(self, threshold: float) -> float:
        """One-sided p of the null hypothesis that what is claimed is so."""

    def detectable(self, threshold: float, level: float) -> float | None:
        """Smallest distance from the threshold, on the wrong side, that is found nine times in ten by a
        one-sided test at ``level``; None where there is none.
        """


@dataclass(frozen=True, eq=False)
class Share:
    """A mean over faces of a share of 0..1 each, such as right or wrong, or the edits that were followed.

    The interval is Wilson's (1927) with two changes. The number of trials is the *effective* one, faces over
    the design effect (Rao and Scott 1992, "A Simple Method for the Analysis of Clustered Binary Data"), where
    the variance under clustering is the linearised one of a ratio of sums over photos. The quantile is
    Student's, with photos less one degrees of freedom (13 of 13 give 73.3 % to 100 %, where Wilson's own give
    77.2 %), as Korn and Graubard (1998, "Confidence Intervals for
    Proportions with Small Expected Number of Positive Counts Estimated from Survey Data") adjust for a
    variance that few clusters estimate. Departures: the effective number is at most that of the trials, and
    for a share of 0 or 1, whose variance is seen as 0, it is that of the photos. The tests invert the
    interval, so that the two agree.

    Near 0 or 1, over few photos whose faces are much alike, the interval is too narrow, as a bootstrap of
    photos is: it covers a share of .95 over 40 photos of up to 12 faces, with an intraclass correlation of
    .3, about 90 times in 100 (``pytest tests/unit/audit -k covers``).

    Attributes:
        value: 0..1.
        effective: effective number of trials.
        freedom: degrees of freedom.
        pull: float64 ``(P,)``, each photo's part in ``value`` less what is expected, over all photos of the
            set; their sum is 0.
        faces: how many it is the mean of, alone in a tuple.
    """

    value: float
    effective: float
    freedom: int
    pull: Floats
    faces: tuple[int, ...]

    def limits(self, quantile: float) -> Interval:
        """Wilson's limits at a quantile of 0 or more."""
        square, of = quantile**2, self.effective
        middle = (self.value + square / (2 * of)) / (1 + square / of)
        spread = math.sqrt(self.value * (1 - self.value) / of + square / (4 * of * of))
        half = quantile * spread / (1 + square / of)
        return max(0.0, middle - half), min(1.0, middle + half)

    def interval(self) -> Interval:
        """95 %, clustered by photo."""
        return self.limits(float(stats.t.isf(TAIL, self.freedom)))

    def p_holds(self, threshold: float) -> float:
        """One-sided p of: the share is at most the threshold."""
        return float(stats.t.sf(self._distance(threshold), self.freedom))

    def p_fails(self, threshold: float) -> float:
        """One-sided p of: the share is at least the threshold."""
        return float(stats.t.cdf(self._distance(threshold), self.freedom))

    def detectable(self, threshold: float, level: float) -> float | None:
        """Smallest shortfall under the threshold t that is found nine times in ten; None where even a share
        of 0 is not.

        It solves ``q sd(t) + z sd(t - d) = d`` for d, with ``sd(p) = sqrt(p (1 - p) / n)``, the quantile q of
        the test and z of the power: the sample-size formula for one proportion (Fleiss, Levin and Paik 2003,
        "Statistical Methods for Rates and Proportions", chapter 2), with the effective number for n and
        without their continuity correction, as the test has none.
        """

        def missing(shortfall: float) -> float:
            return needed(threshold) * quantile + needed(threshold - shortfall) * z - shortfall

        def needed(share: float) -> float:
            return math.sqrt(max(0.0, share * (1 - share)) / self.effective)

        quantile, z = float(stats.t.isf(level, self.freedom)), float(stats.norm.ppf(POWER))
        if missing(threshold) > 0:
            return None
        return float(optimize.brentq(missing, 0.0, threshold))

    def _distance(self, threshold: float) -> float:
        """From the threshold, in standard errors at the threshold."""
        return (self.value - threshold) / math.sqrt(threshold * (1 - threshold) / self.effective)


@dataclass(frozen=True, eq=False)
class Difference:
    """The share on some faces less that on others, where being alike within a margin is claimed.

    The interval is made of those of the two shares (Zou and Donner 2008, "Construction of Confidence Limits
    about Effect Measures: A General Approach"), with the correlation of the two, since one photo can have
    faces of both kinds. The degrees of freedom are the fewer of the two. That the two are alike is tested by
    two one-sided tests (Schuirmann 1987), each by inverting the interval.

    Attributes:
        first: share on the faces in question.
        second: share on the faces that they are compared with.
    """

    first: Share
    second: Share

    @property
    def value(self) -> float:
        """-1..1."""
        return self.first.value - self.second.value

    @property
    def faces(self) -> tuple[int, ...]:
        """Faces of the first share and of the second."""
        return self.first.faces + self.second.faces

    def limits(self, quantile: float) -> Interval:
        """Limits at a quantile of 0 or more."""
        low, high = self.first.limits(quantile)
        other_low, other_high = self.second.limits(quantile)
        down, up = self.first.value - low, high - self.first.value
        other_down, other_up = self.second.value - other_low, other_high - self.second.value
        both = self._correlation()
        below = math.sqrt(max(0.0, down**2 + other_up**2 - 2 * both * down * other_up))
        above = math.sqrt(max(0.0, up**2 + other_down**2 - 2 * both * up * other_down))
        return self.value - below, self.value + above

    def interval(self) -> Interval:
        """95 %, clustered by photo."""
        return self.limits(float(stats.t.isf(TAIL, self._freedom)))

    def p_holds(self, threshold: float) -> float:
        """One-sided p of: the two differ by the margin or more."""
        return max(self._p_beyond(-threshold, up=True), self._p_beyond(threshold, up=False))

    def p_fails(self, threshold: float) -> float:
        """One-sided p of: the two differ by the margin or less. Only one side can be wrong in truth, so
        the smaller p needs no correction for the two.
        """
        return min(self._p_beyond(-threshold, up=False), self._p_beyond(threshold, up=True))

    def detectable(self, threshold: float, level: float) -> float | None:
        """Smallest excess over the margin that is found nine times in ten: ``(q + z) se`` (Cohen 1988,
        "Statistical Power Analysis for the Behavioral Sciences"), with the standard error that the interval
        implies; None where the difference would be more than 1.
        """
        low, high = self.interval()
        error = (high - low) / (2 * float(stats.t.isf(TAIL, self._freedom)))
        excess = (float(stats.t.isf(level, self._freedom)) + float(stats.norm.ppf(POWER))) * error
        return excess if excess + threshold <= 1 else None

    @property
    def _freedom(self) -> int:
        return min(self.first.freedom, self.second.freedom)

    def _correlation(self) -> float:
        norm = math.sqrt(math.fsum(self.first.pull**2) * math.fsum(self.second.pull**2))
        return math.fsum(self.first.pull * self.second.pull) / norm if norm else 0.0

    def _p_beyond(self, bound: float, *, up: bool) -> float:
        """One-sided p for a difference above (``up``) or below the bound: the tail whose limit is it."""
        above = self.value > bound
        side = 0 if above else 1

        def gap(quantile: float) -> float:
            return self.limits(quantile)[side] - bound

        reached = gap(_FARTHEST) < 0 if above else gap(_FARTHEST) > 0
        quantile = float(optimize.brentq(gap, 0.0, _FARTHEST)) if reached else _FARTHEST
        tail = float(stats.t.sf(quantile, self._freedom))
        return tail if above == up else 1 - tail


def share(values: Floats, photos: Ints, count: int, trials: Floats) -> Share:
    """The mean over the faces that have a value.

    Args:
        values: float64 ``(N,)``, 0..1; NaN for a face without one. At least two photos have one.
        photos: int64 ``(N,)``, the photo of each face, 0..count - 1.
        count: photos of the set.
        trials: float64 ``(N,)``, how many trials a value is the share of: 1 for yes or no, else edits.

    Raises:
        ValueError: fewer than two photos have a value.
    """
    known = np.isfinite(values)
    values, photos = values[known], photos[known]
    groups = len(np.unique(photos))
    if groups < 2:
        raise ValueError(f"a share clustered by photo needs faces of two photos, not of {groups}")
    faces, value = len(values), float(values.mean())
    pull = np.bincount(photos, values - value, count) / faces
    variance = groups / (groups - 1) * math.fsum(pull**2)
    most = float(trials[known].sum())
    if value in (0.0, 1.0):
        effective = float(groups)
    else:
        effective = min(most, value * (1 - value) / variance) if variance else most
    return Share(value, effective, groups - 1, pull, (faces,))


def holm(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p of each hypothesis, in the order given (Holm 1979, "A Simple Sequentially Rejective Multiple
    Test Procedure"): the chance of any false rejection stays at the level whatever their dependence.

    Args:
        probabilities: of each hypothesis by itself, 0..1.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    adjusted, largest = [0.0] * len(probabilities), 0.0
    for rank, place in enumerate(sorted(range(len(probabilities)), key=probabilities.__getitem__)):
        largest = max(largest, min(1.0, (len(probabilities) - rank) * probabilities[place]))
        adjusted[place] = largest
    return tuple(adjusted)
