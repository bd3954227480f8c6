"""Experiments on whole photos: cropping the face first or not, and the face detectors."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected, ImageRejected
from xai.learning.evaluation.detection_recall import FOUND_IOU, NO_LIMIT, Recall, measure_recall
from xai.learning.evaluation.metrics import bootstrap_intervals, wilson
from xai.learning.studies.record import Experiment, Line, Measured, Sources
from xai.models.cards import DEFAULT_MODEL, read_cards
from xai.models.classifiers import Classifier, load_card
from xai.photo.centerface import overlaps
from xai.photo.faces import find_faces, whole_photo
from xai.photo.images import read_image

__all__ = ["Pair", "cascade", "crop_first", "read_pairs", "trained_detector"]

_STUDY_000 = ("resnet50_mfn", DEFAULT_MODEL)
_WHOLE, _CUT = 0.7, 0.95
"""The true class's probability as published by study 000: the whole photo, then cropped to the face."""

_HAAR = {"with a mask": 0.263, "without": 0.577}
"""Recall of the cascade that study 001 uses, faces of 24 pixels and more, measured once with OpenCV 4 on a
part of the Kaggle photos. OpenCV 5 has no cascades, so this cannot be reproduced here."""

_SIDE = 24


@dataclass(frozen=True, eq=False)
class Pair:
    """A photo, whole and cropped to its largest face.

    Attributes:
        photo: the file's name.
        label: the largest annotated face's class.
        whole, cut: RGB uint8 ``(S, S, 3)``.
    """

    photo: str
    label: str
    whole: NDArray[np.uint8]
    cut: NDArray[np.uint8]


def crop_first(sources: Sources) -> Experiment:
    """The effect of cropping the face on the true class's probability and the accuracy.

    Raises:
        DataRejected: no photos are named, the largest face is detected in none, or no model is installed.
    """
    cards = [card for card in read_cards().cards if card.name in _STUDY_000]
    if not cards:
        raise DataRejected(f"None of the models {', '.join(_STUDY_000)} is here.")
    pairs = [pair for folder in _photos(sources) for pair in read_pairs(folder, sources)]
    if not pairs:
        raise DataRejected("In none of the photos was the largest annotated face found.")
    lines = [line for card in cards for line in _before_and_after(load_card(card, sources.device), pairs)]
    return Experiment(
        "crop_first",
        "Is the answer surer and righter when the face is cut out of the photo first?",
        "000",
        tuple(lines),
        _command("crop_first", sources),
        "The class is that of the largest annotated face of each photo; the whole photo is mirrored to a "
        "square, the face is cut as our detector finds it. Photos in which it does not find that face are "
        "left out of both. Name photos that the models did not learn from. The study's figures are single "
        "photos, one face each.",
    )


def cascade(sources: Sources) -> Experiment:
    """Our detector beside the Haar cascade of study 001.

    Raises:
        DataRejected: no photos are named; see also ``measure_recall``.
    """
    lines = [Line(f"Haar cascade, faces {who}", Measured("recall", value)) for who, value in _HAAR.items()]
    return Experiment(
        "cascade",
        "How many faces does a Haar cascade find, and how many the detector here?",
        "001",
        (*lines, *_found(sources)),
        _command("cascade", sources),
        f"Faces of {_SIDE} pixels and more, intersection over union {FOUND_IOU}; intervals are Wilson's. The "
        "cascade was measured once on a part of the Kaggle photos; the study prints no recall.",
    )


def trained_detector(sources: Sources) -> Experiment:
    """Our detector in place of the Faster R-CNN that study 003 trained.

    Raises:
        DataRejected: no photos are named; see also ``measure_recall``.
    """
    return Experiment(
        "trained_detector",
        "Does a detector that was not trained on masks find faces that wear one?",
        "003",
        _found(sources),
        _command("trained_detector", sources),
        f"Faces of {_SIDE} pixels and more, intersection over union {FOUND_IOU}; intervals are Wilson's. The "
        "study trained a Faster R-CNN on the set's own boxes and prints no recall.",
    )


