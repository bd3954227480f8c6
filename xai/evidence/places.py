"""Where something is painted: the areas under test, what lies outside them, and places to compare with.

A place is a plane float32 ``(S, S)`` in crop pixels, 0..1: how much of a layer shows. What lies outside an
area shares its seam and is 0 where the area is 1, so that an edit outside never touches what is under test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.evidence.areas import area_under_test, face_unit, seam
from xai.photo.regions import region_masks
from xai.types import Face

__all__ = ["CONTROLS", "CORNERS", "LOWER_PARTS", "OUTSIDE", "SHIFT", "control_places", "places_of", "shifted"]

Plane = NDArray[np.float32]
Area = NDArray[np.bool_]

SHIFT = 0.1
"""How far landmarks are moved to see whether a verdict stays, in eye distances."""

CONTROLS = 64
"""How many places a region is ranked among."""

CORNERS = ("corner_top_left", "corner_top_right", "corner_bottom_left", "corner_bottom_right")
"""Squares of a quarter of the crop's side."""

LOWER_PARTS = ("cheeks", "chin", "rest_of_lower_face")
"""What lies in the wide area and not in the strict one."""

OUTSIDE: Mapping[str, tuple[str, ...]] = {
    "strict": (*LOWER_PARTS, "eyes", "forehead", "background", *CORNERS, "outside_strict"),
    "wide": ("eyes", "forehead", "background", *CORNERS, "outside_wide"),
}
"""Area -> the places outside it whose effect is measured, the last one all of them together."""


def places_of(face: Face) -> dict[str, Plane]:
    """The areas, the parts of the face, and all that lies outside, by name.

    Raises:
        ValueError: the face has no landmarks.
    """
    masks, strict, wide = region_masks(face), area_under_test(face, "strict"), area_under_test(face, "wide")
    if masks is None or strict is None or wide is None:
        raise ValueError("places need a face with landmarks, and this one has none")
    inner, outer = seam(face, strict), seam(face, wide)
    places = {"strict": inner, "wide": outer, "nose": seam(face, masks["nose"])}
    places["mouth"] = seam(face, masks["mouth"])
    for name in ("cheeks", "chin"):
        places[name] = seam(face, masks[name]) * (1 - inner)
    places["rest_of_lower_face"] = outer * (1 - inner)
    for name in ("eyes", "forehead"):
        places[name] = seam(face, masks[name]) * (1 - outer)
    places["background"] = seam(face, np.asarray(masks["elsewhere"] & ~wide)) * (1 - outer)
    for name, corner in zip(CORNERS, _corners(len(face.crop)), strict=True):
        places[name] = seam(face, corner) * (1 - outer)
    return {**places, "outside_strict": 1 - inner, "outside_wide": 1 - outer}


def shifted(place: Plane, face: Face, direction: int) -> Plane:
    """The place moved by ``SHIFT`` in one of eight directions, counted clockwise from the right."""
    angle = direction * np.pi / 4
    x, y = SHIFT * face_unit(face) * np.array([np.cos(angle), np.sin(angle)])
    step = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return np.asarray(
        cv2.warpAffine(place, step, place.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def control_places(face: Face, area: str, count: int = CONTROLS) -> list[Plane]:
    """Squares as large as nose and mouth, spread evenly over eyes, forehead, cheeks and background.

    The photo was mirrored where it ends, so the edge of a crop is background like any other. Squares stay
    clear of the area; a stratum that lies in it takes no part.
    """
    masks, under = region_masks(face), area_under_test(face, area)
    strict = area_under_test(face, "strict")
    if masks is None or under is None or strict is None:
        raise ValueError("controls need a face with landmarks, and this one has none")
    clear = 1 - seam(face, under)
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


def _corners(side: int) -> Iterator[Area]:
    quarter = side // 4
    for rows in (slice(0, quarter), slice(side - quarter, side)):
        for columns in (slice(0, quarter), slice(side - quarter, side)):
            corner = np.zeros((side, side), bool)
            corner[rows, columns] = True
            yield corner
