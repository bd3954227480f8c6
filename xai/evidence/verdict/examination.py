"""One causal test: the edits of each round, and the evidence from the answers.

It is independent of networks: a classifier is run by ``xai.evidence.verdict.run``, an ideal observer by
``xai.evidence.validation.ideal_observers``, and both are judged by the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from xai.evidence.interventions.cue_conflict import PlannedEdit, plan
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.interventions.families import FAMILIES
from xai.evidence.verdict.decision import THRESHOLDS, Thresholds, decide, failing, judge_families, reach_of
from xai.evidence_types import Detail, EditAnswer, EditedFace, Evidence, Reason, Tally

__all__ = ["Examination"]

_both = partial(zip, strict=True)

STRIP_SIDE = 112
"""Largest side in pixels of an edited face that is shown."""

_SHOWN = {"follow": 4, "stay": 4}  # edited faces that are shown, per question


@dataclass(eq=False)
class Examination:
    """One answer for one face, and the answers for its edits so far, whoever gives them.

    Attributes:
        edits: of the face.
        meaning: class of the model -> ways of wearing that belong to it.
        target: the class under test.
        hindrance: why nothing can be tested; None where something can.
        contrast: log-odds of the class on the face as it is.
        planned: the edits so far, in order.
        labels: the predicted class of each.
        drops: log-odds of the class lost by each.
        confidences: probability of the predicted class of each.
        rounds: family -> rounds so far.
        detail: effects of regions, where requested.
    """

    edits: FaceEdits
    meaning: Mapping[str, tuple[str, ...]]
    target: str
    hindrance: Reason | None = None
    contrast: float = 0.0
    planned: list[PlannedEdit] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    drops: list[float] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    rounds: dict[str, int] = field(default_factory=dict)
    detail: Detail | None = None

    def wanted(self, turn: int, thresholds: Thresholds = THRESHOLDS) -> list[PlannedEdit]:
        """The edits of this round."""
        if self.hindrance is not None:
            return []
        known = {wearing for wearings in self.meaning.values() for wearing in wearings}
        edits = plan(self.edits, self.meaning[self.target], sorted(known), turn)
        if turn == 0:
            return edits
        again = failing(judge_families(self.answers(thresholds), None, thresholds))
        return [edit for edit in edits if edit.family in again]

    def add(
        self,
        planned: Sequence[PlannedEdit],
        labels: Sequence[str],
        drops: Sequence[float],
        confidences: Sequence[float],
    ) -> None:
        """Record the answers for the edits of one round."""
        self.confidences += confidences
        self.planned += planned
        self.labels += labels
        self.drops += drops
        for family in {each.family for each in planned}:
            self.rounds[family] = self.rounds.get(family, 0) + 1

    def answers(self, thresholds: Thresholds = THRESHOLDS) -> tuple[EditAnswer, ...]:
        """The answers so far, each compared with its expectation."""
        by_family: dict[str, list[float]] = {}
        for edit, drop in _both(self.planned, self.drops):
            by_family.setdefault(edit.family, []).append(drop)
        half = thresholds.reach * reach_of(by_family, thresholds)
        found = []
        for edit, label, drop, sure in _both(self.planned, self.labels, self.drops, self.confidences):
            kept = label == self.target
            held = not kept or drop >= half if FAMILIES[edit.family].asks == "follow" else kept
            truth = tuple(n for n, ways in self.meaning.items() if set(ways) & set(edit.truth))
            probability = float(1 / (1 + np.exp(drop - self.contrast)))
            found.append(EditAnswer(edit.family, edit.edit, truth, label, probability, drop, held, sure))
        return tuple(found)

    def evidence(self, thresholds: Thresholds = THRESHOLDS) -> Evidence:
        """The evidence from the answers."""
        forwards = 1 + len(self.planned) + (self.detail.forwards if self.detail else 0)
        if self.hindrance is not None:
            none = Tally(0, 0)
            return Evidence(
                self.target, "cannot tell", (self.hindrance,), (), self.contrast, None, none, none, none,
                None, (), (), (), "", 1, 0.0,
            )  # fmt: skip
        own = self.meaning[self.target][0]
        answers = self.answers(thresholds)
        families = judge_families(answers, self.rounds, thresholds)
        found = decide(families, self.contrast, own, thresholds)
        whole = [a.drop for a in answers if a.family == "whole_face"]
        return Evidence(
            target=self.target,
            verdict=found.verdict,
            reasons=found.reasons,
            flags=(),
            contrast=self.contrast,
            reach=float(np.median(whole)) if whole else None,
            follow=found.follow,
            place=found.place,
            stay=found.stay,
            place_share=found.place_share,
            families=tuple(families.values()),
            edits=answers,
            strip=self._strip(answers, {f.family for f in families.values() if f.holds is False}),
            donors="gallery" if self.edits.from_gallery else "set",
            forwards=forwards,
            seconds=0.0,
            detail=self.detail,
            coarse=self.edits.coarse,
        )

    def _strip(self, answers: Sequence[EditAnswer], failed: set[str]) -> tuple[EditedFace, ...]:
        """A few edited faces of each question: one of every family, then a second, failed ones first."""
        shown = []
        for asks, count in _SHOWN.items():
            own = [i for i, a in enumerate(answers) if FAMILIES[a.family].asks == asks]
            first = [i for i in own if asks == "stay" or FAMILIES[answers[i].family].level == "wearing"]
            shown += sorted(
                _spread(first or own, answers, failed)[:count],
                key=lambda i: list(FAMILIES).index(answers[i].family),
            )
        return tuple(
            EditedFace(answers[i], self.edits.render(self.planned[i].layers, STRIP_SIDE)) for i in shown
        )


def _spread(own: Sequence[int], answers: Sequence[EditAnswer], failed: set[str]) -> list[int]:
    """Indices in order of priority for display."""
    seen: dict[str, int] = {}
    ranked = []
    for index in sorted(own, key=lambda i: answers[i].held is not False):
        family = answers[index].family
        turn = seen[family] = seen.get(family, -1) + 1
        order = (turn, family not in failed, list(FAMILIES).index(family))
        ranked.append((order, index))
    return [index for _, index in sorted(ranked)]
