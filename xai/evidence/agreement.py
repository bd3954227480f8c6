"""How far two maps of one face agree: in the order of places, in the strongest places, region by region.

All figures describe two maps; none is a test. Free of torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.evidence.likeness import spearman
from xai.types import REGIONS, RegionShares

__all__ = ["STRONGEST", "Agreement", "agreement", "strongest_overlap"]

Values = NDArray[np.float32]

STRONGEST = 0.1
"""The part of a map that counts as its strongest places; also the overlap of two unrelated maps."""


@dataclass(frozen=True)
class Agreement:
    """How far two maps agree.

    Attributes:
        correlation: Spearman's, over pixels, -1..1; None where a map is the same everywhere.
        overlap: of the strongest tenths, 0..1; None where a map has nothing positive.
        regions: region -> share in the first map less share in the second, -1..1; None where a map has no
            shares.
    """

    correlation: float | None
    overlap: float | None
    regions: Mapping[str, float] | None

    @property
    def moved(self) -> float | None:
        """The part of the evidence, 0..1, that would have to go to another region to make the shares equal:
        half the sum of the absolute differences (total variation). None without shares.
        """
        return None if self.regions is None else sum(map(abs, self.regions.values())) / 2


def agreement(
    maps: tuple[Values, Values],
    shares: tuple[RegionShares | None, RegionShares | None],
) -> Agreement:
    """How far two maps agree.

    Args:
        maps: two of one shape ``(H, W)`` and one frame; NaN where one does not reach, which is left out.
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
    """Which part of the strongest places of one map are strongest places of the other, 0..1.

    The strongest places are the ``part`` of all places with the largest values, of which only positive ones
    count. Places that tie for the last of them share the room that is left, so that the order in which ties
    are read changes nothing. Where the maps have unlike numbers of such places, the larger number divides.

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
    """For each place how far it belongs to the strongest: 1, 0, or the part of the room that ties share."""
    positive = values > 0
    room = min(round(part * values.size), int(positive.sum()))
    if room == 0:
        return np.zeros_like(values)
    last = np.partition(values, -room)[-room]
    above, ties = values > last, values == last
    belongs: NDArray[np.float64] = above + ties * ((room - above.sum()) / ties.sum())
    return belongs
