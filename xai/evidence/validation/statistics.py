"""How sure a figure over a set of faces is: intervals and tests that take faces of one photo together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xai.learning.evaluation.metrics import bootstrap_intervals

__all__ = [
    "DRAWS",
    "LEVEL",
    "MIN_GROUPS",
    "Draws",
    "Figure",
    "LeadTest",
    "corrected",
    "holm",
    "lead_test",
    "means",
    "medians",
    "shares",
    "sign_flip",
]

Floats = NDArray[np.float64]
Names = NDArray[np.str_]
Interval = tuple[float, float]

MIN_GROUPS = 10
"""Groups below which no interval and no p is given. The smallest p of ten is 1/1024."""

LEVEL = 0.05
"""Family-wise error rate of the tests."""

_TAIL = 0.025
_EXACT = 14  # groups up to which all flips are tried
_CHUNK = 1000  # flips at a time


@dataclass(frozen=True)
class Figure:
    """One figure over a set.

    Attributes:
        value: the figure; None where no face has it.
        interval: 95 %, by group; None below ``MIN_GROUPS``.
        faces: how many faces it is made of.
        groups: how many groups they come from.
    """

    value: float | None
    interval: Interval | None
    faces: int
    groups: int


@dataclass(frozen=True)
class Draws:
    """How chance is drawn: bootstrap samples, and the seed of them and of the flips."""

    rounds: int = 1000
    seed: int = 0


DRAWS = Draws()
"""What is drawn where nothing else is asked for."""


@dataclass(frozen=True)
class LeadTest:
    """Test of "on average over the faces the lead is at most 0".

    Attributes:
        lead: the mean, in the unit of the leads.
        too_few: fewer than ``MIN_GROUPS`` groups; nothing is said then and the rest is None.
        p: one-sided; see ``sign_flip``.
        adjusted: the same after Holm's correction over the family of tests; None before it.
        rejected: whether ``adjusted`` is at most ``LEVEL``: the lead is above 0.
    """

    lead: Figure
    too_few: bool
    p: float | None
    adjusted: float | None = None
    rejected: bool | None = None


def means(columns: Mapping[str, Floats], groups: Names, draws: Draws) -> dict[str, Figure]:
    """The mean of each column over the faces that have it, with its interval.

    Args:
        columns: name -> float64 ``(N,)``; NaN for a face that does not have it.
        groups: ``(N,)``, what belongs together.
        draws: of the bootstrap.
    """
    return _figures(columns, groups, np.mean, draws)


def shares(columns: Mapping[str, Floats], groups: Names, draws: Draws) -> dict[str, Figure]:
    """As ``means``, of columns of 0 and 1.

    A share of none or of all has a bootstrap interval without width. It gets the exact one instead, with as
    many trials as there are groups (Hanley and Lippman-Hand 1983, "If Nothing Goes Wrong, Is Everything All
    Right?", two-sided here): 0 of 40 photos can still be 9 %.
    """
    return {name: _opened(figure) for name, figure in means(columns, groups, draws).items()}


def medians(columns: Mapping[str, Floats], groups: Names, draws: Draws) -> dict[str, Figure]:
    """The median of each column over the faces that have it, with its interval; else as ``means``."""
    return _figures(columns, groups, np.median, draws)


def lead_test(leads: Floats, groups: Names, draws: Draws) -> LeadTest:
    """The test of one column of leads, float64 ``(N,)``, ``groups`` as in ``means``; not corrected yet."""
    lead = means({"lead": leads}, groups, draws)["lead"]
    too_few = lead.groups < MIN_GROUPS
    return LeadTest(lead, too_few, None if too_few else sign_flip(leads, groups, seed=draws.seed))


def corrected(tests: Sequence[LeadTest]) -> list[LeadTest]:
    """The tests, in their order, with Holm's correction over all of them that have a p."""
    adjusted = iter(holm([test.p for test in tests if test.p is not None]))
    return [test if test.p is None else _adjusted(test, next(adjusted)) for test in tests]


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p values, in the order given (Holm 1979, "A Simple Sequentially Rejective Multiple Test
    Procedure"): those at most α are the ones that the step-down procedure rejects at family-wise level α.

    >>> holm([0.01, 0.25, 0.02])
    (0.03, 0.25, 0.04)
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)).clip(max=1)
    adjusted = np.empty_like(values)
    adjusted[order] = stepped
    return tuple(adjusted.tolist())


