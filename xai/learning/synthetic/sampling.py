"""Samples a random edit of a face, and draws it: a mask in some way of wearing, or an occluder.

One seed determines everything. The shares below are the mixture of every drawn set, defined only here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.occluders.renderer import OCCLUDERS, draw_occluder
from xai.photo.synthetic_masks.catalog import sample_appearance
from xai.photo.synthetic_masks.materials import STYLES
from xai.photo.synthetic_masks.renderer import WORN, MaskSpec, render_mask
from xai.photo.synthetic_masks.wear_styles import Fit, class_of, reason_of

__all__ = ["BARE", "DRAWN_WAYS", "MIXTURE", "Dressed", "RandomEdit", "apply_edit", "choose_dress", "ways_of"]

BARE = "bare"
"""The way of a face without a mask, with an occluder."""

MIXTURE: Mapping[str, float] = {
    BARE: 0.2,
    "correct": 0.34,
    "nose_out": 0.14,
    "nose_tip_out": 0.09,
    "below_chin": 0.08,
    "mouth_out": 0.05,
    "chin_out": 0.04,
    "aside": 0.02,
    "hanging": 0.02,
    "over_eyes": 0.01,
    "forehead": 0.01,
}
"""Way -> its share of drawings; sum 1. Two in ten bare, a third covered, the rest incorrect."""

DRAWN_WAYS = tuple(MIXTURE)
"""The ways of a drawn set, in the mixture's order."""

_SCARF_WAYS = ("correct", "nose_out")

_BEARDED = 0.08  # share of masks that are worn over a drawn beard
_BEHIND_SOMETHING = 0.1  # share of masks with an occluder
_BEFORE_A_MASK = ("hair", "microphone")
"""Occluders that leave visible how the mask is worn."""

_DRAWN_WIDTH = 140
_COLOURLESS = 4.0  # grey levels; a photo whose channels differ less on average is monochrome


@dataclass(frozen=True)
class RandomEdit:
    """A random edit of one face.

    Attributes:
        way: key of ``MIXTURE``.
        look: name in ``MASK_CATALOG``; empty for a bare face.
        outfit: the mask; None for a bare face.
        occluder: one of ``OCCLUDERS``, or empty.
        seed: of the occluder.
    """

    way: str
    look: str
    outfit: MaskSpec | None
    occluder: str
    seed: int

    @property
    def label(self) -> str:
        """The true class of the edited face."""
        return class_of(self.way) if self.outfit else "uncovered"

    @property
    def reason(self) -> str:
        """What is wrong with the mask, of ``REASONS``, or empty."""
        return reason_of(self.way) if self.outfit else ""


@dataclass(frozen=True, eq=False)
class Dressed:
    """An edited face.

    Attributes:
        pixels: RGB uint8 ``(H, W, 3)``.
        shown: pixels that the mask changed, as a share of the face mesh's bounding box; about half for a mask
            worn correctly, a fifth for one that hangs, less where it leaves the picture. Without a mask, of
            the occluder.
    """

    pixels: NDArray[np.uint8]
    shown: float


def ways_of(style: str) -> tuple[str, ...]:
    """The ways in which a mask of this style is worn; a scarf off the nose and mouth is clothing.

    >>> ways_of("scarf")
    ('correct', 'nose_out')
    """
    return _SCARF_WAYS if style == "scarf" else WORN


def choose_dress(seed: int) -> RandomEdit:
    """The random edit of a seed: a way from ``MIXTURE``, a look from ``MASK_CATALOG``, size, tilt, occluder.

    >>> choose_dress(3) == choose_dress(3)
    True
    """
    rng = np.random.default_rng(seed)
    way = DRAWN_WAYS[int(rng.choice(len(DRAWN_WAYS), p=list(MIXTURE.values())))]
    own = int(rng.integers(2**31))
    if way == BARE:
        return RandomEdit(way, "", None, OCCLUDERS[int(rng.integers(len(OCCLUDERS)))], own)
    look, made = sample_appearance(rng, tuple(style for style in STYLES if way in ways_of(style)))
    outfit = MaskSpec(made, way, own, _fit(rng))
    chance = rng.random()
    if chance < _BEARDED:
        return RandomEdit(way, look, outfit, "beard", own)
    if chance < _BEARDED + _BEHIND_SOMETHING:
        return RandomEdit(way, look, outfit, _BEFORE_A_MASK[int(rng.integers(len(_BEFORE_A_MASK)))], own)
    return RandomEdit(way, look, outfit, "", own)


def apply_edit(pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], dress: RandomEdit) -> Dressed:
    """The photo, RGB uint8 ``(H, W, 3)``, with ``dress`` on the face whose mesh is ``landmarks``.

    A beard is under the mask, everything else in front of it. On a monochrome photo the drawing is monochrome
    too. The given pixels are not changed.

    Raises:
        ValueError: not a picture, or not a face mesh float32 ``(468, 2)``.
    """
    bearded = dress.outfit is not None and dress.occluder == "beard"
    ground = _hold(pixels, landmarks, dress) if bearded else pixels
    drawn = render_mask(ground, landmarks, dress.outfit) if dress.outfit else _hold(ground, landmarks, dress)
    shown = _changed(ground, drawn) / max(float(np.prod(np.ptp(landmarks, axis=0))), 1.0)
    if dress.outfit and dress.occluder in _BEFORE_A_MASK:
        drawn = _hold(drawn, landmarks, dress)
    return Dressed(_greyed(drawn) if _is_grey(pixels) else drawn, shown)


def _hold(pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], dress: RandomEdit) -> NDArray[np.uint8]:
    return draw_occluder(pixels, landmarks, dress.occluder, dress.seed, _DRAWN_WIDTH)


def _changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> int:
    return int((before != after).any(axis=2).sum())


def _fit(rng: np.random.Generator) -> Fit:
    wide, long = np.exp(rng.normal(0, 0.05, 2)).clip(0.88, 1.15)
    side = -1 if rng.random() < 0.5 else 1
    return Fit(float(rng.uniform(0.5, 2.0)), float(wide), float(long), side, _DRAWN_WIDTH)


def _is_grey(pixels: NDArray[np.uint8]) -> bool:
    return float((pixels.max(axis=2) - pixels.min(axis=2)).mean()) < _COLOURLESS


def _greyed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
