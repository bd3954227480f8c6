"""Similarity of two maps of one face: rank correlation, overlap of the strongest areas, region shares.

All measures are descriptive; none is a test. Free of torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.types import REGIONS, RegionShares

__all__ = [
    "STRONGEST",
    "Agreement",
    "Map",
    "agreement",
    "mean_of",
    "relative_change",
    "spearman",
    "strongest_overlap",
]

Values = NDArray[np.float32]

STRONGEST = 0.1
"""The share of a map that counts as its strongest areas; also the expected overlap of two unrelated maps."""

Map = NDArray[np.float64]
"""A heat map at its own resolution, float64 ``(h, w)``, raw and signed."""


@dataclass(frozen=True)
class Agreement:
    """How far two maps agree.

    Attributes:
        correlation: Spearman's, over pixels, -1..1; None where a map is constant.
        overlap: of the top 10 % areas, 0..1; None where a map has nothing positive.
        regions: region -> share in the first map minus share in the second, -1..1; None where a map has no
            shares.
    """

    correlation: float | None
    overlap: float | None
    regions: Mapping[str, float] | None

    @property
    def moved(self) -> float | None:
        """The total variation distance of the region shares, 0..1: half the sum of the absolute differences.
        None without shares.
        """
        return None if self.regions is None else sum(map(abs, self.regions.values())) / 2


def agreement(
    maps: tuple[Values, Values],
    shares: tuple[RegionShares | None, RegionShares | None],
) -> Agreement:
    """How far two maps agree.

    Args:
        maps: two of one shape ``(H, W)`` and one frame; NaN where one has no value; such pixels are left out.
        shares: their region shares.

    Raises:
        ValueError: the maps have different shapes.
    """
    first, second = maps
    if first.shape != second.shape:
        raise ValueError(f"two maps of one shape can be compared, not {first.shape} and {second.shape}")
    both = np.isfinite(first) & np.isfinite(second)
    a, b = first[both].astype(np.float64), second[both].astype(np.float64)
    one, two = shares
    apart = (
        None if one is None or two is None else {name: one.share[name] - two.share[name] for name in REGIONS}
    )
    return Agreement(spearman(a, b) if a.size else None, strongest_overlap(a, b), apart)


def strongest_overlap(
    first: NDArray[np.float64], second: NDArray[np.float64], part: float = STRONGEST
) -> float | None:
    """Overlap of the strongest areas of two maps, 0..1.

    The strongest areas are the ``part`` of all pixels with the largest values, of which only positive ones
    count. Pixels tied for the last ranks share the remaining weight, so that the order of ties changes
    nothing. Where the maps differ in the number of such pixels, the overlap is divided by the larger number.

    Args:
        first: a map or a list of its values, any sign.
        second: another of the same shape.
        part: 0..1.

    Returns:
        None where either map has no positive value.

    >>> strongest_overlap(np.array([9.0, 8.0, 0.0, 0.0]), np.array([9.0, 0.0, 8.0, 0.0]), part=0.5)
    0.5
    """
    a, b = _membership(first.ravel(), part), _membership(second.ravel(), part)
    largest = max(a.sum(), b.sum())
    if not a.any() or not b.any():
        return None
    return float(np.minimum(a, b).sum() / largest)


def _membership(values: NDArray[np.float64], part: float) -> NDArray[np.float64]:
    """Membership of each pixel in the strongest area: 1, 0, or the share that ties get."""
    positive = values > 0
    room = min(round(part * values.size), int(positive.sum()))
    if room == 0:
        return np.zeros_like(values)
    last = np.partition(values, -room)[-room]
    above, ties = values > last, values == last
    belongs: NDArray[np.float64] = above + ties * ((room - above.sum()) / ties.sum())
    return belongs


def spearman(a: Map, b: Map) -> float | None:
    """Spearman's rank correlation of two maps of one shape, -1..1; ties share their mean rank.

    None where either map is constant: it then has no order to compare.

    >>> round(spearman(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.1, 0.2], [0.3, 9.0]])), 6)
    1.0
    """
    ranks = np.stack([_ranks(a.ravel()), _ranks(b.ravel())])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred**2).sum(axis=1))
    if not lengths.all():
        return None
    return float((centred[0] @ centred[1] / (lengths[0] * lengths[1])).clip(-1, 1))


def relative_change(changed: Map, original: Map) -> float | None:
    """Euclidean distance of ``changed`` from ``original`` over the norm of ``original``; 0 or more.

    One term of the max-sensitivity of Yeh et al. 2019, "On the (In)fidelity and Sensitivity of
    Explanations". None where the original is zero everywhere.
    """
    length = np.linalg.norm(original)
    return float(np.linalg.norm(changed - original) / length) if length > 0 else None


def mean_of(figures: tuple[float | None, ...]) -> float | None:
    """Mean of the values that are not None; None without any."""
    known = [figure for figure in figures if figure is not None]
    return float(np.mean(known)) if known else None


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = (last - (count - 1) / 2)[place]
    return ranks
