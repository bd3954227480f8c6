"""Reads the records beside the installed models: cards without weights, and experiments.

Free of torch, so that the web server can do it. The card of a model without weights here is in the folder
``measured`` beside the cards; experiments are in ``experiments.json``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xai.models.card_schema import Field, Metric
from xai.models.cards import EXPERIMENTS, Card, read_measured

__all__ = ["Experiment", "ExperimentRow", "RecordUnreadable", "Records", "read_experiments", "read_records"]


class RecordUnreadable(ValueError):
    """A file with invalid content; the message names the file and what is wrong."""


@dataclass(frozen=True)
class ExperimentRow:
    """One line of an experiment.

    Attributes:
        label: what was tried.
        figure: name of what was measured.
        measured: what was found.
        n: faces or answers it is based on; None where the value was adopted and its count is not known.
        published: what the study printed, 0..1, or None.
    """

    label: str
    figure: str
    measured: Metric
    n: int | None
    published: float | None


@dataclass(frozen=True)
class Experiment:
    """An experiment on data.

    Attributes:
        name: short name.
        question: the question, a sentence.
        source: number of the study it comes from, or ``"own"``.
        rows: what was found.
        command: the command that reproduces it.
        note: remarks; may be "".
    """

    name: str
    question: str
    source: str
    rows: tuple[ExperimentRow, ...] = field(repr=False)
    command: str
    note: str


@dataclass(frozen=True)
class Records:
    """The records beside the installed models.

    Attributes:
        measured: cards of models without weights here, by study and name.
        experiments: the experiments.
        problems: a sentence for each file that could not be read.
    """

    measured: tuple[Card, ...]
    experiments: tuple[Experiment, ...]
    problems: tuple[str, ...]


def read_records(cards: Sequence[Path], folders: Sequence[Path]) -> Records:
    """The records in ``folders`` beside the installed models.

    Args:
        cards: files of the installed models: a measured model of the same name is left out.
        folders: searched for ``measured/*.json`` and ``experiments.json``.
    """
    names = {path.stem for path in cards}
    found = read_measured(folders)
    experiments: list[Experiment] = []
    problems = list(found.problems)
    for folder in folders:
        try:
            experiments += read_experiments(folder / EXPERIMENTS)
        except RecordUnreadable as problem:
            problems.append(str(problem))
    measured = (card for card in found.cards if card.name not in names)
    return Records(
        tuple(sorted(measured, key=lambda card: (card.source, card.name))),
        tuple(experiments),
        tuple(problems),
    )


def read_experiments(path: Path) -> tuple[Experiment, ...]:
    """The experiments in a file, or none where there is no such file.

    Raises:
        RecordUnreadable: the file has another format.
    """
    if not path.is_file():
        return ()
    try:
        listed = Field(json.loads(path.read_text(encoding="utf-8")))
        return tuple(map(_experiment, listed.entries()))
    except (OSError, ValueError) as error:
        raise RecordUnreadable(f"The file {path.name} is left out: it cannot be read ({error}).") from error


def _experiment(one: Field) -> Experiment:
    return Experiment(
        name=one["name"].text(),
        question=one["question"].text(),
        source=one["source"].text(),
        rows=tuple(map(_row, one["rows"].entries())),
        command=one["command"].text(),
        note=one.get("note").known(Field.text) or "",
    )


def _row(row: Field) -> ExperimentRow:
    found = row["measured"]
    return ExperimentRow(
        label=row["label"].text(),
        figure=found["figure"].text(),
        measured=Metric(
            found["value"].number(),
            found.get("low").known(Field.number),
            found.get("high").known(Field.number),
        ),
        n=found["n"].known(Field.count),
        published=row.get("published").known(Field.number),
    )
