"""Base faces: bare faces to draw on, with picture, mesh and box."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected
from xai.learning.data.splits import Example, Extent, load_crop
from xai.photo.faces import MARGIN, face_from_box, find_faces
from xai.photo.mesh import MESH_POINTS
from xai.types import Box, Face, Image

__all__ = ["BaseFace", "load_base_face"]

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]

_LONGEST_SIDE = 192


@dataclass(frozen=True, eq=False)
class BaseFace:
    """A bare face that can be drawn on.

    Attributes:
        pixels: RGB uint8 ``(H, W, 3)``.
        mesh: float32 ``(468, 2)``, in these pixels.
        extent: the face's tight box, in these pixels.
    """

    pixels: Pixels
    mesh: Points
    extent: Extent


def load_base_face(example: Example) -> BaseFace | None:
    """The face with its mesh; None where the picture cannot be read or no reliable mesh is found.

    A picture is reduced to a longer side of 192 pixels first, like those of the other sets.
    """
    try:
        whole = load_crop(example)
    except DataRejected:
        return None
    scale = min(1.0, _LONGEST_SIDE / max(whole.shape[:2]))
    pixels, extent = _reduced(whole, scale), _extent(example, whole, scale)
    image = Image(pixels, hashlib.sha256(pixels.tobytes()).hexdigest())
    face = _largest(image) if extent is None else face_from_box(image, Box(*(round(edge) for edge in extent)))
    if face is None or len(face.landmarks) != MESH_POINTS:
        return None
    return BaseFace(pixels, _in_picture(face), extent or Extent(*map(float, face.box.as_list())))


def _reduced(pixels: Pixels, scale: float) -> Pixels:
    size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
    return (
        pixels if scale == 1 else np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    )


def _extent(example: Example, pixels: Pixels, scale: float) -> Extent | None:
    """The tight box in the reduced crop; a face cropped from a photo is in the middle of its square."""
    if example.extent is None:
        return None
    left, top, right, bottom = example.extent
    if example.cut:
        scale *= len(pixels) / (1 + 2 * MARGIN) / max(right - left, bottom - top)
        middle = 0.5 * (1 + 2 * MARGIN) * max(right - left, bottom - top)
        moved = (middle - (left + right) / 2, middle - (top + bottom) / 2)
        left, right, top, bottom = left + moved[0], right + moved[0], top + moved[1], bottom + moved[1]
    return Extent(left * scale, top * scale, right * scale, bottom * scale)


def _largest(image: Image) -> Face | None:
    return max(find_faces(image), key=lambda face: face.box.width, default=None)


def _in_picture(face: Face) -> Points:
    scale = face.crop.shape[0] / face.crop_box.height
    corner = np.array([face.crop_box.left, face.crop_box.top], np.float32)
    return np.asarray((face.landmarks + 0.5) / scale - 0.5 + corner, np.float32)
