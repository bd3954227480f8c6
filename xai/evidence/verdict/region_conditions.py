"""The three conditions of an area and their outcome: thresholds in, outcomes out, nothing measured here.

They describe regions for ``--detail``; the verdict on a face is made in ``decision``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xai.evidence.verdict.region_effects import Effects
from xai.evidence_types import AreaEvidence, Condition

__all__ = [
    "OUTCOMES",
    "THRESHOLDS",
    "Numbers",
    "Thresholds",
    "area_evidence",
    "is_robust",
    "numbers_of",
    "outcomes",
]

Floats = NDArray[np.float64]
Words = str | NDArray[np.str_]


@dataclass(frozen=True)
class Thresholds:
    """Every threshold of the verdict, in one place.

    Chosen on control models, by leave-one-kind-out validation; see ``validation.calibration``.

    Attributes:
        necessity: least effect of the area, over the required one; see ``AreaEffects.needed``.
        exclusion: largest effect outside, over the area's own.
        sufficiency: least share of the answer that the area alone restores.
        reach: least total effect, log-odds.
        outside: effect outside, over the total effect, from which the source of the answer is known.
        sure: least log-odds of the class on the original face.
        spread: largest difference between edits that should have the same effect, each over its total effect.
    """

    necessity: float = 0.5
    exclusion: float = 0.14
    sufficiency: float = 0.75
    reach: float = 0.2
    outside: float = 0.25
    sure: float = 0.0
    spread: float = 0.5


THRESHOLDS = Thresholds()
"""The thresholds in force."""

OUTCOMES: Mapping[str, str] = {
    "unsure": "cannot tell",
    "nothing_moves": "cannot tell",
    "donors_disagree": "cannot tell",
    "supported": "supported",
    "only_together": "cannot tell",
    "not_supported": "not supported",
    "mixed": "mixed",
}
"""Outcome, in the order of the checks -> its verdict."""


class Numbers(NamedTuple):
    """Input of the rule: float64 arrays of one shape, one entry per face and area.

    Attributes:
        contrast: log-odds of the class on the original face.
        reach: total effect (of changing everything), log-odds.
        needed: effect of the area over the required one, by the weakest edit.
        effect: of the area, log-odds, by the weakest edit.
        outside: largest effect outside, log-odds.
        returned: share of the answer that the area restores, median; NaN without any.
        spread: of effect over total effect among the edits of the area.
    """

    contrast: Floats
    reach: Floats
    needed: Floats
    effect: Floats
    outside: Floats
    returned: Floats
    spread: Floats

    @property
    def alone(self) -> Floats:
        """Exclusion: outside over effect; NaN where the area has no effect."""
        return np.divide(
            self.outside, self.effect, out=np.full_like(self.reach, np.nan), where=self.effect > 0
        )

    @property
    def share(self) -> Floats:
        """The mean of necessity and sufficiency, each clipped to 0..1; one alone if the other is unknown."""
        parts = np.stack([self.needed, self.returned]).clip(0, 1)
        known = np.isfinite(parts)
        total = np.where(known, parts, 0).sum(axis=0)
        empty = np.full_like(total, np.nan)
        return np.asarray(np.divide(total, known.sum(axis=0), out=empty, where=known.any(axis=0)))


def numbers_of(effects: Effects, area: str) -> Numbers:
    """The numbers of one area of one face, as arrays without axes."""
    own = effects.areas[area]
    returned = float(np.median(own.returned)) if own.returned else np.nan
    outside = max(own.outside.values(), default=0.0)
    row = (effects.contrast, own.reach, min(own.needed), own.effect, outside, returned, own.spread)
    return Numbers(*(np.float64(value) * np.ones(()) for value in row))


def outcomes(numbers: Numbers, thresholds: Thresholds = THRESHOLDS) -> NDArray[np.int64]:
    """The rule: which of ``OUTCOMES`` each entry is, as a number."""
    needed, enough = numbers.needed >= thresholds.necessity, numbers.returned >= thresholds.sufficiency
    supported = needed & enough & (numbers.alone <= thresholds.exclusion)
    elsewhere = ~needed & ~enough
    asked = [
        numbers.contrast < thresholds.sure,
        numbers.reach < thresholds.reach,
        numbers.spread > thresholds.spread,
        supported,
        elsewhere & (numbers.outside < thresholds.outside * numbers.reach),
        elsewhere,
    ]
    return np.asarray(np.select(asked, range(len(asked)), len(asked)), np.int64)


def is_robust(verdict: Words, shifted: Words) -> NDArray[np.bool_]:
    """Whether a verdict holds although shifted landmarks give another one; arrays of verdicts, or verdicts.

    ``supported`` must stay the same. ``not supported`` is overturned only by its opposite: an area that is
    shifted onto what the model does look at includes some of it. ``mixed`` is between the two and claims
    neither.
    """
    supported, shifted_too = np.equal(verdict, "supported"), np.equal(shifted, "supported")
    return np.where(supported, shifted_too, ~shifted_too | np.equal(verdict, "mixed"))


def area_evidence(effects: Effects, area: str, thresholds: Thresholds = THRESHOLDS) -> AreaEvidence:
    """The evidence about one area; its verdict does not include shifted landmarks yet."""
    own, numbers = effects.areas[area], numbers_of(effects, area)
    returned = np.array(own.returned)
    return AreaEvidence(
        effect=own.effect,
        share=_known(numbers.share),
        conditions=_conditions(numbers, thresholds),
        outside=max(own.outside.values(), default=0.0),
        strongest=own.strongest,
        carried=float((returned >= thresholds.sufficiency).mean()) if len(returned) else 0.0,
        verdict=OUTCOMES[_outcome(numbers, thresholds)],
    )


def _outcome(numbers: Numbers, thresholds: Thresholds) -> str:
    return list(OUTCOMES)[int(outcomes(numbers, thresholds))]


def _conditions(numbers: Numbers, thresholds: Thresholds) -> dict[str, Condition]:
    needed, alone, enough = (_known(v) for v in (numbers.needed, numbers.alone, numbers.returned))
    return {
        "necessity": _condition(needed, thresholds.necessity, 1),
        "exclusion": _condition(alone, thresholds.exclusion, -1),
        "sufficiency": _condition(enough, thresholds.sufficiency, 1),
    }


def _condition(value: float | None, threshold: float, sign: int) -> Condition:
    return Condition(value, threshold, None if value is None else sign * value >= sign * threshold)


def _known(value: Floats) -> float | None:
    return None if np.isnan(value) else float(value)
