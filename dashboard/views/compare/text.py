"""Sentences about two maps, made from numbers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.i18n import class_title, format_number, t
from dashboard.text.map_units import method_title, value_text
from dashboard.text.predictions import is_right, is_wrong
from dashboard.text.regions import region_title
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
    "answers_right",
    "basis",
    "class_notes",
    "heading",
    "verdict_relation",
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
        name: of the pair, within a sentence.
        truths: the true class of the first and the second face, or None.
        faces: one model on two faces is compared, not two models on one.
        evidence: of the first and the second; None where there is none.
        over: no more evidence will arrive.
    """

    first: AlignedMap
    second: AlignedMap
    shown: Agreement
    covering: Agreement
    name: str
    truths: tuple[str | None, str | None] = (None, None)
    faces: bool = False
    evidence: tuple[Evidence | None, Evidence | None] = (None, None)
    over: bool = False

    @property
    def reasons(self) -> str:
        """``same``, ``partly``, ``different`` or ``unknown``: by the verdicts, and by the occlusion maps'
        region shares. Where a verdict cannot tell, the maps do not decide either.
        """
        known = {verdict_relation(*self.evidence), self._by_shares()}
        order = ("unknown", "different", "partly", "same")
        return next((found for found in order if found in known), "unknown")

    @property
    def waits(self) -> bool:
        """Whether a verdict is still to come."""
        return None in self.evidence and not self.over

    @property
    def shared_out(self) -> bool:
        """Whether covering lowers both answers enough for region shares to mean anything."""
        maps = [each.explanation.heatmaps[COVERING].values for each in (self.first, self.second)]
        return min(float(values.max()) for values in maps) >= _WORTH_SHARING

    def _by_shares(self) -> str | None:
        if self.covering.moved is None or not self.shared_out:
            return None
        return "same" if self.covering.moved < _APART else "different"


def heading(pair: MapPair) -> str:
    """Of which pair it speaks, whether the answers agree and are right, and whether the reasons agree."""
    alike = answer_relation(pair.first.prediction, pair.second.prediction)
    answers = t(f"compare_answers.{alike}")
    right = answers_right(pair)
    return t(
        "compare.found",
        pair=pair.name,
        answers=t("compare.answers_right", answers=answers, right=right) if right else answers,
        reasons=t(f"compare_reasons.{pair.reasons}"),
    )


def answers_right(pair: MapPair) -> str:
    """Which of the answers is right; empty where that is not known of both."""
    both = (pair.first, pair.second)
    right = [is_right(each.prediction, truth) for each, truth in zip(both, pair.truths, strict=True)]
    wrong = [is_wrong(each.prediction, truth) for each, truth in zip(both, pair.truths, strict=True)]
    if all(right) or all(wrong):
        return t("compare_right.both" if right[0] else "compare_right.neither")
    if not all(yes or no for yes, no in zip(right, wrong, strict=True)):
        return ""
    if pair.faces:
        return t("compare_right.first_face" if right[0] else "compare_right.second_face")
    return t("compare_right.one", slot=t("compare.first" if right[0] else "compare.second"))


def basis(pair: MapPair) -> str:
    """What may change the heading; later, how far the evidence lies in other regions."""
    one, two = (each.explanation.shares[COVERING] for each in (pair.first, pair.second))
    if pair.waits:
        return t("compare.waits")
    if verdict_relation(*pair.evidence) == "unknown":
        return t("compare.untold")
    if not (one and two):
        return t("verdict.not_right")
    return _moved(pair, one, two) if pair.shared_out else t("compare.weak")


def verdict_relation(one: Evidence | None, two: Evidence | None) -> str | None:
    """Whether two verdicts name the same reasons: ``same``, ``partly``, ``different``; ``unknown`` where one
    of them cannot tell; None where one is missing.

    ``partly`` is one verdict that names different things that the answer depends on besides.
    """
    if one is None or two is None:
        return None
    if "cannot tell" in (one.verdict, two.verdict):
        return "unknown"
    if one.verdict != two.verdict:
        return "different"
    return "same" if _besides(one) == _besides(two) else "partly"


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
    target = class_title(layer.explanation.target)
    asked = (
        t("compare.alt_contrast", target=target, against=class_title(layer.against))
        if layer.against
        else t("compare.alt_target", target=target)
    )
    return t(
        "compare.alt",
        method=method_title(layer.method),
        name=layer.title,
        asked=asked,
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
