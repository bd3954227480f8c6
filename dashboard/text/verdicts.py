"""Sentences about a verdict, made from its ``Evidence`` and nothing else, for two kinds of reader.

``plain`` has no technical word; ``technical`` names every figure as the library does, with its unit. The
words stand in the catalogue under ``plain`` and ``technical``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.i18n import say
from dashboard.preferences import LEVELS
from dashboard.text.regions import area_name, place_name, region_name
from xai.evidence_types import AREAS, CONDITIONS, AreaEvidence, Condition, Evidence, Reason

__all__ = [
    "LEVELS",
    "alt_condition",
    "alt_effects",
    "asked_for",
    "because",
    "close_calls",
    "condition_line",
    "condition_of",
    "condition_word",
    "effects_note",
    "flag_lines",
    "headline",
    "other_area",
    "price",
    "steadiness",
]

_CODES = {
    "necessity": ("needed", "not_needed"),
    "exclusion": ("alone", "also_elsewhere"),
    "sufficiency": ("enough", "not_enough"),
}
"""Condition -> the reason that it is when it holds, and when it does not."""

_MANY = 10.0
"""So many times more than the area itself is not counted any more in plain words."""

_CLOSE = 0.05
"""A figure this near to its limit is called a close call. On the gallery's faces, moving the landmarks by a
tenth of the eye distance scatters exclusion and sufficiency by about as much (median standard deviation)."""


def headline(evidence: Evidence, level: str) -> str:
    """The verdict in one short sentence, which no condition beside it contradicts."""
    own = evidence.deciding
    if own is None or evidence.verdict == "cannot tell":
        return _say(level, "cannot_tell")
    key = _mixture(own) if evidence.verdict == "mixed" else evidence.verdict.replace(" ", "_")
    return _say(level, key, area=area_name(evidence.area), place=place_name(own.strongest))


def because(evidence: Evidence, level: str) -> str:
    """What belongs to the headline: for ``cannot tell`` why, and what can be done; else the close calls."""
    if evidence.verdict != "cannot tell":
        return " ".join(close_calls(evidence, level))
    reason = evidence.reasons[0]
    return _say(level, reason.code, **_values(reason))


def close_calls(evidence: Evidence, level: str) -> list[str]:
    """A sentence, with both numbers, for each condition that could as well have come out the other way."""
    own = evidence.deciding
    known = own.conditions if own else {}
    return [
        _say(
            level,
            "close_most" if name == "exclusion" else "close_least",
            name=say(f"condition.{name}"),
            value=condition.value,
            threshold=condition.threshold,
        )
        for name, condition in known.items()
        if condition.value is not None and abs(condition.value - condition.threshold) <= _CLOSE
    ]


def condition_of(evidence: Evidence, name: str) -> Condition:
    """A condition of the deciding area; raises ``ValueError`` where no edit was made."""
    own = evidence.deciding
    if own is None:
        raise ValueError("no edit was made, so there is no condition to speak of")
    return own.conditions[name]


def condition_word(condition: Condition) -> str:
    """``yes``, ``no`` or ``unknown``: a key of the catalogue, under ``condition``."""
    return {True: "yes", False: "no", None: "unknown"}[condition.holds]


def condition_line(evidence: Evidence, name: str, level: str) -> str:
    """What was measured of one condition of the deciding area, in one sentence.

    Args:
        evidence: with edits made.
        name: one of ``CONDITIONS``.
        level: one of ``LEVELS``.
    """
    condition = condition_of(evidence, name)
    if condition.value is None:
        return _say(level, "unmeasured")
    code = _CODES[name][not condition.holds]
    values = {
        "area": area_name(evidence.area),
        "place": place_name(evidence.areas[evidence.area].strongest),
        "value": condition.value,
        "threshold": condition.threshold,
    }
    return _say(level, code if level == "technical" else _plainer(code, condition.value), **values)


def asked_for(name: str, condition: Condition, level: str) -> str:
    """What the condition asks for, in few words."""
    at = "most" if name == "exclusion" else "least"
    return _say(level, f"at_{at}", threshold=condition.threshold)


def alt_condition(evidence: Evidence, name: str, level: str) -> str:
    """The chart of a condition, for those who do not see it."""
    condition = condition_of(evidence, name)
    return say(
        "bullet.alt",
        name=say(f"condition.{name}"),
        word=say(f"condition.{condition_word(condition)}"),
        line=condition_line(evidence, name, level),
        asked=asked_for(name, condition, level),
    )


def other_area(evidence: Evidence, level: str) -> str:
    """What would hold of the area that does not decide, in one sentence; nothing where no edit was made."""
    others = [area for area in AREAS if area != evidence.area and area in evidence.areas]
    if not others:
        return ""
    area, found = others[0], evidence.areas[others[0]]
    if level == "plain":
        return say(f"plain.other_{area}_{found.verdict.replace(' ', '_')}")
    known = {name: found.conditions[name] for name in CONDITIONS}
    figures = [
        say("technical.figure", name=say(f"figure.{name}"), value=c.value, threshold=c.threshold)
        for name, c in known.items()
        if c.value is not None
    ]
    verdict = say(f"outcome.{found.verdict.replace(' ', '_')}")
    return say("technical.other", area=area_name(area), verdict=verdict, figures=", ".join(figures))


def flag_lines(evidence: Evidence, level: str) -> list[str]:
    """Where a map disagrees with the verdict, a sentence each."""
    area = area_name(evidence.area)
    return [
        _say(
            level,
            flag.code,
            **{**_values(flag), "area": area, "method": say(f"method_title.{flag.values['method']}")},
        )
        for flag in evidence.flags
    ]


def steadiness(evidence: Evidence, level: str) -> str:
    """How often the verdict stayed when the places were moved; nothing where that was not asked."""
    found = evidence.steadiness
    return "" if found is None else _say(level, "steady", held=found.held, of=found.of)


def price(evidence: Evidence, level: str) -> str:
    """What the test cost."""
    said = _say(level, "price", forwards=evidence.forwards, seconds=evidence.seconds)
    if level == "plain":
        return said
    more = [say("technical.contrast", contrast=evidence.contrast)]
    if evidence.reach is not None:
        more.append(say("technical.reach", reach=evidence.reach))
    own = evidence.deciding
    if own is not None and own.share is not None:
        more.append(say("technical.share", share=own.share, carried=own.carried))
    return " ".join([said, *more])


def effects_note(evidence: Evidence, level: str) -> str:
    """How the bars of the regions' effects are read."""
    return _say(level, "effects", controls=evidence.controls)


