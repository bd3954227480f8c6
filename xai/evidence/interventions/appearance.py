"""Appearance changes of the whole picture, unrelated to the mask: light, colour cast, sharpness, grain,
compression, mirror and scale.

Each stays within the natural variation of face photos: between the 5th and the 95th percentile of the faces
that the classifiers are measured on. A model whose answer changes with one of them depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName

__all__ = ["APPEARANCE", "appearance"]

Plane = NDArray[np.float32]
Change = Callable[[Plane], Plane]

_FLOOR = 4.0


def _lit(pixels: Plane, *, by: float = 0.0, across: float = 0.0) -> Plane:
    """Brightness times ``exp(by)``, rising by ``exp(2 * across)`` from the left to the right edge."""
    slope = np.linspace(-across, across, pixels.shape[1], dtype=np.float32)[None, :, None]
    return np.asarray((pixels + _FLOOR) * np.exp(by + slope) - _FLOOR, np.float32)


def _cast(pixels: Plane, *, red: float, blue: float) -> Plane:
    """A colour cast at constant brightness: red and blue by factors ``exp``, green compensates."""
    gains = np.exp(np.array([red, -(red + blue), blue], np.float32))
    return np.asarray(pixels * gains, np.float32)


def _blurred(pixels: Plane, *, share: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), share * len(pixels)), np.float32)


def _sharpened(pixels: Plane, *, amount: float) -> Plane:
    soft = cv2.GaussianBlur(pixels, (0, 0), len(pixels) / 100)
    return np.asarray(pixels + amount * (pixels - soft), np.float32)


def _grained(pixels: Plane, *, deviation: float, cells: int) -> Plane:
    """Noise of ``cells`` grains per side, so that it does not depend on the crop's size."""
    noise = np.random.default_rng(cells).normal(0, deviation, (cells, cells, 3)).astype(np.float32)
    sized = cv2.resize(noise, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(pixels + sized, np.float32)


def _compressed(pixels: Plane, *, quality: int) -> Plane:
    whole = np.rint(pixels).clip(0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", whole[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float32)[..., ::-1].copy()


def _mirrored(pixels: Plane) -> Plane:
    return np.ascontiguousarray(pixels[:, ::-1])


def _scaled(pixels: Plane, *, factor: float) -> Plane:
    middle = (len(pixels) - 1) / 2
    step = cv2.getRotationMatrix2D((middle, middle), 0, factor)
    size = pixels.shape[1::-1]
    return np.asarray(
        cv2.warpAffine(pixels, step, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101),
        np.float32,
    )


APPEARANCE: Mapping[str, tuple[Mapping[str, Change], ...]] = {
    "light": (
        {
            "darker": partial(_lit, by=-0.35),
            "brighter": partial(_lit, by=0.3),
            "from_the_left": partial(_lit, across=-0.35),
            "from_the_right": partial(_lit, across=0.35),
        },
        {"a_little_darker": partial(_lit, by=-0.25), "a_little_brighter": partial(_lit, by=0.2)},
    ),
    "cast": (
        {
            "red": partial(_cast, red=0.15, blue=-0.11),
            "green": partial(_cast, red=-0.02, blue=-0.02),
            "blue": partial(_cast, red=-0.06, blue=0.1),
            "yellow": partial(_cast, red=0.1, blue=-0.14),
            "purple": partial(_cast, red=0.03, blue=0.03),
            "cyan": partial(_cast, red=-0.1, blue=0.07),
        },
        {"orange": partial(_cast, red=0.13, blue=-0.13), "azure": partial(_cast, red=-0.09, blue=0.09)},
    ),
    "sharpness": (
        {
            "softer": partial(_blurred, share=0.009),
            "a_little_softer": partial(_blurred, share=0.006),
            "sharper": partial(_sharpened, amount=0.8),
        },
        {
            "somewhat_softer": partial(_blurred, share=0.0075),
            "a_little_sharper": partial(_sharpened, amount=0.4),
            "somewhat_sharper": partial(_sharpened, amount=0.6),
        },
    ),
    "grain": (
        {
            "fine": partial(_grained, deviation=9, cells=160),
            "medium": partial(_grained, deviation=8, cells=96),
            "coarse": partial(_grained, deviation=7, cells=56),
        },
        {
            "fine_again": partial(_grained, deviation=8, cells=150),
            "medium_again": partial(_grained, deviation=7, cells=100),
            "coarse_again": partial(_grained, deviation=6, cells=60),
        },
    ),
    "compression": (
        {f"quality_{q}": partial(_compressed, quality=q) for q in (60, 40, 25)},
        {f"quality_{q}": partial(_compressed, quality=q) for q in (50, 35, 30)},
    ),
    "mirror": (
        {
            "mirrored": _mirrored,
            "mirrored_closer": lambda pixels: _scaled(_mirrored(pixels), factor=1.04),
            "mirrored_darker": lambda pixels: _lit(_mirrored(pixels), by=-0.15),
        },
        {
            "mirrored_farther": lambda pixels: _scaled(_mirrored(pixels), factor=0.96),
            "mirrored_brighter": lambda pixels: _lit(_mirrored(pixels), by=0.15),
            "mirrored_softer": lambda pixels: _blurred(_mirrored(pixels), share=0.004),
        },
    ),
    "scale": (
        {f"times_{round(100 * f)}": partial(_scaled, factor=f) for f in (1.1, 0.9, 1.06)},
        {f"times_{round(100 * f)}": partial(_scaled, factor=f) for f in (0.94, 1.08, 0.92)},
    ),
}
"""Family -> per round, change by name; each maps float32 ``(S, S, 3)`` in 0..255 to the same. The second
round is run where the first one failed."""


def appearance(crop: NDArray[np.uint8], family: str, change: str) -> Plane:
    """The crop with one change of ``APPEARANCE``: float32 ``(S, S, 3)``, 0..255.

    Args:
        crop: RGB uint8 ``(S, S, 3)``.
        family: key of ``APPEARANCE``.
        change: key of the family.

    Raises:
        UnknownName: there is no such family or change.
    """
    if family not in APPEARANCE:
        raise UnknownName("family", family, APPEARANCE)
    changes = {name: how for each in APPEARANCE[family] for name, how in each.items()}
    if change not in changes:
        raise UnknownName("change", change, changes)
    return np.asarray(changes[change](crop.astype(np.float32)).clip(0, 255), np.float32)
