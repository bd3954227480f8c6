"""Faces of a photo: detected, numbered from left to right, cropped as for training.

Any size of photo; every face from ``MIN_FACE`` pixels on, up to ``MAX_FACES``. A crop is a square 1.6 times
the longer side of the face's box, mirrored where the photo ends, so that a classifier sees at inference what
it saw in training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.centerface import Detections, detect, overlaps
from xai.photo.mesh import find_landmarks
from xai.types import MAX_FACES, MIN_FACE, Box, Face, Faces, Image

__all__ = [
    "CROP_SIDE",
    "MARGIN",
    "cut_crop",
    "face_from_box",
    "find_faces",
    "set_by_hand",
    "whole_photo",
]

Chosen = NDArray[np.bool_]

MARGIN = 0.3
"""Margin of a crop on each side, in longer sides of the face's box."""

WIDE_MARGIN = 1.0
"""Margin around a manual box in which a face is searched for: a face that fills a picture is not detected."""

CROP_SIDE = 384
"""Crops are reduced to this side at most, in pixels; they are never enlarged."""

CONFIRMING_IOU = 0.3
"""From this overlap on, a detected face is the one in a manual box."""


def find_faces(image: Image, *, limit: int = MAX_FACES) -> Faces:
    """Find the faces of a photo.

    Args:
        image: the photo, of any size.
        limit: how many faces to keep at most: the largest, most confident.

    Returns:
        The faces ordered by the centre of their boxes, left to right, then top to bottom; with a notice where
        the limit or ``MIN_FACE`` left faces out. Empty where there is none.

    Raises:
        ValueError: ``limit`` is less than 1.
        ThirdPartyMissing: a network's file is not installed.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    seen = _within_photo(detect(image.pixels), image)
    found = seen.take(seen.sides.min(axis=1) >= MIN_FACE)
    kept = found.take(_in_order(found, limit))
    faces = [_face(image, kept.take(np.array([i]))) for i in range(len(kept))]
    return Faces(faces, _notices(len(seen) - len(found), len(found), len(kept)))


def cut_crop(pixels: NDArray[np.uint8], box: Box, margin: float = MARGIN) -> tuple[NDArray[np.uint8], Box]:
    """Crop a square round a face, centred on the box.

    The side is ``round((1 + 2 * margin) * longer side)``; where the square reaches past the photo, the
    photo is mirrored at its outermost row or column (which is not repeated), as often as needed.

    Args:
        pixels: the photo, RGB uint8 ``(H, W, 3)``.
        box: the face, in photo pixels.
        margin: added on each side, in longer sides of the box.

    Returns:
        The crop, RGB uint8 ``(S, S, 3)``, reduced by area averaging to at most ``CROP_SIDE``; and the
        square it shows, in photo pixels.
    """
    side = (1 + 2 * margin) * max(box.width, box.height)
    left = round((box.left + box.right) / 2 - side / 2)
    top = round((box.top + box.bottom) / 2 - side / 2)
    square = Box(left, top, left + max(1, round(side)), top + max(1, round(side)))
    rows = _mirrored(square.top, square.bottom, pixels.shape[0])
    columns = _mirrored(square.left, square.right, pixels.shape[1])
    return _reduced(pixels[rows[:, None], columns]), square


def whole_photo(image: Image) -> Face:
    """The whole photo as one face: padded to a square by mirroring, without landmarks, score 0."""
    box = Box(0, 0, image.width, image.height)
    crop, square = cut_crop(image.pixels, box, margin=0.0)
    return _cut(image, box, (crop, square))


def face_from_box(image: Image, box: Box) -> Face:
    """The face in an annotated box, which fits as tightly as the detector's own.

    Landmarks and score come from the detector where it confirms a face there, else they are none and 0.

    Args:
        image: the photo.
        box: round the face, in photo pixels.

    Raises:
        ValueError: the box lies outside the photo.
        ThirdPartyMissing: a network's file is not installed.
    """
    return _confirmed(image, box, MARGIN, _overlapping)


def set_by_hand(image: Image, found: Faces, boxes: Mapping[int, Box]) -> Faces:
    """The faces of a photo after boxes were moved or added by hand.

    A manual box is looser or tighter than the detector's. Landmarks and score come from a detected face if
    each of the two boxes contains the other's centre; else they are none and 0.

    Args:
        image: the photo.
        found: its faces as ``find_faces`` numbers them.
        boxes: number of a face, from 0 -> its box in photo pixels. Numbers from ``len(found)`` on are added
            in their order.

    Returns:
        The faces in the order of ``found``, then those added; with the notices of ``found``.

    Raises:
        ValueError: a box lies outside the photo.
        ThirdPartyMissing: a network's file is not installed.
    """
    faces = list(found)
    for number in sorted(boxes):
        faces[number : number + 1] = [_confirmed(image, boxes[number], WIDE_MARGIN, _same_middle)]
    return Faces(faces, found.notices)


def _confirmed(
    image: Image, box: Box, margin: float, same: Callable[[NDArray[np.float32], Detections], Chosen]
) -> Face:
    """The face in ``box``, with the landmarks of the closest face detected within ``margin`` of the box that
    is the ``same``.
    """
    if box.left >= image.width or box.top >= image.height or box.right <= 0 or box.bottom <= 0:
        raise ValueError(f"the box {box.as_list()} lies outside the photo of {image.width}x{image.height}")
    crop, square = cut_crop(image.pixels, box)
    seen, around = cut_crop(image.pixels, box, margin)
    scale = around.width / seen.shape[0]
    near = detect(seen).moved((around.left / scale, around.top / scale), scale)
    frame = np.array(box.as_list(), np.float32)
    near = near.take(same(frame, near))
    if not len(near):
        return _cut(image, box, (crop, square))
    best = int(overlaps(frame, near.boxes).argmax())
    landmarks = find_landmarks(crop, _in_crop(near.points[best], square, crop.shape[0]))
    return _cut(image, box, (crop, square), landmarks, float(near.scores[best]))


def _overlapping(frame: NDArray[np.float32], found: Detections) -> Chosen:
    return np.asarray(overlaps(frame, found.boxes) >= CONFIRMING_IOU, np.bool_)


def _same_middle(frame: NDArray[np.float32], found: Detections) -> Chosen:
    middle = (frame[:2] + frame[2:]) / 2
    inside = ((found.centres >= frame[:2]) & (found.centres < frame[2:])).all(axis=1)
    round_it = ((middle >= found.boxes[:, :2]) & (middle < found.boxes[:, 2:])).all(axis=1)
    return np.asarray(inside & round_it, np.bool_)


def _within_photo(found: Detections, image: Image) -> Detections:
    """Boxes clipped at the photo's edge, as annotated boxes are; those wholly outside are dropped."""
    size = np.array([image.width, image.height] * 2, np.float32)
    inside = Detections(found.boxes.clip(0, size), found.points, found.scores)
    return inside.take(inside.sides.min(axis=1) >= 1)


