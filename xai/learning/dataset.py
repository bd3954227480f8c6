"""Labelled faces on disk, in three layouts, and which of them a protocol may use for what.

``labels.csv`` (crops, one row each), class folders (crops in ``<class>/``), and PASCAL VOC (whole photos
with boxes). A set is read into ``Example`` values; pictures are opened one by one by ``load_crop``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected
from xai.photo.images import read_image

__all__ = ["TEST_ONLY", "Example", "Extent", "load_crop", "read_examples", "select"]

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
    """The examples that ``protocol`` uses as ``part``.

    Args:
        examples: the faces of one set.
        protocol: ``"seed"`` (the sets' own split, every face) or ``"product"`` (no ``TEST_ONLY`` set in
            training, faces of 20 px and more, no near copies in the test part).
        part: ``"train"``, ``"val"`` or ``"test"``.

    A set without splits is all training under the one part and all test under the other. Where the
    product protocol measures on a set that it also trains on, the set's ``val`` part is the test part.
    """
    rules: dict[str, Callable[[Example], bool]] = {
        "seed": lambda e: e.split in (part, ""),
        "product": lambda e: (
            _product_part(e, part) and e.short_side >= 20 and not (part == "test" and e.overlap)
        ),
    }
    if protocol not in rules:
        raise ValueError(f"protocol must be 'seed' or 'product', not {protocol!r}")
    return tuple(e for e in examples if rules[protocol](e))


def load_crop(example: Example) -> NDArray[np.uint8]:
    """The example's crop, RGB uint8 ``(H, W, 3)``, face box plus margin where the set has boxes.

    Raises:
        DataRejected: the picture is missing or damaged; the sentence names the file.
    """
    try:
        image = read_image(example.path.read_bytes())
    except Exception as error:
        raise DataRejected(f"The picture {example.path} cannot be read: {error}") from error
    if not example.cut or example.extent is None:
        return image.pixels
    from xai.photo.faces import cut_crop  # noqa: PLC0415 - OpenCV is only needed for whole photos
    from xai.types import Box  # noqa: PLC0415

    return cut_crop(image.pixels, Box(*(round(v) for v in example.extent)))[0]


def _product_part(example: Example, part: str) -> bool:
    if example.set_name in TEST_ONLY:
        return part == "test"
    if part == "train":
        return example.split in ("train", "")
    return example.split in ("val", "test") or (part == "test" and example.split == "")


def _read_csv(folder: Path) -> tuple[Example, ...]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(_from_row(folder, number, row) for number, row in enumerate(rows, start=2))


def _from_row(folder: Path, number: int, row: dict[str, str]) -> Example:
    try:
        sides = [float(row[key]) for key in ("box_w", "box_h") if row.get(key)]
        return Example(
            path=folder / row["file"],
            label=_class_of(row["class"], f"{folder / 'labels.csv'} line {number}"),
            set_name=folder.name,
            group=row.get("group") or row.get("source_image") or row["file"],
            split=row.get("split") or "",
            fold=int(row["fold"]) if row.get("fold") else None,
            short_side=min(sides, default=float("inf")),
            extent=Extent(*(float(row[key]) for key in ("x0", "y0", "x1", "y1"))) if row.get("x0") else None,
            overlap=row.get("overlaps_ilc") == "1",
            review=row.get("review") or "",
            reason=row.get("reason") or "",
        )
    except (KeyError, ValueError) as error:
        raise DataRejected(f"Line {number} of {folder / 'labels.csv'} cannot be read: {error}.") from error


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
