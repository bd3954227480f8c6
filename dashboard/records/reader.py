"""Reading cards and experiments into records.

Free of torch, so that the web server can do it. The card of a model whose weights are not here lies in the
folder ``measured`` beside the cards and has the same keys; experiments stand in ``experiments.json``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from dashboard.records.values import (
    Bin,
    ClassVerdict,
    Epoch,
    Experiment,
    ExperimentRow,
    Figure,
    Record,
    Records,
    Score,
)
from xai.learning.evaluation.metrics import interval_gap
from xai.models.reported_errors import read_errors

__all__ = ["RecordUnreadable", "read_experiments", "read_record", "read_records"]

T = TypeVar("T")

_LEARNT = ("train", "val")
"""Parts of the data that decide what a model becomes."""

_OVERALL = ("accuracy", "aca", "precision", "recall", "specificity", "npv", "f1", "ece")


class RecordUnreadable(ValueError):
    """A file that does not say what it should; the message names the file and what is wrong."""


def read_records(cards: Sequence[Path], folders: Sequence[Path]) -> Records:
    """Everything that is known of models.

    Args:
        cards: of the models that can be asked, the default first.
        folders: searched for ``measured/*.json`` and ``experiments.json``.
    """
    problems: list[str] = []

    def attempt(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except RecordUnreadable as problem:
            problems.append(str(problem))
            return None

    here = [attempt(partial(read_record, path, installed=True)) for path in cards]
    names = {record.name for record in here if record}
    paths = [path for folder in folders for path in sorted((folder / "measured").glob("*.json"))]
    there = [attempt(partial(read_record, path, installed=False)) for path in paths]
    experiments = [attempt(partial(read_experiments, folder / "experiments.json")) for folder in folders]
    return Records(
        installed=tuple(record for record in here if record),
        measured=tuple(
            sorted((r for r in there if r and r.name not in names), key=lambda r: (r.source, r.name))
        ),
        experiments=tuple(one for several in experiments for one in several or ()),
        problems=tuple(problems),
    )


def read_record(path: Path, *, installed: bool) -> Record:
    """The record in a card.

    Raises:
        RecordUnreadable: the file is not a card.
    """
    raw = _read(path)
    try:
        recipe, data = raw["recipe"], raw["data"]
        return Record(
            name=str(raw["name"]),
            architecture=str(raw["architecture"]),
            classes=tuple(raw["classes"]),
            input_size=int(raw["input_size"]),
            source=str(raw["source"]),
            protocol=str(raw["protocol"]),
            license=str(raw["license"]),
            limits=tuple(raw["limits"]),
            errors=read_errors(raw.get("errors", ())),
            departures=tuple(recipe.get("departures", ())),
            command=str(recipe.get("command", "")),
            published={name: float(value) for name, value in recipe.get("published", {}).items()},
            counts={part: _summed(data[part], raw["classes"]) for part in _LEARNT if data.get(part)},
            sets=tuple(dict.fromkeys(name for part in _LEARNT for name in data.get(part, ()))),
            scores=tuple(_score(name, row) for name, row in raw["metrics"].items() if "n" in row),
            history=tuple(_epoch(row) for row in raw.get("history", ())),
            installed=installed,
            trained_on=str(recipe.get("trained_on", "fmd")),
            verdicts=tuple(
                _class_verdict(name, label, row)
                for name, classes in raw.get("verdicts", {}).items()
                for label, row in classes.items()
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordUnreadable(_sentence(path, error)) from error


def read_experiments(path: Path) -> tuple[Experiment, ...]:
    """The experiments in a file, or none where there is no such file.

    Raises:
        RecordUnreadable: the file holds something else.
    """
    if not path.is_file():
        return ()
    raw = _read(path)
    try:
        return tuple(
            Experiment(
                name=str(one["name"]),
                question=str(one["question"]),
                source=str(one["source"]),
                rows=tuple(_experiment_row(row) for row in one["rows"]),
                command=str(one["command"]),
                note=str(one.get("note") or ""),
            )
            for one in raw
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordUnreadable(_sentence(path, error)) from error


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordUnreadable(_sentence(path, error)) from error


def _sentence(path: Path, error: Exception) -> str:
    return f"The file {path.name} is left out: it cannot be read ({type(error).__name__}: {error})."


def _summed(sets: Mapping[str, Mapping[str, int]], classes: Sequence[str]) -> dict[str, int]:
    return {name: sum(int(counts.get(name, 0)) for counts in sets.values()) for name in classes}


def _score(name: str, row: Mapping[str, Any]) -> Score:
    dataset, *settings = name.split()
    values = {k: row[k] for k in _OVERALL if row.get(k) is not None}
    faces = {truth: sum(answers.values()) for truth, answers in row["confusion"].items()}
    groups = {**faces, **row.get("groups", {})}  # older cards do not count them; there are no more than faces
    return Score(
        dataset=dataset,
        setting=dict(setting.split("=", 1) for setting in settings),
        n=int(row["n"]),
        missed=int(row.get("missed", 0)),
        figures={
            figure: _figure(value, row["intervals"].get(figure), groups.get(figure, sum(groups.values())))
            for figure, value in {**values, **row["per_class"]}.items()
        },
        confusion=row["confusion"],
        by={kind: tuple(map(_bin, bins)) for kind, bins in row.get("by", {}).items()},
    )


def _class_verdict(name: str, label: str, row: Mapping[str, Any]) -> ClassVerdict:
    dataset, donors = name.split(" donors=")
    kept = {family: _share(each["stayed"]) for family, each in row["families"].items()}
    known = {family: figure for family, figure in kept.items() if figure is not None}
    least = min(known, key=lambda family: known[family].value, default="")
    return ClassVerdict(
        dataset=dataset,
        donors=donors,
        label=label,
        faces=int(row["faces"]),
        judged=int(row["judged"]),
        followed=_share(row["followed"]),
        place=_share(row["place_share"]),
        stayed=_share(row["stayed"]),
        moved_by=least,
        kept=known.get(least),
        verdict=str(row["verdict"]["verdict"]),
    )


def _share(found: Mapping[str, Any]) -> Figure | None:
    if found["value"] is None:
        return None
    low, high = found["interval"] or (None, None)
    return Figure(float(found["value"]), low, high)


def _figure(value: float, ends: Sequence[float | None] | None, groups: int) -> Figure:
    """A share and its interval, which is left out where it would say nothing."""
    low, high = ends or (None, None)
    if low is None or high is None:
        return Figure(float(value))
    gap = interval_gap((low, high), groups)
    return Figure(float(value), gap=gap) if gap else Figure(float(value), float(low), float(high))


def _bin(one: Mapping[str, Any]) -> Bin:
    counts = {name: int(count) for name, count in one["counts"].items()}
    aca = _figure(one["aca"], one["intervals"].get("aca"), sum(counts.values()))
    return Bin(str(one["bin"]), counts, aca)


def _epoch(row: Mapping[str, Any]) -> Epoch:
    given = {name: row.get(name) for name in ("train_loss", "loss", "accuracy", "aca")}
    return Epoch(int(row["epoch"]), **{k: None if v is None else float(v) for k, v in given.items()})


def _experiment_row(row: Mapping[str, Any]) -> ExperimentRow:
    found, published = row["measured"], row.get("published")
    low, high = (None if found.get(k) is None else float(found[k]) for k in ("low", "high"))
    return ExperimentRow(
        label=str(row["label"]),
        figure=str(found["figure"]),
        measured=Figure(float(found["value"]), low, high),
        n=None if found["n"] is None else int(found["n"]),
        published=None if published is None else float(published),
    )
