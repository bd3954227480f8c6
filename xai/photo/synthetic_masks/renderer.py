"""Draws a mask on a face, worn correctly or not, in the light of the photo.

The mask is a sheet tied to the face mesh (``layout``), with a material (``materials``), lit as the face is
(``lighting``). It is drawn larger than the photo and reduced, then given the photo's own blur and grain, so
that neither an edge nor a texture gives it away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.synthetic_masks.canvas import Canvas
from xai.photo.synthetic_masks.compositing import composite, hollows, surface_normals
from xai.photo.synthetic_masks.layout import MESH_POINTS, MaskLayout, fit_layout
from xai.photo.synthetic_masks.lighting import Light, linear, measure_light, skin_likeness
from xai.photo.synthetic_masks.materials import LOOKS, STYLES, MaskLook, bulge, fabric, relief
from xai.photo.synthetic_masks.patterns import PATTERNS, pattern_cover, valve_cover
from xai.photo.synthetic_masks.wear_styles import USUAL, WAYS, Fit, find_way

__all__ = [
    "LOOKS",
    "WORN",
    "MaskLook",
    "MaskSpec",
    "draw_mask",
    "neighbourhood",
    "render_mask",
    "require_face",
]

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Points = NDArray[np.float32]

WORN = tuple(WAYS)
"""The ways of wearing a mask that can be drawn."""

_STRAP_WIDTH = 0.02  # of the face width
_SHEEN = 0.015  # reflectance that even black fabric has where it faces the light


@dataclass(frozen=True)
class MaskSpec:
    """A mask on one face.

    Attributes:
        look: one of ``LOOKS``, or another.
        worn: one of ``WORN``.
        seed: of tilt, height, folds and grain; the same seed gives the same picture.
        fit: size, and how much it varies.
    """

    look: MaskLook
    worn: str
    seed: int = 0
    fit: Fit = USUAL


def draw_mask(pixels: Pixels, landmarks: Points, look: MaskLook, worn: str, seed: int = 0) -> Pixels:
    """A copy of the photo in which the face wears a mask; as ``render_mask`` with the usual fit."""
    return render_mask(pixels, landmarks, MaskSpec(look, worn, seed))


def render_mask(pixels: Pixels, landmarks: Points, outfit: MaskSpec) -> Pixels:
    """A copy of the photo in which the face wears a mask.

    Args:
        pixels: RGB uint8 ``(H, W, 3)``; not changed.
        landmarks: float32 ``(468, 2)``, the face mesh in these pixels.
        outfit: the mask and how it is worn.

    Returns:
        RGB uint8 ``(H, W, 3)``. Only the neighbourhood of the mask and its ear loops differs.

    Raises:
        UnknownName: the way of wearing, or the look's style or pattern, does not exist.
        ValueError: not a picture, or not a face mesh.
    """
    _require(pixels, landmarks, outfit)
    result = pixels.copy()
    part, corner = neighbourhood(result, landmarks)
    if part.size:
        _draw(part, (landmarks - corner).astype(np.float32), outfit)
    return result


def neighbourhood(pixels: Pixels, landmarks: Points) -> tuple[Pixels, Points]:
    """A view of the relevant part of the photo, whatever its size, and its upper left corner."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    reach = float((high - low).max())
    left, top = (max(0, int(c - reach)) for c in low)
    right, bottom = (max(0, int(c + reach)) for c in high)
    return pixels[top:bottom, left:right], np.array([left, top], np.float32)


def require_face(pixels: Pixels, landmarks: Points) -> None:
    """Raise ``ValueError`` with one sentence unless there is a picture and a face mesh to draw on."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"a mask is drawn on RGB uint8 (H, W, 3), not on {pixels.dtype} of {pixels.shape}")
    if landmarks.shape != (MESH_POINTS, 2) or not np.isfinite(landmarks).all():
        raise ValueError(f"a mask needs a finite face mesh of shape (468, 2), not {landmarks.shape}")


@dataclass(frozen=True, eq=False)
class _Scene:
    """All inputs of the drawing."""

    layout: MaskLayout
    canvas: Canvas
    light: Light
    look: MaskLook


def _require(pixels: Pixels, landmarks: Points, outfit: MaskSpec) -> None:
    find_way(outfit.worn)
    if outfit.look.style not in STYLES:
        raise UnknownName("mask style", outfit.look.style, STYLES)
    if outfit.look.pattern not in PATTERNS:
        raise UnknownName("pattern", outfit.look.pattern, PATTERNS)
    require_face(pixels, landmarks)


def _draw(part: Pixels, landmarks: Points, outfit: MaskSpec) -> None:
    """Draw on ``part`` itself; ``landmarks`` in its pixels."""
    rng, look = np.random.default_rng(outfit.seed), outfit.look
    layout = fit_layout(landmarks, look.style, outfit.worn, outfit.fit, rng)
    canvas = Canvas.around(layout, *part.shape[:2])
    if canvas is None:
        return
    scene = _Scene(layout, canvas, measure_light(part, landmarks, layout.frame), look)
    cut = canvas.cut(part)
    skin = skin_likeness(part, cut, landmarks, layout.frame)
    cut[:] = composite(cut, _layers(scene, skin, rng), skin, (layout.frame, scene.light), rng)


def _layers(scene: _Scene, skin: Plane, rng: np.random.Generator) -> Plane:
    """Mask and ear loops in photo pixels: linear RGB times coverage, and coverage, ``(h, w, 4)``."""
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
    folds = relief(u, v, scene.look, layout.worn, rng)
    turn = layout.frame.turn
    body = np.sqrt(1 - turn**2) * bulge(u, v, layout.worn) - 0.5 * turn * u
    bright = light.on(surface_normals((body + folds) * unit)) * local * hollows(folds, unit)
    reflected = fabric(u, v, scene.look, rng) * bright * light.exposure
    sheen = _SHEEN * light.exposure * np.maximum(bright - 0.6, 0)
    return np.asarray(reflected[..., None] * _dye(u, v, scene, rng) + sheen[..., None], np.float32)


def _dye(u: Plane, v: Plane, scene: _Scene, rng: np.random.Generator) -> Plane:
    """The fabric's own colour under the light's, linear RGB: ``(3,)`` where it is one, else ``(h, w, 3)``."""
    look, light = scene.look, scene.light
    dye = _under(light, look.colour)
    if look.pattern != "plain":
        printed = pattern_cover(u, v, look.pattern, rng)[..., None]
        dye = dye + printed * (_under(light, look.second) - dye)
    if look.valve:
        dye = dye + valve_cover(u, v)[..., None] * (0.8 * _under(light, look.second) - dye)
    return dye


def _under(light: Light, colour: tuple[int, int, int]) -> Plane:
    return np.asarray(linear(np.array(colour, np.uint8)) * light.tint, np.float32)


def _loops(scene: _Scene, skin: Plane) -> tuple[Plane, Plane]:
    """Ear loops: coverage ``(h, w)``, linear RGB ``(h, w, 3)``. They end where hair or an ear hides them."""
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
    """Visibility of the loop at each point: it fades at the ear and stays hidden once hidden."""
    height, width = skin.shape
    x = curve[:, 0].round().astype(int).clip(0, width - 1)
    y = curve[:, 1].round().astype(int).clip(0, height - 1)
    seen = np.clip((skin[y, x] - 0.3) / 0.35, 0, 1)
    ending = np.clip((1 - np.linspace(0, 1, len(curve))) / 0.12, 0, 1)
    return np.asarray(np.minimum.accumulate(seen) * ending, np.float32)
