"""Printed patterns, in the sheet's own coordinates, and smooth noise.

u runs from -1 to 1 across the sheet, v from 0 at its top edge to 1. A pattern is the coverage 0..1 of the
second colour over the first.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["PATTERNS", "pattern_cover", "smooth_noise", "valve_cover"]

Plane = NDArray[np.float32]
Draw = Callable[[Plane, Plane, np.random.Generator], Plane]

_VALVE = (0.42, 0.55, 0.13)  # middle in u and v, radius in u

_NOISE_SIDE = 256  # pixels a side of the noise texture


def pattern_cover(u: Plane, v: Plane, name: str, rng: np.random.Generator) -> Plane:
    """Coverage of the pattern ``name`` of ``PATTERNS``: same shape as ``u``; randomly shifted and scaled."""
    return np.asarray(_DRAW[name](u, v, rng), np.float32)


def valve_cover(u: Plane, v: Plane) -> Plane:
    """Where the valve of a respirator sits: 1 on it, 0 beside it."""
    middle, height, radius = _VALVE
    return _edge(radius - np.hypot(u - middle, (v - height) * 1.5), 0.012)


def _edge(inside: Plane, soft: float) -> Plane:
    """1 where ``inside`` is above zero, 0 below, soft between."""
    return np.asarray(np.clip(0.5 + inside / (2 * soft), 0, 1), np.float32)


def _plain(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    return np.zeros_like(u)


def _stripes(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    angle, many, share = rng.uniform(0, np.pi), rng.uniform(4, 14), rng.uniform(-0.5, 0.4)
    along = u * np.cos(angle) + 1.5 * v * np.sin(angle)
    return _edge(np.asarray(np.sin(along * many * np.pi) - share), 0.25)


def _checks(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    many = rng.uniform(4, 10)
    across, down = _edge(np.sin(u * many * np.pi), 0.2), _edge(np.sin(1.5 * v * many * np.pi), 0.2)
    return np.asarray(0.5 * (across + down), np.float32)


def _dots(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    many, radius = rng.uniform(4, 10), rng.uniform(0.18, 0.34)
    x, y = u * many, 1.5 * v * many
    x = x + 0.5 * (np.floor(y) % 2)
    return _edge(radius - np.hypot(x - np.floor(x) - 0.5, y - np.floor(y) - 0.5), 0.07)


def _camouflage(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    blots = _edge(smooth_noise(u, v, (6, 6), rng) - 0.1, 0.05)
    return np.asarray(0.6 * blots + 0.4 * _edge(smooth_noise(u, v, (9, 9), rng) - 0.25, 0.05), np.float32)


def _flowers(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    many, petals = rng.uniform(2.5, 5), int(rng.integers(4, 7))
    x, y = u * many, 1.5 * v * many
    column, row = np.floor(x), np.floor(y)
    # Every cell has its own flower: randomness that depends on the cell alone.
    chance = np.sin(column * 12.9898 + row * 78.233 + rng.uniform(0, 9)) * 43758.5453
    chance = chance - np.floor(chance)
    x, y = x - column - 0.3 - 0.4 * chance, y - row - 0.7 + 0.4 * chance
    turn = np.arctan2(y, x) + 6 * chance
    return _edge((0.16 + 0.18 * chance) * (0.75 + 0.25 * np.cos(petals * turn)) - np.hypot(x, y), 0.04)


def _emblem(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """A printed sign: a ring, a bar or two letters' worth of strokes, beside the middle or on it."""
    at, height, size = rng.choice([-0.45, 0.0, 0.45]), rng.uniform(0.35, 0.65), rng.uniform(0.1, 0.24)
    x, y = (u - at) / size, (v - height) * 1.5 / size
    if rng.random() < 0.4:
        return _edge(0.22 - np.abs(np.hypot(x, y) - 0.75), 0.06)
    strokes = np.sin(x * rng.uniform(6, 11)) + 0.6 * np.sin(x * 4 + y * rng.uniform(3, 7))
    return np.asarray(_edge(strokes, 0.2) * _edge(1 - np.abs(x) / 1.6, 0.05) * _edge(0.45 - np.abs(y), 0.05))


def _paisley(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """The small white motifs of a bandana."""
    fine = smooth_noise(u, v, (16, 22), rng)
    return _edge(0.12 - np.abs(fine - 0.25), 0.06)


_DRAW: dict[str, Draw] = {
    "plain": _plain,
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
    "camouflage": _camouflage,
    "flowers": _flowers,
    "emblem": _emblem,
    "paisley": _paisley,
}

PATTERNS = tuple(_DRAW)
"""The patterns by name."""


def smooth_noise(u: Plane, v: Plane, cells: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Smooth noise over the sheet, about -1..1, with ``cells`` cells across and down."""
    columns, rows = cells
    fine = max(1, _NOISE_SIDE // max(cells))  # remap interpolates at 1/32 pixel steps only
    size = ((columns + 4) * fine, (rows + 4) * fine)
    tile = rng.normal(0, 0.6, (rows + 4, columns + 4)).astype(np.float32)
    tile = np.asarray(cv2.resize(tile, size, interpolation=cv2.INTER_CUBIC))
    x = ((np.clip(u, -1.2, 1.2) + 1) / 2 * columns + 2) * fine - 0.5
    y = (np.clip(v, -0.2, 1.2) * rows + 2) * fine - 0.5
    edge = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.remap(tile, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=edge)
    )
