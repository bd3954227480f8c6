"""Region shares beside those of random networks, so that a blob in the middle is not taken for evidence.

A face is in the middle of its crop, and a random network's map has a centre bias too. What counts is a
region's share beyond that of the same method on the same picture with random weights (Adebayo et al. 2018,
"Sanity Checks for Saliency Maps"), all at the map's own resolution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.evidence.map_similarity import Map
from xai.photo.regions import region_shares
from xai.types import RegionShares

__all__ = ["RandomBaselineShares", "shares_beside_chance"]


@dataclass(frozen=True)
class RandomBaselineShares:
    """Region shares of a map's positive evidence, and those of random networks' maps.

    Attributes:
        own: of the trained network's map.
        random: of each random network whose map has positive evidence, one or more.
    """

    own: RegionShares
    random: tuple[RegionShares, ...]

    def expected(self, *regions: str) -> float:
        """Mean share of the regions together over the random networks, 0..1."""
        return float(np.mean([shares.of(*regions)[0] for shares in self.random]))

    def spread(self, *regions: str) -> float | None:
        """Standard deviation of that share (ddof 1); None for a single network."""
        found = [shares.of(*regions)[0] for shares in self.random]
        return float(np.std(found, ddof=1)) if len(found) > 1 else None

    def beyond(self, *regions: str) -> float:
        """Share minus the expected one, -1..1; 0 is the level of random weights."""
        return self.own.of(*regions)[0] - self.expected(*regions)

    def ratio(self, *regions: str) -> float | None:
        """Share over the expected one; 1 is the level of random weights. None where the expected one is 0."""
        expected = self.expected(*regions)
        return self.own.of(*regions)[0] / expected if expected > 0 else None


def shares_beside_chance(
    own: Map, random: Sequence[Map], masks: Mapping[str, NDArray[np.bool_]]
) -> RandomBaselineShares | None:
    """Shares of maps ``(h, w)``, each value filling its cell of the crop.

    Args:
        own: the trained network's map.
        random: the random networks' maps, of the same resolution.
        masks: region -> bool ``(S, S)`` on the crop, as ``region_masks`` gives them.

    Returns:
        None where the map, or the map of every random network, has no positive value.
    """
    side = next(iter(masks.values())).shape[0]
    mine = region_shares(_filling(own, side), masks)
    others = [region_shares(_filling(m, side), masks) for m in random]
    known = tuple(shares for shares in others if shares is not None)
    return RandomBaselineShares(mine, known) if mine is not None and known else None


def _filling(values: Map, side: int) -> NDArray[np.float32]:
    rows, columns = (np.arange(side) * cells // side for cells in values.shape)
    peak = np.abs(values).max() or 1.0  # a random network's gradients may be too small for float32
    return np.asarray(values[np.ix_(rows, columns)] / peak, np.float32)
