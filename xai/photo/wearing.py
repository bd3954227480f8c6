"""Draws a mask on a face, worn correctly or not, in the light of the photo.

The mask is a sheet tied to the face mesh (``mask_geometry``), made of something (``mask_looks``) and lit as
the face is (``mask_light``). It is drawn larger than the photo and reduced, then given the photo's own blur
and grain, so that neither an edge nor a texture gives it away.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.mask_canvas import Canvas
from xai.photo.mask_geometry import MESH_POINTS, Layout, lay_out
from xai.photo.mask_light import Light, linear, measure_light, photo_blur, photo_grain, skin_likeness, srgb
from xai.photo.mask_looks import LOOKS, STYLES, MaskLook, bulge, fabric, relief

__all__ = ["LOOKS", "WORN", "MaskLook", "class_of", "draw_mask"]

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Points = NDArray[np.float32]

WORN = ("correct", "nose_out", "below_chin")
"""The ways of wearing a mask that can be drawn."""

_CLASS = {"correct": "covered", "nose_out": "incorrect", "below_chin": "incorrect"}
_STRAP_WIDTH = 0.02  # of the face width
_SHEEN = 0.015  # part of white that even black fabric throws back where it faces the light
_LEAST_BLUR = 0.2  # pixels; less is not worth filtering
_UNSEEN = 2e-3  # less cover or shadow than this leaves a pixel as it was


def class_of(worn: str) -> str:
    """The true class of a face that wears a mask this way; raises ``UnknownName`` for any other word.

    >>> class_of("nose_out")
    'incorrect'
    """
    if worn not in _CLASS:
        raise UnknownName("way of wearing", worn, WORN)
    return _CLASS[worn]


def draw_mask(pixels: Pixels, landmarks: Points, look: MaskLook, worn: str, seed: int = 0) -> Pixels:
    """A copy of the photo in which the face wears a mask.

    Args:
        pixels: RGB uint8 ``(H, W, 3)``; not changed.
        landmarks: float32 ``(468, 2)``, the face mesh in these pixels.
        look: one of ``LOOKS``, or another.
        worn: one of ``WORN``.
        seed: chance in tilt, height, folds and grain; the same seed gives the same picture.

    Returns:
        RGB uint8 ``(H, W, 3)``. Only the neighbourhood of the mask and its ear loops differs.

    Raises:
        UnknownName: ``worn`` or the look's style does not exist.
        ValueError: not a picture, or not a face mesh.
    """
    _require(pixels, landmarks, look, worn)
    result = pixels.copy()
    part, corner = _neighbourhood(result, landmarks)
    if part.size:
        moved = (landmarks - corner).astype(np.float32)
        _draw(part, moved, look, worn, np.random.default_rng(seed))
    return result


@dataclass(frozen=True, eq=False)
class _Scene:
    """Everything that decides how the mask is drawn."""

    layout: Layout
    canvas: Canvas
    light: Light
    look: MaskLook


def _require(pixels: Pixels, landmarks: Points, look: MaskLook, worn: str) -> None:
    class_of(worn)
    if look.style not in STYLES:
        raise UnknownName("mask style", look.style, STYLES)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"a mask is drawn on RGB uint8 (H, W, 3), not on {pixels.dtype} of {pixels.shape}")
    if landmarks.shape != (MESH_POINTS, 2) or not np.isfinite(landmarks).all():
        raise ValueError(f"a mask needs a finite face mesh of shape (468, 2), not {landmarks.shape}")


def _neighbourhood(pixels: Pixels, landmarks: Points) -> tuple[Pixels, Points]:
    """A view of the part that is looked at, however large the photo is, and its upper left corner."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    reach = float((high - low).max())
    left, top = (max(0, int(c - reach)) for c in low)
    right, bottom = (max(0, int(c + reach)) for c in high)
    return pixels[top:bottom, left:right], np.array([left, top], np.float32)


def _draw(part: Pixels, landmarks: Points, look: MaskLook, worn: str, rng: np.random.Generator) -> None:
    """Draw on ``part`` itself; ``landmarks`` in its pixels."""
    layout = lay_out(landmarks, look.style, worn, rng)
    canvas = Canvas.around(layout, *part.shape[:2])
    if canvas is None:
        return
    scene = _Scene(layout, canvas, measure_light(part, landmarks, layout.frame), look)
    cut = canvas.cut(part)
    skin = skin_likeness(part, cut, landmarks, layout.frame)
    cut[:] = _compose(scene, cut, skin, _layers(scene, skin, rng), rng)


def _layers(scene: _Scene, skin: Plane, rng: np.random.Generator) -> Plane:
    """Mask and ear loops in photo pixels: linear RGB times cover, and cover, ``(h, w, 4)``."""
    canvas, layout = scene.canvas, scene.layout
    cover = canvas.fill(layout.outline, layout.core)
    colour = _sheet(scene, rng)
    loops, loop_colour = _loops(scene, np.maximum(skin, canvas.reduce(cover)))
    colour = np.where(cover[..., None] > 0, colour, loop_colour)
    alpha = np.maximum(cover, loops)[..., None]
    return canvas.reduce(np.concatenate([colour * alpha, alpha], axis=2))


