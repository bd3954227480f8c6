"""Does this answer about this face rest on nose and mouth? Edits, answers, verdict."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from xai.evidence.interventions.areas import CONTROLS
from xai.evidence.interventions.face_edits import (
    Edit,
    FaceEdits,
    Layer,
    Question,
    contrasts,
    contrasts_of,
    turned,
)
from xai.evidence.interventions.feasibility import Belief
from xai.evidence.interventions.plan import DIRECTIONS, Name, control_edits, families, plan, shifted_plan
from xai.evidence.verdict.effects import Effects, measure, outside_effect, turn_effects
from xai.evidence.verdict.rules import THRESHOLDS, Thresholds, area_evidence, reasons_of, stands
from xai.evidence_types import AREAS, Evidence, Reason, RegionEvidence, Steadiness, deciding_area
from xai.models.classifiers import Classifier
from xai.types import Progress

__all__ = [
    "Case",
    "Found",
    "ask",
    "examine",
    "examine_all",
    "forwards_of",
    "small_effects",
    "turned_face",
    "weigh",
]

_both = partial(zip, strict=True)

Found = Mapping[Name, float]
"""Name of an edit -> contrast after it; an edit of a shift is named ``("shift", direction, ...)``."""

_REGION_PLACES = {
    "eyes": "eyes",
    "nose": "nose",
    "mouth": "mouth",
    "chin": "chin",
    "cheeks": "cheeks",
    "forehead": "forehead",
    "elsewhere": "background",
    "nose_and_mouth": "strict",
    "lower_face": "wide",
}
"""Region or sum of regions -> the place whose change is its effect."""

_TURNED = ("nose", "mouth", "strict", "wide")


@dataclass(frozen=True, eq=False)
class Case:
    """One face and one classifier whose answer is examined.

    Attributes:
        edits: of the face; one for all models that are asked about it.
        classifier: whose answer it is.
        target: the class.
    """

    edits: FaceEdits
    classifier: Classifier
    target: str

    def question(self, wanted: Iterable[Edit]) -> Question:
        """What is asked about the edits."""
        index = self.classifier.class_index(self.target)
        return Question(self.classifier, self.edits, list(wanted), index)


def examine(
    edits: FaceEdits,
    classifier: Classifier,
    target: str | None = None,
    *,
    thresholds: Thresholds = THRESHOLDS,
    progress: Progress | None = None,
) -> Evidence:
    """Test by intervention what an answer rests on.

    Args:
        edits: of the face; one for all models that are asked about it.
        classifier: whose answer it is.
        target: the class; the classifier's own answer where none is named.
        thresholds: of the verdict.
        progress: called with (forwards done, forwards in all); raising in it stops the work.

    Returns:
        The evidence. Where the edits cannot be believed on this face nothing is painted and the verdict is
        ``cannot tell``.

    Raises:
        UnknownName: the classifier does not have the class ``target``.
    """
    target = classifier.predict([edits.original.crop])[0].label if target is None else target
    return examine_all([Case(edits, classifier, target)], thresholds, progress)[0]


def examine_all(
    cases: Sequence[Case], thresholds: Thresholds = THRESHOLDS, progress: Progress | None = None
) -> tuple[Evidence, ...]:
    """``examine`` of several faces and classifiers, whose answers come in one stream of batches.

    Each case's ``seconds`` are its part of the whole, by its number of passes.
    """
    began = time.perf_counter()
    beliefs = [case.edits.believed(reveal="bare" in families(case.target)) for case in cases]
    asked = [_wanted(c.edits, c.target) if b.holds else {("face",): ()} for c, b in _both(cases, beliefs)]
    answers = contrasts_of([case.question(edits.values()) for case, edits in _both(cases, asked)], progress)
    found = [dict(zip(edits, a.tolist(), strict=True)) for edits, a in _both(asked, answers)]
    if progress:
        planned = sum(forwards_of(case.target) for case in cases)
        progress(planned, planned)
    made = [
        weigh(f, c.target, thresholds) if b.holds else _unpainted(c.target, b, f[("face",)])
        for (c, b), f in _both(_both(cases, beliefs), found)
    ]
    each = (time.perf_counter() - began) / sum(len(f) for f in found)
    return tuple(replace(evidence, seconds=each * len(f)) for evidence, f in _both(made, found))


def _unpainted(target: str, belief: Belief, contrast: float) -> Evidence:
    """The evidence where the edits cannot be believed on a face."""
    reason = Reason(belief.code, {"value": belief.value, "limit": belief.limit} if belief.limit else {})
    area = deciding_area(target)
    return Evidence(target, area, "cannot tell", (reason,), (), contrast, None, {}, {}, 0, None, 1, 0.0)


def ask(edits: FaceEdits, classifier: Classifier, target: str, progress: Progress | None = None) -> Found:
    """The contrast of the class after every edit that a verdict asks for, all in shared batches."""
    wanted = _wanted(edits, target)
    answers = contrasts(classifier, edits, list(wanted.values()), classifier.class_index(target), progress)
    return dict(zip(wanted, answers.tolist(), strict=True))


def turned_face(edits: FaceEdits, target: str) -> NDArray[np.uint8] | None:
    """The face as one of another class, as the curves of ``faithfulness`` take it; None where that cannot be
    believed on this face.
    """
    family = families(target)[0]
    return turned(edits, f"{family}0") if edits.believed(reveal=family == "bare").holds else None


def forwards_of(target: str) -> int:
    """How many passes through the network ``examine`` takes for the class, at most."""
    area = deciding_area(target)
    shifts = len(shifted_plan(target, area, 0)) * DIRECTIONS
    return len(plan(target)) + shifts + CONTROLS


def _wanted(edits: FaceEdits, target: str) -> dict[Name, Edit]:
    """Everything that is asked: the plan, the controls, and the small plan once per shift."""
    area = deciding_area(target)
    wanted = plan(target)
    fitting = [
        Layer("strict", name[3]) for name in wanted if name[:2] == ("turn", "strict") and len(name) == 4
    ]
    wanted.update(control_edits(edits, area, fitting))
    for direction in range(DIRECTIONS):
        small = shifted_plan(target, area, direction)
        wanted.update({("shift", str(direction), *name): edit for name, edit in small.items()})
    return wanted


def weigh(found: Found, target: str, thresholds: Thresholds = THRESHOLDS) -> Evidence:
    """The evidence that the answers give; a pure function of them."""
    area = deciding_area(target)
    planned = {name: value for name, value in found.items() if name[0] not in ("shift", "control")}
    effects = measure(planned, target, AREAS)
    areas = {name: area_evidence(effects, name, thresholds) for name in AREAS}
    reasons = reasons_of(effects, area, areas[area], thresholds)
    verdict, steadiness = areas[area].verdict, None
    if verdict != "cannot tell":
        steadiness = _steadiness(verdict, found, effects, target, thresholds)
        if steadiness.held < thresholds.steady:
            why = Reason("unsteady", {"value": float(steadiness.held), "limit": float(steadiness.of)})
            verdict, reasons = "cannot tell", (why, *reasons)
    return Evidence(
        target=target,
        area=area,
        verdict=verdict,
        reasons=reasons,
        flags=(),
        contrast=effects.contrast,
        reach=effects.areas[area].reach,
        areas=areas,
        regions=_regions(found, planned, effects, target),
        controls=sum(name[0] == "control" for name in found),
        steadiness=steadiness,
        forwards=len(found),
        seconds=0.0,
    )


def small_effects(found: Found, effects: Effects, target: str) -> list[Effects]:
    """The effects by the small plan with the landmarks shifted in each direction."""
    area, plans = deciding_area(target), []
    for direction in range(DIRECTIONS):
        start = ("shift", str(direction))
        plans.append({name[2:]: value for name, value in found.items() if name[:2] == start})
    return [measure({("face",): effects.contrast, **small}, target, (area,)) for small in plans]


def _steadiness(
    verdict: str, found: Found, effects: Effects, target: str, thresholds: Thresholds
) -> Steadiness:
    """Under how many shifts of the landmarks the verdict stands, by the small plan."""
    area = deciding_area(target)
    small = [area_evidence(e, area, thresholds).verdict for e in small_effects(found, effects, target)]
    return Steadiness(sum(bool(stands(verdict, shifted)) for shifted in small), DIRECTIONS)


def _regions(found: Found, planned: Found, effects: Effects, target: str) -> dict[str, RegionEvidence]:
    drops = {name: effects.contrast - value for name, value in planned.items()}
    controls = [abs(effects.contrast - value) for name, value in found.items() if name[0] == "control"]
    reach = effects.areas["wide"].reach
    regions = {}
    for region, place in _REGION_PLACES.items():
        turned = turn_effects(drops, target, place).values() if place in _TURNED else ()
        effect = min(turned) if turned else outside_effect(drops, target, place)
        rank = 1 + sum(control >= effect for control in controls)
        regions[region] = RegionEvidence(effect / reach if reach > 0 else 0.0, rank)
    return regions
