"""Sentences about the checks of a map, made from a ``MapCheck`` and nothing else."""

from __future__ import annotations

from dashboard.map_checks import CurveCheck, MapCheck
from dashboard.words import say

__all__ = ["alt_curve", "curve_line", "shares_line", "steady_line", "weights_line"]

_MUCH = 0.8
"""Rank correlation from which a map counts as nearly the same; in words only, the figure stands beside it."""

_SOME = 0.5

_CLEAR = 2.0
"""Spreads of the random networks from which a share counts as more than theirs."""


def curve_line(kind: str, check: CurveCheck, level: str) -> str:
    """What deletion or insertion found, and how an edge detector did.

    Args:
        kind: ``deletion`` or ``insertion``.
        check: what was found.
        level: ``plain`` or ``technical``.
    """
    areas = {"own": check.own_area, "random": check.random_area, "edges": check.edge_area}
    if level == "technical":
        return say("measured.curve", title=say(f"tested.{kind}"), orders=check.orders, **areas)
    said = say(f"curve.{kind}_{_word(check.beats_random)}", **areas)
    return f"{said} {say('trust.edges_better')}" if check.beats_edges is False else said


def weights_line(check: MapCheck, level: str) -> str:
    """Whether the map changes with the network's weights."""
    if level == "technical" and check.likeness is not None:
        return say("measured.weights", likeness=check.likeness)
    return say(f"trust.weights_{_word(check.follows_weights)}")


def steady_line(check: MapCheck, level: str) -> str:
    """Whether the map stays when the photo looks the same."""
    if check.noise is None or check.shift is None:
        return say("trust.steady_unknown")
    if level == "technical":
        return say("measured.steady", noise=check.noise, shift=check.shift)
    least = min(check.noise, check.shift)
    word = "much" if least >= _MUCH else "some" if least >= _SOME else "little"
    return say(f"trust.steady_{word}")


def shares_line(check: MapCheck, level: str) -> str:
    """Whether nose and mouth get more of the map than random networks give them."""
    if check.share is None or check.expected is None:
        return say("trust.shares_unknown")
    if level == "technical":
        return say("measured.shares", share=check.share, expected=check.expected)
    more = check.share - check.expected > _CLEAR * (check.spread or 0.0)
    return say(
        "trust.shares_more" if more else "trust.shares_same", share=check.share, expected=check.expected
    )


def alt_curve(kind: str, check: CurveCheck) -> str:
    """The chart of a curve, for those who do not see it."""
    return say(
        "trust.curve_alt",
        title=say(f"tested.{kind}"),
        own=check.own_area,
        random=check.random_area,
        edges=check.edge_area,
    )


def _word(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[holds]
