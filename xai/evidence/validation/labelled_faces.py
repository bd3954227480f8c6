"""Labelled faces with landmarks: the data of calibration and verdict rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai.classes import wearings_by_class
from xai.errors import DataRejected
from xai.learning.data.splits import Example, load_crop, not_selected, read_set, select
from xai.learning.ground_truth.aligned_faces import find_in_crop
from xai.types import CLASSES, Box, Face

__all__ = [
    "MIN_SIDE",
    "LabelledFace",
    "ReadFaces",
    "in_turns",
    "open_labelled",
    "read_labelled",
    "true_class",
]

MIN_SIDE = 48
"""Shorter side in the photo, pixels, below which a face is not used here."""


@dataclass(frozen=True, eq=False)
class LabelledFace:
    """A face whose class is known.

    Attributes:
        face: the crop as in the set; without landmarks where the detector finds no face in it.
        label: its class.
        group: source photo, or another unit of dependent faces.
    """

    face: Face
    label: str
    group: str


@dataclass(frozen=True, eq=False)
class ReadFaces:
    """The faces of a set that are used, and why others are not.

    Attributes:
        faces: those that are used.
        left_out: reason -> labelled faces or pictures: those of ``not_selected``, ``below_min_side``,
            ``unreadable`` and ``unlabelled``.
        reasons: one sentence for each entry and picture that cannot be used.
    """

    faces: tuple[LabelledFace, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def read_labelled(folder: Path, report: Callable[[str], None], *, min_side: float = MIN_SIDE) -> ReadFaces:
    """The faces that the product protocol measures on, at least ``min_side`` pixels.

    Raises:
        DataRejected: the set cannot be read, or holds no such face.
    """
    found = read_set(folder)
    selected = select(found.examples, "product", "test")
    read = open_labelled(selected, report, str(folder), min_side=min_side)
    counts = {
        **not_selected(found.examples, selected, "product"),
        **read.left_out,
        "unlabelled": found.unlabelled,
    }
    left_out = {reason: count for reason, count in counts.items() if count}
    if left_out:
        told = ", ".join(f"{reason} {count}" for reason, count in left_out.items())
        used = f"{len(read.faces)} of {len(found.examples)} labelled faces of {folder} are used"
        report(f"{used}; left out: {told}")
    for reason in (*found.reasons, *read.reasons):
        report(reason)
    return ReadFaces(read.faces, left_out, (*found.reasons, *read.reasons))


def open_labelled(
    selected: Sequence[Example], report: Callable[[str], None], where: str, *, min_side: float = MIN_SIDE
) -> ReadFaces:
    """The pictures and landmarks of some labelled faces, of those of at least ``min_side`` pixels.

    Args:
        selected: the faces.
        report: called with progress messages.
        where: the set or sets, for the message of the error.
        min_side: shorter side in the photo, pixels.

    Raises:
        DataRejected: there is no such face that can be read.
    """
    examples = [e for e in selected if e.short_side >= min_side]
    reasons: list[str] = []
    faces = tuple(_read(examples, report, reasons.append))
    if not faces:
        why = f" The first that is left out: {reasons[0]}" if reasons else ""
        raise DataRejected(
            f"{where} holds no labelled face of {min_side:.0f} px and more to measure on.{why}"
        )
    counts = {
        "below_min_side": len(selected) - len(examples),
        "unreadable": len(examples) - len(faces),
    }
    return ReadFaces(faces, counts, tuple(reasons))


def true_class(label: str, classes: Sequence[str], incorrect: str = "unknown") -> str | None:
    """The label, one of ``CLASSES``, as a model's class name, whatever its spelling.

    None where the model has no such class, as for ``incorrect`` in a two-class model whose card does not say
    where it belongs; ``incorrect`` as of ``wearings_by_class``.

    >>> true_class("covered", ("with_mask", "without_mask"))
    'with_mask'
    """
    meaning = wearings_by_class(classes, incorrect)
    return next((name for name, wearings in meaning.items() if label in wearings), None)


def in_turns(faces: Sequence[LabelledFace], start: int) -> list[LabelledFace]:
    """The faces, one of each class in turn, cyclically, those of a class from the ``start``-th share on."""
    queues = []
    for label in CLASSES:
        own = [face for face in faces if face.label == label]
        first = start % max(1, len(own))
        queues.append(own[first:] + own[:first])
    longest = max((len(queue) for queue in queues), default=0)
    return [queue[i] for i in range(longest) for queue in queues if i < len(queue)]


def _read(
    examples: Sequence[Example], report: Callable[[str], None], skip: Callable[[str], None]
) -> Iterator[LabelledFace]:
    for number, example in enumerate(examples):
        if number % 100 == 0:
            report(f"finding landmarks: face {number} of {len(examples)}")
        try:
            crop = _square(load_crop(example))
        except DataRejected as error:
            skip(str(error))
            continue
        yield LabelledFace(_face(example, crop), example.label, example.group)


def _face(example: Example, crop: NDArray[np.uint8]) -> Face:
    whole = Box(0, 0, crop.shape[1], crop.shape[0])
    inside = example.extent if example.extent is not None and not example.cut else None
    extent = whole if inside is None else Box(*(round(edge) for edge in inside))
    found = find_in_crop(crop, extent)
    if found is not None:
        return replace(found, photo_sha256=example.path.name)
    return Face(example.path.name, extent, whole, crop, np.zeros((0, 2), np.float32), 0.0)


def _square(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pad a picture to a square by mirroring, as for a whole photo."""
    height, width = crop.shape[:2]
    side = max(height, width)
    if height == width:
        return crop
    down, across = side - height, side - width
    margins = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(crop, margins, mode="symmetric")