def sign_flip(leads: Floats, groups: Names, *, rounds: int = 9999, seed: int = 0) -> float:
    """One-sided p of "the mean is at most 0", by flipping the sign of whole groups.

    Of all ways to flip, the share whose sum is at least the sum found. Flips rather than a bootstrap, whose
    interval is too narrow with few photos: they hold their level exactly if each group's sum is as likely
    one side of 0 as the other, and nearly so otherwise (Canay, Romano and Shaikh 2017, "Randomization Tests
    under an Approximate Symmetry Assumption"). Beyond 14 groups by random flips, the one found counted
    among them so that p is never 0 (Phipson and Smyth 2010, "Permutation P-values Should Never Be Zero").

    Args:
        leads: float64 ``(N,)``, one per face; at least one.
        groups: ``(N,)``, what belongs together.
        rounds: random flips.
        seed: of them.
    """
    _, member = np.unique(groups, return_inverse=True)
    sums = np.bincount(member, weights=leads).astype(np.float64)
    least = float(sums.sum() - 1e-9 * np.abs(sums).sum())  # sums of the same numbers differ by rounding
    if len(sums) <= _EXACT:
        every = (np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums))) & 1
        return _reached(every, sums, least) / len(every)
    random = np.random.default_rng(seed)
    sizes = [min(_CHUNK, rounds - start) for start in range(0, rounds, _CHUNK)]
    reached = sum(_reached(random.integers(0, 2, (size, len(sums))), sums, least) for size in sizes)
    return (1 + reached) / (1 + rounds)


def _adjusted(test: LeadTest, p: float) -> LeadTest:
    return replace(test, adjusted=p, rejected=p <= LEVEL)


def _reached(flipped: NDArray[np.int64], sums: Floats, least: float) -> int:
    """How many of the flips, ``(M, groups)`` of 0 and 1, bring the sum to ``least``."""
    return int(np.count_nonzero((1 - 2 * flipped) @ sums >= least))


def _figures(
    columns: Mapping[str, Floats], groups: Names, centre: Callable[[Floats], np.floating], draws: Draws
) -> dict[str, Figure]:
    def measure(drawn: NDArray[np.intp]) -> dict[str, float]:
        return {name: _centred(column[drawn], centre) for name, column in columns.items()}

    has = {name: np.isfinite(column) for name, column in columns.items()}
    sizes = {name: len(np.unique(groups[known])) for name, known in has.items()}
    intervals: dict[str, Interval] = {}
    if max(sizes.values(), default=0) >= MIN_GROUPS:
        intervals = bootstrap_intervals(measure, groups, rounds=draws.rounds, seed=draws.seed)
    return {
        name: Figure(
            value=_centred(column, centre) if has[name].any() else None,
            interval=intervals[name] if sizes[name] >= MIN_GROUPS else None,
            faces=int(has[name].sum()),
            groups=sizes[name],
        )
        for name, column in columns.items()
    }


def _centred(values: Floats, centre: Callable[[Floats], np.floating]) -> float:
    known = values[np.isfinite(values)]
    return float(centre(known)) if len(known) else float("nan")


def _opened(share: Figure) -> Figure:
    """A share of none or of all with the interval that it has although every face agrees."""
    if share.interval is None or share.value not in (0, 1):
        return share
    width = 1 - _TAIL ** (1 / share.groups)
    return replace(share, interval=(0.0, width) if share.value == 0 else (1 - width, 1.0))
