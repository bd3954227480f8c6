"""Figures in words: what they are called, what the names mean, and what to say where one has no interval.

The plain names say what was counted; the technical ones are the field's and are explained where they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboard.i18n import class_name, has, number, say
from dashboard.preferences import LEVELS, level
from xai.models.card_schema import LEAST_GROUPS, Evaluation, Metric

__all__ = ["class_label", "figure_name", "figure_text", "gap_lines", "is_technical", "percent", "terms"]


def is_technical() -> bool:
    """Whether this reader asked for technical names."""
    return level() == LEVELS[1]


def figure_name(name: str) -> str:
    """A figure or a class in the words of this reader."""
    if not is_technical() and has(f"score_plain.{name}"):
        return say(f"score_plain.{name}")
    return say(f"score.{name}") if has(f"score.{name}") else class_name(name)


def class_label(name: str, score: Evaluation, figure: Metric) -> str:
    """A class with the number of its faces; a star where no interval could be estimated."""
    faces = sum(score.confusion.get(name, {}).values())
    label = say("scored.of_faces", name=class_name(name), n=faces)
    return say("scored.starred", label=label) if figure.gap else label


def figure_text(figure: Metric) -> str:
    """A share with its interval, as a cell of a table says it."""
    if figure.low is not None and figure.high is not None:
        return say("scored.interval", value=figure.value, low=figure.low, high=figure.high)
    return say("scored.starred", label=percent(figure.value)) if figure.gap else percent(figure.value)


def percent(share: float) -> str:
    """A share as a cell of a table says it."""
    return number(share, ".1%")


def gap_lines(figures: Iterable[Metric]) -> list[str]:
    """What to say below a chart or table about figures that have no interval; nothing where all have one."""
    found = list(figures)
    lines = []
    if any(each.gap for each in found):
        lines.append(say("scored.gap", least=LEAST_GROUPS))
    if any(each.low is None and not each.gap for each in found):
        lines.append(say("scored.no_interval"))
    return lines


def terms(names: Sequence[str]) -> list[str]:
    """What the technical names mean, a line for each that needs one; nothing for plain readers."""
    if not is_technical():
        return []
    return [say(f"term.{name}") for name in dict.fromkeys(names) if has(f"term.{name}")]
