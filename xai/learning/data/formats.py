"""Labelled faces on disk: the type of a face, and the four layouts of sets.

``labels.csv`` (crops, one row each), ``boxes.csv`` (whole photos, one row per face), PASCAL VOC (whole
photos with boxes), and class folders (crops in ``<class>/`` at any depth, below ``train``, ``val``, ``test``
or not).
A layout from which nothing can be read does not hide the next.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from xai.classes import label_of
from xai.errors import DataRejected
from xai.learning.data.pictures import Pictures, files_in, folders_in
from xai.learning.data.tables import Row, read_rows
from xai.types import CLASSES

__all__ = ["Example", "Extent", "LeftOut", "Skip", "label_of_folders", "read_boxes", "read_layout"]

Skip = Callable[[str], None]
"""Called with one sentence for everything that is left out."""

_PARTS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
    "holdout": "test",
}
_SYSTEM_FILES = ("thumbs.db", "desktop.ini")
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
        size: width and height of the photo in which its boxes were drawn, pixels; None where not said.
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
    size: tuple[int, int] | None = None
    overlap: bool = False
    review: str = ""
    reason: str = ""


class LeftOut:
    """What is said while a layout is read.

    Attributes:
        sentences: one for each entry that cannot be used.
        aside: about pictures without a label, and files that are none.
        named: pictures that an entry names, usable or not.
    """

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.aside: list[str] = []
        self.named: set[Path] = set()

    def __call__(self, sentence: str) -> None:
        """Keep the sentence about an entry."""
        self.sentences.append(sentence)


def read_layout(folder: Path, skip: Skip, aside: Skip = lambda _: None) -> tuple[Example, ...] | None:
    """Every labelled face of ``folder``, in the order of its files; None where it has no known layout.

    Args:
        folder: the set.
        skip: called with one sentence for each entry that is left out, and for a layout of which nothing can
            be read.
        aside: called with one sentence about pictures without a label.
    """
    pictures = Pictures(folder)
    known, held = False, list[str]()
    for name, reader in _layouts(folder):
        left_out, known = LeftOut(), True
        try:
            examples = tuple(reader(folder, pictures, left_out))
        except DataRejected as error:
            examples = ()
            left_out.sentences.insert(0, str(error))
        if not examples:
            held += left_out.sentences or [f"{folder / name} holds no labelled face."]
            continue
        if held:
            skip(f"{held[0]} So {folder} is read in another layout.")
        for sentence in left_out.sentences:
            skip(sentence)
        labelled = {*left_out.named, *(example.path for example in examples)}
        for sentence in (*left_out.aside, *_unlabelled(folder, pictures, labelled, name)):
            aside(sentence)
        return examples
    for sentence in held:
        skip(sentence)
    return () if known else None


Reader = Callable[[Path, Pictures, LeftOut], Iterator[Example]]


def _layouts(folder: Path) -> Iterator[tuple[str, Reader]]:
    """The layouts that the folder has, by the file or folder that tells: "" for class folders."""
    if (folder / "labels.csv").is_file():
        yield "labels.csv", _read_crops
    if (folder / "boxes.csv").is_file():
        yield "boxes.csv", read_boxes
    if any((folder / name).is_dir() for name in ("annotations", "Annotations")):
        yield "annotations", _read_voc
    if any(_class_folder(path, folder) for path in folders_in(folder)):
        yield "", _read_folders


def _unlabelled(folder: Path, pictures: Pictures, labelled: set[Path], layout: str) -> Iterator[str]:
    """The sentence about pictures that the layout does not mention, where there are any."""
    rest = [path for path in pictures.paths if path not in labelled]
    if rest and layout:  # class folders say it folder by folder
        counted = f"{len(rest)} picture{' is' if len(rest) == 1 else 's are'}"
        yield f"{counted} in {folder} but not in its {layout}, the first is {rest[0].relative_to(folder)}."


def read_boxes(folder: Path, pictures: Pictures, left_out: LeftOut) -> Iterator[Example]:
    """Every face of ``boxes.csv``.

    Raises:
        DataRejected: the table cannot be read at all.
    """
    return _read_csv(folder / "boxes.csv", pictures, _face_of, left_out)


def _read_crops(folder: Path, pictures: Pictures, left_out: LeftOut) -> Iterator[Example]:
    return _read_csv(folder / "labels.csv", pictures, _crop_of, left_out)


def _read_csv(
    table: Path, pictures: Pictures, example: Callable[[Row, Path], Example], left_out: LeftOut
) -> Iterator[Example]:
    for row in read_rows(table):
        try:
            path = pictures.named(row.file)
            left_out.named.add(path)
            yield example(row, path)
        except DataRejected as error:
            left_out(str(error))


def _crop_of(row: Row, path: Path) -> Example:
    sides = [row.number(key) for key in ("box_w", "box_h") if row.get(key)]
    return Example(
        path=path,
        label=row.label,
        set_name=_name_of(row.table.parent),
        group=row.get("group") or row.get("source_image") or row.file,
        split=_part_of(row),
        fold=row.whole("fold") if row.get("fold") else None,
        short_side=min(sides, default=float("inf")),
        extent=_extent_of(row) if row.get("x0") else None,
        overlap=row.get("overlaps_ilc") == "1",
        review=row.get("review"),
        reason=row.get("reason"),
    )


def _part_of(row: Row) -> str:
    split = row.get("split").lower()
    if split and split not in _PARTS:
        raise row.wrong("split", "train, val or test")
    return _PARTS.get(split, "")


def _face_of(row: Row, path: Path) -> Example:
    extent = _extent_of(row)
    short_side = min(extent.right - extent.left, extent.bottom - extent.top)
    if short_side <= 0:
        raise row.refused(f"its box {tuple(extent)} is empty")
    sized = row.get("width") and row.get("height")
    return Example(
        path=path,
        label=row.label,
        set_name=_name_of(row.table.parent),
        group=row.file,
        short_side=short_side,
        extent=extent,
        cut=True,
        size=(row.whole("width"), row.whole("height")) if sized else None,
    )


def _extent_of(row: Row) -> Extent:
    return Extent(*(row.number(key) for key in ("x0", "y0", "x1", "y1")))


def label_of_folders(folders: Sequence[str]) -> str | None:
    """The class that the innermost folder with a known name stands for; None where none has one."""
    return next((label for name in reversed(folders) if (label := label_of(name))), None)


def _name_of(folder: Path) -> str:
    return folder.name or folder.resolve().name


def _class_folder(path: Path, folder: Path) -> bool:
    return label_of_folders(path.relative_to(folder).parts) is not None


def _read_folders(folder: Path, pictures: Pictures, left_out: LeftOut) -> Iterator[Example]:
    """The pictures of class folders, by part, class and name."""
    found = [(path, label_of_folders(path.relative_to(folder).parts[:-1])) for path in pictures.paths]
    yield from sorted(
        (_pictured(path, label, folder) for path, label in found if label),
        key=lambda example: _order(example, folder),
    )
    used = {inside for path, label in found if label for inside in path.parents}
    for inside in folders_in(folder):
        if label_of(inside.name) and inside != folder and inside not in used:
            left_out(f"The class folder {inside} holds no picture.")
    unknown = Counter(path.parent for path, label in found if not label)
    for inside, count in unknown.items():
        counted = f"{count} picture{' is' if count == 1 else 's are'}"
        left_out.aside.append(f"{counted} in {inside}, whose name is no class such as {', '.join(CLASSES)}.")
    left_out.aside += _others(folder, set(pictures.paths))


def _others(folder: Path, pictures: set[Path]) -> Iterator[str]:
    """The sentence about files in class folders that are no pictures, where there are any."""
    others = [
        path
        for path in files_in(folder)
        if path not in pictures
        and _class_folder(path.parent, folder)
        and not path.name.startswith(".")
        and path.name.lower() not in _SYSTEM_FILES
    ]
    if others:
        counted = f"{len(others)} file{' is' if len(others) == 1 else 's are'}"
        yield f"{counted} no JPEG, PNG or WebP picture in the class folders, the first is {others[0]}."


def _pictured(path: Path, label: str, folder: Path) -> Example:
    portrait = _PORTRAIT.fullmatch(path.stem)
    parts = [_PARTS[name.lower()] for name in path.relative_to(folder).parts[:-1] if name.lower() in _PARTS]
    return Example(
        path=path,
        label=label,
        set_name=_name_of(folder),
        group=portrait[1] if portrait else path.name,
        split=parts[0] if parts else "",
    )


def _order(example: Example, folder: Path) -> tuple[int, int, Path]:
    part = ("", *dict.fromkeys(_PARTS.values())).index(example.split)
    return part, CLASSES.index(example.label), example.path.relative_to(folder)


def _read_voc(folder: Path, pictures: Pictures, left_out: LeftOut) -> Iterator[Example]:
    from xai.learning.data.pascal_voc import read_voc  # noqa: PLC0415 - the one reader that needs an XML parser

    for face in read_voc(folder, pictures, left_out):
        left_out.named.add(face.photo)
        label = label_of(face.name)
        if label is None:
            known = f"{', '.join(CLASSES)} and spellings such as with_mask"
            left_out(f"{face.annotation} has the class {face.name!r:.60}; known are {known}.")
            continue
        yield Example(
            path=face.photo,
            label=label,
            set_name=_name_of(folder),
            group=face.photo.name,
            short_side=min(face.right - face.left, face.bottom - face.top),
            extent=Extent(face.left, face.top, face.right, face.bottom),
            cut=True,
            size=face.size,
        )
