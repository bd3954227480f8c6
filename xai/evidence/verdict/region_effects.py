"""From contrasts after each edit to effects of places: plain arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from xai.evidence.interventions.areas import LOWER_PARTS, OUTSIDE
from xai.evidence.verdict.region_plan import Name, families

__all__ = ["AreaEffects", "Effects", "blank_effect", "measure", "outside_effect", "turn_effects"]

_LEAST_SURE = 1.0
"""Least log-odds assumed for an answer when it is flipped: a change from barely for to barely against the
class is not a flip."""

_LEAST_EVERY = 0.2
"""Log-odds that a face of another class must differ by for a share of it to mean anything."""

Drops = Mapping[Name, float]
"""Name of an edit -> contrast lost by it."""


@dataclass(frozen=True)
class AreaEffects:
    """What was measured of one area, in log-odds unless said.

    Attributes:
        effect: net effect of the weakest edit that flips the area's class, of the family that moves the
            answer most.
        needed: for each edit of that family its net effect over the required one: its total effect, that of
            the same content on a face changed everywhere, or flipping the answer, to as far against the class
            as it was for it, whichever is less. At most 1.
        spread: largest minus smallest effect over its total effect, among those edits.
        reach: the median of those total effects.
        outside: place outside -> effect.
        returned: for each face of another class, the share of the answer that the area restores; 1 all.
    """

    effect: float
    needed: tuple[float, ...]
    spread: float
    reach: float
    outside: Mapping[str, float]
    returned: tuple[float, ...]

    @property
    def strongest(self) -> str:
        """The place outside with the largest effect."""
        return max(self.outside, key=lambda place: self.outside[place])


@dataclass(frozen=True)
class Effects:
    """What was measured of one face.

    Attributes:
        contrast: of the original face.
        areas: area -> its effects.
    """

    contrast: float
    areas: Mapping[str, AreaEffects]


def measure(found: Mapping[Name, float], target: str, areas: Iterable[str]) -> Effects:
    """Compute the effects from the contrasts after each edit.

    Args:
        found: name of an edit as in ``plan`` -> contrast after it; ``("face",)`` must be there, and of each
            area at least the edits of ``shifted_plan``.
        target: class.
        areas: which areas to measure.
    """
    drops = {name: found["face",] - value for name, value in found.items()}
    round_trip = 2 * max(found["face",], _LEAST_SURE)
    return Effects(found["face",], {area: _area_effects(drops, target, area, round_trip) for area in areas})


def turn_effects(drops: Drops, target: str, place: str) -> dict[str, float]:
    """Content -> net effect of painting it over the place, for the family whose weakest edit does most.

    The weakest counts: an effect that needs one particular donor is not an effect. The sham is the lower
    median over its kinds, since a bare face shaded by a cap may look odd.
    """
    sham = max(0.0, _lower_median(drop for name, drop in drops.items() if name[:2] == ("sham", place)))
    best: dict[str, float] = {}
    for family in families(target):
        turned = {
            name[3]: drop - sham
            for name, drop in drops.items()
            if len(name) == 4 and name[:3] == ("turn", place, family)
        }
        if turned and (not best or min(turned.values()) > min(best.values())):
            best = turned
    return best


def blank_effect(drops: Drops, place: str) -> float:
    """Effect of ablating a place: the second largest change, either way, over the blanks.

    One blank alone may be out of distribution for a network; two that move the answer are no coincidence. No
    sham is subtracted: any effect outside is evidence against the area, so keeping it can only make the
    verdict stricter.
    """
    changes = sorted(abs(drop) for name, drop in drops.items() if name[:2] == ("blank", place))
    return changes[-2] if len(changes) > 1 else 0.0


def outside_effect(drops: Drops, target: str, place: str) -> float:
    """Effect of a place outside; what a mask covers is flipped as well, and the larger effect counts."""
    blank = blank_effect(drops, place)
    if place not in LOWER_PARTS:
        return blank
    turned = [
        _median(abs(drop) for name, drop in drops.items() if name[:3] == ("turn", place, family))
        for family in families(target)
    ]
    return max(blank, *turned)


def _area_effects(drops: Drops, target: str, area: str, round_trip: float) -> AreaEffects:
    turned = turn_effects(drops, target, area)
    outside = {
        place: outside_effect(drops, target, place)
        for place in OUTSIDE[area]
        if any(name[:2] in (("blank", place), ("turn", place)) for name in drops)
    }
    reaches = {c: max(_reach(drops, c, (e, *outside.values())), 1e-9) for c, e in turned.items()}
    shares = [effect / reaches[c] for c, effect in turned.items()]
    return AreaEffects(
        effect=min(turned.values()),
        needed=tuple(min(1.0, e / min(reaches[c], round_trip)) for c, e in turned.items()),
        spread=max(shares) - min(shares),
        reach=_median(reaches.values()),
        outside=outside,
        returned=_returned(drops, area),
    )


def _reach(drops: Drops, content: str, parts: Iterable[float]) -> float:
    """The total effect of this content, or of a part alone where that is larger."""
    every = _median(drop for name, drop in drops.items() if name[0] == "every" and name[2] == content)
    wide = [drop for name, drop in drops.items() if name[:2] == ("turn", "wide") and name[3] == content]
    return max(0.0, every, *wide, *parts)


def _returned(drops: Drops, area: str) -> tuple[float, ...]:
    parts = []
    for name, every in drops.items():
        kept = drops.get(("keep", area, *name[1:]))
        if name[0] == "every" and kept is not None and every > _LEAST_EVERY:
            parts.append(float(np.clip(1 - kept / every, -1, 2)))
    return tuple(parts)


def _lower_median(values: Iterable[float]) -> float:
    listed = sorted(values)
    return listed[(len(listed) - 1) // 2] if listed else 0.0


def _median(values: Iterable[float]) -> float:
    listed = list(values)
    return float(np.median(listed)) if listed else 0.0
