"""Whether a map lies where the verdict says that the model looked. Regions in, regions out; no words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.evidence_types import Evidence
from xai.render import excess
from xai.types import REGIONS, Heatmap

__all__ = ["LEAST_DROP", "Astray", "astray", "named_regions"]

LEAST_DROP = 0.02
"""Probability: where no patch of an occlusion map takes more, how so little is spread contradicts nothing."""

_MOST = 0.5
"""A map with less of its colour than this in the regions that the verdict names lies mostly elsewhere."""

_AREAS: Mapping[str, frozenset[str]] = {
    "strict": frozenset({"nose", "mouth"}),
    "wide": frozenset({"nose", "mouth", "chin", "cheeks"}),
}
_PLACES: Mapping[str, frozenset[str]] = {
    **{name: frozenset({name}) for name in ("eyes", "forehead", "cheeks", "chin")},
    "rest_of_lower_face": frozenset({"chin", "cheeks"}),
    "background": frozenset({"elsewhere"}),
    "outside_strict": frozenset(REGIONS) - _AREAS["strict"],
    "outside_wide": frozenset(REGIONS) - _AREAS["wide"],
}
_CORNER = frozenset({"elsewhere"})
_EVERYWHERE = frozenset(REGIONS)


@dataclass(frozen=True)
class Astray:
    """A map that lies elsewhere than the verdict says.

    Attributes:
        method: its name in ``METHODS``.
        peak: region of its strongest value, one of ``REGIONS``.
        outside: whether the verdict does not name that region.
        share: part of its colour for the answer that lies in the regions that the verdict names, 0..1.
    """

    method: str
    peak: str
    outside: bool
    share: float


def named_regions(evidence: Evidence) -> frozenset[str]:
    """The regions on which, by the verdict, the answer rests; none where it cannot be told.

    All of them where the area is enough and yet not needed, since the rest of the picture then says the same.
    """
    own = evidence.deciding
    if own is None or evidence.verdict == "cannot tell":
        return frozenset()
    area, place = _AREAS[evidence.area], _PLACES.get(own.strongest, _CORNER)
    holds = {name: condition.holds is True for name, condition in own.conditions.items()}
    if evidence.verdict == "not supported":
        return place
    if evidence.verdict == "mixed" and holds["sufficiency"] and not holds["necessity"]:
        return _EVERYWHERE
    return area if holds["exclusion"] else area | place


def astray(
    evidence: Evidence, heatmaps: Mapping[str, Heatmap], regions: NDArray[np.int8] | None
) -> tuple[Astray, ...]:
    """The maps whose strongest place the verdict does not name, or that lie mostly on places it does not.

    What counts is what is seen: the colour for the answer, as the map is painted. Maps without regions,
    without such a colour, or of changes too small to speak of (``LEAST_DROP``) contradict nothing.

    Args:
        evidence: what the verdict rests on.
        heatmaps: method -> its map of the same face.
        regions: int8 ``(S, S)`` on the crop, index into ``REGIONS``; None without landmarks.
    """
    named = named_regions(evidence)
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
            found.append(Astray(method, REGIONS[int(regions[at])], not inside[at], share))
    return tuple(found)


def _colour(heatmap: Heatmap) -> NDArray[np.float32]:
    """How strongly each pixel is painted as speaking for the answer; nothing where that says nothing."""
    if heatmap.method != "occlusion":
        return excess(heatmap.values)
    weak = float(heatmap.values.max()) < LEAST_DROP
    return np.zeros_like(heatmap.values) if weak else heatmap.values.clip(min=0)