def alt_effects(evidence: Evidence, level: str) -> str:
    """The bars of the regions' effects, for those who do not see them."""
    rows: Sequence[str] = [
        _say(level, "effect_row", region=region_name(name), effect=found.effect, rank=found.rank)
        for name, found in evidence.regions.items()
    ]
    return say("effects.alt", rows="; ".join(rows), controls=evidence.controls)


def _mixture(own: AreaEvidence) -> str:
    """How the parts of a mixed verdict go together, as a key of the catalogue."""
    needed, alone, enough = (own.conditions[name].holds is True for name in CONDITIONS)
    if enough and not needed:
        return "mixed_spare"
    if needed and not enough:
        return "mixed_alone" if alone else "mixed_part"
    return "mixed"


def _say(level: str, key: str, **values: object) -> str:
    return say(f"plain.{key}", **values) if level == "plain" else say(f"technical.{key}", **values)


def _values(reason: Reason) -> Mapping[str, float | str]:
    return {**reason.values}


def _plainer(code: str, value: float) -> str:
    """The sentence for a figure that reads oddly as a percentage: nothing, all, many times."""
    if code in ("not_needed", "not_enough") and round(100 * value) <= 0:
        return f"{code}_none"
    if code == "enough" and round(100 * value) >= 100:
        return "enough_all"
    if code == "also_elsewhere" and value >= _MANY:
        return "also_elsewhere_many"
    if code == "also_elsewhere" and value > 1:
        return "also_elsewhere_times"
    return code
