"""The cross-check: class activation maps, which are independent of the edits. They flag, they do not gate."""

from __future__ import annotations

from xai.evidence_types import Evidence, Reason
from xai.types import REGION_SUMS, Explanation, RegionShares

__all__ = ["CROSS_CHECK_METHODS", "MAX_LIFT_OFF_AREA", "MIN_LIFT_ON_AREA", "saliency_disagreements"]

CROSS_CHECK_METHODS = ("gradcam", "hirescam")
"""Methods of the cross-check, where their maps exist. Not the occlusion map: it is an intervention itself,
and with a grey patch the wrong one for ``covered``."""

MIN_LIFT_ON_AREA = 1.0
"""Lift of the lower face, share of the map over share of the crop, below which a map expected there lies
elsewhere."""

MAX_LIFT_OFF_AREA = 2.0
"""Lift from which a map lies on the area although it is not expected to."""

_PARTS = REGION_SUMS["lower_face"]


def saliency_disagreements(evidence: Evidence, maps: Explanation) -> tuple[Reason, ...]:
    """Disagreements of maps with the verdict.

    ``map_elsewhere``: the answer follows the lower face, but less of the map lies there than on an average
    area of that size. ``map_there``: it follows something else, but the map lies there. ``map_empty``: the
    map has no evidence for the class. Each with the method and, where there is one, the lift.
    """
    flags = []
    for method in CROSS_CHECK_METHODS:
        if method not in maps.heatmaps or not evidence.families:
            continue
        shares = maps.shares[method]
        flag = _flag(evidence, method, shares)
        flags += [flag] if flag else []
    return tuple(flags)


def _flag(evidence: Evidence, method: str, shares: RegionShares | None) -> Reason | None:
    if evidence.verdict not in ("supported", "not supported"):
        return None
    if shares is None:
        return Reason("map_empty", {"method": method})
    lift = shares.lift(*_PARTS)
    if lift is None:
        return None
    if evidence.verdict == "supported" and lift < MIN_LIFT_ON_AREA:
        return Reason("map_elsewhere", {"method": method, "value": lift})
    if evidence.verdict == "not supported" and lift > MAX_LIFT_OFF_AREA:
        return Reason("map_there", {"method": method, "value": lift})
    return None
