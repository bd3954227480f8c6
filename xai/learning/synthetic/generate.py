"""A synthetic training set: random masks drawn on bare faces of other sets, each label known.

A face keeps its group, so that no person of a test part is used for training. Two of ten faces stay
uncovered, with an occluder in front of them that is not a mask. The set has the layout of ``labels.csv`` and
is read as any other.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected, XaiError
from xai.learning.data.splits import TEST_ONLY, Example, select
from xai.learning.synthetic.base_faces import BaseFace, load_base_face
from xai.learning.synthetic.sampling import RandomEdit, apply_edit, choose_dress

__all__ = ["DrawnRow", "Order", "Tally", "bare_faces", "draw_set", "write_picture", "write_table"]


_ATTEMPTS = 4
_LEAST_SHOWN = 0.14  # of the face's rectangle; least of 500 drawings inside the picture: 0.15

_JPEG_QUALITY = 90


@dataclass(frozen=True)
class Order:
    """What is to be drawn.

    Attributes:
        per_face: drawings per face, 1 or more.
        seed: the same seed and faces give the same pictures.
        part: value of the rows' ``split``: the part that the faces were taken from.
    """

    per_face: int = 4
    seed: int = 0
    part: str = "train"


@dataclass(frozen=True)
class Tally:
    """Counts of a call of ``draw_set``.

    Attributes:
        faces: faces that were drawn on.
        refused: faces without a face mesh, or whose picture cannot be read.
        drawings: pictures written.
        classes, ways, reasons, occluders: how many of each.
    """

    faces: int
    refused: int
    drawings: int
    classes: dict[str, int]
    ways: dict[str, int]
    reasons: dict[str, int]
    occluders: dict[str, int]


def bare_faces(examples: Sequence[Example], part: str, limit: int | None = None) -> tuple[Example, ...]:
    """The uncovered faces that the product protocol may use as ``part``.

    Args:
        examples: faces of one or several sets.
        part: ``"train"``, ``"val"`` or ``"test"``.
        limit: at most this many, picked by a digest of their names, so from all over the sets.

    Raises:
        DataRejected: there is none.
    """
    found = [e for e in select(examples, "product", part) if e.label == "uncovered"]
    if not found:
        raise DataRejected(
            f"The sets hold no uncovered face that the product protocol would use as {part!r}; "
            f"sets for measuring only ({', '.join(TEST_ONLY)}) are never drawn on for training."
        )
    if limit is None or limit >= len(found):
        return tuple(found)
    kept = set(sorted(range(len(found)), key=lambda i: _digest(_source(found[i])))[:limit])
    return tuple(e for i, e in enumerate(found) if i in kept)


def draw_set(
    faces: Sequence[Example], out: Path, order: Order, report: Callable[[int, int], None] | None = None
) -> Tally:
    """Draw on every face ``order.per_face`` times and write the set to ``out``, atomically.

    Args:
        faces: bare faces, as of ``bare_faces``.
        out: a new folder.
        order: how many, and the seed.
        report: called with faces done and faces in all.

    Raises:
        XaiError: ``out`` exists, has the name of an evaluation set, or cannot be written.
        DataRejected: not one face could be drawn on.
    """
    _check_free(out)
    unfinished = out.with_name(out.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # left over from an interrupted call
    try:
        tally = _draw_all(faces, unfinished, order, report)
        unfinished.rename(out)
    except OSError as error:
        raise XaiError(f"{out} cannot be written: {error.strerror or error}; free some space.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return tally


def _check_free(out: Path) -> None:
    if out.exists():
        raise XaiError(f"{out} exists already; name a new folder.")
    if out.name in TEST_ONLY:
        raise XaiError(f"A set called {out.name!r} counts as one for measuring only; give it another name.")


def _draw_all(
    faces: Sequence[Example], folder: Path, order: Order, report: Callable[[int, int], None] | None
) -> Tally:
    rows: list[DrawnRow] = []
    refused = 0
    for done, example in enumerate(faces, start=1):
        sitter = load_base_face(example)
        refused += sitter is None
        if sitter is not None:
            rows.extend(_draw_face(example, sitter, folder, order))
        if report:
            report(done, len(faces))
    if not rows:
        raise DataRejected(f"None of the {len(faces)} faces could be drawn on: no face mesh fits them.")
    write_table(folder / "labels.csv", rows)
    return _tally(rows, len(faces) - refused, refused)


def _tally(rows: Sequence[DrawnRow], faces: int, refused: int) -> Tally:
    counts = [dict(Counter(values)) for values in zip(*map(_kinds, rows), strict=True)]
    return Tally(faces, refused, len(rows), *counts)


def _kinds(row: DrawnRow) -> tuple[str, str, str, str]:
    return row.class_, row.way, row.reason or "none", row.occluder or "none"


def _draw_face(example: Example, sitter: BaseFace, folder: Path, order: Order) -> Iterator[DrawnRow]:
    for number in range(order.per_face):
        key = _digest(f"{order.seed}/{_source(example)}/{number}")
        found = _try_on(sitter, int(key[:12], 16))
        if found is None:
            continue
        dress, pixels = found
        file = f"{dress.label}/{key[:16]}.jpg"
        write_picture(folder / file, pixels)
        yield _row(file, example, sitter, dress, order.part)


def _try_on(sitter: BaseFace, seed: int) -> tuple[RandomEdit, NDArray[np.uint8]] | None:
    """The first visible one of a few random edits: a mask below a cropped-off chin is a false label."""
    for attempt in range(_ATTEMPTS):
        dress = choose_dress(seed + attempt)
        dressed = apply_edit(sitter.pixels, sitter.mesh, dress)
        if dressed.shown >= _LEAST_SHOWN:
            return dress, dressed.pixels
    return None


def _row(file: str, example: Example, sitter: BaseFace, dress: RandomEdit, part: str) -> DrawnRow:
    left, top, right, bottom = sitter.extent
    grown = example.short_side / max(min(right - left, bottom - top), 1e-6)
    known = np.isfinite(example.short_side)
    return DrawnRow(
        file=file,
        class_=dress.label,
        source_image=_source(example),
        x0=round(left, 1),
        y0=round(top, 1),
        x1=round(right, 1),
        y1=round(bottom, 1),
        box_w=round(grown * (right - left), 1) if known else "",
        box_h=round(grown * (bottom - top), 1) if known else "",
        split=part,
        group=example.group,
        reason=dress.reason,
        look=dress.look,
        way=dress.way,
        occluder=dress.occluder,
    )


def _source(example: Example) -> str:
    return f"{example.set_name}/{example.path.parent.name}/{example.path.name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class DrawnRow:
    """One line of the drawn set's ``labels.csv``; the names of the fields are its columns.

    Attributes:
        file: picture, relative to the set.
        class_: class name; the column is called ``class``.
        source_image: set and file that the face comes from.
        x0, y0, x1, y1: the face's tight box in the picture, pixels.
        box_w, box_h: its size in the photo that the source was cropped from, pixels; empty where unknown.
        split, group: of the source.
        reason: what is wrong with a mask worn incorrectly, of ``REASONS``, or empty.
        look, way, occluder: what was drawn; see ``RandomEdit``.
    """

    file: str
    class_: str
    source_image: str
    x0: float
    y0: float
    x1: float
    y1: float
    box_w: float | str
    box_h: float | str
    split: str
    group: str
    reason: str
    look: str
    way: str
    occluder: str


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write RGB uint8 ``(H, W, 3)`` as a JPEG file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    path.write_bytes(data.tobytes())


def write_table(path: Path, rows: Sequence[DrawnRow]) -> None:
    """Write ``labels.csv``: a line of column names, then one line per row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(name.rstrip("_") for name in DrawnRow.__dataclass_fields__)
        table.writerows(asdict(row).values() for row in rows)
