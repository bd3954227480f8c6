"""Labelled faces on disk: the type of a face, and the four layouts of sets.

``labels.csv`` (crops, one row each), ``boxes.csv`` (whole photos, one row per face), class folders (crops in
``<class>/``, or in ``train|validation|holdout/<class>/``), and PASCAL VOC (whole photos with boxes).
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from xai.errors import DataRejected

__all__ = ["CLASS_NAMES", "Example", "Extent", "Skip", "read_layout"]

Skip = Callable[[str], None]
"""Called with one sentence for everything that is left out."""

CLASS_NAMES = {
    "covered": "covered",
    "incorrect": "incorrect",
    "uncovered": "uncovered",
    "with_mask": "covered",
    "without_mask": "uncovered",
    "mask_weared_incorrect": "incorrect",
    "mask_wearred_incorrect": "incorrect",
}
"""Class names of sets -> our names; the Kaggle set's misspelling is intended."""

_PARTS = {"train": "train", "validation": "val", "val": "val", "holdout": "test", "test": "test"}
_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
_PORTRAIT = re.compile(r"(\d{5})(_Mask\w*)?")
"""MaskedFace-Net's and FFHQ's file names: one number is one person, with and without a drawn mask."""


class Extent(NamedTuple):
    """A face's tight box inside a crop (or inside a whole photo), in its pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Example:
    """One labelled face.

    Attributes:
        path: the picture file.
        label: class name.
        set_name: name of the set's folder.
        group: unit that must stay together in splits and in the bootstrap (near-duplicates, source photo).
        split: ``"train"``, ``"val"``, ``"test"`` or ``""`` where the set has none.
        fold: 0..4, or None.
        short_side: shorter side of the face in the original photo, pixels; infinity where unknown.
        extent: the tight face box inside the picture, or None where only the picture is given.
        cut: True where ``extent`` must still be cropped from a whole photo.
        overlap: True where a near duplicate is in a training set.
        review: result of the manual review of a doubtful label: ``"clear"``, ``"doubtful"``, ``"too_small"``,
            ``""``.
        reason: what is uncovered in an ``incorrect`` face, where the set says so.
    """

    path: Path
    label: str
    set_name: str
    group: str
    split: str = ""
    fold: int | None = None
    short_side: float = float("inf")
    extent: Extent | None = None
    cut: bool = False
    overlap: bool = False
    review: str = ""
    reason: str = ""


def read_layout(folder: Path, skip: Skip) -> tuple[Example, ...] | None:
    """Every labelled face of ``folder``, in the order of its files; None where it has no known layout.

    Raises:
        DataRejected: the table of a CSV set cannot be read at all.
    """
    for there, reader in (
        ((folder / "labels.csv").is_file(), _read_crops),
        ((folder / "boxes.csv").is_file(), _read_photos),
        ((folder / "annotations").is_dir(), _read_voc),
        (bool(_class_folders(folder)), _read_folders),
    ):
        if there:
            return tuple(reader(folder, skip))
    return None


def _read_crops(folder: Path, skip: Skip) -> Iterator[Example]:
    return _read_csv(folder / "labels.csv", _crop_of, skip)


def _read_photos(folder: Path, skip: Skip) -> Iterator[Example]:
    return _read_csv(folder / "boxes.csv", _face_of, skip)


def _read_csv(
    path: Path, example: Callable[[Path, str, dict[str, str]], Example], skip: Skip
) -> Iterator[Example]:
    """``example`` of each row of a table; it is called with the table, the row's place and the row."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise DataRejected(f"{path} cannot be read as CSV in UTF-8: {error}.") from error
    for number, row in enumerate(rows, start=2):
        try:
            yield example(path, f"line {number}", row)
        except (KeyError, ValueError, TypeError) as error:
            skip(f"Line {number} of {path} cannot be read: {error}.")
        except DataRejected as error:
            skip(str(error))


def _crop_of(table: Path, line: str, row: dict[str, str]) -> Example:
    sides = [_finite(row[key]) for key in ("box_w", "box_h") if row.get(key)]
    return Example(
        path=table.parent / row["file"],
        label=_class_of(row["class"], f"{table} {line}"),
        set_name=table.parent.name,
        group=row.get("group") or row.get("source_image") or row["file"],
        split=row.get("split") or "",
        fold=int(row["fold"]) if row.get("fold") else None,
        short_side=min(sides, default=float("inf")),
        extent=_extent_of(row) if row.get("x0") else None,
        overlap=row.get("overlaps_ilc") == "1",
        review=row.get("review") or "",
        reason=row.get("reason") or "",
    )


def _face_of(table: Path, line: str, row: dict[str, str]) -> Example:
    extent = _extent_of(row)
    short_side = min(extent.right - extent.left, extent.bottom - extent.top)
    if short_side <= 0:
        raise ValueError(f"the box {tuple(extent)} is empty")
    return Example(
        path=table.parent / row["file"],
        label=_class_of(row["class"], f"{table} {line}"),
        set_name=table.parent.name,
        group=row["file"],
        short_side=short_side,
        extent=extent,
        cut=True,
    )


def _extent_of(row: dict[str, str]) -> Extent:
    return Extent(*(_finite(row[key]) for key in ("x0", "y0", "x1", "y1")))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no size in pixels")
    return number


def _class_folders(folder: Path) -> list[tuple[str, str, Path]]:
    """(part, class, folder) of every folder that is named after a class."""
    parts = [("", folder), *((part, folder / name) for name, part in _PARTS.items())]
    return [
        (part, label, inside / name)
        for part, inside in parts
        for name, label in CLASS_NAMES.items()
        if (inside / name).is_dir()
    ]


def _read_folders(folder: Path, skip: Skip) -> Iterator[Example]:
    for part, label, inside in _class_folders(folder):
        pictures = [path for path in sorted(inside.iterdir()) if path.suffix.lower() in _PICTURES]
        if not pictures:
            skip(f"The class folder {inside} holds no picture.")
        for path in pictures:
            portrait = _PORTRAIT.fullmatch(path.stem)
            group = portrait[1] if portrait else path.name
            yield Example(path=path, label=label, set_name=folder.name, group=group, split=part)


def _read_voc(folder: Path, skip: Skip) -> Iterator[Example]:
    from xai.learning.data.pascal_voc import read_voc  # noqa: PLC0415 - the one reader that needs an XML parser

    for face in read_voc(folder, skip):
        try:
            label = _class_of(face.name, str(face.annotation))
        except DataRejected as error:
            skip(str(error))
            continue
        yield Example(
            path=face.photo,
            label=label,
            set_name=folder.name,
            group=face.photo.name,
            short_side=min(face.right - face.left, face.bottom - face.top),
            extent=Extent(face.left, face.top, face.right, face.bottom),
            cut=True,
        )


def _class_of(name: str, where: str) -> str:
    if name not in CLASS_NAMES:
        raise DataRejected(f"{where} has the class {name!r}; known are {', '.join(CLASS_NAMES)}.")
    return CLASS_NAMES[name]
