"""Experiments in words: the library keeps them in English, with names of models and sets in their labels."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.figure_words import figure_name, is_technical
from dashboard.i18n import DEFAULT, catalogue, from_library, has, say
from dashboard.model_figures import Dot
from dashboard.model_names import network_name
from dashboard.record_words import dataset_name
from dashboard.records.values import Experiment, ExperimentRow

__all__ = ["experiment_dots", "measured_name", "note", "question", "row_label"]


def question(experiment: Experiment) -> str:
    """What was asked; as the library says it where the catalogue does not know the experiment."""
    key = f"experiment_question.{experiment.name}"
    return say(f"experiment_question.{experiment.name}") if has(key) else from_library(experiment.question)


def note(experiment: Experiment) -> str:
    """What was compared, for plain readers; how exactly, with what was left out, for technical ones."""
    key = f"experiment_plain.{experiment.name}"
    if not is_technical() and has(key):
        return say(f"experiment_plain.{experiment.name}")
    begins = catalogue(DEFAULT)["experiment.left_out"].partition("{")[0]  # as the library begins that list
    said, _, left = experiment.note.partition(f" {begins}")
    names = ", ".join(network_name(name) for name in left.removesuffix(".").split(", ") if name)
    return " ".join([from_library(said), *([say("experiment.left_out", names=names)] if names else [])])


def experiment_dots(rows: Sequence[ExperimentRow]) -> list[Dot]:
    """The lines of an experiment's chart."""
    several = len({row.figure for row in rows}) > 1
    labels = [row_label(row.label) for row in rows]
    if several:
        labels = [
            say("experiment.label_figure", label=label, figure=measured_name(row.figure))
            for label, row in zip(labels, rows, strict=True)
        ]
    return [Dot(label, row.measured, row.published) for label, row in zip(labels, rows, strict=True)]


def row_label(label: str) -> str:
    """A line's label: its parts, between commas, are networks, sets or what was done."""
    return ", ".join(map(_part, label.split(", ")))


def measured_name(figure: str) -> str:
    """What an experiment measured; what it calls recall is of faces that a detector had to find."""
    slug = _slug(figure)
    if not is_technical() and has(f"experiment_figure.{slug}"):
        return say(f"experiment_figure.{slug}")
    return figure_name(slug)


def _part(part: str) -> str:
    if has(f"experiment_part.{_slug(part)}"):
        return say(f"experiment_part.{_slug(part)}")
    network = network_name(part)
    return network if network != part else dataset_name(part)


def _slug(said: str) -> str:
    return said.replace(" ", "_")
