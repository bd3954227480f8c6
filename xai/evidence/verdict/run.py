"""Does this answer for this face follow nose and mouth, and stay when anything else changes? Edits, answers,
verdict.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from xai.classes import wearings_by_class
from xai.evidence.interventions.cue_conflict import most_edits
from xai.evidence.interventions.face_edits import Edit, FaceEdits, Question, answers_of, flipped_face
from xai.evidence.interventions.families import ROUNDS
from xai.evidence.verdict.decision import THRESHOLDS, Thresholds
from xai.evidence.verdict.examination import Examination
from xai.evidence.verdict.region_detail import detail_of, forwards_of_detail
from xai.evidence_types import Evidence, Reason
from xai.models.classifiers import Classifier
from xai.types import Progress

__all__ = ["Case", "forwards_of", "run_causal_test", "run_causal_tests", "turned_face"]

_both = partial(zip, strict=True)


@dataclass(frozen=True, eq=False)
class Case:
    """One face and one classifier whose answer is tested.

    Attributes:
        edits: of the face; shared by all models.
        classifier: whose answer it is.
        target: the class.
        reason: the classifier's reason for *worn incorrectly*, of ``REASONS``; None without one.
    """

    edits: FaceEdits
    classifier: Classifier
    target: str
    reason: str | None = None

    @property
    def meaning(self) -> Mapping[str, tuple[str, ...]]:
        """Class of the model -> ways of wearing that belong to it."""
        card = self.classifier.card
        return wearings_by_class(card.classes, card.incorrect)


def run_causal_test(
    edits: FaceEdits,
    classifier: Classifier,
    target: str | None = None,
    *,
    detail: bool = False,
    progress: Progress | None = None,
) -> Evidence:
    """Test by intervention what an answer depends on.

    Args:
        edits: of the face; shared by all models.
        classifier: whose answer it is.
        target: the class; the classifier's own answer where none is named.
        detail: also measure the effects of regions, which costs about six times as much.
        progress: called with (forwards done, forwards in all); raising in it stops the work.

    Returns:
        The evidence. Where edits of this face are not feasible the verdict is ``cannot tell``.

    Raises:
        UnknownName: the classifier does not have the class ``target``.
        XaiError: the model answers with NaN or infinity.
    """
    target = classifier.predict([edits.original.crop])[0].label if target is None else target
    return run_causal_tests([Case(edits, classifier, target)], detail=detail, progress=progress)[0]


def run_causal_tests(
    cases: Sequence[Case],
    thresholds: Thresholds = THRESHOLDS,
    *,
    detail: bool = False,
    progress: Progress | None = None,
) -> tuple[Evidence, ...]:
    """``run_causal_test`` of several faces and classifiers, with one stream of batches per round.

    Each case's ``seconds`` are its share of the total, by its number of passes.
    """
    began = time.perf_counter()
    asked = [Examination(c.edits, c.meaning, c.target, _hindrance(c)) for c in cases]
    total, done = sum(forwards_of(case.target, detail=detail) for case in cases), 0
    for turn in range(ROUNDS):
        done += _ask_round(cases, asked, (turn, thresholds), _within(progress, done, total))
    for case, each in _both(cases, asked) if detail else ():
        if each.hindrance is None:
            within = _within(progress, done, total)
            each.detail = detail_of(case.edits, case.classifier, case.target, within)
    if progress:
        progress(total, total)
    made = [each.evidence(thresholds) for each in asked]
    each_pass = (time.perf_counter() - began) / max(1, sum(e.forwards for e in made))
    return tuple(replace(evidence, seconds=each_pass * evidence.forwards) for evidence in made)


def turned_face(edits: FaceEdits, target: str) -> NDArray[np.uint8] | None:
    """The face edited to another class by a drawn mask or bare skin, for the curves of ``faithfulness``.

    None where that is not feasible on this face.
    """
    wearing = next(iter(wearings_by_class([target])[target]), "covered")
    content = "masked0" if wearing == "uncovered" else "bare0"
    return flipped_face(edits, content) if edits.feasibility(reveal=content == "bare0").holds else None


def forwards_of(target: str, *, detail: bool = False) -> int:
    """Most forward passes of the first round of ``run_causal_test`` for the class."""
    wearing = next(iter(wearings_by_class([target])[target]), "covered")
    return 1 + most_edits(wearing) + (forwards_of_detail(target) if detail else 0)


def _hindrance(case: Case) -> Reason | None:
    """Why this case cannot be tested, before anything runs; None where it can."""
    case.classifier.class_index(case.target)
    wearings = case.meaning[case.target]
    if not wearings:
        return Reason("unknown_class", {"name": case.target})
    belief = case.edits.feasibility(reveal=False)
    if not belief.holds:
        return Reason(belief.code, {"value": belief.value, "limit": belief.limit} if belief.limit else {})
    if wearings[0] == "incorrect" and case.reason == "elsewhere":
        return Reason("mask_elsewhere")
    return None


def _ask_round(
    cases: Sequence[Case],
    asked: Sequence[Examination],
    round_: tuple[int, Thresholds],
    progress: Progress | None,
) -> int:
    """Run this round's edits of every case; returns the number of passes."""
    turn, thresholds = round_
    as_it_is: list[Edit] = [()] if turn == 0 else []
    wanted = [each.wanted(turn, thresholds) for each in asked]
    questions = [
        Question(
            c.classifier,
            c.edits,
            [*as_it_is, *(p.layers for p in planned)],
            c.classifier.class_index(c.target),
        )
        for c, planned in _both(cases, wanted)
    ]
    found = iter(
        answers_of([q for q in questions if q.wanted], progress) if any(q.wanted for q in questions) else ()
    )
    for each, planned, question in _both(asked, wanted, questions):
        if question.wanted:
            answers, first = next(found), 1 if turn == 0 else 0
            if turn == 0:
                each.contrast = float(answers.contrasts[0])
            labels = [question.classifier.card.classes[i] for i in answers.predicted[first:]]
            drops = (each.contrast - answers.contrasts[first:]).tolist()
            each.add(planned, labels, drops, answers.confidence[first:].tolist())
    return sum(len(question.wanted) for question in questions)


def _within(progress: Progress | None, done: int, total: int) -> Progress | None:
    """Progress of one round: total passes, never more than announced."""
    return None if progress is None else lambda now, _all: progress(min(done + now, total), total)
