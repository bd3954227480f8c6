"""Metrics in words: their names, what the names mean, and what to say where one has no interval.

Plain names say what was counted; technical ones are the field's terms, explained where they appear.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboard.i18n import class_title, format_number, has_key, t
from dashboard.preferences import LEVELS, level
from xai.models.card_schema import LEAST_GROUPS, Evaluation, Metric

__all__ = [
    "class_label",
    "dataset_name",
    "dataset_note",
    "figure_name",
    "figure_text",
    "glossary",
    "is_technical",
    "missing_interval_notes",
    "percent",
    "score_label",
    "setting_line",
    "study_name",
]


def is_technical() -> bool:
    """Whether this reader chose the technical level."""
    return level() == LEVELS[1]


def study_name(source: str) -> str:
    """Display name of the study that a model continues."""
    return t("study.own") if source == "own" else t("study.numbered", number=source)


def dataset_name(name: str) -> str:
    """Display name of a dataset; one that the messages do not have, as it is."""
    return t(f"dataset.{name}") if has_key(f"dataset.{name}") else name


def dataset_note(*names: str) -> str | None:
    """What these datasets are, a sentence each, for a tooltip; None where the messages have none of them."""
    known = [name for name in dict.fromkeys(names) if has_key(f"dataset_note.{name}")]
    return "\n\n".join(t(f"dataset_note.{name}") for name in known) or None


def score_label(score: Evaluation) -> str:
    """A short name for one evaluation: the dataset and the number of faces."""
    return t("scored.label", dataset=dataset_name(score.dataset), n=score.n)


def setting_line(score: Evaluation) -> str:
    """The setting of an evaluation in words: how faces were cropped, what was left out."""
    return ", ".join(_setting(name, value) for name, value in score.setting.items())


def figure_name(name: str) -> str:
    """Name of a metric or a class at the reader's level."""
    if not is_technical() and has_key(f"score_plain.{name}"):
        return t(f"score_plain.{name}")
    return t(f"score.{name}") if has_key(f"score.{name}") else class_title(name)


def class_label(name: str, score: Evaluation, figure: Metric) -> str:
    """A class with its number of faces; an asterisk where no interval could be estimated."""
    faces = sum(score.confusion.get(name, {}).values())
    label = t("scored.of_faces", name=class_title(name), n=faces)
    return t("scored.starred", label=label) if figure.gap else label


def figure_text(figure: Metric) -> str:
    """A share with its interval, formatted for a table cell."""
    if figure.low is not None and figure.high is not None:
        return t("scored.interval", value=figure.value, low=figure.low, high=figure.high)
    return t("scored.starred", label=percent(figure.value)) if figure.gap else percent(figure.value)


def percent(share: float) -> str:
    """A share, formatted for a table cell."""
    return format_number(share, ".1%")


def missing_interval_notes(figures: Iterable[Metric]) -> list[str]:
    """Notes below a chart or table about metrics without an interval; empty where all have one."""
    found = list(figures)
    lines = []
    if any(each.gap for each in found):
        lines.append(t("scored.gap", least=LEAST_GROUPS))
    if any(each.low is None and not each.gap for each in found):
        lines.append(t("scored.no_interval"))
    return lines


def glossary(names: Sequence[str]) -> list[str]:
    """What the technical names mean, a line for each that needs one; empty at the plain level."""
    if not is_technical():
        return []
    return [t(f"term.{name}") for name in dict.fromkeys(names) if has_key(f"term.{name}")]


def _setting(name: str, value: str) -> str:
    if not is_technical() and has_key(f"setting_plain.{name}_{value}"):
        return t(f"setting_plain.{name}_{value}")
    if has_key(f"setting.{name}_{value}"):
        return t(f"setting.{name}_{value}", value=value)
    if has_key(f"setting.{name}"):
        return t(f"setting.{name}", value=value)
    return f"{name}={value}"
