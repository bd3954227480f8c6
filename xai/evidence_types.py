"""Types of the evidence: answers for edited faces, results by family, the verdict. Free of torch.

Effects are differences of the contrast ``log p - log(1 - p)`` of the class under test, the log-odds of the
answer. An effect is *relative* when divided by the total effect (``reach``), that of changing everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AREAS",
    "CONDITIONS",
    "VERDICTS",
    "AreaEvidence",
    "Condition",
    "Detail",
    "EditAnswer",
    "EditedFace",
    "Evidence",
    "FamilyEvidence",
    "Reason",
    "RegionEvidence",
    "Robustness",
    "Tally",
]

VERDICTS = ("supported", "mixed", "not supported", "cannot tell")
"""The answer follows nose and mouth alone; them and something else; something else; it cannot be told."""

AREAS = ("strict", "wide")
"""Areas under test: nose and mouth; the lower face including what a mask covers beyond its outline."""

CONDITIONS = ("necessity", "exclusion", "sufficiency")
"""Changing the area changes the answer; nothing else does; the area alone carries the answer."""


@dataclass(frozen=True)
class Reason:
    """One reason, as data: the display makes a sentence from it.

    Attributes:
        code: which reason; see ``xai.evidence.verdict.decision``.
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
        threshold: the limit it is compared with.
        holds: at least the threshold; for ``exclusion`` at most. None where ``value`` is.
    """

    value: float | None
    threshold: float
    holds: bool | None


@dataclass(frozen=True)
class AreaEvidence:
    """Evidence from the edits about one area under test.

    Attributes:
        effect: contrast lost by the weakest of the edits that turn the area into another class's, net of the
            sham, in log-odds.
        share: the area's part in the answer, the mean of necessity and sufficiency: its Shapley value in the
            two-player game of the area and the rest (Shapley 1953).
        conditions: ``necessity``, the effect over the total effect or over what flips the answer, whichever
            is less; ``exclusion``, the largest effect outside over the area's own; ``sufficiency``, how much
            of the answer is restored when the area alone is restored in a face of another class.
        outside: the largest effect outside, in log-odds.
        strongest: region outside whose change moved the answer most.
        carried: sufficiency rate: share of the faces of another class, 0..1, for which the area alone is
            enough.
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
    """The effect of editing one region.

    Attributes:
        effect: its net effect over the total effect; 0 nothing, 1 as much as changing everything.
        rank: its rank among the controls, 1 = moved the answer more than each of them; descriptive only.
    """

    effect: float
    rank: int


@dataclass(frozen=True)
class Robustness:
    """How often the verdict held when the edited areas were shifted by a tenth of the eye distance; see
    ``is_robust`` in ``xai.evidence.verdict.region_conditions`` for what overturns it.
    """

    held: int
    of: int


@dataclass(frozen=True)
class Tally:
    """How many edits had the expected effect."""

    held: int
    of: int

    @property
    def share(self) -> float | None:
        """0..1; None without any edit."""
        return self.held / self.of if self.of else None


@dataclass(frozen=True)
class EditAnswer:
    """A model's answer for one edited face.

    Attributes:
        family: of ``xai.evidence.interventions.families.FAMILIES``.
        edit: which edit of the family.
        truth: admissible answers, in the model's class names.
        label: the answer.
        probability: of the class under test.
        drop: log-odds that the class under test lost against the original face; negative where it gained.
        held: whether the answer behaved as expected; None where nothing is expected.
        confidence: probability of ``label``, 0..1.
    """

    family: str
    edit: str
    truth: tuple[str, ...]
    label: str
    probability: float
    drop: float
    held: bool | None
    confidence: float


@dataclass(frozen=True)
class FamilyEvidence:
    """The result of one family of edits.

    Attributes:
        family: its name.
        asks: ``follow``, ``stay``, ``sham`` or ``whole``.
        tally: edits whose answer behaved as expected; of a sham or a whole face, those that kept the answer.
        effect: mean log-odds lost, net of the sham where a donor was composited on the face.
        part: of a ``stay`` family, the effect over that of the lower face; None elsewhere, and where the
            lower face has none.
        holds: whether the family as a whole behaved as expected; None where nothing is expected.
        rounds: how often it was run.
    """

    family: str
    asks: str
    tally: Tally
    effect: float
    part: float | None
    holds: bool | None
    rounds: int


@dataclass(frozen=True, eq=False)
class EditedFace:
    """One edited face, for display with its answer.

    Attributes:
        answer: the model's answer for it.
        picture: RGB uint8 ``(n, n, 3)``, at most 112 pixels a side.
    """

    answer: EditAnswer
    picture: NDArray[np.uint8]


@dataclass(frozen=True)
class Detail:
    """Effects of regions, measured only on request; they do not decide.

    Attributes:
        area: the one of ``AREAS`` that goes with the class.
        reach: total effect (of changing everything), log-odds.
        areas: area -> evidence.
        regions: region or sum of regions -> evidence.
        controls: number of control edits in the ranking.
        steadiness: of the area's outcome under shifted landmarks; None where not measured.
        forwards: forward passes it took.
    """

    area: str
    reach: float
    areas: Mapping[str, AreaEvidence]
    regions: Mapping[str, RegionEvidence]
    controls: int
    steadiness: Robustness | None
    forwards: int

    @property
    def deciding(self) -> AreaEvidence:
        """The evidence of the class's area."""
        return self.areas[self.area]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Whether one answer about one face follows nose and mouth, and stays when anything else changes.

    Attributes:
        target: the class whose evidence this is.
        verdict: one of ``VERDICTS``.
        reasons: why, the deciding one first.
        flags: where a saliency map (the cross-check) disagrees; they do not change the verdict.
        contrast: log-odds of the class on the original face.
        reach: the total effect: log-odds moved by another whole face, median; None where nothing was tested.
        follow: edits of the whole lower face that the answer followed.
        place: edits of nose and mouth alone that it followed.
        stay: other edits under which it stayed.
        place_share: effect of nose and mouth alone over that of the lower face; None where that has none.
        families: the result of each family of edits; empty where nothing was tested.
        edits: the answer for every edited face, in the order of the tests.
        strip: a few of them with their pictures: first those that should have changed the answer.
        donors: ``gallery`` or ``set``: the source of the donors; empty without any.
        coarse: why edits are placed coarsely: ``five_points``, the mesh was estimated from five points;
            ``turned``, the far side of the head is hidden. Empty where neither holds.
        forwards: forward passes it took.
        seconds: wall-clock seconds it took.
        detail: effects of regions; None where not requested.
    """

    target: str
    verdict: str
    reasons: tuple[Reason, ...]
    flags: tuple[Reason, ...]
    contrast: float
    reach: float | None
    follow: Tally
    place: Tally
    stay: Tally
    place_share: float | None
    families: tuple[FamilyEvidence, ...]
    edits: tuple[EditAnswer, ...]
    strip: tuple[EditedFace, ...]
    donors: str
    forwards: int
    seconds: float
    detail: Detail | None = None
    coarse: tuple[str, ...] = ()
