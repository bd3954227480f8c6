"""Sentences about two maps, made from numbers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.i18n import class_title, format_number, t
from dashboard.text.map_units import method_title, value_text
from dashboard.text.regions import region_title
from dashboard.text.verdicts import figures, headline, word
from dashboard.views.compare.aligned_maps import AlignedMap, difference
from dashboard.views.compare.class_mapping import answer_relation, can_mean_the_same
from xai.classes import class_info
from xai.evidence.map_similarity import STRONGEST, Agreement
from xai.evidence_types import Evidence
from xai.types import REGIONS, RegionShares

__all__ = [
    "COVERING",
    "MapPair",
    "agreement_rows",
    "agreement_sentence",
    "alt_difference",
    "alt_layer",
    "class_notes",
    "heading",
    "reason_lines",
    "verdict_rows",
]

COVERING = "occlusion"
"""The method whose maps show how far covering lowers each answer: statements about reasons use these."""

_APART = 0.2
"""Share of the evidence in other regions from which the text says that two maps show different reasons; the
value is shown beside it."""

_WORTH_SHARING = 0.02
"""Probability: region shares of a map with a smaller largest drop mean next to nothing."""

_LARGELY, _PARTLY = 0.6, 0.25
"""Overlap from which the text calls the strongest areas largely, and partly, the same."""


@dataclass(frozen=True, eq=False)
class MapPair:
    """Two maps, and what is known of the reasons for their answers.

    Attributes:
        first, second: the maps.
        shown: agreement of the maps of the method that is shown.
        covering: agreement of the occlusion maps; statements about reasons use these.
        evidence: of the first and the second; None where there is none.
        over: no more evidence will arrive.
    """

    first: AlignedMap
    second: AlignedMap
    shown: Agreement
    covering: Agreement
    evidence: tuple[Evidence | None, Evidence | None] = (None, None)
    over: bool = False

    @property
    def reasons(self) -> str:
        """``same``, ``partly``, ``different`` or ``unknown``: by the verdicts, and by the occlusion maps'
        region shares.

        ``partly`` is one verdict that names different things that the answer depends on besides.
        """
        known = {self._by_verdict(), self._by_shares()}
        return next((found for found in ("different", "partly", "same") if found in known), "unknown")

    @property
    def waits(self) -> bool:
        """Whether a verdict is still to come."""
        return None in self.evidence and not self.over

    @property
    def shared_out(self) -> bool:
        """Whether covering lowers both answers enough for region shares to mean anything."""
        maps = [each.explanation.heatmaps[COVERING].values for each in (self.first, self.second)]
        return min(float(values.max()) for values in maps) >= _WORTH_SHARING

    def _by_verdict(self) -> str | None:
        one, two = self.evidence
        if one is None or two is None or "cannot tell" in (one.verdict, two.verdict):
            return None
        if one.verdict != two.verdict:
            return "different"
        return "same" if _besides(one) == _besides(two) else "partly"

    def _by_shares(self) -> str | None:
        if self.covering.moved is None or not self.shared_out:
            return None
        return "same" if self.covering.moved < _APART else "different"


def heading(pair: MapPair) -> str:
    """Whether the answers agree, and whether for the same reasons, in one short sentence."""
    alike = answer_relation(pair.first.prediction, pair.second.prediction)
    return t(f"compare_found.{alike}_{pair.reasons}")


def reason_lines(pair: MapPair) -> list[str]:
    """The basis of the heading: each verdict, or why there is none, and where the evidence differs most."""
    said = [
        t("compare.verdict", name=each.title, verdict=headline(evidence))
        if evidence
        else t("compare.verdict_waits" if pair.waits else "compare.verdict_failed", name=each.title)
        for each, evidence in zip((pair.first, pair.second), pair.evidence, strict=True)
    ]
    one, two = (each.explanation.shares[COVERING] for each in (pair.first, pair.second))
    if one and two:
        said.append(_moved(pair, one, two) if pair.shared_out else t("compare.weak"))
    return said


def verdict_rows(pair: MapPair) -> list[dict[str, str]]:
    """A row for each of the two with a verdict: its name, and the counts for each question."""
    none = t("numbers.none")
    untold = dict.fromkeys((t("question.follow"), t("question.stay")), none)
    return [
        {
            t("compare.column_model"): each.title,
            t("compare.column_verdict"): word(evidence.verdict),
            **untold,
            **{figure.title: figure.said for figure in figures(evidence)},
        }
        for each, evidence in zip((pair.first, pair.second), pair.evidence, strict=True)
        if evidence
    ]


def agreement_sentence(pair: MapPair) -> str:
    """How far the shown maps agree, in one sentence."""
    overlap = pair.shown.overlap
    if overlap is None:
        return t("agree.nothing")
    word = "largely" if overlap >= _LARGELY else "partly" if overlap >= _PARTLY else "hardly"
    return t(f"strongest.{word}", method=method_title(pair.first.method), overlap=overlap, chance=STRONGEST)


def agreement_rows(pair: MapPair, level: str) -> list[tuple[str, str]]:
    """The agreement metrics: name and value."""
    figures = {
        "answers": t(f"agree.answers_{answer_relation(pair.first.prediction, pair.second.prediction)}"),
        "correlation": _figure(pair.shown.correlation, ".2f"),
        "overlap": _figure(pair.shown.overlap, ".0%"),
        "moved": _figure(pair.shown.moved, ".0%"),
    }
    return [(_figure_name(name, level), value) for name, value in figures.items()]


def class_notes(pair: MapPair) -> list[str]:
    """That two maps explain different answers, or one answer under two names."""
    one, two = pair.first.explanation.target, pair.second.explanation.target
    if class_info(one).name == class_info(two).name:
        return []
    names = {"first": pair.first.title, "second": pair.second.title}
    classes = {"one": class_title(one), "two": class_title(two)}
    mapped = can_mean_the_same(one, two, pair.first.prediction.classes, pair.second.prediction.classes)
    return [t("compare.mapped" if mapped else "compare.two_targets", **names, **classes)]


def alt_layer(layer: AlignedMap) -> str:
    """One map, text alternative."""
    x, y = layer.peak
    return t(
        "compare.alt",
        method=method_title(layer.method),
        name=layer.title,
        target=class_title(layer.explanation.target),
        value=value_text(float(np.nanmax(layer.values)), layer.unit, signed=layer.signed),
        x=x,
        y=y,
        shares=_shares_text(layer.shares),
    )


def alt_difference(pair: MapPair) -> str:
    """The difference map, text alternative."""
    apart = difference(pair.first, pair.second)
    said = {"first": pair.first.title, "second": pair.second.title}
    if not np.isfinite(apart).any():
        return t("compare.alt_apart", **said)
    values = {
        "most": value_text(float(np.nanmax(apart)), pair.first.unit, signed=True),
        "least": value_text(float(np.nanmin(apart)), pair.first.unit, signed=True),
    }
    return t("compare.alt_difference", **said, **values)


def _besides(evidence: Evidence) -> tuple[str, str]:
    """The deciding reason, and what else the answer depends on most."""
    named = (str(reason.values["family"]) for reason in evidence.reasons if "family" in reason.values)
    return evidence.reasons[0].code, next(named, "")


def _moved(pair: MapPair, one: RegionShares, two: RegionShares) -> str:
    widest = max(REGIONS, key=lambda name: abs(one.share[name] - two.share[name]))
    return t(
        "compare.moved",
        moved=pair.covering.moved,
        region=region_title(widest),
        one=one.share[widest],
        first=pair.first.title,
        two=two.share[widest],
        second=pair.second.title,
    )


def _figure_name(name: str, level: str) -> str:
    return t(f"compare_plain.{name}") if level == "plain" else t(f"compare_technical.{name}")


def _figure(value: float | None, form: str) -> str:
    return t("agree.none") if value is None else format_number(value, form)


def _shares_text(shares: RegionShares | None) -> str:
    if shares is None:
        return ""
    share, area = shares.of("nose", "mouth")
    return t("compare.alt_shares", share=share, area=area)
