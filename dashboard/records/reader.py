"""Reads the records beside the installed models: cards without weights, experiments, and control networks.

Free of torch, so that the web server can do it. The card of a model without weights here is in the folder
``measured`` beside the cards; experiments are in ``experiments.json``. The control networks have a record of
their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from xai.models.card_fields import Field
from xai.models.card_schema import ClassVerdict, Metric, read_verdicts
from xai.models.cards import EXPERIMENTS, REFERENCES, Card, read_measured

__all__ = [
    "Experiment",
    "ExperimentRow",
    "RecordUnreadable",
    "Records",
    "Reference",
    "read_experiments",
    "read_records",
    "read_references",
]


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
class Reference:
    """A control network beside which models are shown, since what it looks at is known.

    Attributes:
        name: of the network.
        honest: whether it depends on the lower face alone; it reads a planted mark otherwise.
        answers: how many faces it was asked about.
        right: how many of its answers are right.
        verdicts: on its right answers, as on a model's card.
    """

    name: str
    honest: bool
    answers: int
    right: int
    verdicts: tuple[ClassVerdict, ...] = field(repr=False)


@dataclass(frozen=True)
class Records:
    """The records beside the installed models.

    Attributes:
        measured: cards of models without weights here, by study and name.
        experiments: the experiments.
        references: the control networks, the honest one first.
        problems: a sentence for each file that could not be read.
    """

    measured: tuple[Card, ...]
    experiments: tuple[Experiment, ...]
    references: tuple[Reference, ...]
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
    references: tuple[Reference, ...] = ()
    try:
        references = read_references()
    except RecordUnreadable as problem:
        problems.append(str(problem))
    measured = (card for card in found.cards if card.name not in names)
    return Records(
        tuple(sorted(measured, key=lambda card: (card.source, card.name))),
        tuple(experiments),
        references,
        tuple(problems),
    )


def read_experiments(path: Path) -> tuple[Experiment, ...]:
    """The experiments in a file, or none where there is no such file.

    Raises:
        RecordUnreadable: the file has another format.
    """
    listed = _content(path)
    with _told_of(path):
        return () if listed is None else tuple(map(_experiment, listed.entries()))


def read_references(path: Path = REFERENCES) -> tuple[Reference, ...]:
    """The control networks of a record, the honest ones first; none where there is no such file.

    Raises:
        RecordUnreadable: the file has another format.
    """
    record = _content(path)
    with _told_of(path):
        found = () if record is None else tuple(_reference(*each) for each in record["networks"].items())
    return tuple(sorted(found, key=lambda each: not each.honest))


def _content(path: Path) -> Field | None:
    if not path.is_file():
        return None
    with _told_of(path):
        return Field(json.loads(path.read_text(encoding="utf-8")))


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Says of a fault in which file it is."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise RecordUnreadable(f"The file {path.name} is left out: it cannot be read ({error}).") from error


def _reference(name: str, row: Field) -> Reference:
    return Reference(
        name=name,
        honest=row["honest"].value is True,
        answers=row["answers"].count(),
        right=row["right"].count(),
        verdicts=read_verdicts(row["verdicts"]),
    )


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
