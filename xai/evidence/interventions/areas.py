"""Masks of edits: the areas under test, everything outside them, control areas, and their soft edges.

A place is a mask float32 ``(S, S)`` in crop pixels, 0..1: the opacity of a layer. The outside of an area
shares its seam and is 0 where the area is 1, so that an edit outside never touches what is under test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.mesh import MESH_POINTS, eye_distance, five_of
from xai.photo.regions import region_masks
from xai.types import REGION_SUMS, Face

__all__ = [
    "AREAS",
    "CONTROLS",
    "CORNERS",
    "FEATHER",
    "LOWER_PARTS",
    "OUTSIDE",
    "SHIFT",
    "area_under_test",
    "blended",
    "control_places",
    "face_unit",
    "feather_mask",
    "region_masks_soft",
    "shifted",
]

Area = NDArray[np.bool_]
Plane = NDArray[np.float32]

FEATHER = 0.04
"""Standard deviation of the seam, in eye distances."""

_OUTLINE = 0.32  # how far masks extend below the face's oval, in eye distances
_BESIDE = 0.05  # and to the sides
_STRAPS = 0.35  # how far a mask's edge and straps extend beyond the lower face, in eye distances
_EDGE = 0.05  # of the crop's side: an edge that is always background

AREAS = ("strict", "wide")
"""Areas under test: nose and mouth; the lower face including what a mask covers beyond its outline."""

SHIFT = 0.1
"""Shift of landmarks in the robustness test of a verdict, in eye distances."""

CONTROLS = 64
"""Number of control areas a region is ranked among."""

CORNERS = ("corner_top_left", "corner_top_right", "corner_bottom_left", "corner_bottom_right")
"""Squares of a quarter of the crop's side."""

LOWER_PARTS = ("cheeks", "chin", "rest_of_lower_face")
"""Regions in the wide area and not in the strict one."""

OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "strict": (*LOWER_PARTS, "eyes", "forehead", "background", *CORNERS, "outside_strict"),
    "wide": ("eyes", "forehead", "background", *CORNERS, "outside_wide"),
}
"""Area -> the places outside it whose effect is measured, the last one all of them together."""


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


