"""Two models on the same faces: who is right where the other is not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.audit.claims.estimates import Difference, share
from xai.audit.findings.answers import Answers, Floats
from xai.audit.findings.mean_maps import map_differences
from xai.evidence.validation.statistics import MIN_GROUPS

__all__ = ["compare", "p_of_pairs"]

Ints = NDArray[np.int64]


def compare(first: Answers, second: Answers) -> dict[str, Any]:
    """The two models on the faces that both answered.

    Returns:
        ``{n, accuracy, supported, maps}``. ``accuracy`` and ``supported`` hold the ``difference`` of the
        shares, first less second, its 95 % ``interval``, ``p`` (``p_of_pairs``), ``only_first`` and
        ``only_second``: faces that only the one got right, or only one of whose answers is supported; and
        ``n``, the faces of which both are known. None where these are of fewer than ``MIN_GROUPS`` groups.
        ``maps`` as ``map_differences``.
    """
    at = {key: place for place, key in enumerate(second.keys)}
    pairs = [(place, at[key]) for place, key in enumerate(first.keys) if key in at]
    own, other = np.array(pairs, np.int64).reshape(-1, 2).T
    first, second = first.at(own), second.at(other)
    return {
        "n": len(pairs),
        "accuracy": _paired(first.right, second.right, first),
        "supported": _paired(first.supported, second.supported, first),
        "maps": map_differences(first, second),
    }


def _paired(first: Floats, second: Floats, faces: Answers) -> dict[str, Any] | None:
    """The interval is that of two shares with their correlation (Newcombe 1998, "Improved confidence
    intervals for the difference between binomial proportions based on paired data", method 10 without its
    continuity correction), each clustered by group as in ``estimates``.
    """
    both = np.isfinite(first) & np.isfinite(second)
    groups = faces.groups[both]
    if len(np.unique(groups)) < MIN_GROUPS:
        return None
    shares = [share(values[both], groups, faces.count, np.ones(len(groups))) for values in (first, second)]
    gained = (first[both] - second[both]).astype(np.int64)
    found = Difference(*shares)
    low, high = found.interval()
    return {
        "n": len(gained),
        "difference": found.value,
        "interval": [min(low, found.value), max(high, found.value)],
        "p": p_of_pairs(gained, groups),
        "only_first": int((gained > 0).sum()),
        "only_second": int((gained < 0).sum()),
    }


def p_of_pairs(gained: Ints, groups: Ints) -> float:
    """Two-sided p of: which of the two models is which makes no difference.

    The sum over the faces of each group is as likely to be of one sign as of the other, so the p is the share
    of all choices of signs whose total is at least as far from 0: the randomization test for pairs (Fisher
    1935, "The Design of Experiments", section 21) with groups as the units, as Yang, Sun and Hardin (2010, "A
    Note on the Tests for Clustered Matched-Pair Binary Data") sum within clusters. Exact, by convolution.
    Where each face is a group of its own it is McNemar's test (1947) in its exact, binomial form.

    Args:
        gained: int64 ``(N,)``, 1 where only the first model is right, -1 where only the second, else 0.
        groups: int64 ``(N,)``, 0 or more.
    """
    sums = np.bincount(groups, gained).astype(np.int64)
    sizes = np.abs(sums[sums != 0])
    total, reach = abs(int(sums.sum())), int(sizes.sum())
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for size in np.sort(sizes):
        up, down = np.roll(chances, size), np.roll(chances, -size)
        chances = (up + down) / 2
    far = np.abs(np.arange(-reach, reach + 1)) >= total
    return float(min(1.0, chances[far].sum()))
