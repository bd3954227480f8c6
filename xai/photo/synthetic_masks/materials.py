"""Mask materials: styles, colours, folds and fabric, in the sheet's own coordinates.

u runs from -1 to 1 across the sheet, v from 0 at its top edge to 1; heights are shares of the face width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.photo.synthetic_masks.patterns import smooth_noise, valve_cover
from xai.photo.synthetic_masks.wear_styles import WAYS

__all__ = ["LOOKS", "STYLES", "MaskLook", "bulge", "fabric", "relief"]

Plane = NDArray[np.float32]

STYLES = ("surgical", "cloth", "respirator", "scarf")
"""The mask styles."""

_PLEATS = (0.3, 0.52, 0.74)


@dataclass(frozen=True)
class MaskLook:
    """Appearance of a mask.

    Attributes:
        style: ``"surgical"`` (three pleats, stiff top edge), ``"cloth"`` (centre seam, woven),
            ``"respirator"`` (folded along the middle, smooth) or ``"scarf"`` (loose, down to the neck).
        colour: sRGB 0..255 of the fabric under white light.
        strap: sRGB 0..255 of the ear loops; a scarf has none.
        weave: contrast of the fabric's texture, 0..0.2.
        pattern: one of ``PATTERNS``.
        second: sRGB 0..255 of the printed pattern.
        wire: whether the nose wire shows.
        valve: whether a valve sits on it.
    """

    style: str
    colour: tuple[int, int, int]
    strap: tuple[int, int, int]
    weave: float
    pattern: str = "plain"
    second: tuple[int, int, int] = (235, 235, 235)
    wire: bool = False
    valve: bool = False


LOOKS = {
    "surgical_blue": MaskLook("surgical", (158, 204, 228), (240, 243, 245), 0.03),
    "surgical_white": MaskLook("surgical", (226, 229, 232), (236, 237, 238), 0.03),
    "surgical_green": MaskLook("surgical", (168, 214, 202), (238, 243, 241), 0.03),
    "surgical_black": MaskLook("surgical", (46, 47, 51), (42, 43, 46), 0.04),
    "cloth_black": MaskLook("cloth", (42, 42, 46), (38, 38, 42), 0.08),
    "cloth_grey": MaskLook("cloth", (138, 141, 146), (126, 129, 134), 0.07),
    "cloth_red": MaskLook("cloth", (171, 43, 50), (60, 34, 36), 0.07),
    "cloth_navy": MaskLook("cloth", (44, 56, 96), (40, 48, 78), 0.08),
}
"""The appearances used by the gallery and the verdict, by name; ``catalog`` has many more."""


def bulge(u: Plane, v: Plane, worn: str) -> Plane:
    """How far the worn mask bulges towards the viewer, without its folds: same shape as ``u``."""
    across = 0.5 * np.sqrt(np.maximum(0.0, 1 - (0.88 * u) ** 2))
    drape = WAYS[worn].drape
    if drape == "below_chin":
        return np.asarray(across - 0.5 * np.clip(v - 0.15, 0, 1) ** 2, np.float32)
    if drape == "nose_out":
        ridge = 0.06 * np.exp(-((u / 0.5) ** 2) - ((v - 0.3) / 0.3) ** 2)
        return np.asarray(across + ridge - 0.5 * np.clip(v - 0.5, 0, 1) ** 2, np.float32)
    nose = 0.16 * np.exp(-((u / 0.24) ** 2) - ((v - 0.26) / 0.34) ** 2)
    under = 0.6 * np.clip(v - 0.52, 0, 1) ** 2
    return np.asarray(across * (0.9 + 0.1 * v) + nose - under, np.float32)


def relief(u: Plane, v: Plane, look: MaskLook, worn: str, rng: np.random.Generator) -> Plane:
    """Folds, seams and creases as height: same shape as ``u``, in shares of the face width."""
    drape = WAYS[worn].drape
    broad = smooth_noise(u, v, (4, 4), rng)
    creases = smooth_noise(u + 0.25 * broad, v, (5, 9), rng)
    pull = np.clip(np.abs(u) - 0.35, 0, 1)
    height = 0.022 * broad + (0.009 + 0.014 * pull) * creases + _hem(u, v)
    if drape != "correct":
        height += _gathers(u, v, drape, rng)
    return np.asarray(height + _cut(u, v, look, drape, rng), np.float32)


def _cut(u: Plane, v: Plane, look: MaskLook, drape: str, rng: np.random.Generator) -> Plane:
    """The relief of the mask's style: a seam, a fold, pleats, a wire, a valve."""
    if look.style == "cloth":
        return np.asarray(-0.006 * np.exp(-((u / 0.018) ** 2)), np.float32)
    if look.style == "scarf":
        return 0.9 * _gathers(u, v + 0.35 * u**2, "below_chin", rng)
    if look.style == "respirator":
        fold = 0.05 * np.exp(-np.abs(u) / 0.12) - 0.004 * _bump((v - 0.12) / 0.02)
        return np.asarray(fold + (0.05 * valve_cover(u, v) if look.valve else 0.0), np.float32)
    height = _pleats(u, v, drape, rng)
    return height + 0.006 * _bump((v - 0.05) / 0.02) * (np.abs(u) < 0.36) if look.wire else height


