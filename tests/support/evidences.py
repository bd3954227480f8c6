"""Evidence by hand and by chance, over every reason and every family of edits that the library knows."""

import re

import numpy as np

from xai.evidence.interventions.families import FAMILIES
from xai.evidence.verdict import decision
from xai.evidence.verdict.decision import THRESHOLDS, decide, judge_families
from xai.evidence_types import EditAnswer, EditedFace, Evidence, FamilyEvidence, Reason, Tally
from xai.types import CLASSES

UNASKED = ("no_mesh", "small", "turned", "hand", "unknown_class", "mask_elsewhere")
"""Reasons for which nothing was asked about the face."""

ABSTENTIONS = {
    "no_mesh": {},
    "small": {"value": 11.25, "limit": 14.0},
    "turned": {"value": 0.8, "limit": 0.7},
    "hand": {"value": 0.31, "limit": 0.1},
    "unknown_class": {"name": "visor"},
    "mask_elsewhere": {},
    "no_donors": {},
    "unsure": {"value": -0.5},
    "seam": {"value": 0.67, "limit": THRESHOLDS.seam},
    "family_missing": {"family": "mask_look"},
    "nothing_moves": {"value": 0.0},
    "not_among_changes": {"value": 1.0},
}
"""Code of ``cannot tell`` -> its values."""

PLACES = [name for name, f in FAMILIES.items() if (f.asks, f.level) == ("stay", "place")]
LOOKS = [name for name, f in FAMILIES.items() if (f.asks, f.level) == ("stay", "appearance")]
DOCUMENTED = set(" ".join(re.findall(r"``([^`]+)``", decision.__doc__)).split()) - {"cannot", "tell"}
"""Every code that the library's own table of reasons names."""

FOLLOWS, STAYS = Reason("follows", {"value": 0.875}), Reason("stays")


def mover(family="background", held=3, of=8, value=0.41):
    """The reason that a family of changes moves the answer."""
    code = "moved_by" if family in PLACES else "hangs_on"
    return Reason(code, {"family": family, "held": held, "of": of, "value": value})


USUAL = {
    "supported": (FOLLOWS, STAYS),
    "mixed": (mover(), FOLLOWS),
    "not supported": (Reason("follows_not", {"value": 0.1}), mover()),
    "cannot tell": (Reason("small", ABSTENTIONS["small"]),),
}
"""Verdict -> reasons that go with it."""


def outcomes():
    """Every verdict with every deciding reason, and every family that can be one: (verdict, reasons)."""
    yield "supported", USUAL["supported"]
    for family in (*PLACES, *LOOKS):
        yield "mixed", (mover(family), FOLLOWS)
        yield "mixed", (Reason("follows_partly", {"value": 0.5}), mover(family))
        yield "not supported", (Reason("follows_not", {"value": 0.1}), mover(family))
    yield "mixed", (Reason("follows_partly", {"value": 0.5}), STAYS)
    yield "mixed", (Reason("rim", {"value": 0.05, "limit": THRESHOLDS.rim}), FOLLOWS)
    yield "mixed", (Reason("redundant", {"value": 1.0}), Reason("follows_not", {"value": 0.1}))
    for code, values in ABSTENTIONS.items():
        yield "cannot tell", (Reason(code, values),)


def picture(number):
    """A small picture of its own."""
    return np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8)


def family(name, held=4, of=4, effect=None, part=None, holds=True, rounds=1):
    """One family as it came out; what it asks is the library's business."""
    asks = FAMILIES[name].asks
    usual = {"follow": 6.0, "stay": 0.3, "sham": 0.1, "whole": 7.0}[asks]
    effect = usual if effect is None else effect
    part = effect / 6.0 if asks == "stay" and part is None else part
    kept = 0 if asks == "whole" and held == of else held
    held_to = holds if asks in ("follow", "stay") else None
    return FamilyEvidence(name, asks, Tally(kept, of), effect, part, held_to, rounds)


def edit(name, number=0, held=True, label=None, target="covered"):
    """One edit's answer; the label is what the family asks for, if it held."""
    asks = FAMILIES[name].asks
    other = next(c for c in CLASSES if c != target)
    leaves = held == (asks in ("follow", "whole"))
    label = label or (other if leaves else target)
    truth = (other,) if asks in ("follow", "whole") else (target,)
    drop = 6.125 + number if label != target else 0.25 + number / 8
    return EditAnswer(name, f"edit {number}", truth, label, 0.0625 if leaves else 0.9375, drop, held, 0.9375)


