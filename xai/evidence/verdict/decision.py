"""From the answers for edited faces to the verdict: plain arithmetic and one table of thresholds.

The reasons, as codes with their values; each but those of ``cannot tell`` names its subject:

- ``follows`` / ``follows_partly`` / ``follows_not``: the answer follows the lower face, sometimes, or hardly;
- ``stays``: nothing else moves it; ``moved_by``: a family of places that does, with its share; ``hangs_on``:
  a family of appearance that does;
- ``rim``: nose and mouth alone carry too little of the lower face's effect; ``redundant``: neither the lower
  face nor the rest alone moves the answer, both together do;
- of ``cannot tell``: ``no_mesh small turned hand`` (edits of this face are not feasible), ``unknown_class``
  (the model's name of the class is not known), ``mask_elsewhere`` (the mask lies outside the lower face, so
  that other edits change what is true), ``no_donors``, ``unsure`` (the model does not consider the class
  likely), ``seam`` (the lower face of somebody else of the same class moves the answer), ``family_missing``
  (a required family could not be tested), ``nothing_moves``, ``not_among_changes`` (only a whole other photo
  moves it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xai.evidence.interventions.families import FAMILIES, named_families
from xai.evidence_types import EditAnswer, FamilyEvidence, Reason, Tally

__all__ = ["THRESHOLDS", "Decision", "Thresholds", "decide", "failing", "judge_families", "reach_of"]


@dataclass(frozen=True)
class Thresholds:
    """Every threshold of the verdict, in one place.

    Attributes:
        followed: least share of edits of the lower face that the answer follows.
        partly: share of them below which it does not follow.
        reach: share of the total effect from which an edit of the lower face counts as followed although the
            label stays.
        part: largest effect of a *stay* family, over that of the lower face.
        direction: the same for a family whose edits go in different directions, where the second largest
            effect counts.
        left: largest share of a *stay* family's edits that flip the label.
        rim: least effect of nose and mouth alone over that of the lower face.
        seam: largest share of shams that flip the label.
        sure: least log-odds of the class on the original face.
        moves: log-odds from which an effect counts at all.
        trimmed: number of edits from which a family's mean leaves out the largest: one odd donor is no
            evidence.
    """

    followed: float = 0.7
    partly: float = 0.34
    reach: float = 0.5
    part: float = 0.2
    direction: float = 0.22
    left: float = 0.34
    rim: float = 0.12
    seam: float = 0.5
    sure: float = 0.0
    moves: float = 0.2
    trimmed: int = 4


THRESHOLDS = Thresholds()
"""The thresholds in force."""


@dataclass(frozen=True)
class Decision:
    """The verdict and its reasons.

    Attributes:
        verdict: one of ``VERDICTS``.
        reasons: the deciding one first.
        follow: edits of the whole lower face that were followed.
        place: edits of nose and mouth alone that were followed.
        stay: other edits under which the answer stayed.
        place_share: effect of nose and mouth alone over that of the lower face; None where that has none.
    """

    verdict: str
    reasons: tuple[Reason, ...]
    follow: Tally
    place: Tally
    stay: Tally
    place_share: float | None


def reach_of(drops: Mapping[str, Sequence[float]], thresholds: Thresholds = THRESHOLDS) -> float:
    """The total effect: log-odds moved by another whole face, at least ``moves``; family -> drops in, a
    median out.
    """
    whole = drops.get("whole_face", ())
    return max(float(np.median(whole)) if len(whole) else 0.0, thresholds.moves)


def judge_families(
    answers: Sequence[EditAnswer],
    rounds: Mapping[str, int] | None = None,
    thresholds: Thresholds = THRESHOLDS,
) -> dict[str, FamilyEvidence]:
    """The result of each tested family, by name."""
    by_family = {name: [a for a in answers if a.family == name] for name in FAMILIES}
    asked = {name: own for name, own in by_family.items() if own}
    sham = max(0.0, _mean(asked.get("same_class", ()), thresholds))
    lower = _mean(asked.get("lower_face", ()), thresholds, trim=False) - sham
    return {
        name: _family(name, own, (lower, sham), thresholds, (rounds or {}).get(name, 1))
        for name, own in asked.items()
    }


def failing(families: Mapping[str, FamilyEvidence]) -> list[str]:
    """Families that failed and are run again, with the sham of any composited donor."""
    failed = [name for name, found in families.items() if found.holds is False]
    return [*failed, "same_class"] if any(FAMILIES[name].donors for name in failed) else failed


def decide(
    families: Mapping[str, FamilyEvidence], contrast: float, own: str, thresholds: Thresholds = THRESHOLDS
) -> Decision:
    """The verdict.

    Args:
        families: the result of each, as from ``judge_families``.
        contrast: log-odds of the class on the original face.
        own: what a face of the class wears, one of ``CLASSES``.
        thresholds: of the verdict.
    """
    follow = _sum(f for n, f in families.items() if FAMILIES[n].level == "wearing")
    place = _sum(
        f for n, f in families.items() if FAMILIES[n].asks == "follow" and FAMILIES[n].level == "place"
    )
    stay = _sum(f for f in families.values() if f.asks == "stay")
    lower, inner = families.get("lower_face"), families.get("nose_and_mouth")
    known = lower is not None and inner is not None and lower.effect > thresholds.moves
    share = inner.effect / lower.effect if known and lower and inner else None
    verdict, reasons = _outcome(families, contrast, own, (follow, share), thresholds)
    return Decision(verdict, tuple(reasons), follow, place, stay, share)


def _outcome(
    families: Mapping[str, FamilyEvidence],
    contrast: float,
    own: str,
    followed: tuple[Tally, float | None],
    limits: Thresholds,
) -> tuple[str, list[Reason]]:
    """The verdict and its reasons, the deciding one first."""
    (follow, place_share), movers = followed, _movers(families)
    abstained = _abstained(families, contrast, follow, limits)
    if abstained or follow.share is None:
        return "cannot tell", [abstained or Reason("no_donors")]
    if follow.share >= limits.followed:
        return _followed(families, own, (follow.share, place_share), limits)
    if follow.share >= limits.partly:
        return "mixed", [Reason("follows_partly", {"value": follow.share}), *(movers or [Reason("stays")])]
    if movers:
        return "not supported", [Reason("follows_not", {"value": follow.share}), *movers]
    return _unmoved(families, follow.share, limits)


def _abstained(
    families: Mapping[str, FamilyEvidence], contrast: float, follow: Tally, limits: Thresholds
) -> Reason | None:
    """Why nothing can be concluded, whatever the answers; None where something can."""
    if contrast < limits.sure:
        return Reason("unsure", {"value": contrast})
    if follow.share is None or "outside" not in families:
        return Reason("no_donors")
    turned = _turns(families.get("same_class"))
    return Reason("seam", {"value": turned, "limit": limits.seam}) if turned > limits.seam else None


def _followed(
    families: Mapping[str, FamilyEvidence], own: str, shares: tuple[float, float | None], limits: Thresholds
) -> tuple[str, list[Reason]]:
    """The answer follows the lower face: does it depend only on the rim, or on something else as well?"""
    (share, place_share), movers = shares, _movers(families)
    why = Reason("follows", {"value": share})
    if movers:
        return "mixed", [movers[0], why, *movers[1:]]
    if place_share is not None and place_share < limits.rim:
        return "mixed", [Reason("rim", {"value": place_share, "limit": limits.rim}), why]
    missing = [name for name in named_families(own) if name not in families]
    if missing:
        return "cannot tell", [Reason("family_missing", {"family": missing[0]}), why]
    return "supported", [why, Reason("stays")]


def _unmoved(
    families: Mapping[str, FamilyEvidence], followed: float, limits: Thresholds
) -> tuple[str, list[Reason]]:
    """Neither the lower face nor anything else moves the answer."""
    not_followed = Reason("follows_not", {"value": followed})
    turned = {name: _turns(families.get(name)) for name in ("whole_face", "other_photo")}
    if turned["whole_face"] >= limits.seam:
        return "mixed", [Reason("redundant", {"value": turned["whole_face"]}), not_followed]
    if turned["other_photo"] >= limits.seam:
        return "cannot tell", [Reason("not_among_changes", {"value": turned["other_photo"]}), not_followed]
    return "cannot tell", [Reason("nothing_moves", {"value": turned["other_photo"]}), not_followed]


def _turns(family: FamilyEvidence | None) -> float:
    """Share of a family's edits that flipped the label."""
    return 1 - family.tally.share if family and family.tally.share is not None else 0.0


