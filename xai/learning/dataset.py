"""Labelled faces on disk, in three layouts, and which of them a protocol may use for what.

``labels.csv`` (crops, one row each), class folders (crops in ``<class>/``), and PASCAL VOC (whole photos
with boxes). A set is read into ``Example`` values; pictures are opened one by one by ``load_crop``.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected, ImageRejected
from xai.photo.images import read_image

__all__ = ["TEST_ONLY", "Example", "Extent", "load_crop", "load_picture", "read_examples", "select"]

TEST_ONLY = ("fmd", "mfn")
"""Sets that the product protocol measures on and never trains on; all their rows are then test rows."""

_ALIASES = {
    "covered": "covered",
    "incorrect": "incorrect",
    "uncovered": "uncovered",
    "with_mask": "covered",
    "without_mask": "uncovered",
    "mask_weared_incorrect": "incorrect",
}


class Extent(NamedTuple):
    """A face's tight box inside a crop (or, for VOC, inside the photo), in its pixels."""

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
        set_name: name of the folder the set lies in.
        group: what must stay together in splits and in the bootstrap (near-duplicates, source photo).
        split: ``"train"``, ``"val"``, ``"test"`` or ``""`` where the set has none.
        fold: 0..4, or None.
        short_side: shorter side of the face in the original photo, pixels; infinity where unknown.
        extent: the tight face box inside the picture, or None where the picture is all there is.
        cut: True where ``extent`` must still be cut out of a whole photo (VOC).
        overlap: True where a near copy is in a training set.
        review: what a person said of a doubtful label: ``"clear"``, ``"doubtful"``, ``"too_small"``, ``""``.
        reason: what is uncovered in an ``incorrect`` face, where the set says.
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


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Every labelled face of the set in ``folder``, in the order of its files.

    Raises:
        DataRejected: there is no such folder, no known layout in it, or a row that cannot be read.
    """
    if not folder.is_dir():
        raise DataRejected(
            f"There is no folder {folder}; name one that holds labels.csv, class folders or VOC."
        )
    for there, reader in (
        ((folder / "labels.csv").is_file(), _read_csv),
        ((folder / "annotations").is_dir(), _read_voc),
        (any((folder / name).is_dir() for name in _ALIASES), _read_folders),
    ):
        if there:
            examples = reader(folder)
            if not examples:
                raise DataRejected(
                    f"The set {folder} holds no labelled face; check that its pictures are there."
                )
            return examples
    raise DataRejected(
        f"The folder {folder} holds neither labels.csv, nor annotations/, nor folders named after classes "
        f"({', '.join(_ALIASES)})."
    )


def select(examples: Sequence[Example], protocol: str, part: str) -> tuple[Example, ...]:
    """The examples that ``protocol`` uses as ``part``, in their order.

    Args:
        examples: the faces of one or several sets.
        protocol: ``"seed"`` (the sets' own split, every face) or ``"product"`` (no ``TEST_ONLY`` set in
            training, faces of 20 px and more, no near copies in the test part).
        part: ``"train"``, ``"val"`` or ``"test"``.

    A set with folds and no split has fold 0 as test and fold 1 as validation part. In a set with neither,
    every row is a test row, and about one group in seven, chosen by a digest of its name, is held out of
    training as the validation part. The product protocol measures a set without a test part on its
    validation part.
    """
    if protocol not in ("seed", "product"):
        raise ValueError(f"protocol must be 'seed' or 'product', not {protocol!r}")
    rule = _seed_part if protocol == "seed" else _product_part
    parts = {
        name: {_own_part(e) for e in examples if e.set_name == name}
        for name in {e.set_name for e in examples}
    }
    return tuple(e for e in examples if rule(e, part, parts[e.set_name]))


def load_crop(example: Example) -> NDArray[np.uint8]:
    """The example's crop, RGB uint8 ``(H, W, 3)``, face box plus margin where the set has boxes.

    Raises:
        DataRejected: the picture is missing or damaged; the sentence names the file.
    """
    picture = load_picture(example)
    if not example.cut or example.extent is None:
        return picture
    from xai.photo.faces import cut_crop  # noqa: PLC0415 - OpenCV is only needed for whole photos
    from xai.types import Box  # noqa: PLC0415

    left, top, right, bottom = example.extent
    if left >= picture.shape[1] or top >= picture.shape[0] or right <= 0 or bottom <= 0:
        raise DataRejected(f"The box {tuple(example.extent)} lies outside the picture {example.path}.")
    return cut_crop(picture, Box(round(left), round(top), round(right), round(bottom)))[0]


def load_picture(example: Example) -> NDArray[np.uint8]:
    """The example's picture as it lies on disk, RGB uint8 ``(H, W, 3)``; for VOC the whole photo.

    Raises:
        DataRejected: it is missing or damaged; the sentence names the file.
    """
    try:
        return read_image(example.path.read_bytes()).pixels
    except (OSError, ImageRejected) as error:
        raise DataRejected(f"The picture {example.path} cannot be read: {error}") from error


def _own_part(example: Example) -> str:
    """The part that the set itself puts a face in; empty where it says nothing."""
    if example.split or example.fold is None:
        return example.split
    return {0: "test", 1: "val"}.get(example.fold, "train")


def _seed_part(example: Example, part: str, _: set[str]) -> bool:
    own = _own_part(example)
    return own == part if own else _undivided_part(example, part)


def _product_part(example: Example, part: str, parts: set[str]) -> bool:
    if example.short_side < 20 or (part == "test" and example.overlap):
        return False
    if example.set_name in TEST_ONLY:
        return part == "test"
    own = _own_part(example)
    if not own:
        return _undivided_part(example, part)
    return own == ("val" if part == "test" and "test" not in parts else part)


def _undivided_part(example: Example, part: str) -> bool:
    held_out = hashlib.sha256(example.group.encode()).digest()[0] % 7 == 0
    return part == "test" or held_out == (part == "val")


def _read_csv(folder: Path) -> tuple[Example, ...]:
    path = folder / "labels.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise DataRejected(f"{path} cannot be read as CSV in UTF-8: {error}.") from error
    return tuple(_from_row(folder, number, row) for number, row in enumerate(rows, start=2))


def _from_row(folder: Path, number: int, row: dict[str, str]) -> Example:
    try:
        sides = [_finite(row[key]) for key in ("box_w", "box_h") if row.get(key)]
        return Example(
            path=folder / row["file"],
            label=_class_of(row["class"], f"{folder / 'labels.csv'} line {number}"),
            set_name=folder.name,
            group=row.get("group") or row.get("source_image") or row["file"],
            split=row.get("split") or "",
            fold=int(row["fold"]) if row.get("fold") else None,
            short_side=min(sides, default=float("inf")),
            extent=Extent(*(_finite(row[key]) for key in ("x0", "y0", "x1", "y1")))
            if row.get("x0")
            else None,
            overlap=row.get("overlaps_ilc") == "1",
            review=row.get("review") or "",
            reason=row.get("reason") or "",
        )
    except (KeyError, ValueError, TypeError) as error:
        raise DataRejected(f"Line {number} of {folder / 'labels.csv'} cannot be read: {error}.") from error


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no size in pixels")
    return number


def _read_folders(folder: Path) -> tuple[Example, ...]:
    return tuple(
        Example(path=path, label=label, set_name=folder.name, group=path.name)
        for name, label in _ALIASES.items()
        if (folder / name).is_dir()
        for path in sorted((folder / name).iterdir())
        if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
    )


def _read_voc(folder: Path) -> tuple[Example, ...]:
    from xai.learning.voc import read_voc  # noqa: PLC0415 - the one reader that needs an XML parser

    return tuple(
        Example(
            path=face.photo,
            label=_class_of(face.name, str(face.annotation)),
            set_name=folder.name,
            group=face.photo.name,
            short_side=min(face.right - face.left, face.bottom - face.top),
            extent=Extent(face.left, face.top, face.right, face.bottom),
            cut=True,
        )
        for face in read_voc(folder)
    )


def _class_of(name: str, where: str) -> str:
    if name not in _ALIASES:
        raise DataRejected(f"{where} has the class {name!r}; known are {', '.join(_ALIASES)}.")
    return _ALIASES[name]