def fabric(u: Plane, v: Plane, look: MaskLook, rng: np.random.Generator) -> Plane:
    """Texture of the fabric, as a factor on its colour: same shape as ``u``, about 1."""
    if look.style == "cloth":
        threads = np.sin(u * 190) * np.sin(v * 170)
        worn_out = smooth_noise(u, v, (24, 24), rng)
        return np.asarray(1 + look.weave * (0.6 * threads + 0.5 * worn_out), np.float32)
    if look.style in ("respirator", "scarf"):
        grain = smooth_noise(u, v, (60, 60), rng)
        return np.asarray(1 + look.weave * grain - 0.06 * _bump((np.abs(u) - 0.93) / 0.02), np.float32)
    fibres = smooth_noise(u, v, (70, 50), rng)
    stitches = 0.5 + 0.5 * np.sin(u * 120)
    band = _bump((v - 0.055) / 0.014) + _bump((v - 0.945) / 0.014)
    side = _bump((np.abs(u) - 0.94) / 0.015) * (0.5 + 0.5 * np.sin(v * 90))
    return np.asarray(1 + look.weave * fibres - 0.10 * band * stitches - 0.10 * side, np.float32)


def _pleats(u: Plane, v: Plane, drape: str, rng: np.random.Generator) -> Plane:
    """Folds that open downwards: the surface rises slowly and falls back abruptly."""
    depth = {"correct": 0.02, "nose_out": 0.022, "below_chin": 0.014}[drape]
    height = np.zeros_like(u)
    for at, deep in zip(_PLEATS, rng.uniform(0.75, 1.25, len(_PLEATS)), strict=True):
        line = at + 0.015 * _wander(u, rng) + 0.05 * u**2 * (0.5 - at)
        below = v - line
        step = 1 / (1 + np.exp(np.clip(below / 0.006, -30, 30)))
        height += depth * deep * step * np.exp(-(((np.minimum(below, 0)) / 0.13) ** 2)) * (1 - 0.5 * u**4)
    return height


def _wander(u: Plane, rng: np.random.Generator) -> Plane:
    """Smooth random deviation of a line along u, about -1..1."""
    phases = rng.uniform(0, 2 * np.pi, 2)
    return np.asarray(0.6 * np.sin(2.1 * u + phases[0]) + 0.4 * np.sin(5.3 * u + phases[1]), np.float32)


def _gathers(u: Plane, v: Plane, drape: str, rng: np.random.Generator) -> Plane:
    """Fabric pushed together: soft horizontal rolls, strongest where it is pushed."""
    wave = np.sin(
        2 * np.pi * (v * (4.5 if drape == "nose_out" else 3.0) + 0.5 * smooth_noise(u, v, (4, 2), rng))
    )
    strength = np.exp(-v / 0.3) if drape == "nose_out" else np.ones_like(v)
    return np.asarray(0.010 * strength * wave, np.float32)


def _hem(u: Plane, v: Plane) -> Plane:
    """A doubled, stitched edge all round."""
    inside = np.minimum(np.minimum(v, 1 - v), 0.6 * (1 - np.abs(u)))
    return np.asarray(0.005 / (1 + np.exp(np.clip((inside - 0.05) / 0.006, -30, 30))), np.float32)


def _bump(x: NDArray[np.floating]) -> Plane:
    return np.asarray(np.exp(-(x**2)), np.float32)
