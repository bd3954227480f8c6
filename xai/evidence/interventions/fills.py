"""Contents of edits: bare skin, a drawn mask, neutral fills, the shifted crop.

Every content is a whole crop, float32 ``(S, S, 3)`` in 0..255; an edit uses the part in its area.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.evidence.interventions.areas import FEATHER, area_under_test, face_unit
from xai.evidence.interventions.bare_face import BareFit, bare_face_model
from xai.photo.mesh import MESH_POINTS
from xai.photo.synthetic_masks.renderer import LOOKS, MaskLook, draw_mask
from xai.types import Face

__all__ = [
    "COLOURS",
    "DRAWN",
    "NEUTRAL",
    "bare",
    "coloured",
    "fit_bare_face",
    "lowered",
    "masked",
    "neutral_fill",
    "recolored_mask",
    "shifted_crop",
]

Plane = NDArray[np.float32]
Area = NDArray[np.bool_]

NEUTRAL = ("grey", "mean", "blur", "hue", "grain", "clouds")
"""Neutral fills: middle grey; the crop's mean colour; the crop, heavily blurred; the crop with its colours
exchanged; fine and coarse noise in the crop's colours. Two of each kind, because a mark may be a colour, a
shape, or a lack of texture."""

DRAWN = ("surgical_blue", "cloth_black", "surgical_white")
"""Looks of the drawn masks, by seed; pinned, so that a new look changes no verdict."""

COLOURS = (
    "cloth_red",
    "surgical_green",
    "cloth_black",
    "surgical_white",
    "surgical_blue",
    "cloth_navy",
    "cloth_grey",
    "cloth_red",
)
"""Looks that replace a mask's look, by seed: as different as masks are, so that none keeps a colour."""

_MOVE = 0.12  # shift of a sham, in eye distances
_FRAME_EYES = 35.0  # eye distance in the frame of the model, in its pixels
_PLAIN = MaskLook("surgical", (200, 200, 200), (220, 220, 220), 0.04)


def fit_bare_face(face: Face) -> BareFit:
    """The model of the bare face fitted to the visible upper face.

    Raises:
        ValueError: the face has no mesh.
        WeightsUnavailable: the model's file is missing or altered.
    """
    if len(face.landmarks) != MESH_POINTS:
        raise ValueError(f"a bare face needs the mesh of {MESH_POINTS} points, not {len(face.landmarks)}")
    model = bare_face_model()
    return model.fit(model.frame.read(face.crop, face.landmarks), model.frame.facing(face.landmarks))


def bare(face: Face, seeds: Sequence[int], fit: BareFit | None = None) -> Plane:
    """The face with bare skin wherever the model extends, one per seed: ``(N, S, S, 3)``.

    Beyond the model's extent (hair, background) the crop itself. ``fit`` avoids a second ``fit_bare_face``.
    """
    model, fit = bare_face_model(), fit or fit_bare_face(face)
    place = model.frame.place(face.landmarks, len(face.crop))
    drawn = np.stack([place.draw(sheet) for sheet in model.donors(fit, seeds)])
    if _grey(face):
        drawn = np.repeat(drawn.mean(axis=-1, keepdims=True), 3, axis=-1)
    inside = _soft(place.inside, FEATHER * face_unit(face))[..., None]
    crop = face.crop.astype(np.float32)
    return np.asarray(crop + inside * (drawn - crop), np.float32)


def masked(face: Face, seed: int) -> Plane:
    """The face with a drawn mask, worn correctly; look, folds and grain by seed."""
    look = LOOKS[DRAWN[seed % len(DRAWN)]]
    return draw_mask(face.crop, face.landmarks, look, "correct", seed).astype(np.float32)


def lowered(face: Face, crop: NDArray[np.uint8], seed: int) -> Plane:
    """The crop, that of the face or its revealed one, with a drawn mask below the nose; look by seed."""
    look = LOOKS[DRAWN[seed % len(DRAWN)]]
    return draw_mask(crop, face.landmarks, look, "nose_out", seed).astype(np.float32)


def coloured(face: Face, seed: int, worn: str) -> Plane:
    """The face with another drawn mask over its own, worn as ``worn`` says; its colour by seed, of
    ``COLOURS``.
    """
    look = LOOKS[COLOURS[seed % len(COLOURS)]]
    return draw_mask(face.crop, face.landmarks, look, worn, seed).astype(np.float32)


def recolored_mask(face: Face, seed: int, area: Area | None = None) -> Plane:
    """The face with a drawn mask in the median colour of what it covers inside the area (the wide one)."""
    drawn = draw_mask(face.crop, face.landmarks, _PLAIN, "correct", seed)
    changed = (drawn != face.crop).any(axis=2)
    area = area_under_test(face, "wide") if area is None else area
    seen = changed & area if area is not None and (changed & area).any() else changed
    if not seen.any():
        return face.crop.astype(np.float32)
    gain = np.median(face.crop[seen], axis=0) / np.maximum(np.median(drawn[seen], axis=0), 1)
    return np.asarray(np.where(changed[..., None], drawn * gain, face.crop).clip(0, 255), np.float32)


def shifted_crop(face: Face, seed: int) -> Plane:
    """The crop itself, shifted in a direction given by the seed, blurred to a bare face's resolution."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    x, y = _MOVE * face_unit(face) * np.array([np.cos(angle), np.sin(angle)])
    side = len(face.crop)
    step = np.array([[1, 0, x], [0, 1, y]], np.float32)
    away = cv2.warpAffine(face.crop, step, (side, side), borderMode=cv2.BORDER_REFLECT_101)
    coarse = max(1, round(side * min(1.0, _FRAME_EYES / face_unit(face))))
    small = cv2.resize(away, (coarse, coarse), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def neutral_fill(face: Face, name: str) -> Plane:
    """One of ``NEUTRAL``; raises ``UnknownName`` for any other word."""
    if name not in NEUTRAL:
        raise UnknownName("content", name, NEUTRAL)
    crop = face.crop.astype(np.float32)
    if name == "grey":
        return np.full_like(crop, 127.5)
    if name == "mean":
        return np.broadcast_to(crop.mean(axis=(0, 1)), crop.shape).astype(np.float32)
    if name in ("grain", "clouds"):
        return _noise(face.crop, coarse=name == "clouds")
    if name == "hue":
        return np.ascontiguousarray(crop[..., [1, 2, 0]])
    sigma = len(crop) / 10
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def _noise(crop: NDArray[np.uint8], *, coarse: bool) -> Plane:
    """Random pixels of the crop, as blocks; the coarse ones are larger and interpolated."""
    side = len(crop)
    cells = max(2, side // 12 if coarse else side // 4)
    rng = np.random.default_rng(cells)
    rows, columns = rng.integers(0, side, (2, cells, cells))
    picked = crop[rows, columns].astype(np.float32)
    how = cv2.INTER_LINEAR if coarse else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picked, (side, side), interpolation=how), np.float32)


def _grey(face: Face) -> bool:
    """Whether the photo is monochrome."""
    return float(np.ptp(face.crop.astype(np.int16), axis=2).mean()) < 4


def _soft(inside: Area, sigma: float) -> Plane:
    """1 well inside, falling to 0 at the edge of ``inside`` and beyond."""
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.clip(depth / (3 * max(sigma, 0.5)), 0, 1), np.float32)
