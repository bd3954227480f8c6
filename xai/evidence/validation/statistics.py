"""Statistics over a set of faces, with intervals clustered by photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xai.learning.evaluation.metrics import bootstrap_intervals

__all__ = [
    "DRAWS",
    "MIN_GROUPS",
    "Figure",
    "ResamplingConfig",
    "means",
    "shares",
]

Floats = NDArray[np.float64]
Names = NDArray[np.str_]
Interval = tuple[float, float]

MIN_GROUPS = 10
"""Groups below which no interval is given."""

_TAIL = 0.025


@dataclass(frozen=True)
class Figure:
    """One statistic over a set.

    Attributes:
        value: the statistic; None where no face has it.
        interval: 95 %, by group; None below ``MIN_GROUPS``.
        faces: how many faces it is computed from.
        groups: how many groups they come from.
    """

    value: float | None
    interval: Interval | None
    faces: int
    groups: int


@dataclass(frozen=True)
class ResamplingConfig:
    """The bootstrap: number of samples, and seed."""

    rounds: int = 1000
    seed: int = 0


DRAWS = ResamplingConfig()
"""The default."""


def means(columns: Mapping[str, Floats], groups: Names, draws: ResamplingConfig) -> dict[str, Figure]:
    """The mean of each column over the faces that have it, with its interval.

    Args:
        columns: name -> float64 ``(N,)``; NaN for a face that does not have it.
        groups: ``(N,)``, the clusters.
        draws: of the bootstrap.
    """

    def measure(drawn: NDArray[np.intp]) -> dict[str, float]:
        return {name: _mean(column[drawn]) for name, column in columns.items()}

    has = {name: np.isfinite(column) for name, column in columns.items()}
    sizes = {name: len(np.unique(groups[known])) for name, known in has.items()}
    intervals: dict[str, Interval] = {}
    if max(sizes.values(), default=0) >= MIN_GROUPS:
        intervals = bootstrap_intervals(measure, groups, rounds=draws.rounds, seed=draws.seed)
    return {
        name: Figure(
            value=_mean(column) if has[name].any() else None,
            interval=intervals[name] if sizes[name] >= MIN_GROUPS else None,
            faces=int(has[name].sum()),
            groups=sizes[name],
        )
        for name, column in columns.items()
    }


def shares(columns: Mapping[str, Floats], groups: Names, draws: ResamplingConfig) -> dict[str, Figure]:
    """As ``means``, of columns of shares, 0..1.

    A share of 0 or 1 has a bootstrap interval of zero width. It gets the exact one instead, with as many
    trials as there are groups (Hanley and Lippman-Hand 1983, "If Nothing Goes Wrong, Is Everything All
    Right?", two-sided here): 0 of 40 photos can still be 9 %.
    """
    return {name: _opened(figure) for name, figure in means(columns, groups, draws).items()}


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _opened(share: Figure) -> Figure:
    """A share of 0 or 1 with its exact interval."""
    if share.interval is None or share.value not in (0, 1):
        return share
    width = 1 - _TAIL ** (1 / share.groups)
    return replace(share, interval=(0.0, width) if share.value == 0 else (1 - width, 1.0))
