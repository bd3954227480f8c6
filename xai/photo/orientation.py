"""Photos that lie on their side: noticed by their faces, and turned until most of these stand upright.

A camera usually notes how it was held, and ``read_image`` follows that. Where it did not, the faces are on
their side: the detector misses most of them, and a classifier answers for the rest with confidence, but it
never saw such faces in training.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from xai.photo.faces import find_faces
from xai.photo.mesh import five_of, has_mesh
from xai.types import Face, Faces, Image

__all__ = ["MAX_TILT", "find_faces_upright", "tilt_of", "turn_photo"]

MAX_TILT = 45.0
"""Degrees from upright beyond which another quarter turn brings a face nearer to upright."""

CERTAIN = 0.7
"""Confidence of an upright face from which the photo counts as upright without a look at the other turns: on
photos that lie on their side few false detections reach it."""

CONVINCING = 0.5
"""Least confidence of an upright face for which a photo is turned: a photo without people stays as it is."""

LEAD = 1.5
"""How many times the summed confidence of the upright faces a turn must reach to be preferred."""

_NOTICES = {
    1: "The photo lay on its side and was turned by a quarter to the right.",
    2: "The photo was upside down and was turned by half a turn.",
    3: "The photo lay on its side and was turned by a quarter to the left.",
}


def find_faces_upright(image: Image, turn: int | None = None) -> tuple[Image, Faces]:
    """Find the faces of a photo that may lie on its side.

    Where no upright face is certain, or most are tilted by more than ``MAX_TILT``, the three other quarter
    turns are tried, and the one in which most faces (weighted by confidence) stand upright is taken. In doubt
    the photo stays as it is.

    Args:
        image: the photo, of any size.
        turn: quarter turns clockwise, 0..3, by which to turn it instead; None to find out.

    Returns:
        The photo, turned where that is better, with a notice; and its faces as ``find_faces`` finds them,
        with a notice that names those that are still tilted.

    Raises:
        ValueError: ``turn`` is not one of 0..3.
        ThirdPartyMissing: a network's file is not installed.
    """
    if turn is not None:
        image = turn_photo(image, turn)
        faces = find_faces(image)
    else:
        image, faces = _most_upright(image)
    return image, Faces(faces, (*faces.notices, *_tilt_notices(faces)))


def turn_photo(image: Image, turn: int) -> Image:
    """The photo turned clockwise by ``turn`` quarters.

    Raises:
        ValueError: ``turn`` is not one of 0..3.
    """
    if turn not in range(4):
        raise ValueError(f"a photo is turned by 0, 1, 2 or 3 quarters clockwise, not by {turn}")
    if turn == 0:
        return image
    pixels = np.ascontiguousarray(np.rot90(image.pixels, -turn))
    return replace(image, pixels=pixels, turn=(image.turn + turn) % 4)


def tilt_of(face: Face) -> float | None:
    """Degrees clockwise, -180..180, by which a face is rotated in the picture; None without landmarks.

    The direction across the face, from eye to eye and at a right angle to the line from eyes to mouth: on a
    turned head the eyes are close together, and the line between them says little.
    """
    if not len(face.landmarks):
        return None
    five = (five_of(face.landmarks) if has_mesh(face) else face.landmarks).astype(np.float64)
    right, down = five[1] - five[0], five[3:].mean(axis=0) - five[:2].mean(axis=0)
    return math.degrees(math.atan2(right[1] - down[0], right[0] + down[1]))


def _most_upright(image: Image) -> tuple[Image, Faces]:
    faces = find_faces(image)
    upright, tilted = _confidences(faces)
    if max(upright, default=0.0) >= CERTAIN and sum(upright) > sum(tilted):
        return image, faces
    found = {turn: find_faces(turn_photo(image, turn)) for turn in _NOTICES}
    reached = {turn: _confidences(each)[0] for turn, each in found.items()}
    best = max(reached, key=lambda turn: sum(reached[turn]))
    if max(reached[best], default=0.0) < CONVINCING or sum(reached[best]) < LEAD * sum(upright):
        return image, faces
    turned = turn_photo(image, best)
    return replace(turned, notices=(*turned.notices, _NOTICES[best])), found[best]


def _confidences(faces: Faces) -> tuple[list[float], list[float]]:
    """Confidences of the faces that stand upright, and of those that are tilted."""
    tilted = list(_tilted(faces))
    return (
        [face.score for number, face in enumerate(faces) if number not in tilted],
        [faces[number].score for number in tilted],
    )


def _tilted(faces: Sequence[Face]) -> Iterator[int]:
    """Numbers, from 0, of the faces that are tilted by more than ``MAX_TILT``."""
    for number, face in enumerate(faces):
        tilt = tilt_of(face)
        if tilt is not None and abs(tilt) > MAX_TILT:
            yield number


def _tilt_notices(faces: Faces) -> list[str]:
    numbers = [str(number + 1) for number in _tilted(faces)]
    if not numbers:
        return []
    beyond = f"tilted by more than {MAX_TILT:.0f} degrees"
    if len(numbers) == 1:
        return [f"Face {numbers[0]} is {beyond}, so its answer is not reliable."]
    return [f"Faces {', '.join(numbers)} are {beyond}, so their answers are not reliable."]
