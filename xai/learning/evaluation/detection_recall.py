"""Recall of the face detector, measured on photos with boxes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected, ImageRejected
from xai.learning.data.splits import Example, read_set, upright_box
from xai.photo.centerface import overlaps
from xai.photo.faces import find_faces
from xai.photo.images import read_image
from xai.types import Faces

__all__ = ["FOUND_IOU", "MIN_SIDES", "FoundOf", "Recall", "measure_recall"]

FOUND_IOU = 0.4
"""From this overlap on, an annotated face counts as found."""

MIN_SIDES = (24, 48, 96)
"""Recall is reported for faces whose shorter side has at least this many photo pixels."""

NO_LIMIT = 10_000
"""Instead of ``MAX_FACES``: a face beyond that limit was detected all the same."""


_ANNOTATIONS = ("annotations", "Annotations")


@dataclass(frozen=True)
class FoundOf:
    """Found faces out of all."""

    found: int
    of: int

    @property
    def recall(self) -> float | None:
        """Their quotient, 0..1; None without any face."""
        return self.found / self.of if self.of else None


@dataclass(frozen=True)
class Recall:
    """Result of the detector on a folder of photos.

    Attributes:
        photos: how many photos were searched.
        masked: shortest side in photo pixels -> annotated faces of at least that side with a mask, worn
            correctly or not.
        unmasked: the same for bare faces.
        unannotated_per_photo: detections per photo that match no annotated face at ``FOUND_IOU``: false
            positives, and real faces without an annotation.
        seconds_per_photo: median wall-clock time of ``find_faces``, landmarks and crops included.
        skipped: photos in the folder without a usable box.
        unreadable: photos with boxes that are missing or damaged, or in which the boxes cannot be placed.
        reasons: one sentence for whatever was left out.
    """

    photos: int
    masked: dict[int, FoundOf]
    unmasked: dict[int, FoundOf]
    unannotated_per_photo: float
    seconds_per_photo: float
    skipped: int = 0
    unreadable: int = 0
    reasons: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {
            "photos": self.photos,
            "iou": FOUND_IOU,
            "masked": _as_dict(self.masked),
            "unmasked": _as_dict(self.unmasked),
            "unannotated_per_photo": round(self.unannotated_per_photo, 3),
            "seconds_per_photo": round(self.seconds_per_photo, 3),
            "skipped": self.skipped,
            "unreadable": self.unreadable,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, eq=False)
class _Annotated:
    masked: bool
    box: NDArray[np.float32]

    @property
    def side(self) -> float:
        return float((self.box[2:] - self.box[:2]).min())


@dataclass(frozen=True, eq=False)
class _Look:
    found: list[tuple[_Annotated, bool]]
    unannotated: int
    seconds: float


def measure_recall(folder: Path) -> Recall:
    """Search for the annotated faces of every photo of a set of whole photos.

    Args:
        folder: photos, and ``boxes.csv`` with the columns ``file, class, x0, y0, x1, y1`` in photo pixels, or
            PASCAL VOC annotations.

    Raises:
        DataRejected: the boxes cannot be read, or none of the photos.
        ThirdPartyMissing: a network's file is not installed.
    """
    if folder.is_dir() and not any((folder / name).exists() for name in ("boxes.csv", *_ANNOTATIONS)):
        raise DataRejected(
            f"{folder / 'boxes.csv'} should list faces as file,class,x0,y0,x1,y1; it is missing."
        )
    found = read_set(folder)
    photos: dict[Path, list[Example]] = defaultdict(list)
    for example in found.examples:
        if not example.cut:
            raise DataRejected(
                f"{folder} should hold whole photos with boxes.csv or annotations/, not crops."
            )
        photos[example.path].append(example)
    looks, reasons, unreadable = [], list(found.reasons), 0
    for path, faces in photos.items():
        try:
            looks.append(_look(path, faces))
        except DataRejected as error:
            unreadable += 1
            reasons.append(str(error))
    if not looks:
        raise DataRejected(f"None of the {len(photos)} photos of {folder} can be searched; {reasons[-1]}")
    judged = [pair for look in looks for pair in look.found]
    return Recall(
        photos=len(looks),
        masked=_by_side(pair for pair in judged if pair[0].masked),
        unmasked=_by_side(pair for pair in judged if not pair[0].masked),
        unannotated_per_photo=sum(look.unannotated for look in looks) / len(looks),
        seconds_per_photo=float(np.median([look.seconds for look in looks])),
        skipped=found.unlabelled,
        unreadable=unreadable,
        reasons=tuple(reasons),
    )


def _look(path: Path, examples: Sequence[Example]) -> _Look:
    try:
        image = read_image(path.read_bytes())
    except OSError as error:
        raise DataRejected(f"The photo {path} cannot be read: {error.strerror}.") from error
    except ImageRejected as error:
        raise DataRejected(f"The photo {path} cannot be read: {error}") from error
    annotated = [
        _Annotated(example.label != "uncovered", np.array(upright_box(example), np.float32))
        for example in examples
    ]
    began = time.perf_counter()
    faces = find_faces(image, limit=NO_LIMIT)
    seconds = time.perf_counter() - began
    return _judged(annotated, faces, seconds)


def _judged(annotated: list[_Annotated], faces: Faces, seconds: float) -> _Look:
    boxes = np.array([face.box.as_list() for face in faces], np.float32).reshape(-1, 4)
    shared = np.stack([overlaps(one.box, boxes) for one in annotated]) >= FOUND_IOU
    found = [(one, bool(row.any())) for one, row in zip(annotated, shared, strict=True)]
    return _Look(found, int((~shared.any(axis=0)).sum()), seconds)


def _by_side(pairs: Iterable[tuple[_Annotated, bool]]) -> dict[int, FoundOf]:
    listed = list(pairs)
    large = {side: [hit for one, hit in listed if one.side >= side] for side in MIN_SIDES}
    return {side: FoundOf(sum(hits), len(hits)) for side, hits in large.items()}


def _as_dict(groups: dict[int, FoundOf]) -> dict[str, dict[str, float | int | None]]:
    return {
        str(side): {"recall": group.recall, "found": group.found, "n": group.of}
        for side, group in groups.items()
    }
