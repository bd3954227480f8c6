"""Draws occluders that are not masks in front of a face, so that the true class stays the same.

Users of comparable tools saw hands, beards, scarves and sheets of paper taken for masks; a classifier trained
with them beside real masks learns the difference, and one that was not can be measured on them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.occluders.scene import Scene
from xai.photo.occluders.shapes import SHAPES
from xai.photo.synthetic_masks.canvas import Canvas
from xai.photo.synthetic_masks.catalog import sample_appearance
from xai.photo.synthetic_masks.compositing import composite, hollows, surface_normals
from xai.photo.synthetic_masks.face_pose import face_frame
from xai.photo.synthetic_masks.lighting import Light, linear, measure_light, skin_likeness
from xai.photo.synthetic_masks.renderer import MaskSpec, neighbourhood, render_mask, require_face
from xai.photo.synthetic_masks.wear_styles import USUAL, Fit

__all__ = ["OCCLUDERS", "draw_occluder"]

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Points = NDArray[np.float32]

OCCLUDERS = (*SHAPES, "scarf")
"""The occluders; the scarf lies round the neck and leaves the mouth bare."""

_REACH = ((-1.0, -1.35), (1.0, 1.1))  # face widths from the mouth that an occluder may take
_BARE = (50, 280, 101, 330, 205, 425, 151, 9, 108, 337, 195, 5)
"""Mesh vertices for the skin colour: cheeks, forehead, the bridge of the nose."""


def draw_occluder(
    pixels: Pixels, landmarks: Points, name: str, seed: int = 0, drawn_width: int = USUAL.drawn_width
) -> Pixels:
    """A copy of the photo with an occluder in front of the face.

    Args:
        pixels: RGB uint8 ``(H, W, 3)``; not changed.
        landmarks: float32 ``(468, 2)``, the face mesh in these pixels.
        name: one of ``OCCLUDERS``.
        seed: of shape, place and colour; the same seed gives the same picture.
        drawn_width: as of ``Fit``.

    Returns:
        RGB uint8 ``(H, W, 3)``.

    Raises:
        UnknownName: there is no such occluder.
        ValueError: not a picture, or not a face mesh.
    """
    if name not in OCCLUDERS:
        raise UnknownName("occluder", name, OCCLUDERS)
    require_face(pixels, landmarks)
    if name not in SHAPES:
        return _tie_scarf(pixels, landmarks, seed, drawn_width)
    result = pixels.copy()
    part, corner = neighbourhood(result, landmarks)
    if part.size:
        moved = (landmarks - corner).astype(np.float32)
        _draw(part, moved, name, drawn_width, np.random.default_rng(seed))
    return result


def _tie_scarf(pixels: Pixels, landmarks: Points, seed: int, drawn_width: int) -> Pixels:
    """A scarf is a sheet like a mask, but nobody wears it as one: round the neck, without ear loops."""
    _, look = sample_appearance(np.random.default_rng(seed), ("scarf",))
    return render_mask(pixels, landmarks, MaskSpec(look, "below_chin", seed, Fit(drawn_width=drawn_width)))


def _draw(part: Pixels, landmarks: Points, name: str, drawn_width: int, rng: np.random.Generator) -> None:
    frame = face_frame(landmarks)
    corners = frame.centre + frame.width * np.array(_REACH, np.float32)
    canvas = Canvas.over(corners, frame.width, part.shape[:2], drawn_width)
    if canvas is None:
        return
    light = measure_light(part, landmarks, frame)
    stage = Scene(canvas, frame, _skin(part, landmarks, light), rng)
    layers = canvas.reduce(_lit(stage, name, light))
    cut = canvas.cut(part)
    catches = skin_likeness(part, cut, landmarks, frame)
    cut[:] = composite(cut, layers, catches, (frame, light), rng)


def _lit(stage: Scene, name: str, light: Light) -> Plane:
    """The occluder in the light of the face: linear RGB times coverage, and coverage, ``(h, w, 4)``."""
    body = SHAPES[name](stage)
    relief = (body.height / stage.unit).astype(np.float32)
    bright = light.on(surface_normals(body.height)) * hollows(relief, stage.unit) * light.exposure
    colour = body.colour * light.tint * bright[..., None]
    cover = body.cover[..., None]
    return np.asarray(np.concatenate([colour * cover, cover], axis=2), np.float32)


def _skin(part: Pixels, landmarks: Points, light: Light) -> Plane:
    """Reflectance of the face's skin, linear RGB ``(3,)``: its median over what the light would give."""
    height, width = part.shape[:2]
    places = landmarks[list(_BARE)].round().astype(int).clip(0, [width - 1, height - 1])
    seen = np.median(linear(part[places[:, 1], places[:, 0]]), axis=0)
    return np.asarray(np.clip(seen / (light.exposure * light.tint), 0.01, 0.9), np.float32)
