"""Sentences about the checks of a map, made from a ``MapCheck`` alone."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.i18n import t
from dashboard.text.map_units import method_title
from dashboard.worker.results import CurveCheck, MapCheck
from xai.attribution.method_reliability import best_first, failures

__all__ = [
    "alt_curve",
    "curve_line",
    "failed_check",
    "method_options",
    "method_warnings",
    "shares_line",
    "steady_line",
    "weights_line",
]

_MUCH = 0.8
"""Rank correlation from which the text calls a map nearly the same; the value is shown beside it."""

_SOME = 0.5

_CLEAR = 2.0
"""Standard deviations of the random networks' share beyond which a share exceeds theirs."""

CLEAR_LEAD, LEAST_LEAD = 2.3, 0.01
"""The criteria of ``deletion_insertion`` for a lead over random orders, its ``CLEAR`` and ``LEAST_GAIN``:
repeated here because importing that module loads torch; a test keeps the two equal."""


def method_options() -> Mapping[str, str]:
    """Method -> its name in a list, the best first; those that failed a test say so."""
    titles = {name: method_title(name) for name in best_first()}
    return {
        name: t("reliability.failed", method=title) if failures(name) else title
        for name, title in titles.items()
    }


def method_warnings(method: str) -> list[str]:
    """A sentence for each test, on networks of which it is known where they look, that a method failed."""
    return [
        t(
            f"reliability.{failure.code}",
            method=method_title(method),
            **{n: v for n in ("value", "limit") if (v := getattr(failure, n)) is not None},
        )
        for failure in failures(method)
    ]


def failed_check(check: MapCheck) -> str:
    """Why a map failed its checks, in a sentence; empty where it did not.

    It fails where scrambled weights leave it as it is, or where both deletion and insertion in its order do
    no better than the mean of random orders. A lead that is not clear is no failure.
    """
    if check.follows_weights is False:
        return t("trust.failed_weights")
    tried = (check.deletion, check.insertion)
    worse = (
        check.deletion.own_area - check.deletion.random_area,
        check.insertion.random_area - check.insertion.own_area,
    )
    if all(each.beats_random is False for each in tried) and min(worse) >= 0:
        return t("trust.failed_order")
    return ""


def curve_line(kind: str, check: CurveCheck, level: str) -> str:
    """The result of deletion or insertion, and that of an edge detector.

    Args:
        kind: ``deletion`` or ``insertion``.
        check: what was found.
        level: ``plain`` or ``technical``.
    """
    areas = {"own": check.own_area, "random": check.random_area, "edges": check.edge_area}
    if level == "technical":
        return t("measured.curve", title=t(f"tested.{kind}"), orders=check.orders, **areas)
    lead = _lead(kind, check) if check.beats_random is False else ""
    said = t(f"curve.{kind}_{_word(check.beats_random)}", **areas, lead=lead)
    return f"{said} {t('trust.edges_better')}" if check.beats_edges is False else said


def weights_line(check: MapCheck, level: str) -> str:
    """Whether the map changes with the network's weights."""
    if level == "technical" and check.likeness is not None:
        return t("measured.weights", likeness=check.likeness)
    return t(f"trust.weights_{_word(check.follows_weights)}")


def steady_line(check: MapCheck, level: str) -> str:
    """Whether the map stays the same when the photo looks the same."""
    if check.noise is None or check.shift is None:
        return t("trust.steady_unknown")
    if level == "technical":
        return t("measured.steady", noise=check.noise, shift=check.shift)
    least = min(check.noise, check.shift)
    word = "much" if least >= _MUCH else "some" if least >= _SOME else "little"
    return t(f"trust.steady_{word}")


def shares_line(check: MapCheck, level: str) -> str:
    """Whether nose and mouth get more of the map than random networks give them."""
    if check.share is None or check.expected is None:
        return t("trust.shares_unknown")
    if level == "technical":
        said = t("measured.shares", share=check.share, expected=check.expected)
        return f"{said} {t('trust.shares_of')}"
    lead = check.share - check.expected
    more = lead > _CLEAR * (check.spread or 0.0)
    found = t(
        "trust.shares_more" if more else "trust.shares_same", share=check.share, expected=check.expected
    )
    if check.spread is not None and lead > 0 and not more:
        found = f"{found} {t('trust.shares_scatter', spread=check.spread)}"
    return f"{found} {t('trust.shares_of')}"


def alt_curve(kind: str, check: CurveCheck) -> str:
    """Text alternative of a curve's chart."""
    return t(
        "trust.curve_alt",
        title=t(f"tested.{kind}"),
        own=check.own_area,
        random=check.random_area,
        edges=check.edge_area,
    )


def _lead(kind: str, check: CurveCheck) -> str:
    """Why the lead over random orders is not clear, in numbers.

    The standard deviation is not passed on, but a lead that was not enough is a lower bound for it.
    """
    less = check.random_area - check.own_area
    gain = 100 * (less if kind == "deletion" else -less)
    if gain <= 0:
        return t("lead.none")
    if gain < 100 * LEAST_LEAD:
        return t("lead.small", gain=gain, least=100 * LEAST_LEAD)
    return t("lead.scatter", gain=gain, clear=CLEAR_LEAD, orders=check.orders, scatter=gain / CLEAR_LEAD)


def _word(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[holds]
