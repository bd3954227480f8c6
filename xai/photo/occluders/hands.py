"""Hands in a picture of a face: where they are, and how much of an area they cover.

Zhang, Bazarevsky, Vakunov, Tkachenka, Sung, Chang, Grundmann: "MediaPipe Hands: On-device Real-time Hand
Tracking" (2020), https://arxiv.org/abs/2006.10214. A palm detector proposes; a second network fits 21 points
to each proposal and says whether it is a hand. Both are members of one file, which comes with the package
``mcp-hand-detection``.

Departure from the paper: proposals that overlap are not averaged; the one with the highest score is kept.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any
from zipfile import ZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.packaged_files import model_file
from xai.photo.mesh import cut_square, input_of

__all__ = ["Hand", "find_hands", "hand_area"]

PALM_SIDE, HAND_SIDE = 192, 224
"""Sides of the two networks' inputs."""

PALM_THRESHOLD = 0.4
"""Score of a palm below which the second network is not asked."""

PRESENCE_THRESHOLD = 0.8
"""Presence of a hand below which there is none: ears and collars reach .7."""

MOST_HANDS = 4
"""Palms looked at in one picture."""

_GRID = ((24, 2), (12, 6))  # cells a side, and anchors in each, in the order of the network's outputs
_ROI_SCALE, _ROI_SHIFT = 2.6, 0.5  # the hand's square, in sides of the palm's box: its side, and how far up
_WRIST, _MIDDLE_KNUCKLE = 0, 2  # of the seven points of a palm
_PALM = (0, 1, 5, 9, 13, 17)
_FINGERS = tuple(
    (knuckle, *range(tip - 2, tip + 1)) for knuckle, tip in zip(_PALM[1:], range(4, 21, 4), strict=True)
)
_THICKNESS = 0.24  # of a finger, in lengths of the palm

_LOCK = Lock()
_AREAS: dict[int, NDArray[np.bool_]] = {}


@dataclass(frozen=True, eq=False)
class Hand:
    """A hand in a picture.

    Attributes:
        points: float32 ``(21, 2)``, x and y in pixels: the wrist, then four for each finger from its root to
            its tip, the thumb first.
        presence: confidence that it is a hand, 0..1.
    """

    points: NDArray[np.float32]
    presence: float

    def draw(self, area: NDArray[np.uint8]) -> None:
        """Set the pixels of ``area`` ``(S, S)`` that the hand covers to 1."""
        palm = self.points[list(_PALM)]
        thick = max(1, round(_THICKNESS * float(np.linalg.norm(palm[3] - palm[0]))))
        cv2.fillPoly(area, [np.rint(palm).astype(np.int32)], 1)
        for finger in (*_FINGERS, (*_PALM, 0)):
            cv2.polylines(area, [np.rint(self.points[list(finger)]).astype(np.int32)], False, 1, thick)


def hand_area(crop: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """What hands cover in a face's crop RGB uint8 ``(S, S, 3)``: bool ``(S, S)``.

    It is remembered for as long as the crop exists.

    Raises:
        ThirdPartyMissing: the networks' file is not installed.
    """
    if id(crop) not in _AREAS:
        area = np.zeros(crop.shape[:2], np.uint8)
        for hand in find_hands(crop):
            hand.draw(area)
        _AREAS[id(crop)] = area.astype(bool)
        weakref.finalize(crop, _AREAS.pop, id(crop), None)
    return _AREAS[id(crop)]


def find_hands(crop: NDArray[np.uint8]) -> tuple[Hand, ...]:
    """The hands in a square picture RGB uint8 ``(S, S, 3)``, the most certain palms first.

    Raises:
        ThirdPartyMissing: the networks' file is not installed.
    """
    hands = (_fit(crop, box, points) for box, points in _palms(crop))
    return tuple(hand for hand in hands if hand.presence >= PRESENCE_THRESHOLD)


def _palms(crop: NDArray[np.uint8]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Box ``(4,)`` (centre, width, height) and seven points ``(7, 2)`` of each palm, in crop pixels."""
    side = len(crop)
    how = cv2.INTER_AREA if side > PALM_SIDE else cv2.INTER_LINEAR
    resized = cv2.resize(crop, (PALM_SIDE, PALM_SIDE), interpolation=how)
    blob = input_of(np.asarray(resized, np.uint8))
    least = math.log(PALM_THRESHOLD / (1 - PALM_THRESHOLD))
    (logits,) = _run("hand_detector.tflite", blob, ("Identity_1",))
    order = np.argsort(-logits.ravel())
    likely = order[logits.ravel()[order] >= least]
    if not len(likely):
        return []  # most faces: the second output costs another pass
    (regressed,) = _run("hand_detector.tflite", blob, ("Identity",))
    values = regressed.reshape(-1, 9, 2)[likely] / PALM_SIDE
    values[:, 0] += _anchors()[likely]
    values[:, 2:] += _anchors()[likely, None]
    kept: list[NDArray[np.float32]] = []
    for each in values * side:
        apart = (np.linalg.norm(each[0] - other[0]) > other[1].max() / 2 for other in kept)
        if all(apart) and len(kept) < MOST_HANDS:
            kept.append(each)
    return [(each[:2].ravel(), each[2:]) for each in kept]


def _fit(crop: NDArray[np.uint8], box: NDArray[np.float32], palm: NDArray[np.float32]) -> Hand:
    """The hand in a square round a palm, turned so that the fingers point up."""
    along = palm[_MIDDLE_KNUCKLE] - palm[_WRIST]
    angle = math.atan2(along[1], along[0]) + math.pi / 2
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turn_by_scale = turn * (_ROI_SCALE * box[2:].max() / HAND_SIDE)
    middle = box[:2] + turn @ (0, -_ROI_SHIFT * box[3])
    shift = middle - turn_by_scale @ np.full(2, HAND_SIDE / 2)
    square = cut_square(crop, turn_by_scale, shift, HAND_SIDE, cv2.BORDER_REPLICATE)
    presence, points = _run("hand_landmarks_detector.tflite", input_of(square), ("Identity_1", "Identity"))
    found = points.reshape(21, 3)[:, :2] @ turn_by_scale.T + shift
    return Hand(found.astype(np.float32), float(presence.ravel()[0]))


def _run(name: str, blob: NDArray[np.float32], outputs: tuple[str, ...]) -> list[NDArray[np.float32]]:
    with _LOCK:  # a cv2 net keeps its input and output: one caller at a time
        net = _net(name)
        net.setInput(blob)
        return [net.forward(output) for output in outputs]


@cache
def _net(name: str) -> Any:
    with ZipFile(model_file("hands")) as file:
        content = np.frombuffer(file.read(name), np.uint8)
    # The classic engine: the default one drops outputs.
    return cv2.dnn.readNetFromTFLite(content, cv2.dnn.ENGINE_CLASSIC)


@cache
def _anchors() -> NDArray[np.float32]:
    """Centres of the detector's anchors, float32 ``(2016, 2)``, x and y in 0..1."""
    grids = []
    for cells, each in _GRID:
        rows, columns = np.mgrid[:cells, :cells]
        centres = (np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5) / cells
        grids.append(np.repeat(centres, each, axis=0))
    return np.concatenate(grids).astype(np.float32)
