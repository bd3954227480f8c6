"""Record of an experiment, stored in ``weights/experiments.json`` and shown on a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai.atomic_write import write_atomically
from xai.errors import DataRejected
from xai.models.cards import EXPERIMENTS, weights_folders

__all__ = ["Experiment", "Line", "Measured", "Sources", "write_experiments"]


@dataclass(frozen=True)
class Sources:
    """Inputs of the experiments.

    Attributes:
        data: the labelled set of the seed protocol; None where none was named.
        photos: folders of whole photos with ``boxes.csv``.
        device: see ``load_card``.
        note: called with a sentence for the user.
    """

    data: Path | None
    photos: tuple[Path, ...]
    device: str
    note: Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """One metric, with its 95 % interval and the number of faces (or photos) behind it.

    ``low``, ``high`` and ``n`` are None for figures that were only reported to us. All are rounded to four
    places.
    """

    figure: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None

    def __post_init__(self) -> None:
        if not np.isfinite(self.value):
            raise DataRejected(f"The figure {self.figure} has nothing to be made of; name more faces.")
        for name in ("value", "low", "high"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, round(float(value), 4))


@dataclass(frozen=True)
class Line:
    """What was tried, the result, and the study's published value (None: none)."""

    label: str
    measured: Measured
    published: float | None = None


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes:
        name: its id.
        question: the question, one sentence.
        source: number of the study.
        rows: the results, in display order.
        command: the command that reproduces it.
        note: remarks, as sentences.
    """

    name: str
    question: str
    source: str
    rows: tuple[Line, ...]
    command: str
    note: str

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {**asdict(self), "rows": [asdict(line) for line in self.rows]}


def write_experiments(found: Sequence[Experiment]) -> Path:
    """Store experiments in the project's file, replacing those of the same name; returns the path.

    Raises:
        DataRejected: the file is not a list of experiments.
        XaiError: it cannot be written.
    """
    path = weights_folders()[0] / EXPERIMENTS
    kept = {entry["name"]: entry for entry in _read(path)}
    kept.update({experiment.name: experiment.as_dict() for experiment in found})
    text = json.dumps(list(kept.values()), indent=1, ensure_ascii=False) + "\n"
    return write_atomically(path, lambda place: place.write_text(text, encoding="utf-8"))


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        if not isinstance(entries, list):
            raise TypeError(f"a list was expected, not {entries!r:.40}")
        return [{**entry, "name": str(entry["name"])} for entry in entries]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataRejected(f"{path} is no list of experiments; delete it and call again.") from error
