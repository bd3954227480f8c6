"""What is done to a face to test what a decision depends on: hide, reveal, and the sham of each.

An edit replaces an area of the crop and blends it in with a soft seam. *Reveal* paints bare skin over
whatever is there, *hide* paints over it what shows nothing, and a *sham* leaves as it is what the classes
are about, with the same seam. Everything is decided by the face, the area and a seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.evidence.areas import FEATHER, face_unit, seam
from xai.evidence.bare_face import BareFit, bare_face_model
from xai.photo.mesh import MESH_POINTS
from xai.photo.wearing import LOOKS, MaskLook, draw_mask
from xai.types import Face

__all__ = [
    "FILLS",
    "LIMITS",
    "SHAMS",
    "Belief",
    "Limits",
    "believable",
    "hide",
    "reveal",
    "sham",
]

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Area = NDArray[np.bool_]

FILLS = ("grey", "mean", "blur", "masked")
"""What hides: middle grey; the crop's mean colour; the crop, heavily blurred; a drawn mask."""

SHAMS = ("moved", "masked", "bare")
"""Content that leaves the class alone: what is there, moved a little; on a covered face another mask of the
visible colour; on an uncovered one another bare face."""

_MOVE = 0.12  # of a moved sham, in eye distances
_FRAME_EYES = 35.0  # eye distance in the frame of the model, in its pixels
_PLAIN = MaskLook("surgical", (200, 200, 200), (220, 220, 220), 0.04)


class Belief(NamedTuple):
    """Whether an edit can be believed, and if not, why, in a sentence for the reader."""

    holds: bool
    reason: str


@dataclass(frozen=True)
class Limits:
    """Where reveals stop being believable; chosen by looking at them.

    Attributes:
        eye_distance: least distance between the eyes in crop pixels.
        turn: how far the nose may stand off the middle of the face, 0 frontal, 1 at its edge.
        seen: least part of the upper face that the photo must show, 0..1.
        likeness: least correlation of the upper face with the mean face.
        unexplained: largest part of the upper face that may look like no face (glasses, hair, a hand), 0..1.
    """

    eye_distance: float = 14.0
    turn: float = 0.7
    seen: float = 0.7
    likeness: float = 0.1
    unexplained: float = 0.45


LIMITS = Limits()
"""The limits in force."""


def reveal(face: Face, area: Area, seeds: Sequence[int] = (0,)) -> Pixels:
    """The face with bare skin painted over the area, whatever was there.

    Args:
        face: a crop with the 468-point mesh. Ask ``believable`` first.
        area: bool ``(S, S)``. Beyond the reach of the model (hair, background) nothing is painted.
        seeds: one donor each; another seed is another lower face that goes with the visible upper one.

    Returns:
        RGB uint8 ``(N, S, S, 3)``. Pixels beyond the seam are those of the crop.

    Raises:
        ValueError: the face has no mesh, or the area another size than the crop.
        WeightsUnavailable: the model's file is missing or altered.
    """
    weight = seam(face, area)
    model, fit = bare_face_model(), _fitted(face)
    place = model.frame.place(face.landmarks, len(face.crop))
    weight = weight * _soft(place.inside, FEATHER * face_unit(face))
    content = np.stack([place.draw(sheet) for sheet in model.donors(fit, seeds)])
    if _grey(face.crop):
        content = np.repeat(content.mean(axis=-1, keepdims=True), 3, axis=-1)
    return _blended(face.crop, content, weight)


def hide(face: Face, area: Area, fill: str, seed: int = 0) -> Pixels:
    """The face with the area painted over by something that shows nothing of it.

    Args:
        face: a crop; ``masked`` needs the 468-point mesh.
        area: bool ``(S, S)``.
        fill: one of ``FILLS``.
        seed: look and folds of a drawn mask; the other fills know no chance.

    Returns:
        RGB uint8 ``(S, S, 3)``.

    Raises:
        UnknownName: there is no such fill.
        ValueError: ``masked`` without a mesh, or the area has another size than the crop.
    """
    weight = seam(face, area)
    return np.asarray(_blended(face.crop, _hiding(face, fill, seed)[None], weight)[0])


def sham(face: Face, area: Area, kind: str, seeds: Sequence[int] = (0,)) -> Pixels:
    """The face with the area replaced by content that leaves its class alone, with the same seam.

    Args:
        face: a crop; ``masked`` and ``bare`` need the 468-point mesh.
        area: bool ``(S, S)``.
        kind: one of ``SHAMS``; ``masked`` is for covered faces, ``bare`` for uncovered ones.
        seeds: chance in where it is moved to, how the mask folds, which bare face.

    Returns:
        RGB uint8 ``(N, S, S, 3)``.

    Raises:
        UnknownName: there is no such kind.
        ValueError: no mesh where one is needed, or the area has another size than the crop.
    """
    if kind not in SHAMS:
        raise UnknownName("sham", kind, SHAMS)
    if kind == "bare":
        return reveal(face, area, seeds)
    weight = seam(face, area)
    make = _moved if kind == "moved" else _masked_alike
    return _blended(face.crop, np.stack([make(face, area, seed) for seed in seeds]), weight)


