"""What the evidence holds: effects of edits, the three conditions, the verdict. Free of torch.

Effects are differences of the contrast ``log p - log(1 - p)`` of the class under test, the log-odds of the
answer. An effect is *relative* when it is divided by the reach: the effect of changing everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "AREAS",
    "CONDITIONS",
    "DECIDING_AREA",
    "VERDICTS",
    "AreaEvidence",
    "Condition",
    "Evidence",
    "Reason",
    "RegionEvidence",
    "Steadiness",
    "deciding_area",
]

VERDICTS = ("supported", "mixed", "not supported", "cannot tell")
"""Looked at nose and mouth; there and elsewhere; elsewhere; it cannot be told."""

AREAS = ("strict", "wide")
"""Areas under test: nose and mouth; the lower face with what a mask covers beyond its outline."""

CONDITIONS = ("necessity", "exclusion", "sufficiency")
"""Changing the area changes the answer; nothing else does; the area alone carries the answer."""

DECIDING_AREA: Mapping[str, str] = {
    "covered": "strict",
    "incorrect": "wide",
    "uncovered": "strict",
    "with_mask": "wide",
    "without_mask": "wide",
}
"""Class -> the area that decides its verdict. ``incorrect`` may rest on a bare chin or a hanging mask, and
the classes of a model that knows two are about the whole mask, so their evidence is the whole lower face."""


def deciding_area(target: str) -> str:
    """The area that decides for the class ``target``; the wide one for a class that is not listed."""
    return DECIDING_AREA.get(target, "wide")


@dataclass(frozen=True)
class Reason:
    """One reason, as data: a sentence is made of it where it is shown.

    Attributes:
        code: what kind of reason; see ``xai.evidence.verdict.rules``.
        values: its numbers and names.
    """

    code: str
    values: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One of the three conditions.

    Attributes:
        value: what was measured; None where it has no meaning: exclusion of an area without any effect,
            sufficiency where a face of another class gets the same answer.
        threshold: what it is held against.
        holds: at least the threshold; for ``exclusion`` at most. None where ``value`` is.
    """

    value: float | None
    threshold: float
    holds: bool | None


@dataclass(frozen=True)
class AreaEvidence:
    """What the edits say of one area under test.

    Attributes:
        effect: contrast lost by the weakest of the edits that turn the area into another class's, net of
            the sham, in log-odds.
        share: the area's part in the answer, the mean of necessity and sufficiency: its Shapley value in
            the game of two players, the area and all the rest (Shapley 1953).
        conditions: ``necessity``, the effect over the reach or over what turns the answer round, whichever is
            less; ``exclusion``, the largest effect outside over
            the area's own; ``sufficiency``, how much of the answer comes back when the area alone is
            brought back into a face of another class.
        outside: the largest effect outside, in log-odds.
        strongest: region outside whose change moved the answer most.
        carried: part of the faces of another class, 0..1, for which the area alone is enough.
        verdict: one of ``VERDICTS``, were this the deciding area.
    """

    effect: float
    share: float | None
    conditions: Mapping[str, Condition]
    outside: float
    strongest: str
    carried: float
    verdict: str


@dataclass(frozen=True)
class RegionEvidence:
    """What changing one region does.

    Attributes:
        effect: its net effect over the reach; 0 nothing, 1 as much as changing everything.
        rank: its place among the controls, 1 = moved the answer more than each of them; a description.
    """

    effect: float
    rank: int


@dataclass(frozen=True)
class Steadiness:
    """How often the verdict stood when the places were moved by a tenth of the eye distance; see ``stands``
    in ``xai.evidence.verdict.rules`` for what overturns it.
    """

    held: int
    of: int


@dataclass(frozen=True)
class Evidence:
    """Whether one answer about one face rests on nose and mouth.

    Attributes:
        target: the class whose evidence this is.
        area: the deciding one of ``AREAS``.
        verdict: one of ``VERDICTS``.
        reasons: why, the first one first; the reasons of ``cannot tell`` where that is the verdict.
        flags: where the second witness disagrees; they do not change the verdict.
        contrast: log-odds of the class on the face as it is.
        reach: effect of changing everything, log-odds; None where no edit was made.
        areas: area -> evidence; empty where no edit was made.
        regions: region or sum of regions -> evidence; empty where no edit was made.
        controls: how many control places the ranks are among.
        steadiness: of the verdict under moved landmarks; None where it was not reached.
        forwards: passes through the network it took.
        seconds: wall-clock seconds it took.
    """

    target: str
    area: str
    verdict: str
    reasons: tuple[Reason, ...]
    flags: tuple[Reason, ...]
    contrast: float
    reach: float | None
    areas: Mapping[str, AreaEvidence]
    regions: Mapping[str, RegionEvidence]
    controls: int
    steadiness: Steadiness | None
    forwards: int
    seconds: float

    @property
    def deciding(self) -> AreaEvidence | None:
        """The evidence of the deciding area; None where no edit was made."""
        return self.areas.get(self.area)