def _sheet(scene: _Scene, rng: np.random.Generator) -> Plane:
    """The fabric in the light of the face, linear RGB over the whole canvas: ``(h, w, 3)``."""
    canvas, layout, light = scene.canvas, scene.layout, scene.light
    nodes = canvas.nodes()
    sheet = layout.to_sheet(nodes).clip(-1.3, 1.3)
    u, v, local = canvas.spread(np.column_stack([sheet, light.local(nodes)]).astype(np.float32))
    unit = layout.frame.width * canvas.scale
    folds = relief(u, v, scene.look.style, layout.worn, rng)
    turn = layout.frame.turn
    body = np.sqrt(1 - turn**2) * bulge(u, v, layout.worn) - 0.5 * turn * u
    bright = light.on(_normals((body + folds) * unit)) * local * _hollows(folds, unit)
    reflected = fabric(u, v, scene.look, rng) * bright * light.exposure
    sheen = _SHEEN * light.exposure * np.maximum(bright - 0.6, 0)
    return np.asarray(reflected[..., None] * _under(light, scene.look.colour) + sheen[..., None], np.float32)


def _under(light: Light, colour: tuple[int, int, int]) -> Plane:
    return np.asarray(linear(np.array(colour, np.uint8)) * light.tint, np.float32)


def _normals(height: Plane) -> Plane:
    down, across = np.gradient(cv2.GaussianBlur(height, (0, 0), 0.8))
    normals = np.dstack([-across, -down, np.ones_like(height)])
    return np.asarray(normals / np.linalg.norm(normals, axis=2, keepdims=True), np.float32)


def _hollows(folds: Plane, unit: float) -> Plane:
    """Less light reaches what lies lower than its surroundings."""
    raised = folds - cv2.GaussianBlur(folds, (0, 0), 0.02 * unit)
    return np.asarray(np.clip(1 + 26 * raised, 0.6, 1.12), np.float32)


def _loops(scene: _Scene, skin: Plane) -> tuple[Plane, Plane]:
    """Ear loops: cover ``(h, w)`` and linear RGB ``(h, w, 3)``. They end where hair or an ear hides them."""
    canvas, frame = scene.canvas, scene.layout.frame
    width = _STRAP_WIDTH * frame.width
    cover, lit = np.zeros(canvas.size, np.float32), np.zeros(canvas.size, np.float32)
    for curve in scene.layout.straps:
        shown = _shown(curve - np.array([canvas.left, canvas.top], np.float32), skin)
        cover = np.maximum(cover, canvas.stroke(curve, width, shown))
        lit = np.maximum(lit, canvas.stroke(curve - frame.down * 0.2 * width, 0.5 * width, shown))
    bright = scene.light.exposure * (0.55 + 0.35 * lit)
    return cover, np.asarray(bright[..., None] * _under(scene.light, scene.look.strap), np.float32)


def _shown(curve: Points, skin: Plane) -> Points:
    """How much of the loop is seen at each point: it fades at the ear and stays hidden once hidden."""
    height, width = skin.shape
    x = curve[:, 0].round().astype(int).clip(0, width - 1)
    y = curve[:, 1].round().astype(int).clip(0, height - 1)
    seen = np.clip((skin[y, x] - 0.3) / 0.35, 0, 1)
    ending = np.clip((1 - np.linspace(0, 1, len(curve))) / 0.12, 0, 1)
    return np.asarray(np.minimum.accumulate(seen) * ending, np.float32)


def _compose(scene: _Scene, cut: Pixels, skin: Plane, layers: Plane, rng: np.random.Generator) -> Pixels:
    """Lay premultiplied ``layers`` ``(h, w, 4)`` over the photo, with their shadow, blur and grain."""
    sigma = photo_blur(cut)
    if sigma > _LEAST_BLUR:
        layers = np.asarray(cv2.GaussianBlur(layers, (0, 0), sigma))
    alpha = layers[..., 3]
    shadow = _shadow(alpha, scene) * skin * (1 - alpha)
    under = linear(cut) * ((1 - shadow) * (1 - alpha))[..., None]
    mixed = srgb(under + layers[..., :3])
    grain = cv2.GaussianBlur(rng.normal(0, 1, alpha.shape).astype(np.float32), (0, 0), 0.6) * 2.1
    mixed += (grain * photo_grain(cut) * alpha)[..., None]
    touched = (alpha > _UNSEEN) | (shadow > _UNSEEN)
    drawn = np.clip(np.round(mixed), 0, 255).astype(np.uint8)
    return np.where(touched[..., None], drawn, cut)


def _shadow(alpha: Plane, scene: _Scene) -> Plane:
    """What the mask takes from the light around it: close to its edge, and cast away from the light."""
    frame = scene.layout.frame
    x, y = (0.02 * frame.down - 0.04 * scene.light.direction[:2]) * frame.width
    moved = np.array([[1, 0, x], [0, 1, y]], np.float32)
    cast = cv2.warpAffine(alpha, moved, alpha.shape[::-1])
    close = cv2.GaussianBlur(alpha, (0, 0), max(0.5, 0.012 * frame.width))
    soft = cv2.GaussianBlur(cast, (0, 0), max(0.8, 0.03 * frame.width))
    return np.asarray(0.4 * np.maximum(close, soft), np.float32)
