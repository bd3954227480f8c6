"""Evidence by hand and by chance, over every code that the library knows."""

import re

import numpy as np

from xai.evidence.interventions import feasibility
from xai.evidence.interventions.areas import OUTSIDE
from xai.evidence.verdict import rules
from xai.evidence.verdict.rules import THRESHOLDS
from xai.evidence.verdict.run import _REGION_PLACES
from xai.evidence_types import (
    AREAS,
    CONDITIONS,
    VERDICTS,
    AreaEvidence,
    Condition,
    Evidence,
    Reason,
    RegionEvidence,
    Steadiness,
)

CONDITION_CODES = {
    "necessity": ("needed", "not_needed"),
    "exclusion": ("alone", "also_elsewhere"),
    "sufficiency": ("enough", "not_enough"),
}
BELIEF_CODES = tuple(code for code in feasibility._SENTENCES if code)
OUTCOME_CODES = tuple(code for code, found in rules.OUTCOMES.items() if found == "cannot tell")
ABSTENTIONS = (*BELIEF_CODES, *OUTCOME_CODES, "unsteady")
REGIONS_TESTED = tuple(_REGION_PLACES)
DOCUMENTED = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", " ".join(re.findall(r"``([^`]+)``", rules.__doc__))))


def condition(name, value):
    """Held against the threshold in force, as the library does."""
    threshold = getattr(THRESHOLDS, name)
    if value is None:
        return Condition(None, threshold, None)
    return Condition(value, threshold, value <= threshold if name == "exclusion" else value >= threshold)


def area(found="supported", necessity=0.82, exclusion=0.07, sufficiency=0.91, strongest="eyes"):
    """One area with these figures."""
    values = dict(zip(CONDITIONS, (necessity, exclusion, sufficiency), strict=True))
    return AreaEvidence(
        effect=4.2,
        share=0.86,
        conditions={name: condition(name, value) for name, value in values.items()},
        outside=0.3,
        strongest=strongest,
        carried=0.75,
        verdict=found,
    )


def evidence(found="supported", reasons=(), flags=(), deciding="strict", strict=None, wide=None, **more):
    """Evidence with these parts; without areas where the reason says that nothing was painted."""
    painted = not (reasons and reasons[0].code in BELIEF_CODES)
    areas = {"strict": strict or area(found), "wide": wide or area("supported", 0.97)} if painted else {}
    given = {
        "target": "covered",
        "area": deciding,
        "verdict": found,
        "reasons": tuple(reasons),
        "flags": tuple(flags),
        "contrast": 3.3,
        "reach": 5.1 if painted else None,
        "areas": areas,
        "regions": {n: RegionEvidence(0.1, 12) for n in REGIONS_TESTED} if painted else {},
        "controls": 64 if painted else 0,
        "steadiness": Steadiness(8, 8) if painted else None,
        "forwards": 335,
        "seconds": 4.4,
    }
    return Evidence(**{**given, **more})


def drawn(rng):
    """Evidence by chance: any verdict, reason, flag, place and figure, of any size and sign."""
    found = rng.choice(VERDICTS)
    reasons, flags = [], []
    if found == "cannot tell":
        code = rng.choice(ABSTENTIONS)
        values = {"value": float(rng.normal(0, 3)), "limit": float(rng.uniform(0, 20))}
        reasons.append(Reason(code, {} if code == "no_mesh" else values))
    for code in ("map_elsewhere", "map_there", "map_empty"):
        if rng.random() < 0.3:
            value = {} if code == "map_empty" else {"value": float(rng.uniform(0, 9))}
            flags.append(Reason(code, {"method": rng.choice(["gradcam", "hirescam", "occlusion"]), **value}))
    decides = rng.choice(AREAS)
    areas = {name: _drawn_area(rng, name) for name in AREAS}
    regions = {
        n: RegionEvidence(float(rng.normal(0.4, 0.5)), int(rng.integers(1, 66))) for n in REGIONS_TESTED
    }
    return evidence(
        str(found), reasons, flags, str(decides), **areas, regions=regions,
        contrast=float(rng.normal(0, 6)), reach=float(rng.uniform(0, 9)),
        steadiness=Steadiness(int(rng.integers(0, 9)), 8),
        forwards=int(rng.integers(1, 1500)), seconds=float(rng.uniform(0, 60)),
    )  # fmt: skip


def _drawn_area(rng, name):
    figures = [None if rng.random() < 0.1 else float(rng.normal(0.5, s)) for s in (0.5, 4.0, 0.8)]
    return area(str(rng.choice(VERDICTS)), *figures, strongest=str(rng.choice(OUTSIDE[name])))


def every_number(tree):
    """The numbers in nested dictionaries, lists and tuples."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple):
        return [number for part in tree for number in every_number(part)]
    return [float(tree)] if isinstance(tree, int | float | np.number) and not isinstance(tree, bool) else []
