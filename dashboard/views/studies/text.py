"""Text for studies: the library's records are in English, with names of models and datasets in labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboard.charts.metrics import DotRow
from dashboard.i18n import DEFAULT, has_key, messages, t, translate_notice
from dashboard.records.reader import Experiment, ExperimentRow
from dashboard.text.metrics import dataset_name, figure_name, is_technical
from dashboard.text.model_names import network_name
from xai.models.card_schema import Metric

__all__ = [
    "experiment_dots",
    "figures_that_hold",
    "measured_name",
    "note",
    "question",
    "row_label",
]


def figures_that_hold(figures: Iterable[tuple[Metric | None, float | None]]) -> str:
    """How many printed figures lie within the interval of what was measured; empty without any to compare.

    Args:
        figures: measured and printed figures; pairs without an interval or a printed figure are not counted.
    """
    known = [(found, said) for found, said in figures if found and said is not None]
    pairs = [(one.low, one.high, said) for one, said in known if one.low is not None and one.high is not None]
    lower = sum(said < low for low, _, said in pairs)
    higher = sum(said > high for _, high, said in pairs)
    counted = {"n": len(pairs), "lower": lower, "higher": higher}
    if not pairs:
        return ""
    if not lower + higher:
        return t("studies.hold_all", n=len(pairs))
    if lower + higher == len(pairs):
        return t("studies.hold_none", **counted)
    return t("studies.hold_part", within=len(pairs) - lower - higher, **counted)


def question(experiment: Experiment) -> str:
    """The question; as in the library where the messages do not have the experiment."""
    key = f"experiment_question.{experiment.name}"
    return (
        t(f"experiment_question.{experiment.name}") if has_key(key) else translate_notice(experiment.question)
    )


def note(experiment: Experiment) -> str:
    """What was compared, at the plain level; how exactly, with what was left out, at the technical level."""
    key = f"experiment_plain.{experiment.name}"
    if not is_technical() and has_key(key):
        return t(f"experiment_plain.{experiment.name}")
    begins = messages(DEFAULT)["experiment.left_out"].partition("{")[0]  # how the library begins that list
    said, _, left = experiment.note.partition(f" {begins}")
    names = ", ".join(network_name(name) for name in left.removesuffix(".").split(", ") if name)
    return " ".join([translate_notice(said), *([t("experiment.left_out", names=names)] if names else [])])


def experiment_dots(rows: Sequence[ExperimentRow]) -> list[DotRow]:
    """The rows of an experiment's chart."""
    several = len({row.figure for row in rows}) > 1
    labels = [row_label(row.label) for row in rows]
    if several:
        labels = [
            t("experiment.label_figure", label=label, figure=measured_name(row.figure))
            for label, row in zip(labels, rows, strict=True)
        ]
    return [DotRow(label, row.measured, row.published) for label, row in zip(labels, rows, strict=True)]


def row_label(label: str) -> str:
    """A row's label: its comma-separated parts are networks, datasets or what was done."""
    return ", ".join(map(_part, label.split(", ")))


def measured_name(figure: str) -> str:
    """The metric of an experiment; recall there means detection recall."""
    slug = _slug(figure)
    if not is_technical() and has_key(f"experiment_figure.{slug}"):
        return t(f"experiment_figure.{slug}")
    return figure_name(slug)


def _part(part: str) -> str:
    if has_key(f"experiment_part.{_slug(part)}"):
        return t(f"experiment_part.{_slug(part)}")
    network = network_name(part)
    return network if network != part else dataset_name(part)


def _slug(said: str) -> str:
    return said.replace(" ", "_")
