"""Predictions of a classifier for labelled faces: the basis of all metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected
from xai.learning.data.formats import Skip
from xai.learning.data.splits import Example, Extent, load_crop, load_picture, named_for, upright_box
from xai.models.classifiers import Classifier
from xai.photo.faces import find_faces
from xai.types import Box, Face, Faces, Image

__all__ = ["Answers", "Tally", "ask", "concatenate", "found_face"]

_PROBABILITIES_AT_ONCE = 256
_EVERY_FACE = 1000
_SAME_FACE = 0.3
"""From this intersection over union on, a detected face is the annotated one."""


@dataclass(frozen=True)
class Tally:
    """Faces that were not classified, by reason.

    Attributes:
        missed: the detector did not find them (``crops="detected"``).
        skipped: the model does not have their class.
        unreadable: their picture is missing or damaged.
        learnt: the model was trained on them.
    """

    missed: int = 0
    skipped: int = 0
    unreadable: int = 0
    learnt: int = 0


@dataclass(frozen=True, eq=False)
class Answers:
    """A classifier's predictions.

    Attributes:
        classes: the model's classes, in order.
        examples: the faces, under the names of these classes.
        probabilities: float32 ``(N, C)``, rows in the order of ``examples``.
        tally: the faces that are not among them.
    """

    classes: tuple[str, ...]
    examples: tuple[Example, ...]
    probabilities: NDArray[np.float32]
    tally: Tally

    @property
    def truth(self) -> NDArray[np.int64]:
        """Index of each face's class, ``(N,)``."""
        return np.array([self.classes.index(e.label) for e in self.examples], np.int64)

    @property
    def answer(self) -> NDArray[np.int64]:
        """Index of the most probable class, ``(N,)``."""
        places: NDArray[np.int64] = self.probabilities.argmax(axis=1).astype(np.int64)
        return places

    @property
    def groups(self) -> NDArray[np.str_]:
        """Clusters: each face's set and group, ``(N,)``."""
        return np.array([f"{e.set_name}/{e.group}" for e in self.examples])


def ask(
    classifier: Classifier,
    examples: Sequence[Example],
    crops: str = "annotated",
    report: Callable[[int, int], None] | None = None,
    skip: Skip | None = None,
) -> Answers:
    """Classify every example.

    Args:
        classifier: the model.
        examples: the faces; those of a class that it does not have are counted and left out.
        crops: ``"annotated"`` (the set's own boxes) or ``"detected"`` (our detector's).
        report: called with faces done and faces in all.
        skip: called with one sentence for every picture that cannot be read and is left out.

    Raises:
        DataRejected: the model has none of the classes, no picture can be read, or the detector finds none.
    """
    known = named_for(examples, classifier.card.classes)
    if not known:
        raise DataRejected(f"{classifier.name} knows none of the set's classes.")
    cut = _Cut(_detected_crop if crops == "detected" else load_crop, skip)
    rows: list[NDArray[np.float32]] = []
    found: list[Example] = []
    for start in range(0, len(known), _PROBABILITIES_AT_ONCE):
        part = known[start : start + _PROBABILITIES_AT_ONCE]
        pairs = [(e, crop) for e in part if (crop := cut(e)) is not None]
        found.extend(e for e, _ in pairs)
        rows.extend(p.probabilities for p in classifier.predict([crop for _, crop in pairs]))
        if report:
            report(start + len(part), len(known))
    if not found:
        raise DataRejected(
            f"{cut.first or 'The detector found none of the faces.'} "
            f"None of {len(known)} faces is left to be scored."
        )
    tally = Tally(len(known) - len(found) - cut.unreadable, len(examples) - len(known), cut.unreadable)
    return Answers(classifier.card.classes, tuple(found), np.stack(rows), tally)


def concatenate(parts: Sequence[Answers]) -> Answers:
    """The predictions of several models with the same classes for different faces, concatenated.

    Raises:
        ValueError: the models' classes differ, or a face was classified by two of them.
    """
    classes = {part.classes for part in parts}
    examples = tuple(e for part in parts for e in part.examples)
    asked = [set(part.examples) for part in parts]
    if len(classes) != 1:
        raise ValueError(f"models of one row should have the same classes, not {sorted(classes)}")
    if len(set(examples)) < sum(map(len, asked)):
        raise ValueError("a face was tested by more than one model of the row; every fold may come once")
    tally = Tally(*(sum(counts) for counts in zip(*(_counts(part.tally) for part in parts), strict=True)))
    return Answers(classes.pop(), examples, np.concatenate([part.probabilities for part in parts]), tally)


def _counts(tally: Tally) -> tuple[int, ...]:
    return tally.missed, tally.skipped, tally.unreadable, tally.learnt


class _Cut:
    """Crops faces and counts the pictures that cannot be read."""

    def __init__(self, cut: Callable[[Example], NDArray[np.uint8] | None], skip: Skip | None) -> None:
        self.cut, self.skip = cut, skip
        self.unreadable, self.first = 0, ""

    def __call__(self, example: Example) -> NDArray[np.uint8] | None:
        try:
            return self.cut(example)
        except DataRejected as error:
            self.unreadable += 1
            self.first = self.first or str(error)
            if self.skip:
                self.skip(str(error))
            return None


def found_face(example: Example) -> Face | None:
    """The face that our own detector finds at the example's face; None where it finds none.

    The detector runs on the set's crop (or photo). The detected face that overlaps the annotated one most is
    used, from ``_SAME_FACE`` on; without an annotated box, the largest.

    Raises:
        DataRejected: the picture cannot be read.
    """
    faces = _faces_in(example)
    if example.extent is None:
        return max(faces, key=lambda f: f.box.width * f.box.height, default=None)
    extent = upright_box(example)
    best = max(faces, key=lambda f: _overlap(f.box, extent), default=None)
    return None if best is None or _overlap(best.box, extent) < _SAME_FACE else best


def _detected_crop(example: Example) -> NDArray[np.uint8] | None:
    """The crop that our own detector makes of the example's face; None where it does not find it."""
    face = found_face(example)
    return None if face is None else face.crop


_LAST: dict[Path, Faces] = {}
"""Cache of the last picture's faces: a photo's faces are consecutive."""


def _faces_in(example: Example) -> Faces:
    if example.path not in _LAST:
        faces = find_faces(Image(load_picture(example), sha256=""), limit=_EVERY_FACE)
        _LAST.clear()
        _LAST[example.path] = faces
    return _LAST[example.path]


def _overlap(box: Box, extent: Extent) -> float:
    """Intersection over union."""
    width = min(box.right, extent.right) - max(box.left, extent.left)
    height = min(box.bottom, extent.bottom) - max(box.top, extent.top)
    shared = max(0.0, width) * max(0.0, height)
    areas = box.width * box.height + (extent.right - extent.left) * (extent.bottom - extent.top)
    return shared / (areas - shared)
