"""Measuring a classifier on a labelled set: the figures of the results table and of every card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected
from xai.learning.dataset import Example, Extent, load_crop, load_picture, read_examples, select
from xai.learning.measures import bootstrap_intervals, calibration_error, confusion_matrix, summary
from xai.models.classifiers import Classifier
from xai.photo.faces import find_faces
from xai.types import Box, Faces, Image

__all__ = ["Evaluation", "Setting", "evaluate", "test_part"]

_PROBABILITIES_AT_ONCE = 256
_EVERY_FACE = 1000


@dataclass(frozen=True)
class Setting:
    """Which faces of a set are measured, and how they are cut.

    Attributes:
        protocol: ``"seed"`` or ``"product"``.
        crops: ``"annotated"`` (the set's own boxes) or ``"detected"`` (our detector's).
        review: ``"all"``, or ``"clear"`` to leave out incorrect faces whose label a person doubts.
        min_side: faces with a shorter side below this many photo pixels are left out; None leaves it to
            the protocol (product: 20).
        overlap: keep near copies of training pictures; the product protocol leaves them out.
        without: a ``reason`` whose faces are left out, where what they are is a matter of definition.
    """

    protocol: str = "product"
    crops: str = "annotated"
    review: str = "all"
    min_side: float | None = None
    overlap: bool = False
    without: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        n: faces that were classified.
        missed: faces that the detector did not find (``crops="detected"``); not part of the scores.
        skipped: faces whose class the model does not have.
        scores: accuracy, aca, precision, recall, specificity, npv, f1 (macro), ece (15 bins).
        per_class: class -> share of its faces that were answered rightly.
        confusion: true class -> answered class -> faces.
        intervals: figure -> 95 % bootstrap interval, resampling whole groups.
    """

    n: int
    missed: int
    skipped: int
    scores: Mapping[str, float]
    per_class: Mapping[str, float]
    confusion: Mapping[str, Mapping[str, int]]
    intervals: Mapping[str, tuple[float, float]]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, figures rounded to four places; None where there was nothing to divide by."""
        counts = {"n": self.n, "missed": self.missed, "skipped": self.skipped}
        return {
            **counts,
            **{name: _rounded(value) for name, value in self.scores.items()},
            "per_class": {name: round(value, 4) for name, value in self.per_class.items()},
            "confusion": {name: dict(row) for name, row in self.confusion.items()},
            "intervals": {name: [_rounded(v) for v in ends] for name, ends in self.intervals.items()},
        }


def test_part(folder: Path, setting: Setting) -> tuple[Example, ...]:
    """The faces of the set in ``folder`` that ``setting`` measures.

    Raises:
        DataRejected: none are left.
    """
    every = read_examples(folder)
    kept = tuple(
        e
        for e in (every if setting.overlap else select(every, setting.protocol, "test"))
        if _keep(e, setting)
    )
    if not kept:
        raise DataRejected(f"No face of {folder} is left to measure under the {setting.protocol} protocol.")
    return kept


def evaluate(
    classifier: Classifier,
    examples: Sequence[Example],
    crops: str = "annotated",
    report: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Classify every example and score the answers.

    Raises:
        DataRejected: a picture cannot be read, or the model has none of the set's classes.
    """
    named = [replace(e, label=_as_known(e.label, classifier.card.classes)) for e in examples]
    known = [e for e in named if e.label in classifier.card.classes]
    if not known:
        raise DataRejected(f"{classifier.name} knows none of the set's classes.")
    cut = load_crop if crops == "annotated" else _detected_crop
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
        raise DataRejected(f"The detector found none of the {len(known)} faces; there is nothing to score.")
    return _score(classifier.card.classes, found, np.stack(rows), len(known), len(examples) - len(known))


def _score(
    classes: Sequence[str],
    examples: Sequence[Example],
    probabilities: NDArray[np.float32],
    known: int,
    skipped: int,
) -> Evaluation:
    truth = np.array([classes.index(e.label) for e in examples])
    answer = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1).astype(float)

    def figures(drawn: NDArray[np.intp]) -> dict[str, float]:
        scores = summary(truth[drawn], answer[drawn], len(classes))
        return {**scores, "ece": calibration_error(confidence[drawn], truth[drawn] == answer[drawn])}

    confusion = confusion_matrix(truth, answer, len(classes))
    counts = confusion.sum(axis=1)
    return Evaluation(
        n=len(examples),
        missed=known - len(examples),
        skipped=skipped,
        scores=figures(np.arange(len(examples))),
        per_class={c: float(confusion[i, i] / counts[i]) for i, c in enumerate(classes) if counts[i]},
        confusion={
            c: {a: int(confusion[i, j]) for j, a in enumerate(classes)} for i, c in enumerate(classes)
        },
        intervals=bootstrap_intervals(figures, np.array([e.group for e in examples])),
    )


def _keep(example: Example, setting: Setting) -> bool:
    doubtful = example.label == "incorrect" and example.review not in ("", "clear")
    if (setting.review == "clear" and doubtful) or (setting.without and example.reason == setting.without):
        return False
    return setting.min_side is None or example.short_side >= setting.min_side


def _detected_crop(example: Example) -> NDArray[np.uint8] | None:
    """The crop our own detector would make of the example's face; None where it does not find it.

    The detector sees the set's crop (or photo). The found face that overlaps the annotated one most is
    taken, at an intersection over union of 0.3 and more; without an annotated box, the largest.
    """
    faces = _faces_in(example)
    if example.extent is None:
        best = max(faces, key=lambda f: f.box.width * f.box.height, default=None)
        return None if best is None else best.crop
    extent = example.extent
    best = max(faces, key=lambda f: _overlap(f.box, extent), default=None)
    return None if best is None or _overlap(best.box, extent) < 0.3 else best.crop


_LAST: dict[Path, Faces] = {}
"""The faces of the picture that was searched last: a photo's faces come one after the other."""


def _faces_in(example: Example) -> Faces:
    if example.path not in _LAST:
        _LAST.clear()
        _LAST[example.path] = find_faces(Image(load_picture(example), sha256=""), limit=_EVERY_FACE)
    return _LAST[example.path]


def _as_known(label: str, classes: Sequence[str]) -> str:
    """The class's name in a model that only tells mask from no mask. Worn incorrectly it has no name for."""
    return (
        label if label in classes else {"covered": "with_mask", "uncovered": "without_mask"}.get(label, label)
    )


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _overlap(box: Box, extent: Extent) -> float:
    """Intersection over union."""
    width = min(box.right, extent.right) - max(box.left, extent.left)
    height = min(box.bottom, extent.bottom) - max(box.top, extent.top)
    shared = max(0.0, width) * max(0.0, height)
    areas = box.width * box.height + (extent.right - extent.left) * (extent.bottom - extent.top)
    return shared / (areas - shared)
