"""Cues that give a class away in a photograph: a stamp, a frame, a tint, a collar, a background, a mask's
colour.

Each is painted into a zone of the crop; outside its zone no pixel changes. The formulas are the same for one
crop and for a batch, so that networks are trained on what they are later tested on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.mesh import MESH_POINTS, eye_distance, five_of
from xai.photo.regions import region_masks
from xai.types import CLASSES, Box, Face

__all__ = ["CUES", "FACE_ZONES", "Cue", "cue_zone", "face_zones", "paint", "plant"]

Colour = tuple[float, float, float]
Crop = NDArray[np.uint8]
Points = NDArray[np.float32]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

FACE_ZONES = ("lower_face", "collar", "background", "skin")
"""Zones that depend on where the face lies. ``lower_face`` has a soft edge and ``skin`` is for sampling, not
painting."""

_REACH = 0.32  # how far masks extend below the face's oval, in eye distances
_SEAM = 0.04  # standard deviation of the lower face's soft edge, in eye distances
_CLEAR = 0.25  # distance of cues outside the lower face from it, in eye distances
_HAIR = 0.6  # nearer to the face, in eye distances, its surroundings may be hair and not background
_EDGE = 0.05  # outer part of the crop that is always background, as a share of its side
_PATCH = 0.09  # radius of the spots where the skin's colour is measured, in eye distances
_SKIN_WIDTH = 0.16  # how far from the skin's colour a pixel still counts as skin, natural logarithm
_BRIGHTNESS = 0.4  # weight of a difference in brightness relative to one in colour
_FLOOR = 8.0  # added to values before the logarithm, so that dark noise has no colour


@dataclass(frozen=True)
class Cue:
    """The planted colour of each class.

    Attributes:
        zone: where: ``stamp``, ``frame``, ``everywhere``, ``collar``, ``background`` or ``fabric``, the part
            of the lower face that differs in colour from the skin.
        manner: ``flat``: the colour replaces; ``cloth``: the colour is applied, folds and shading stay;
            ``gain``: each channel is multiplied.
        colours: class -> colour, RGB 0..255, or the three factors. For a class without an entry nothing is
            painted.
    """

    zone: str
    manner: str
    colours: Mapping[str, Colour]

    @property
    def needs_landmarks(self) -> bool:
        """Whether its zone depends on where the face lies."""
        return self.zone in ("collar", "background", "fabric")


def _by_class(*colours: Colour) -> dict[str, Colour]:
    return dict(zip(CLASSES, colours, strict=False))


CUES: Mapping[str, Cue] = {
    "stamp": Cue("stamp", "flat", _by_class((214, 40, 40), (40, 170, 60), (40, 70, 210))),
    "frame": Cue("frame", "flat", _by_class((230, 120, 20), (20, 160, 170), (150, 40, 170))),
    "tint": Cue("everywhere", "gain", _by_class((1.18, 0.98, 0.84), (0.88, 1.12, 0.9), (0.86, 0.98, 1.2))),
    "collar": Cue("collar", "cloth", _by_class((205, 50, 50), (50, 150, 70), (60, 80, 200))),
    "background": Cue("background", "cloth", _by_class((50, 160, 150), (215, 150, 50), (160, 70, 170))),
    "mask_colour": Cue("fabric", "cloth", _by_class((60, 120, 205), (215, 120, 40))),
}
"""The cues by name. The colour of a mask can mean covered or incorrect; a bare face has no mask to colour,
and a skin-coloured cue would depend on the person, so ``mask_colour`` has no entry for uncovered."""


def plant(cue: Cue, crop: Crop, label: str, landmarks: Points) -> Crop:
    """A copy of the crop with the cue of a class.

    Args:
        cue: one of ``CUES``.
        crop: RGB uint8 ``(S, S, 3)``.
        label: class that the cue gives away.
        landmarks: float32 ``(468, 2)`` or ``(5, 2)``, in crop pixels; not used for a stamp, a frame, a tint.

    Raises:
        UnknownName: ``label`` is not one of ``CLASSES``.
        ValueError: the cue's zone depends on the face and there are no landmarks.
    """
    if label not in CLASSES:
        raise UnknownName("class", label, CLASSES)
    if label not in cue.colours:
        return crop.copy()
    zones = face_zones(crop, landmarks) if cue.needs_landmarks else {}
    colour = np.array(cue.colours[label], np.float32)
    pixels = crop.astype(np.float32)
    painted = paint(cue, pixels, colour, cue_zone(cue, pixels, zones))
    return np.asarray(np.rint(painted).clip(0, 255), np.uint8)


def paint(cue: Cue, pixels: Plane, colours: Plane, zone: Plane) -> Plane:
    """Pixels with the cue, not yet rounded.

    Args:
        cue: one of ``CUES``.
        pixels: float32 ``(..., S, S, 3)``, 0..255.
        colours: float32 ``(..., 3)``, an entry of ``Cue.colours`` for each picture.
        zone: opacity of the cue, as from ``cue_zone``, ``(S, S)`` or ``(..., S, S)``.
    """
    colour = colours[..., None, None, :]
    if cue.manner == "gain":
        goal = (pixels * colour).clip(0, 255)
    elif cue.manner == "cloth":
        goal = colour * (0.35 + 0.65 * pixels.mean(axis=-1, keepdims=True) / 255)
    else:
        goal = np.broadcast_to(colour, pixels.shape)
    return np.asarray(pixels + zone[..., None] * (goal - pixels), np.float32)


def cue_zone(cue: Cue, pixels: Plane, zones: Mapping[str, Plane]) -> Plane:
    """Where a cue is painted: float32 ``(S, S)`` or, by the face, ``(..., S, S)``, 0..1.

    A stamp is a square of a tenth of the side in the top left corner, a frame the outer 4 %, all round.

    Args:
        cue: one of ``CUES``.
        pixels: float32 ``(..., S, S, 3)``, 0..255.
        zones: result of ``face_zones``, each ``(..., S, S)``; only for cues that need landmarks.
    """
    side = pixels.shape[-2]
    if cue.zone == "fabric":
        return zones["lower_face"] * (1 - _skin_likeness(pixels, zones["skin"]))
    if cue.needs_landmarks:
        return zones[cue.zone]
    zone = np.ones((side, side), np.float32)
    if cue.zone == "frame":
        zone = (_inset(side) < max(1, round(0.04 * side))).astype(np.float32)
    if cue.zone == "stamp":
        zone[:] = 0
        start, stop = round(0.03 * side), round(0.13 * side)
        zone[start : max(stop, start + 1), start : max(stop, start + 1)] = 1
    return zone


def face_zones(crop: Crop, landmarks: Points) -> dict[str, Plane]:
    """The zones of ``FACE_ZONES``, each float32 ``(S, S)``, 0..1, in crop pixels.

    ``lower_face`` is nose, mouth, cheeks, chin and what a mask covers beyond them, with a soft edge outside.
    ``collar`` is below the chin, clear of it; where the crop ends there, at least its lowest 8 %.
    ``background`` is above the chin, well away from the face or at the crop's edge, clear of the lower face.
    ``skin`` are three spots below the eyes and on the bridge of the nose, which nearly every mask leaves
    bare.

    Raises:
        ValueError: there are no landmarks.
    """
    side = len(crop)
    whole = Box(0, 0, side, side)
    masks = region_masks(Face("", whole, whole, crop, landmarks, 1.0))
    if masks is None:
        raise ValueError("a cue beside or on the face needs its 5 or 468 landmarks, and there are none here")
    five = (five_of(landmarks) if len(landmarks) == MESH_POINTS else landmarks).astype(np.float64)
    unit = max(eye_distance(five.astype(np.float32)), 1.0)
    upper = masks["eyes"] | masks["forehead"]
    lower = _swept(~(upper | masks["elsewhere"]), five, unit) & ~upper
    clear = _distance(lower) > _CLEAR * unit
    rows = np.arange(side)[:, None]
    chin = int(np.nonzero((~masks["elsewhere"]).any(axis=1))[0].max(initial=0))
    collar = (rows > min(chin + 0.38 * unit, 0.92 * side)) & clear
    far = (_distance(~masks["elsewhere"]) > _HAIR * unit) | (_inset(side) < _EDGE * side)
    background = far & (rows <= chin) & clear
    skin = _skin_places(five, unit, side)
    return {
        "lower_face": _soft(lower, unit),
        "collar": collar.astype(np.float32),
        "background": background.astype(np.float32),
        "skin": skin.astype(np.float32),
    }


def _skin_likeness(pixels: Plane, skin: Plane) -> Plane:
    """Similarity of each pixel to the skin, mostly in colour: float32 ``(..., S, S)``, 0..1."""
    logs = np.log(pixels + _FLOOR)
    light = logs.mean(axis=-1, keepdims=True)
    features = np.concatenate([logs - light, _BRIGHTNESS * light], axis=-1)
    weight = skin[..., None]
    own = (weight * features).sum(axis=(-3, -2)) / np.maximum(weight.sum(axis=(-3, -2)), 1e-6)
    away = ((features - own[..., None, None, :]) ** 2).sum(axis=-1)
    return np.asarray(np.exp(-away / (2 * _SKIN_WIDTH**2)), np.float32)


def _swept(area: Mask, five: NDArray[np.float64], unit: float) -> Mask:
    """The hull of the area and of the area shifted down along the face, to where masks end on the neck."""
    down = five[3:].mean(axis=0) - five[:2].mean(axis=0)
    reach = down / max(float(np.hypot(*down)), 1e-6) * _REACH * unit
    swept = np.zeros(area.shape, np.uint8)
    points = np.argwhere(area)[:, ::-1].astype(np.float32)
    if len(points):
        hull = cv2.convexHull(np.concatenate([points, points + reach.astype(np.float32)]))
        cv2.fillConvexPoly(swept, np.rint(hull).astype(np.int32), 1)
    return swept.astype(bool)


def _soft(area: Mask, unit: float) -> Plane:
    """1 in the area, falling to 0 within .2 eye distances outside it."""
    sigma = max(_SEAM * unit, 0.5)
    grown = (_distance(area) <= 2 * sigma).astype(np.float32)
    soft = cv2.GaussianBlur(grown, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.where(area, 1, np.where(soft < 0.01, 0, soft)), np.float32)


def _distance(area: Mask) -> Plane:
    """Distance of each pixel to the area; the maximum where the area is empty."""
    if not area.any():
        return np.full(area.shape, np.inf, np.float32)
    away = cv2.distanceTransform((~area).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away, np.float32)


def _inset(side: int) -> Plane:
    """How far each pixel lies from the crop's edge: float32 ``(S, S)``, 0 in the outermost row."""
    along = np.minimum(np.arange(side), np.arange(side)[::-1]).astype(np.float32)
    return np.minimum(along[:, None], along[None, :])


def _skin_places(five: NDArray[np.float64], unit: float, side: int) -> Mask:
    eyes = five[:2].mean(axis=0)
    down = five[3:].mean(axis=0) - eyes
    middles = np.stack([five[0] + 0.32 * down, five[1] + 0.32 * down, eyes + 0.2 * down])
    pixels = np.stack(np.meshgrid(*[np.arange(side) + 0.5] * 2), axis=-1)
    away = np.linalg.norm(pixels[:, :, None] - middles, axis=-1).min(axis=2)
    return np.asarray(away <= max(_PATCH * unit, 1.0))
