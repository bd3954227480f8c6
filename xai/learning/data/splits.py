"""Which labelled faces a protocol may use for what, and their crops.

A set is read into ``Example`` values (see ``formats``); pictures are opened one by one by ``load_crop``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai.classes import wearings_by_class
from xai.errors import DataRejected, ImageRejected
from xai.learning.data.box_frames import upright_extent
from xai.learning.data.formats import Example, Extent, Skip, read_layout
from xai.learning.data.pictures import Pictures
from xai.photo.images import photo_frame, read_image
from xai.types import CLASSES, Image

__all__ = [
    "LEAST_SIDE",
    "TEST_ONLY",
    "Example",
    "Extent",
    "LabelledSet",
    "load_crop",
    "load_picture",
    "named_for",
    "not_selected",
    "read_examples",
    "read_set",
    "select",
    "upright_box",
]

LEAST_SIDE = 20
"""Least shorter side of a face in the photo, pixels, under the product protocol."""

TEST_ONLY = ("fmd", "mfn")
"""Sets that the product protocol measures on and never trains on; all their rows are then test rows."""


def read_examples(folder: Path, skip: Skip | None = None) -> tuple[Example, ...]:
    """Every labelled face of the set in ``folder``, in the order of its files.

    Args:
        folder: the set.
        skip: called with one sentence for every row, annotation or box that cannot be used and is then
            left out, and about pictures without a label; without it the first one is raised.

    Raises:
        DataRejected: there is no such folder, no known layout in it, or nothing in it that can be read.
    """
    return _read(folder, skip or _refuse, skip or _refuse)


def _read(folder: Path, skip: Skip, aside: Skip) -> tuple[Example, ...]:
    if not folder.is_dir():
        raise DataRejected(
            f"There is no folder {folder}; name one that holds labels.csv, boxes.csv, class folders or VOC."
        )
    said: list[str] = []

    def told(sentence: str) -> None:
        said.append(sentence)
        skip(sentence)

    examples = read_layout(folder, told, aside)
    if examples is None:
        raise DataRejected(
            f"The folder {folder} holds neither labels.csv, nor boxes.csv, nor annotations/, nor folders "
            f"named after classes ({', '.join(CLASSES)}, with_mask, without_mask and others)."
        )
    if not examples:
        why = f"the first reason: {said[0]}" if said else "check that its pictures are there."
        raise DataRejected(f"The set {folder} holds no labelled face; {why}")
    return examples


@dataclass(frozen=True)
class LabelledSet:
    """A set, and what of it cannot be used.

    Attributes:
        examples: its labelled faces.
        unlabelled: pictures in its folder that no usable entry labels.
        entries: rows, annotations and boxes that cannot be used.
        reasons: one sentence for each of them, and about pictures without a label.
    """

    examples: tuple[Example, ...]
    unlabelled: int
    entries: int
    reasons: tuple[str, ...]


def read_set(folder: Path) -> LabelledSet:
    """The set in ``folder``; raises as ``read_examples`` with ``skip``."""
    entries: list[str] = []
    aside: list[str] = []
    examples = _read(folder, entries.append, aside.append)
    labelled = {example.path for example in examples}
    unlabelled = sum(path not in labelled for path in Pictures(folder).paths)
    return LabelledSet(examples, unlabelled, len(entries), (*entries, *aside))


def not_selected(examples: Sequence[Example], kept: Sequence[Example], protocol: str) -> dict[str, int]:
    """Why the other ``examples`` are not among the ``kept``: a reason -> faces.

    The reasons are ``too_small`` (below ``LEAST_SIDE``) and ``near_duplicate`` (of a training picture) under
    the product protocol, and ``other_part``.
    """
    selected = {id(example) for example in kept}
    return dict(Counter(_why(e, protocol) for e in examples if id(e) not in selected))


def _why(example: Example, protocol: str) -> str:
    if protocol == "product" and example.short_side < LEAST_SIDE:
        return "too_small"
    return "near_duplicate" if protocol == "product" and example.overlap else "other_part"


def named_for(examples: Sequence[Example], classes: Sequence[str]) -> tuple[Example, ...]:
    """The examples with their labels mapped to a model's ``classes``, however it spells them.

    A two-class model says mask or no mask; a mask worn incorrectly has no class there and is left out.
    """
    meaning = wearings_by_class(classes)
    named = {wearing: name for name, wearings in meaning.items() for wearing in wearings}
    return tuple(
        e if e.label in classes else replace(e, label=named[e.label])
        for e in examples
        if e.label in classes or e.label in named
    )


def select(examples: Sequence[Example], protocol: str, part: str) -> tuple[Example, ...]:
    """The examples that ``protocol`` uses as ``part``, in their order.

    Args:
        examples: the faces of one or several sets.
        protocol: ``"seed"`` (the sets' own split, every face) or ``"product"`` (no ``TEST_ONLY`` set in
            training, faces of 20 px and more, no near duplicates in the test part).
        part: ``"train"``, ``"val"``, ``"test"``, or, under the product protocol, ``"held"``.

    A set with folds and no split has fold 0 as test and fold 1 as validation part. In a set with neither,
    every row is a test row, and about one group in seven, chosen by a digest of its name, is held out of
    training as the validation part. The product protocol measures a set without a test part on its validation
    part, and holds out one group in ten of that set's training part for one purpose: to measure calibration
    on faces used to fit neither weights nor temperature.
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
        DataRejected: the picture is missing or damaged, or its box cannot be placed in it; the sentence names
            the file.
    """
    picture = load_picture(example)
    if not example.cut or example.extent is None:
        return picture
    from xai.photo.faces import cut_crop  # noqa: PLC0415 - OpenCV is only needed for whole photos
    from xai.types import Box  # noqa: PLC0415

    left, top, right, bottom = upright_box(example)
    if left >= picture.shape[1] or top >= picture.shape[0] or right <= 0 or bottom <= 0:
        raise DataRejected(f"The box {(left, top, right, bottom)} lies outside the picture {example.path}.")
    return cut_crop(picture, Box(round(left), round(top), round(right), round(bottom)))[0]


def upright_box(example: Example) -> Extent:
    """The box of an example in a whole photo, in pixels of the upright photo.

    Raises:
        DataRejected: the photo is missing or damaged, or it cannot be told where in it the box is.
        ValueError: the example has no box.
    """
    if example.extent is None:
        raise ValueError(f"the example {example.path} has no box")
    if not example.cut:
        return example.extent
    try:
        photo = photo_frame(example.path.read_bytes())
    except (OSError, ImageRejected) as error:
        raise DataRejected(f"The picture {example.path} cannot be read: {error}") from error
    return upright_extent(example.path, example.extent, example.size, photo, lambda: _found(example))


def _found(example: Example) -> list[Extent]:
    from xai.photo.faces import find_faces  # noqa: PLC0415 - OpenCV, and only where sizes do not tell

    return [Extent(*face.box.as_list()) for face in find_faces(Image(load_picture(example), sha256=""))]


def load_picture(example: Example) -> NDArray[np.uint8]:
    """The example's picture as on disk, RGB uint8 ``(H, W, 3)``; for VOC the whole photo.

    Raises:
        DataRejected: it is missing or damaged; the sentence names the file.
    """
    try:
        return read_image(example.path.read_bytes()).pixels
    except OSError as error:
        raise DataRejected(f"The picture {example.path} cannot be read: {error.strerror}.") from error
    except ImageRejected as error:
        raise DataRejected(f"The picture {example.path} cannot be read: {error}") from error


def _refuse(sentence: str) -> None:
    raise DataRejected(sentence)


def _own_part(example: Example) -> str:
    """The part that the set itself assigns a face to; empty where it has none."""
    if example.split or example.fold is None:
        return example.split
    return {0: "test", 1: "val"}.get(example.fold, "train")


def _seed_part(example: Example, part: str, _: set[str]) -> bool:
    own = _own_part(example)
    return own == part if own else _undivided_part(example, part)


def _product_part(example: Example, part: str, parts: set[str]) -> bool:
    if example.short_side < LEAST_SIDE or (part == "test" and example.overlap):
        return False
    if example.set_name in TEST_ONLY:
        return part == "test"
    own = _own_part(example)
    if not own:
        return _undivided_part(example, part)
    if own == "train" and parts == {"train", "val"} and _digest(example.group)[1] % 10 == 0:
        return part == "held"
    return own == ("val" if part == "test" and "test" not in parts else part)


def _undivided_part(example: Example, part: str) -> bool:
    held_out = _digest(example.group)[0] % 7 == 0
    return part == "test" or (part != "held" and held_out == (part == "val"))


def _digest(group: str) -> bytes:
    return hashlib.sha256(group.encode()).digest()
