"""The effect of each region of a face on an answer: necessity, exclusion and sufficiency of nose and mouth,
the effect of every region and its rank among control areas. Measured only on request, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from xai.evidence.interventions.areas import CONTROLS
from xai.evidence.interventions.face_edits import Edit, FaceEdits, Layer, log_odds
from xai.evidence.verdict.region_conditions import THRESHOLDS, Thresholds, area_evidence, is_robust
from xai.evidence.verdict.region_effects import Effects, measure, outside_effect, turn_effects
from xai.evidence.verdict.region_plan import (
    DIRECTIONS,
    Name,
    control_edits,
    deciding_area,
    families,
    plan,
    shifted_plan,
)
from xai.evidence_types import AREAS, Detail, RegionEvidence, Robustness
from xai.models.classifiers import Classifier
from xai.types import Progress

__all__ = ["Found", "ask", "conclude", "detail_of", "forwards_of_detail", "small_effects"]

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
"""Region or sum of regions -> the place whose edit is its effect."""

_TURNED = ("nose", "mouth", "strict", "wide")


def detail_of(
    edits: FaceEdits, classifier: Classifier, target: str, progress: Progress | None = None
) -> Detail | None:
    """The effects of regions; None where bare skin or drawn masks are not feasible on this face."""
    if not edits.feasibility(reveal="bare" in families(target)).holds:
        return None
    return conclude(ask(edits, classifier, target, progress), target)


def forwards_of_detail(target: str) -> int:
    """Most forward passes that ``detail_of`` takes for the class."""
    shifts = len(shifted_plan(target, deciding_area(target), 0)) * DIRECTIONS
    return len(plan(target)) + shifts + CONTROLS


def ask(edits: FaceEdits, classifier: Classifier, target: str, progress: Progress | None = None) -> Found:
    """The contrast of the class after every edit that the effects of regions need, all in shared batches."""
    wanted = _wanted(edits, target)
    answers = log_odds(classifier, edits, list(wanted.values()), classifier.class_index(target), progress)
    return dict(zip(wanted, answers.tolist(), strict=True))


def conclude(found: Found, target: str, thresholds: Thresholds = THRESHOLDS) -> Detail:
    """The effects from the answers; a pure function."""
    area = deciding_area(target)
    planned = {name: value for name, value in found.items() if name[0] not in ("shift", "control")}
    effects = measure(planned, target, AREAS)
    areas = {name: area_evidence(effects, name, thresholds) for name in AREAS}
    verdict = areas[area].verdict
    told = verdict != "cannot tell"
    return Detail(
        area=area,
        reach=effects.areas[area].reach,
        areas=areas,
        regions=_regions(found, planned, effects, target),
        controls=sum(name[0] == "control" for name in found),
        steadiness=_steadiness(verdict, found, effects, target, thresholds) if told else None,
        forwards=len(found),
    )


def _wanted(edits: FaceEdits, target: str) -> dict[Name, Edit]:
    """All edits: the plan, the controls, and the small plan once per shift."""
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


def small_effects(found: Found, effects: Effects, target: str) -> list[Effects]:
    """The effects by the small plan with the landmarks shifted in each direction."""
    area, plans = deciding_area(target), []
    for direction in range(DIRECTIONS):
        start = ("shift", str(direction))
        plans.append({name[2:]: value for name, value in found.items() if name[:2] == start})
    return [measure({("face",): effects.contrast, **small}, target, (area,)) for small in plans]


def _steadiness(
    verdict: str, found: Found, effects: Effects, target: str, thresholds: Thresholds
) -> Robustness:
    """Under how many shifts of the landmarks the verdict holds, by the small plan."""
    area = deciding_area(target)
    small = [area_evidence(e, area, thresholds).verdict for e in small_effects(found, effects, target)]
    return Robustness(sum(bool(is_robust(verdict, shifted)) for shifted in small), DIRECTIONS)


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
