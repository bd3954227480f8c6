"""Where an edit is made, and how softly it ends."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.mesh import MESH_POINTS, eye_distance, five_of
from xai.photo.regions import REGION_SUMS, region_masks
from xai.types import Face

__all__ = ["AREAS", "FEATHER", "area_under_test", "blended", "face_unit", "seam"]

Area = NDArray[np.bool_]
Plane = NDArray[np.float32]

FEATHER = 0.04
"""Standard deviation of the seam, in eye distances."""

_OUTLINE = 0.32  # how far masks reach down beyond the face's oval, in eye distances
_BESIDE = 0.05  # and to the sides

AREAS = ("strict", "wide")
"""Areas under test: nose and mouth; the lower face with what a mask covers beyond its outline."""


def area_under_test(face: Face, name: str) -> Area | None:
    """An area under test as bool ``(S, S)`` on the crop; None where the face has no landmarks.

    Raises:
        UnknownName: ``name`` is not one of ``AREAS``.
    """
    if name not in AREAS:
        raise UnknownName("area", name, AREAS)
    masks = region_masks(face)
    if masks is None:
        return None
    parts = REGION_SUMS["nose_and_mouth" if name == "strict" else "lower_face"]
    area = np.asarray(np.logical_or.reduce([masks[part] for part in parts]), np.bool_)
    if name == "strict":
        return area
    return np.asarray(area | (_lowered(area, face) & masks["elsewhere"]), np.bool_)


def seam(face: Face, area: Area) -> Plane:
    """How much of an edit shows at each pixel: float32 ``(S, S)``, 1 in the area, 0 from .2 eye distances on.

    Raises:
        ValueError: the area has another size than the crop.
    """
    if area.shape != face.crop.shape[:2]:
        raise ValueError(f"an area must be {face.crop.shape[:2]} as the crop is, not {area.shape}")
    sigma = max(FEATHER * face_unit(face), 0.5)
    grown = _grown(area, 2 * sigma).astype(np.float32)
    soft = cv2.GaussianBlur(grown, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.where(area, 1, np.where(soft < 0.01, 0, soft)), np.float32)


def blended(crop: NDArray[np.uint8], content: Plane, weight: Plane) -> NDArray[np.uint8]:
    """Content float32 ``(N, S, S, 3)`` laid over the crop uint8 ``(S, S, 3)`` by weight ``(S, S)``: RGB uint8
    ``(N, S, S, 3)``.
    """
    base = crop.astype(np.float32)
    mixed = base + weight[..., None] * (content - base)
    return np.asarray(np.rint(mixed).clip(0, 255), np.uint8)


def face_unit(face: Face) -> float:
    """The eye distance in crop pixels; without landmarks a quarter of the crop, as on a usual one."""
    points = face.landmarks
    if not len(points):
        return len(face.crop) / 4
    return eye_distance(five_of(points) if len(points) == MESH_POINTS else points)


def _grown(area: Area, by: float) -> Area:
    """The area and all within ``by`` pixels of it."""
    if not area.any():
        return area
    away = cv2.distanceTransform((~area).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= by)


def _lowered(area: Area, face: Face) -> Area:
    """The area swept downwards along the face, and a little larger: where masks end on neck and cheeks."""
    five = five_of(face.landmarks) if len(face.landmarks) == MESH_POINTS else face.landmarks
    down = five[3:].mean(axis=0) - five[:2].mean(axis=0)
    reach = down / max(float(np.hypot(*down)), 1e-6) * _OUTLINE * face_unit(face)
    swept = np.zeros(area.shape, np.uint8)
    for share in np.linspace(0, 1, max(2, int(np.hypot(*reach)) + 1)):
        x, y = share * reach
        moved = cv2.warpAffine(
            area.astype(np.uint8), np.array([[1, 0, x], [0, 1, y]], np.float32), area.shape
        )
        swept = np.maximum(swept, moved.astype(np.uint8))
    return _grown(swept.astype(bool), _BESIDE * face_unit(face))
