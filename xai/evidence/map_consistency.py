"""Whether a map agrees with the verdict on where the model looked. Regions in, regions out; no text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.attribution.methods import find_method
from xai.evidence_types import Evidence
from xai.render import display_values
from xai.types import REGION_SUMS, REGIONS, Heatmap

__all__ = ["LEAST_DROP", "MapContradiction", "contradicting_maps", "verdict_regions"]

LEAST_DROP = 0.02
"""Probability: if no patch lowers it by more, an occlusion map contradicts nothing."""

_MOST = 0.5
"""A map with less than this share of its positive evidence in the verdict's regions lies mostly elsewhere."""

_LOWER = frozenset(REGION_SUMS["lower_face"])
_EVERYWHERE = frozenset(REGIONS)
_PLACES: Mapping[str, frozenset[str]] = {
    "outside": _EVERYWHERE - _LOWER,
    "upper_face": frozenset({"eyes", "forehead"}),
    "background": frozenset({"elsewhere"}),
    "mask_look": _LOWER,
}
"""Family of edits -> the regions that it changes; all regions if not listed."""


@dataclass(frozen=True)
class MapContradiction:
    """A map that contradicts the verdict.

    Attributes:
        method: its name in ``METHODS``.
        peak: region of its strongest value, one of ``REGIONS``.
        outside: whether the verdict does not name that region.
        share: share of its positive evidence in the regions that the verdict names, 0..1.
    """

    method: str
    peak: str
    outside: bool
    share: float


def verdict_regions(evidence: Evidence) -> frozenset[str]:
    """The regions on which the answer depends according to the verdict; none for *cannot tell*.

    All of them where what else moves it has no location, such as a colour cast, or where both only move it
    together.
    """
    if evidence.verdict == "cannot tell":
        return frozenset()
    movers = [str(r.values["family"]) for r in evidence.reasons if r.code in ("moved_by", "hangs_on")]
    places = frozenset[str]().union(*(_PLACES.get(family, _EVERYWHERE) for family in movers))
    if evidence.verdict == "not supported":
        return places
    if evidence.reasons[0].code == "redundant":
        return _EVERYWHERE
    return _LOWER | places


def contradicting_maps(
    evidence: Evidence, heatmaps: Mapping[str, Heatmap], regions: NDArray[np.int8] | None
) -> tuple[MapContradiction, ...]:
    """The maps whose peak, or most of whose evidence, lies in regions that the verdict does not name.

    Evidence for the answer counts as the map displays it. Maps without regions, without such evidence, or
    with changes too small to matter (``LEAST_DROP``) contradict nothing.

    Args:
        evidence: the verdict.
        heatmaps: method -> its map of the same face.
        regions: int8 ``(S, S)`` on the crop, index into ``REGIONS``; None without landmarks.
    """
    named = verdict_regions(evidence)
    if regions is None or not named:
        return ()
    inside, found = np.isin(regions, [REGIONS.index(name) for name in named]), []
    for method, heatmap in heatmaps.items():
        colour = _colour(heatmap)
        if not colour.any():
            continue
        at = np.unravel_index(int(colour.argmax()), colour.shape)
        share = float(colour[inside].sum(dtype=np.float64) / colour.sum(dtype=np.float64))
        if not inside[at] or share < _MOST:
            found.append(MapContradiction(method, REGIONS[int(regions[at])], not inside[at], share))
    return tuple(found)


def _colour(heatmap: Heatmap) -> NDArray[np.float32]:
    """Displayed evidence for the answer at each pixel; zero for a map too weak to count."""
    shown = display_values(heatmap, find_method(heatmap.method).display)
    weak = heatmap.unit == "probability" and float(heatmap.values.max()) < LEAST_DROP
    return np.zeros_like(shown) if weak else shown.clip(min=0)