def _in_order(found: Detections, limit: int) -> NDArray[np.intp]:
    """Indices of the ``limit`` largest and most confident faces, left to right, then top to bottom."""
    weight = found.sides.max(axis=1) * found.scores
    kept = np.argsort(-weight, kind="stable")[:limit]
    left, top, right, bottom = np.rint(found.boxes[kept]).T
    return kept[np.lexsort((top + bottom, left + right))]


def _notices(tiny: int, found: int, kept: int) -> list[str]:
    notices = []
    if kept < found:
        notices.append(
            f"{found} faces were found, showing the {kept} largest, most confident; {found - kept} left out."
        )
    if tiny:
        notices.append(f"Faces under {MIN_FACE} pixels were left out: {tiny}.")
    return notices


def _face(image: Image, one: Detections) -> Face:
    left, top, right, bottom = (round(float(edge)) for edge in one.boxes[0])
    box = Box(left, top, max(right, left + 1), max(bottom, top + 1))
    crop, square = cut_crop(image.pixels, box)
    landmarks = find_landmarks(crop, _in_crop(one.points[0], square, crop.shape[0]))
    return _cut(image, box, (crop, square), landmarks, float(one.scores[0]))


def _cut(
    image: Image,
    box: Box,
    cut: tuple[NDArray[np.uint8], Box],
    landmarks: NDArray[np.float32] | None = None,
    score: float = 0.0,
) -> Face:
    """The face in ``box`` with the result of ``cut_crop``."""
    crop, square = cut
    known = np.zeros((0, 2), np.float32) if landmarks is None else landmarks
    size = (image.width, image.height)
    return Face(image.sha256, box, square, crop, known, score, image.turn, size)


def _in_crop(points: NDArray[np.float32], square: Box, side: int) -> NDArray[np.float32]:
    scale = np.float32(side / square.width)
    return ((points - np.array([square.left, square.top], np.float32)) * scale).astype(np.float32)


def _mirrored(start: int, stop: int, length: int) -> NDArray[np.intp]:
    """Indices start..stop folded into 0..length, mirrored at the outermost element."""
    if length == 1:
        return np.zeros(stop - start, np.intp)
    period = 2 * (length - 1)
    folded = np.arange(start, stop, dtype=np.intp) % period
    return np.minimum(folded, period - folded)


def _reduced(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if crop.shape[0] <= CROP_SIDE:
        return crop
    return np.asarray(cv2.resize(crop, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8)