def believable(face: Face, limits: Limits = LIMITS) -> Belief:
    """Whether a reveal on this face can be believed.

    Raises:
        WeightsUnavailable: the model's file is missing or altered.
    """
    if len(face.landmarks) != MESH_POINTS:
        return Belief(False, "The face mesh could not be fitted, so a bare face cannot be aligned.")
    if (size := face_unit(face)) < limits.eye_distance:
        return Belief(
            False, f"The eyes are {size:.0f} pixels apart; at least {limits.eye_distance:.0f} are needed."
        )
    if _turn(face) > limits.turn:
        return Belief(False, "The head is turned too far to the side.")
    fit = _fitted(face)
    if fit.seen < limits.seen:
        return Belief(False, "Too little of the upper face can be seen.")
    if fit.unexplained > limits.unexplained or fit.likeness < limits.likeness:
        return Belief(False, "Something hides the upper face, or it does not look like a face.")
    return Belief(True, "")


def _turn(face: Face) -> float:
    left, right, nose = face.landmarks[[234, 454, 1]]
    along = right - left
    place = float((nose - left) @ along) / max(float(along @ along), 1e-6)
    return abs(2 * place - 1)


def _fitted(face: Face) -> BareFit:
    if len(face.landmarks) != MESH_POINTS:
        raise ValueError(f"a bare face needs the mesh of {MESH_POINTS} points, not {len(face.landmarks)}")
    frame = bare_face_model().frame
    return bare_face_model().fit(frame.read(face.crop, face.landmarks), frame.facing(face.landmarks))


def _hiding(face: Face, fill: str, seed: int) -> Plane:
    if fill not in FILLS:
        raise UnknownName("fill", fill, FILLS)
    crop = face.crop.astype(np.float32)
    if fill == "grey":
        return np.full_like(crop, 127.5)
    if fill == "mean":
        return np.broadcast_to(crop.mean(axis=(0, 1)), crop.shape)
    if fill == "blur":
        sigma = len(crop) / 10
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
    look = LOOKS[sorted(LOOKS)[int(np.random.default_rng(seed).integers(len(LOOKS)))]]
    return draw_mask(face.crop, face.landmarks, look, "correct", seed).astype(np.float32)


def _moved(face: Face, _area: Area, seed: int) -> Plane:
    """The crop itself, moved in a direction that the seed decides, as coarse as a reveal."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    x, y = _MOVE * face_unit(face) * np.array([np.cos(angle), np.sin(angle)])
    side = len(face.crop)
    step = np.array([[1, 0, x], [0, 1, y]], np.float32)
    moved = cv2.warpAffine(face.crop, step, (side, side), borderMode=cv2.BORDER_REFLECT_101)
    coarse = max(1, round(side * min(1.0, _FRAME_EYES / face_unit(face))))
    small = cv2.resize(moved, (coarse, coarse), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _masked_alike(face: Face, area: Area, seed: int) -> Plane:
    """A drawn mask, brought to the colour of what it is drawn over inside the area."""
    drawn = draw_mask(face.crop, face.landmarks, _PLAIN, "correct", seed)
    changed = (drawn != face.crop).any(axis=2)
    seen = changed & area if (changed & area).any() else changed
    if not seen.any():
        return face.crop.astype(np.float32)
    gain = np.median(face.crop[seen], axis=0) / np.maximum(np.median(drawn[seen], axis=0), 1)
    return np.asarray(np.where(changed[..., None], drawn * gain, face.crop).clip(0, 255), np.float32)


def _soft(inside: Area, sigma: float) -> Plane:
    """1 well inside, falling to 0 at the edge of ``inside`` and beyond."""
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.clip(depth / (3 * max(sigma, 0.5)), 0, 1), np.float32)


def _grey(crop: Pixels) -> bool:
    """Whether the photo has no colours."""
    return float(np.ptp(crop.astype(np.int16), axis=2).mean()) < 4


def _blended(crop: Pixels, content: Plane, weight: Plane) -> Pixels:
    """Content ``(N, S, S, 3)`` laid over the crop by weight ``(S, S)``."""
    base = crop.astype(np.float32)
    mixed = base + weight[..., None] * (content - base)
    return np.asarray(np.rint(mixed).clip(0, 255), np.uint8)
