"""What masks are made of: styles, colours, folds and fabric, in the sheet's own coordinates.

u runs from -1 to 1 across the sheet, v from 0 at its top edge to 1; heights are shares of the face width.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["LOOKS", "STYLES", "MaskLook", "bulge", "fabric", "relief"]

Plane = NDArray[np.float32]

STYLES = ("surgical", "cloth")
"""What a mask can be made of."""

_NOISE_SIDE = 256  # pixels a side on which noise is worked out
_PLEATS = (0.3, 0.52, 0.74)


@dataclass(frozen=True)
class MaskLook:
    """How a mask looks.

    Attributes:
        style: ``"surgical"`` (three pleats, stiff top edge) or ``"cloth"`` (centre seam, woven).
        colour: sRGB 0..255 of the fabric under white light.
        strap: sRGB 0..255 of the ear loops.
        weave: contrast of the fabric's texture, 0..0.2.
    """

    style: str
    colour: tuple[int, int, int]
    strap: tuple[int, int, int]
    weave: float


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
"""The looks by name."""


def bulge(u: Plane, v: Plane, worn: str) -> Plane:
    """How far the worn mask stands out towards the viewer, without its folds: same shape as ``u``."""
    across = 0.5 * np.sqrt(np.maximum(0.0, 1 - (0.88 * u) ** 2))
    if worn == "below_chin":
        return np.asarray(across - 0.5 * np.clip(v - 0.15, 0, 1) ** 2, np.float32)
    if worn == "nose_out":
        ridge = 0.06 * np.exp(-((u / 0.5) ** 2) - ((v - 0.3) / 0.3) ** 2)
        return np.asarray(across + ridge - 0.5 * np.clip(v - 0.5, 0, 1) ** 2, np.float32)
    nose = 0.16 * np.exp(-((u / 0.24) ** 2) - ((v - 0.26) / 0.34) ** 2)
    under = 0.6 * np.clip(v - 0.52, 0, 1) ** 2
    return np.asarray(across * (0.9 + 0.1 * v) + nose - under, np.float32)


def relief(u: Plane, v: Plane, style: str, worn: str, rng: np.random.Generator) -> Plane:
    """Folds, seams and creases as height: same shape as ``u``, in shares of the face width."""
    broad = _noise(u, v, (4, 4), rng)
    creases = _noise(u + 0.25 * broad, v, (5, 9), rng)
    pull = np.clip(np.abs(u) - 0.35, 0, 1)
    height = 0.022 * broad + (0.009 + 0.014 * pull) * creases + _hem(u, v)
    if worn != "correct":
        height += _gathers(u, v, worn, rng)
    if style == "cloth":
        return np.asarray(height - 0.006 * np.exp(-((u / 0.018) ** 2)), np.float32)
    return np.asarray(height + _pleats(u, v, worn, rng), np.float32)


def fabric(u: Plane, v: Plane, look: MaskLook, rng: np.random.Generator) -> Plane:
    """What the fabric reflects, as a factor on its colour: same shape as ``u``, about 1."""
    if look.style == "cloth":
        threads = np.sin(u * 190) * np.sin(v * 170)
        worn_out = _noise(u, v, (24, 24), rng)
        return np.asarray(1 + look.weave * (0.6 * threads + 0.5 * worn_out), np.float32)
    fibres = _noise(u, v, (70, 50), rng)
    stitches = 0.5 + 0.5 * np.sin(u * 120)
    band = _bump((v - 0.055) / 0.014) + _bump((v - 0.945) / 0.014)
    side = _bump((np.abs(u) - 0.94) / 0.015) * (0.5 + 0.5 * np.sin(v * 90))
    return np.asarray(1 + look.weave * fibres - 0.10 * band * stitches - 0.10 * side, np.float32)


def _pleats(u: Plane, v: Plane, worn: str, rng: np.random.Generator) -> Plane:
    """Folds that open downwards: the surface rises slowly and falls back at once."""
    depth = {"correct": 0.02, "nose_out": 0.022, "below_chin": 0.014}[worn]
    height = np.zeros_like(u)
    for at, deep in zip(_PLEATS, rng.uniform(0.75, 1.25, len(_PLEATS)), strict=True):
        line = at + 0.015 * _wander(u, rng) + 0.05 * u**2 * (0.5 - at)
        below = v - line
        step = 1 / (1 + np.exp(np.clip(below / 0.006, -30, 30)))
        height += depth * deep * step * np.exp(-(((np.minimum(below, 0)) / 0.13) ** 2)) * (1 - 0.5 * u**4)
    return height


def _wander(u: Plane, rng: np.random.Generator) -> Plane:
    """A line's smooth wandering along u, about -1..1."""
    phases = rng.uniform(0, 2 * np.pi, 2)
    return np.asarray(0.6 * np.sin(2.1 * u + phases[0]) + 0.4 * np.sin(5.3 * u + phases[1]), np.float32)


def _gathers(u: Plane, v: Plane, worn: str, rng: np.random.Generator) -> Plane:
    """Fabric pushed together: soft horizontal rolls, strongest where it is pushed."""
    wave = np.sin(2 * np.pi * (v * (4.5 if worn == "nose_out" else 3.0) + 0.5 * _noise(u, v, (4, 2), rng)))
    strength = np.exp(-v / 0.3) if worn == "nose_out" else np.ones_like(v)
    return np.asarray(0.010 * strength * wave, np.float32)


def _hem(u: Plane, v: Plane) -> Plane:
    """A doubled, stitched edge all round."""
    inside = np.minimum(np.minimum(v, 1 - v), 0.6 * (1 - np.abs(u)))
    return np.asarray(0.005 / (1 + np.exp(np.clip((inside - 0.05) / 0.006, -30, 30))), np.float32)


def _bump(x: NDArray[np.floating]) -> Plane:
    return np.asarray(np.exp(-(x**2)), np.float32)


def _noise(u: Plane, v: Plane, cells: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Smooth noise over the sheet, about -1..1, with so many cells across and down."""
    columns, rows = cells
    fine = max(1, _NOISE_SIDE // max(cells))  # a look-up between pixels is exact to 1/32 only
    size = ((columns + 4) * fine, (rows + 4) * fine)
    tile = rng.normal(0, 0.6, (rows + 4, columns + 4)).astype(np.float32)
    tile = np.asarray(cv2.resize(tile, size, interpolation=cv2.INTER_CUBIC))
    x = ((np.clip(u, -1.2, 1.2) + 1) / 2 * columns + 2) * fine - 0.5
    y = (np.clip(v, -0.2, 1.2) * rows + 2) * fine - 0.5
    edge = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.remap(tile, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=edge)
    )