def read_pairs(folder: Path, sources: Sources) -> Iterator[Pair]:
    """Every photo listed in ``folder/boxes.csv``, whole and cropped; those whose largest face is not detected
    are noted.

    Raises:
        DataRejected: the list cannot be read.
    """
    for name, (label, box) in _largest(folder / "boxes.csv").items():
        try:
            image = read_image((folder / name).read_bytes())
        except (OSError, ImageRejected) as error:
            sources.note(f"The photo {name} is left out: {error}")
            continue
        faces = find_faces(image, limit=NO_LIMIT)
        boxes = np.array([face.box.as_list() for face in faces], np.float32).reshape(-1, 4)
        shared = overlaps(box, boxes)
        if not len(faces) or shared.max() < FOUND_IOU:
            sources.note(f"The photo {name} is left out: the detector does not find its largest face.")
            continue
        yield Pair(name, label, whole_photo(image).crop, faces[int(shared.argmax())].crop)


def _before_and_after(classifier: Classifier, pairs: list[Pair]) -> list[Line]:
    """Four rows: probability and accuracy, whole and cropped, with intervals over photos."""
    known = [pair for pair in pairs if pair.label in classifier.card.classes]
    published = {"whole photo": _WHOLE, "face": _CUT} if classifier.card.source == "000" else {}
    lines = []
    for what, crops in (("whole photo", [p.whole for p in known]), ("face", [p.cut for p in known])):
        told = classifier.predict(crops)
        right = np.array([t.as_dict()[p.label] for t, p in zip(told, known, strict=True)])
        hit = np.array([t.label == p.label for t, p in zip(told, known, strict=True)], float)
        for figure, values in (("probability of the right class", right), ("accuracy", hit)):
            printed = published.get(what) if values is right else None
            lines.append(Line(f"{classifier.name}, {what}", _mean(figure, values), printed))
    return sorted(lines, key=lambda line: line.measured.figure, reverse=True)


def _mean(figure: str, values: NDArray[np.float64]) -> Measured:
    def mean(drawn: NDArray[np.intp]) -> dict[str, float]:
        return {"mean": float(values[drawn].mean())}

    ends = bootstrap_intervals(mean, np.arange(len(values)).astype(str))["mean"]
    return Measured(figure, float(values.mean()), *ends, len(values))


def _found(sources: Sources) -> tuple[Line, ...]:
    lines = []
    for folder in _photos(sources):
        found = _recall(folder)
        for who, counts in (("with a mask", found.masked[_SIDE]), ("without", found.unmasked[_SIDE])):
            if counts.of:
                ends = wilson(counts.found, counts.of)
                measured = Measured("recall", counts.found / counts.of, *ends, counts.of)
                lines.append(Line(f"detector here, faces {who}, {folder.name}", measured))
    return tuple(lines)


@cache
def _recall(folder: Path) -> Recall:
    """Cached: it takes minutes, and two experiments need it."""
    return measure_recall(folder)


def _command(name: str, sources: Sources) -> str:
    folders = "".join(f" --photos DATA/photos/{folder.name}" for folder in sources.photos)
    return f"python -m xai experiments {name}{folders} --update"


def _photos(sources: Sources) -> tuple[Path, ...]:
    if not sources.photos:
        raise DataRejected("Whole photos with boxes.csv are needed; name their folder by --photos.")
    return sources.photos


def _largest(path: Path) -> dict[str, tuple[str, NDArray[np.float32]]]:
    """Photo -> class and box ``(4,)`` of its largest annotated face."""
    largest: dict[str, tuple[str, NDArray[np.float32]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                box = np.array([float(row[key]) for key in ("x0", "y0", "x1", "y1")], np.float32)
                before = largest.get(row["file"])
                if before is None or _area(box) > _area(before[1]):
                    largest[row["file"]] = row["class"], box
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataRejected(f"{path} should list faces as file,class,x0,y0,x1,y1, but: {error!r}.") from error
    return largest


def _area(box: NDArray[np.float32]) -> float:
    return float(np.prod(box[2:] - box[:2]))
