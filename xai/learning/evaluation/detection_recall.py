"""Recall of the face detector, measured on photos with boxes."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected, ImageRejected
from xai.photo.centerface import overlaps
from xai.photo.faces import find_faces
from xai.photo.images import read_image
from xai.types import CLASSES, Faces

__all__ = ["FOUND_IOU", "MIN_SIDES", "FoundOf", "Recall", "measure_recall"]

FOUND_IOU = 0.4
"""From this overlap on, an annotated face counts as found."""

MIN_SIDES = (24, 48, 96)
"""Recall is reported for faces whose shorter side has at least this many photo pixels."""

NO_LIMIT = 10_000
"""Instead of ``MAX_FACES``: a face beyond that limit was detected all the same."""


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
    """

    photos: int
    masked: dict[int, FoundOf]
    unmasked: dict[int, FoundOf]
    unannotated_per_photo: float
    seconds_per_photo: float

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return {
            "photos": self.photos,
            "iou": FOUND_IOU,
            "masked": _as_dict(self.masked),
            "unmasked": _as_dict(self.unmasked),
            "unannotated_per_photo": round(self.unannotated_per_photo, 3),
            "seconds_per_photo": round(self.seconds_per_photo, 3),
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
    """Search for the annotated faces of every photo listed in ``folder/boxes.csv``.

    Args:
        folder: photos, and ``boxes.csv`` with the columns ``file, class, x0, y0, x1, y1`` in photo pixels;
            ``class`` is one of ``CLASSES``.

    Raises:
        DataRejected: the list or a photo is missing or cannot be read.
        ThirdPartyMissing: a network's file is not installed.
    """
    looks = [_look(folder / name, faces) for name, faces in _read_boxes(folder / "boxes.csv").items()]
    judged = [pair for look in looks for pair in look.found]
    return Recall(
        photos=len(looks),
        masked=_by_side(pair for pair in judged if pair[0].masked),
        unmasked=_by_side(pair for pair in judged if not pair[0].masked),
        unannotated_per_photo=sum(look.unannotated for look in looks) / len(looks),
        seconds_per_photo=float(np.median([look.seconds for look in looks])),
    )


def _read_boxes(path: Path) -> dict[str, list[_Annotated]]:
    photos: dict[str, list[_Annotated]] = defaultdict(list)
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                photos[row["file"]].append(_annotated(row))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataRejected(
            f"{path} should list faces as file,class,x0,y0,x1,y1 with a class of {', '.join(CLASSES)}, "
            f"but: {error!r}."
        ) from error
    if not photos:
        raise DataRejected(f"{path} lists no faces; add a row file,class,x0,y0,x1,y1 for each.")
    return photos


def _annotated(row: dict[str, str]) -> _Annotated:
    box = np.array([float(row[key]) for key in ("x0", "y0", "x1", "y1")], np.float32)
    return _Annotated(CLASSES.index(row["class"]) != CLASSES.index("uncovered"), box)


def _look(path: Path, annotated: list[_Annotated]) -> _Look:
    try:
        image = read_image(path.read_bytes())
    except (OSError, ImageRejected) as error:
        raise DataRejected(f"The photo {path} cannot be read: {error}") from error
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
