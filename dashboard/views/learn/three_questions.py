"""A verdict as three questions with yes or no, for a class."""

from __future__ import annotations

from xai.evidence.verdict.decision import THRESHOLDS
from xai.evidence_types import Evidence

__all__ = ["answers_of"]


def answers_of(evidence: Evidence) -> dict[str, bool | None]:
    """Question -> whether the model passed; None where that was not tested. All True is *supported*.

    ``follows``: another lower face changes the answer. ``stays``: no other edit does. ``place``: nose and
    mouth alone carry the effect of the lower face, not the rim of a mask.
    """
    if evidence.verdict == "cannot tell":
        return dict.fromkeys(("follows", "stays", "place"))
    follow, share = evidence.follow.share, evidence.place_share
    return {
        "follows": None if follow is None else follow >= THRESHOLDS.followed,
        "stays": all(found.holds is not False for found in evidence.families if found.asks == "stay"),
        "place": None if share is None else share >= THRESHOLDS.rim,
    }
