"""Which label of the set belongs to which detected face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.learning.data.formats import Extent
from xai.photo.centerface import overlaps
from xai.types import Face

__all__ = ["MATCHING_IOU", "Annotation", "labels_of_faces"]

MATCHING_IOU = 0.4
"""From this overlap on, intersection over union, a detected face is the annotated one."""


@dataclass(frozen=True)
class Annotation:
    """One label of the set.

    Attributes:
        label: one of ``CLASSES``.
        box: round its face, in pixels of the upright photo; None where the label is that of the picture.
    """

    label: str
    box: Extent | None = None


def labels_of_faces(
    annotations: Sequence[Annotation], faces: Sequence[Face], size: tuple[int, int], turn: int
) -> tuple[list[str | None], int]:
    """The label of each face, and how many annotations belong to none.

    A boxed label goes to the face that overlaps its box most, each once, the largest overlap first. The
    label of a picture goes to its largest face: nothing is known of those beside it.

    Args:
        annotations: of the photo.
        faces: as detected.
        size: width and height in pixels of the photo as the faces were detected in it.
        turn: quarter turns clockwise by which it was turned for that.
    """
    labels: list[str | None] = [None] * len(faces)
    whole = [a for a in annotations if a.box is None]
    boxes = [_turned(a.box, size, turn) for a in annotations if a.box is not None]
    if whole and faces:
        largest = max(range(len(faces)), key=lambda i: faces[i].box.width * faces[i].box.height)
        labels[largest] = whole[0].label
    if not boxes or not faces:
        return labels, len(annotations) if not faces else len(boxes)
    seen = np.array([face.box.as_list() for face in faces], np.float32)
    shared = np.stack([overlaps(box, seen) for box in boxes])
    named = [a.label for a in annotations if a.box is not None]
    missed = len(boxes)
    while shared.max() >= MATCHING_IOU:
        which, face = np.unravel_index(int(shared.argmax()), shared.shape)
        labels[int(face)] = named[int(which)]
        shared[which, :] = shared[:, face] = -1
        missed -= 1
    return labels, missed


def _turned(box: Extent, size: tuple[int, int], turn: int) -> NDArray[np.float32]:
    """The box in the turned photo, float32 ``(4,)``: left, top, right, bottom."""
    corners = np.array([[box.left, box.top], [box.right, box.bottom]], np.float64)
    width, height = size if turn % 2 == 0 else size[::-1]
    for _ in range(turn):
        corners = np.stack([height - corners[:, 1], corners[:, 0]], axis=1)
        width, height = height, width
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)]).astype(np.float32)
