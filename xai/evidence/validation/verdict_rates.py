"""What the evidence says of a model over a set: rates of the verdicts, by model and answered class.

A single face's verdict is a description; this is what a report leads with. Faces of one photo belong
together: intervals resample whole photos, and the test flips whole photos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.validation.labelled_faces import LabelledFace, true_class
from xai.evidence.validation.statistics import (
    DRAWS,
    Draws,
    Figure,
    LeadTest,
    corrected,
    lead_test,
    medians,
    shares,
)
from xai.evidence.verdict.run import examine
from xai.evidence_types import CONDITIONS, VERDICTS, Evidence
from xai.models.classifiers import Classifier
from xai.types import Progress

__all__ = ["ClassRates", "Judged", "Rates", "judge_set", "judged_from", "rates"]


@dataclass(frozen=True)
class Judged:
    """One model's answer about one face, and what it rests on. Numbers are None where no edit was made.

    Attributes:
        model: its name.
        group: source photo, or what else belongs together.
        label: true class in the model's words; None where it is not known or the model has no such class.
        target: the answered class.
        verdict: one of ``VERDICTS``.
        area: the deciding area.
        effect: of the deciding area, log-odds.
        outside: largest effect outside it, log-odds.
        reach: effect of changing everything, log-odds.
        necessity: value of that condition, see ``AreaEvidence``; None also where it has no meaning.
        exclusion: likewise.
        sufficiency: likewise.
        reason: code of the first reason of ``cannot tell``; None for every other verdict.
    """

    model: str
    group: str
    label: str | None
    target: str
    verdict: str
    area: str
    effect: float | None = None
    outside: float | None = None
    reach: float | None = None
    necessity: float | None = None
    exclusion: float | None = None
    sufficiency: float | None = None
    reason: str | None = None

    @property
    def right(self) -> bool | None:
        """Whether the answer is the true class; None where that is not known."""
        return None if self.label is None else self.target == self.label

    @property
    def lead(self) -> float | None:
        """By how much the area moves the answer more than the strongest place outside it, log-odds."""
        return None if self.effect is None or self.outside is None else self.effect - self.outside


@dataclass(frozen=True)
class Rates:
    """What came out for some answers of one model.

    Attributes:
        faces: how many answers.
        groups: how many source photos.
        verdicts: verdict -> count.
        among_all: verdict -> share of all answers.
        among_told: verdict -> share of the answers whose verdict is not ``cannot tell``.
        conditions: condition -> median over the answers where it was measured, whatever their verdict.
        abstained: code of the first reason of ``cannot tell`` -> count, the most frequent first.
    """

    faces: int
    groups: int
    verdicts: Mapping[str, int]
    among_all: Mapping[str, Figure]
    among_told: Mapping[str, Figure]
    conditions: Mapping[str, Figure]
    abstained: Mapping[str, int]


@dataclass(frozen=True)
class ClassRates:
    """One model and one answered class.

    Attributes:
        together: all answers.
        right: those that are known to be right.
        wrong: those that are known to be wrong.
        test: of "the area moves the answer no more than the strongest place outside it", over every answer
            for which edits were made: to leave some out by their verdict would be to choose by the outcome.
            The strongest of a dozen places, all of them together among them, is held against the weakest
            edit of the area, so chance speaks for the hypothesis.
    """

    together: Rates
    right: Rates
    wrong: Rates
    test: LeadTest

    def as_dict(self) -> dict[str, Any]:
        """The same in plain values, ready for JSON; what is not known is None."""
        return asdict(self)


def judged_from(evidence: Evidence, model: str, group: str, label: str | None) -> Judged:
    """The row of one examined face; ``label`` is the true class in the model's words, or None."""
    told = evidence.verdict != "cannot tell"
    reason = None if told or not evidence.reasons else evidence.reasons[0].code
    bare = Judged(model, group, label, evidence.target, evidence.verdict, evidence.area, reason=reason)
    own = evidence.deciding
    if own is None:
        return bare
    necessity, exclusion, sufficiency = (own.conditions[name].value for name in CONDITIONS)
    return replace(
        bare,
        effect=own.effect,
        outside=own.outside,
        reach=evidence.reach,
        necessity=necessity,
        exclusion=exclusion,
        sufficiency=sufficiency,
    )


def judge_set(
    classifiers: Sequence[Classifier],
    faces: Sequence[LabelledFace],
    report: Callable[[str], None],
    *,
    progress: Progress | None = None,
) -> Iterator[Judged]:
    """Examine every classifier's own answer about every face, face by face; all share a face's edits.

    Args:
        classifiers: whose answers.
        faces: of the set.
        report: told in a sentence every 25 faces.
        progress: called between batches with (answers judged, answers in all); raising in it stops the work.
    """
    total = len(classifiers) * len(faces)
    for number, face in enumerate(faces):
        if number % 25 == 0:
            report(f"judging: face {number} of {len(faces)}")
        edits = FaceEdits(face.face)
        for turn, classifier in enumerate(classifiers):
            within = _counted(progress, number * len(classifiers) + turn, total)
            evidence = examine(edits, classifier, progress=within)
            label = true_class(face.label, classifier.card.classes)
            yield judged_from(evidence, classifier.name, face.group, label)
    if progress is not None:
        progress(total, total)


def rates(judged: Sequence[Judged], draws: Draws = DRAWS) -> dict[str, dict[str, ClassRates]]:
    """Model -> answered class -> what came out, each in the order of their names.

    The order of the answers plays no part. Those whose truth is not known count in ``together`` alone.
    """
    pairs = sorted({(j.model, j.target) for j in judged})
    cells = [[j for j in judged if (j.model, j.target) == pair] for pair in pairs]
    tests = corrected([_lead_test(cell, draws) for cell in cells])
    found: dict[str, dict[str, ClassRates]] = {}
    for (model, target), cell, test in zip(pairs, cells, tests, strict=True):
        parts = (cell, [j for j in cell if j.right is True], [j for j in cell if j.right is False])
        together, right, wrong = (_rates(part, draws) for part in parts)
        found.setdefault(model, {})[target] = ClassRates(together, right, wrong, test)
    return found


def _counted(progress: Progress | None, done: int, total: int) -> Progress | None:
    """What one examination tells while it runs: how far the set is."""
    return None if progress is None else lambda _forwards, _all: progress(done, total)


def _rates(judged: Sequence[Judged], draws: Draws) -> Rates:
    groups = _groups(judged)
    came_out = {v: _column(float(j.verdict == v) for j in judged) for v in VERDICTS}
    told = came_out["cannot tell"] == 0
    among_told = {v: np.where(told, came_out[v], np.nan) for v in VERDICTS if v != "cannot tell"}
    conditions = {name: _column(getattr(j, name) for j in judged) for name in CONDITIONS}
    reasons = Counter(j.reason for j in judged if j.reason is not None)
    return Rates(
        faces=len(judged),
        groups=len(set(groups.tolist())),
        verdicts={v: int(column.sum()) for v, column in came_out.items()},
        among_all=shares(came_out, groups, draws),
        among_told=shares(among_told, groups, draws),
        conditions=medians(conditions, groups, draws),
        abstained=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def _lead_test(judged: Sequence[Judged], draws: Draws) -> LeadTest:
    measured = [j for j in judged if j.lead is not None]
    return lead_test(_column(j.lead for j in measured), _groups(measured), draws)


def _column(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _groups(judged: Sequence[Judged]) -> NDArray[np.str_]:
    return np.array([j.group for j in judged], np.str_)