def evidence(found="supported", reasons=None, flags=(), **more):
    """Evidence with these parts; nothing was asked where the reason says so. What moves the answer failed."""
    reasons = tuple(USUAL[found] if reasons is None else reasons)
    target = more.get("target", "covered")
    given = _unasked() if reasons[0].code in UNASKED else _asked(reasons, target)
    given |= {"verdict": found, "reasons": reasons, "flags": tuple(flags), "target": target}
    return Evidence(**{**given, **more})


def judged(answers, contrast=4.0, target="covered", own="covered"):
    """Evidence as the library's own rule judges these answers about edits."""
    families = judge_families(answers)
    found = decide(families, contrast, own)
    return Evidence(
        target, found.verdict, found.reasons, (), contrast, 7.0, found.follow, found.place, found.stay,
        found.place_share, tuple(families.values()), tuple(answers), (), "gallery", len(answers) + 1, 1.0,
    )  # fmt: skip


def drawn(rng):
    """Evidence by chance: any outcome, flags, families and figures of any size and sign."""
    known = list(outcomes())
    found, reasons = known[int(rng.integers(len(known)))]
    flags = []
    for code in ("map_elsewhere", "map_there", "map_empty"):
        if rng.random() < 0.3:
            value = {} if code == "map_empty" else {"value": float(rng.uniform(0, 9))}
            flags.append(Reason(code, {"method": str(rng.choice(["gradcam", "hirescam"])), **value}))
    reasons = tuple(_shaken(reason, rng) for reason in reasons)
    more = {"contrast": float(rng.normal(0, 6)), "forwards": int(rng.integers(1, 1500))}
    more["seconds"] = float(rng.uniform(0, 60))
    if reasons[0].code not in UNASKED:
        more |= _by_chance(rng)
    return evidence(found, reasons, flags, target=str(rng.choice(CLASSES)), **more)


def every_number(tree):
    """The numbers in nested dictionaries, lists and tuples."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple):
        return [number for part in tree for number in every_number(part)]
    return [float(tree)] if isinstance(tree, int | float | np.number) and not isinstance(tree, bool) else []


def _unasked():
    none = Tally(0, 0)
    empty = {"families": (), "edits": (), "strip": (), "donors": "", "place_share": None, "reach": None}
    return empty | {
        "follow": none, "place": none, "stay": none, "contrast": 0.0, "forwards": 1, "seconds": 0.0
    }  # fmt: skip


def _asked(reasons, target):
    failed = {str(r.values["family"]) for r in reasons if r.code in ("moved_by", "hangs_on")}
    families = [family(n, 3, 8, 2.5, 0.41, False, 2) if n in failed else family(n) for n in FAMILIES]
    edits = [edit(n, i, not (n in failed and i), target=target) for n in FAMILIES for i in range(2)]
    follow, stay = (
        [e for e in edits if FAMILIES[e.family].asks == asks and FAMILIES[e.family].level != "place"]
        if asks == "follow"
        else sorted((e for e in edits if FAMILIES[e.family].asks == asks), key=lambda e: e.held)
        for asks in ("follow", "stay")
    )
    shown = [*follow[:4], *stay[:4]]
    return {
        "contrast": 3.3,
        "reach": 5.1,
        "follow": Tally(7, 8),
        "place": Tally(3, 6),
        "stay": Tally(22, 24),
        "place_share": 0.43,
        "families": tuple(families),
        "edits": tuple(edits),
        "strip": tuple(EditedFace(each, picture(i)) for i, each in enumerate(shown)),
        "donors": "gallery",
        "forwards": 75,
        "seconds": 2.7,
    }


def _shaken(reason, rng):
    """The reason with other numbers."""
    changed = {
        "value": float(rng.normal(0.5, 0.5)),
        "held": int(rng.integers(0, 9)),
        "limit": float(rng.uniform(0, 20)),
    }
    return Reason(reason.code, {n: changed.get(n, v) for n, v in reason.values.items()})


def _by_chance(rng):
    tallies = {}
    for question in ("follow", "place", "stay"):
        of = int(rng.integers(1, 60))
        tallies[question] = Tally(int(rng.integers(0, of + 1)), of)
    families = tuple(
        family(
            name,
            int(rng.integers(0, 9)),
            8,
            float(rng.normal(1, 3)),
            float(rng.normal(0.3, 1)),
            bool(rng.random() < 0.5),
            int(rng.integers(1, 3)),
        )
        for name in FAMILIES
    )
    share = None if rng.random() < 0.1 else float(rng.normal(0.5, 0.5))
    return tallies | {"families": families, "place_share": share, "reach": float(rng.uniform(0, 9))}
