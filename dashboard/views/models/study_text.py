"""Text for studies and subgroups: the library's records are in English, with names of models and datasets in
their labels.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.metrics import DotRow
from dashboard.i18n import DEFAULT, format_number, has_key, messages, t, translate_notice
from dashboard.records.reader import Experiment, ExperimentRow
from dashboard.text.metrics import figure_name, is_technical
from dashboard.text.model_names import network_name
from dashboard.views.models.text import dataset_name
from xai.models.card_schema import LEAST_GROUPS, Subgroup
from xai.models.reported_errors import KnownError

__all__ = [
    "error_lists",
    "experiment_dots",
    "few_faces",
    "kind_dots",
    "measured_name",
    "note",
    "question",
    "row_label",
]


def kind_dots(kind: str, bins: Sequence[Subgroup], classes: Sequence[str]) -> list[DotRow]:
    """A row for each subgroup, labelled with its number of faces of each class.

    Args:
        kind: ``"size"``, ``"pose"`` or ``"colour"``.
        bins: what was measured.
        classes: in the order in which their faces are listed.
    """
    return [DotRow(_label(kind, one, classes), one.aca) for one in bins]


def few_faces(bins: Sequence[Subgroup]) -> bool:
    """Whether a class has so few faces in one of the bins that the interval of the mean is misleading."""
    return any(count < LEAST_GROUPS for one in bins for count in one.counts.values())


def error_lists(errors: Sequence[KnownError]) -> dict[str, list[str]]:
    """Description of the reviewed answers -> a line for each kind of error among them; in the card's order.

    The description is "" where neither the dataset nor the number of wrong answers is known.
    """
    lists: dict[str, list[str]] = {}
    for error in errors:
        lists.setdefault(_looked_at(error), []).append(_error(error))
    return lists


def _label(kind: str, one: Subgroup, classes: Sequence[str]) -> str:
    name = t(f"kind_{kind}.{one.name}") if has_key(f"kind_{kind}.{one.name}") else one.name
    counts = "/".join(format_number(one.counts.get(label, 0), ",") for label in classes)
    label = t("kinds.label", name=name, n=sum(one.counts.values()), counts=counts)
    return t("scored.starred", label=label) if few_faces([one]) or one.aca.gap else label


def _looked_at(error: KnownError) -> str:
    if not error.on:
        return "" if error.of is None else t("known_error.of", of=error.of)
    dataset = dataset_name(error.on.split()[0])
    if error.of is None:
        return t("known_error.on", dataset=dataset)
    return t("known_error.of_on", of=error.of, dataset=dataset)


def _error(error: KnownError) -> str:
    line = t("known_error.line", kind=t(f"error_kind.{error.kind}"), count=error.count)
    return t("known_error.line_note", line=line, note=translate_notice(error.note)) if error.note else line


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
