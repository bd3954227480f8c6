"""Review of a classifier's wrong answers: a contact sheet, a table to fill in, and the counts."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.atomic_write import write_atomically
from xai.errors import DataRejected
from xai.learning.data.splits import load_crop
from xai.learning.evaluation.predictions import Answers
from xai.models.reported_errors import ERROR_KINDS, KnownError
from xai.photo.images import encode_png

__all__ = ["Misclassification", "count_kinds", "mistakes", "read_kinds", "write_kinds", "write_sheet"]

Pixels = NDArray[np.uint8]

_COLUMNS = ("file", "truth", "answer", "probability", "kind")
_TILE = 168  # pixels a side
_LINE = 15  # height of a line of text in pixels
_ACROSS = 8


@dataclass(frozen=True)
class Misclassification:
    """One wrong answer.

    Attributes:
        file: the picture, relative to the set's folder; its box where a photo has several faces.
        truth: the label.
        answer: the predicted class.
        probability: of the answer.
        kind: key of ``ERROR_KINDS``, or "" before the review.
        place: index of the face in ``Answers.examples``; -1 where it was read from a table.
    """

    file: str
    truth: str
    answer: str
    probability: float
    kind: str = ""
    place: int = -1


def mistakes(answers: Answers, folder: Path, limit: int | None = None) -> tuple[Misclassification, ...]:
    """The wrong answers, most confident first.

    Args:
        answers: a classifier's predictions for faces of one set.
        folder: the set's.
        limit: at most this many.
    """
    sure = answers.probabilities.max(axis=1)
    wrong = np.flatnonzero(answers.truth != answers.answer)
    ranked = wrong[np.argsort(-sure[wrong], kind="stable")][:limit]
    return tuple(_mistake(answers, folder, int(place)) for place in ranked)


def write_sheet(answers: Answers, found: Sequence[Misclassification], path: Path) -> None:
    """Draw the faces of ``found`` into one PNG: under each its true class, the answer, its probability, and
    its file.

    It shows faces of the set: for local review, not for sharing.

    Raises:
        DataRejected: there is none, or a picture can no longer be read.
        XaiError: the file cannot be written.
    """
    if not found:
        raise DataRejected("Not one answer is wrong, so there is nothing to draw.")
    tiles = [_tile(load_crop(answers.examples[one.place]), one) for one in found]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % min(_ACROSS, len(tiles)))
    across = min(_ACROSS, len(tiles))
    png = encode_png(np.vstack([np.hstack(tiles[at : at + across]) for at in range(0, len(tiles), across)]))
    write_atomically(path, lambda place: place.write_bytes(png))


def write_kinds(found: Sequence[Misclassification], path: Path) -> int:
    """Write the table to fill in; returns how many kinds were kept.

    Kinds in an earlier table at ``path`` for the same face and true class are kept, whatever the answer.

    Raises:
        DataRejected: the file at ``path`` has another format.
        XaiError: the file cannot be written.
    """
    before = {(one.file, one.truth): one.kind for one in read_kinds(path)} if path.exists() else {}
    rows = [{**asdict(one), "kind": before.get((one.file, one.truth), "")} for one in found]

    def write(place: Path) -> None:
        with place.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)

    write_atomically(path, write)
    return sum(bool(row["kind"]) for row in rows)


def read_kinds(path: Path) -> tuple[Misclassification, ...]:
    """The rows of a table, filled in or not.

    Raises:
        DataRejected: it is not such a table, or names an unknown kind.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(_from_row(row) for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        said = f"the column {error} is missing" if isinstance(error, KeyError) else error
        raise DataRejected(f"{path} is not a table that `errors --sheet` wrote: {said}.") from error


def count_kinds(found: Sequence[Misclassification], on: str) -> tuple[KnownError, ...]:
    """How often each kind was given, the most frequent first; rows without a kind are ignored.

    Args:
        found: rows of a table.
        on: the set and setting of the wrong answers.

    Raises:
        DataRejected: no kind is filled in.
    """
    counts = Counter(one.kind for one in found if one.kind)
    if not counts:
        raise DataRejected(f"No row has a kind yet; fill the column with one of {', '.join(ERROR_KINDS)}.")
    looked_at = sum(counts.values())
    return tuple(KnownError(kind, count, looked_at, "", on) for kind, count in counts.most_common())


def _mistake(answers: Answers, folder: Path, place: int) -> Misclassification:
    example = answers.examples[place]
    file = example.path.relative_to(folder).as_posix()
    if example.cut and example.extent is not None:
        file += "#" + ",".join(f"{edge:g}" for edge in example.extent)
    answer = answers.classes[int(answers.answer[place])]
    sure = round(float(answers.probabilities[place].max()), 4)
    return Misclassification(file, example.label, answer, sure, place=place)


def _from_row(row: dict[str, str]) -> Misclassification:
    file, truth, answer, probability, kind = (row[name] for name in _COLUMNS)
    kind = kind.strip()
    if kind and kind not in ERROR_KINDS:
        raise ValueError(f"it calls {file} {kind!r}; known kinds are {', '.join(ERROR_KINDS)}")
    return Misclassification(file, truth, answer, float(probability), kind)


def _tile(crop: Pixels, mistake: Misclassification) -> Pixels:
    """A face at the tile's size, and two lines of text below it."""
    scale = _TILE / max(crop.shape[:2])
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    tile = np.full((_TILE + 2 * _LINE, _TILE, 3), 255, np.uint8)
    tile[: size[1], : size[0]] = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    said = f"{mistake.truth} > {mistake.answer} {mistake.probability:.2f}"
    for line, text in enumerate((said, Path(mistake.file).name)):
        wide = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)[0][0]
        at = (2, _TILE + (line + 1) * _LINE - 4)
        fitting = 0.4 * min(1.0, (_TILE - 4) / wide)
        cv2.putText(tile, text, at, cv2.FONT_HERSHEY_SIMPLEX, fitting, (20, 20, 20), 1, cv2.LINE_AA)
    return tile
