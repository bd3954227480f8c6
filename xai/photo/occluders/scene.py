"""Building blocks of occluders: sticks and sheets with a height, in the face's own axes."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.synthetic_masks.canvas import Canvas
from xai.photo.synthetic_masks.face_pose import FaceFrame

__all__ = ["Scene", "SceneObject"]

Plane = NDArray[np.float32]
Points = NDArray[np.floating]

_SOFT = 0.7  # drawn pixels over which an edge fades


@dataclass(frozen=True, eq=False)
class SceneObject:
    """An object on the canvas.

    Attributes:
        cover: float32 ``(h, w)``, 0..1.
        height: float32 ``(h, w)``, drawn pixels above the picture.
        colour: its reflectance, linear RGB, ``(3,)`` or ``(h, w, 3)``.
    """

    cover: Plane
    height: Plane
    colour: Plane

    def under(self, other: SceneObject) -> SceneObject:
        """This object with ``other`` in front of it."""
        over = other.cover[..., None]
        return SceneObject(
            np.maximum(self.cover, other.cover),
            np.where(other.cover > 0.5, other.height, self.height),
            np.asarray(self.colour * (1 - over) + other.colour * over, np.float32),
        )


@dataclass(frozen=True, eq=False)
class Scene:
    """The canvas in front of one face; positions are in face widths from the mouth: right and down.

    Attributes:
        canvas: what is drawn on.
        frame: the face.
        skin: reflectance of its skin, linear RGB ``(3,)``.
        rng: random generator.
    """

    canvas: Canvas
    frame: FaceFrame
    skin: Plane
    rng: np.random.Generator
    x: Plane = field(init=False)
    y: Plane = field(init=False)

    def __post_init__(self) -> None:
        """Compute the face coordinates of every drawn pixel."""
        rows, columns = self.canvas.size
        scale, frame = self.canvas.scale, self.frame
        across = (np.arange(columns) + 0.5) / scale - 0.5 + self.canvas.left - frame.centre[0]
        down = (np.arange(rows) + 0.5) / scale - 0.5 + self.canvas.top - frame.centre[1]
        straight = np.array([-frame.right[1], frame.right[0]]) * np.sign(frame.right[0] * frame.down[1])
        for name, axis in (("x", frame.right), ("y", straight)):
            plane = (across[None] * axis[0] + down[:, None] * axis[1]) / frame.width
            object.__setattr__(self, name, plane.astype(np.float32))

    @property
    def unit(self) -> float:
        """Drawn pixels per face width."""
        return self.frame.width * self.canvas.scale

    @property
    def middle(self) -> float:
        """Offset of the head's middle from the mouth: it grows as the head turns."""
        return -0.5 * self.frame.turn

    def capsule(self, start: Points, end: Points, radii: tuple[float, float]) -> tuple[Plane, Plane]:
        """A round stick from ``start`` to ``end`` ``(2,)``: depth inside its outline, and height."""
        along = np.asarray(end - start, np.float64)
        length = float(along @ along) + 1e-9
        t = ((self.x - start[0]) * along[0] + (self.y - start[1]) * along[1]) / length
        t = t.clip(0, 1)
        radius = radii[0] + (radii[1] - radii[0]) * t
        away = np.hypot(self.x - start[0] - t * along[0], self.y - start[1] - t * along[1])
        round_height = np.sqrt(np.maximum(radius**2 - away**2, 0))
        return np.asarray(radius - away, np.float32), np.asarray(round_height, np.float32)

    def cover(self, depth: Plane) -> Plane:
        """Coverage 0..1 at ``depth`` face widths inside an outline."""
        return np.asarray(np.clip(depth * self.unit / (2 * _SOFT) + 0.5, 0, 1), np.float32)

    def box(self, middle: Points, half: Points, angle: float, corner: float) -> tuple[Plane, Plane, Plane]:
        """A rotated rectangle with round corners: depth inside it, and its own coordinates right and down."""
        cosine, sine = np.cos(angle), np.sin(angle)
        x, y = self.x - middle[0], self.y - middle[1]
        u, v = cosine * x + sine * y, cosine * y - sine * x
        over = np.stack([np.abs(u) - half[0] + corner, np.abs(v) - half[1] + corner])
        outside = np.hypot(*np.maximum(over, 0)) + np.minimum(over.max(axis=0), 0)
        return np.asarray(corner - outside, np.float32), np.asarray(u), np.asarray(v)

    def noise(self, cells: float, stretch: float = 1.0) -> Plane:
        """Smooth noise of ``cells`` per face width, ``stretch`` times longer downwards; about -1..1."""
        step = self.unit / cells
        rows, columns = self.x.shape
        shape = (int(rows / (step * stretch)) + 3, int(columns / step) + 3)
        tile = self.rng.normal(0, 0.6, shape).astype(np.float32)
        grown = cv2.resize(tile, (columns + 2, rows + 2), interpolation=cv2.INTER_CUBIC)
        return np.asarray(grown[1:-1, 1:-1], np.float32)