def _movers(families: Mapping[str, FamilyEvidence]) -> list[Reason]:
    """The *stay* families that failed, largest effect first; places before appearance."""
    failed = [f for f in families.values() if f.asks == "stay" and f.holds is False]
    failed.sort(key=lambda f: (FAMILIES[f.family].level != "place", -f.effect))
    return [_mover(f) for f in failed]


def _mover(found: FamilyEvidence) -> Reason:
    code = "moved_by" if FAMILIES[found.family].level == "place" else "hangs_on"
    values: dict[str, float | str] = {"family": found.family, "held": found.tally.held, "of": found.tally.of}
    if found.part is not None:
        values["value"] = max(0.0, found.part)
    return Reason(code, values)


def _family(
    name: str,
    answers: Sequence[EditAnswer],
    lower_and_sham: tuple[float, float],
    limits: Thresholds,
    rounds: int,
) -> FamilyEvidence:
    family, (lower, sham) = FAMILIES[name], lower_and_sham
    tally = Tally(sum(bool(a.held) for a in answers), len(answers))
    if family.asks in ("sham", "whole"):
        return FamilyEvidence(name, family.asks, tally, _mean(answers, limits), None, None, rounds)
    net = sham if family.donors else 0.0
    if family.asks == "follow":
        holds = tally.held >= limits.followed * tally.of
        effect = _mean(answers, limits, trim=False) - net
        return FamilyEvidence(name, family.asks, tally, effect, None, holds, rounds)
    effect = (_second(answers) if family.directions else _mean(answers, limits)) - net
    most = limits.direction if family.directions else limits.part
    stays = effect <= most * max(lower, limits.moves) and 1 - tally.held / tally.of <= limits.left
    part = effect / lower if lower > limits.moves else None
    return FamilyEvidence(name, family.asks, tally, effect, part, stays, rounds)


def _mean(answers: Sequence[EditAnswer], limits: Thresholds, *, trim: bool = True) -> float:
    drops = sorted(a.drop for a in answers)
    if trim and len(drops) >= limits.trimmed:
        drops.pop()
    return float(np.mean(drops)) if drops else 0.0


def _second(answers: Sequence[EditAnswer]) -> float:
    """The second largest loss; the only one, where there is one."""
    return sorted(a.drop for a in answers)[-2:][0]


def _sum(found: Iterable[FamilyEvidence]) -> Tally:
    tallies = [each.tally for each in found]
    return Tally(sum(t.held for t in tallies), sum(t.of for t in tallies))