def feather_mask(face: Face, area: Area) -> Plane:
    """Opacity of an edit at each pixel: float32 ``(S, S)``, 1 in the area, 0 from .2 eye distances outside
    it.

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
    """Content float32 ``(N, S, S, 3)`` alpha-blended over the crop uint8 ``(S, S, 3)`` by weight ``(S, S)``:
    RGB uint8 ``(N, S, S, 3)``.
    """
    base = crop.astype(np.float32)
    mixed = base + weight[..., None] * (content - base)
    return np.asarray(np.rint(mixed).clip(0, 255), np.uint8)


def face_unit(face: Face) -> float:
    """The eye distance in crop pixels; without landmarks a quarter of the crop, as on a typical one."""
    points = face.landmarks
    if not len(points):
        return len(face.crop) / 4
    return eye_distance(five_of(points) if len(points) == MESH_POINTS else points)


def _grown(area: Area, by: float) -> Area:
    """The area dilated by ``by`` pixels."""
    if not area.any():
        return area
    away = cv2.distanceTransform((~area).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= by)


def _lowered(area: Area, face: Face) -> Area:
    """The area swept downwards along the face, and slightly dilated: where masks end on neck and cheeks."""
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


def region_masks_soft(face: Face) -> dict[str, Plane]:
    """Soft masks of the areas, the parts of the face, and everything outside, by name.

    Raises:
        ValueError: the face has no landmarks.
    """
    masks, strict, wide = region_masks(face), area_under_test(face, "strict"), area_under_test(face, "wide")
    if masks is None or strict is None or wide is None:
        raise ValueError("places need a face with landmarks, and this one has none")
    inner, outer = feather_mask(face, strict), feather_mask(face, wide)
    places = {"strict": inner, "wide": outer, "nose": feather_mask(face, masks["nose"])}
    places["mouth"] = feather_mask(face, masks["mouth"])
    for name in ("cheeks", "chin"):
        places[name] = feather_mask(face, masks[name]) * (1 - inner)
    places["rest_of_lower_face"] = outer * (1 - inner)
    for name in ("eyes", "forehead"):
        places[name] = feather_mask(face, masks[name]) * (1 - outer)
    places["background"] = feather_mask(face, np.asarray(masks["elsewhere"] & ~wide)) * (1 - outer)
    for name, corner in zip(CORNERS, _corners(len(face.crop)), strict=True):
        places[name] = feather_mask(face, corner) * (1 - outer)
    upper = feather_mask(face, np.asarray((masks["eyes"] | masks["forehead"]) & ~wide))
    places["upper_face"] = upper * (1 - outer)
    places["surroundings"] = (
        np.maximum(places["background"], _edge(len(face.crop))) * (1 - outer) * (1 - upper)
    )
    places["everything"] = np.ones_like(outer)
    clear = 1 - feather_mask(face, _grown(wide, _STRAPS * face_unit(face)))
    for name in ("outside_wide", "upper_face", "surroundings"):
        places[f"{name}_clear"] = (1 - outer if name == "outside_wide" else places[name]) * clear
    return {**places, "outside_strict": 1 - inner, "outside_wide": 1 - outer}


def shifted(place: Plane, face: Face, direction: int) -> Plane:
    """The place shifted by ``SHIFT`` in one of eight directions, counted clockwise from the right."""
    angle = direction * np.pi / 4
    x, y = SHIFT * face_unit(face) * np.array([np.cos(angle), np.sin(angle)])
    step = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return np.asarray(
        cv2.warpAffine(place, step, place.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def control_places(face: Face, area: str, count: int = CONTROLS) -> list[Plane]:
    """Control squares as large as nose and mouth, spread evenly over eyes, forehead, cheeks and background.

    The photo was mirrored where it ends, so the edge of a crop is background like any other. Squares do not
    overlap the area; a stratum inside it is skipped.
    """
    masks, under = region_masks(face), area_under_test(face, area)
    strict = area_under_test(face, "strict")
    if masks is None or under is None or strict is None:
        raise ValueError("controls need a face with landmarks, and this one has none")
    clear = 1 - feather_mask(face, under)
    strata = [masks["eyes"], masks["forehead"], masks["cheeks"] | masks["chin"], masks["elsewhere"]]
    open_strata = [stratum & (clear > 0.5) for stratum in strata]
    chosen = [stratum for stratum in open_strata if stratum.sum() >= 0.25 * face_unit(face)]
    rng = np.random.default_rng(0)
    half = max(1.0, np.sqrt(float(strict.sum())) / 2)
    return [
        _square(chosen[number % len(chosen)], half, rng) * clear for number in range(count if chosen else 0)
    ]


def _square(stratum: Area, half: float, rng: np.random.Generator) -> Plane:
    rows, columns = np.nonzero(stratum)
    pick = int(rng.integers(len(rows)))
    square = np.zeros(stratum.shape, np.float32)
    top, left = (max(0, round(float(v) - half)) for v in (rows[pick], columns[pick]))
    square[top : round(rows[pick] + half) + 1, left : round(columns[pick] + half) + 1] = 1
    return square


def _edge(side: int) -> Plane:
    """The outer twentieth of the crop, all round: float32 ``(S, S)`` of 0 and 1."""
    width = max(1, round(_EDGE * side))
    edge = np.ones((side, side), np.float32)
    edge[width : side - width, width : side - width] = 0
    return edge


def _corners(side: int) -> Iterator[Area]:
    quarter = side // 4
    for rows in (slice(0, quarter), slice(side - quarter, side)):
        for columns in (slice(0, quarter), slice(side - quarter, side)):
            corner = np.zeros((side, side), bool)
            corner[rows, columns] = True
            yield corner
