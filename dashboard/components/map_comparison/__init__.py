"""Component: two maps and their difference under one shared cursor; what is sent to it.

Its frontend is the three files beside this one. It makes no network requests and returns nothing; the cursor
and the before/after slider work without the server.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.components import component
from dashboard.i18n import t
from dashboard.text.map_units import READINGS
from dashboard.text.regions import region_title
from xai.photo.images import encode_jpeg
from xai.types import REGIONS

__all__ = ["GRID", "Panel", "payload", "side_by_side"]

GRID = 64
"""Cursor positions per axis: a map is sampled at the centres of this many squares."""

_DIGITS = 4


@dataclass(frozen=True, eq=False)
class Panel:
    """One map under the cursor.

    Attributes:
        title: above it.
        picture: RGB uint8 ``(S, S, 3)``.
        alt: text alternative.
        values: float32 ``(S, S)``; NaN where there is no value.
        signed: positive values get a plus sign.
        note: below it; may be empty.
    """

    title: str
    picture: NDArray[np.uint8]
    alt: str
    values: NDArray[np.float32]
    signed: bool
    note: str = ""


_mount = component("map_comparison")


def side_by_side(
    panels: tuple[Panel, Panel],
    apart: Panel,
    regions: NDArray[np.int8] | None,
    unit: str,
    language: str,
) -> None:
    """Draw the two maps with a slider between them; their difference is folded away. One cursor is on all.

    Args:
        panels: the two, their values of one shape.
        apart: their difference, of the same shape.
        regions: int8 ``(S, S)`` of the same shape, index into ``REGIONS``; None where they are not known.
        unit: of the values, a key of ``READINGS``.
        language: the reader's language code.
    """
    _mount(key="compare maps", data=payload((*panels, apart), regions, unit, language))


def payload(
    panels: Sequence[Panel], regions: NDArray[np.int8] | None, unit: str, language: str
) -> Mapping[str, object]:
    """What the component receives; ``panels`` ends with the difference, the rest as of ``side_by_side``."""
    reading = READINGS[unit]
    places = np.full((GRID, GRID), len(REGIONS)) if regions is None else _read(regions)
    return {
        "layers": [_layer(panel) for panel in panels],
        "places": places.tolist(),
        "language": language,
        "factor": reading.factor,
        "digits": reading.digits,
        "words": {
            "cursor": t("compare.cursor"),
            "place": t("compare.place", place="{place}"),
            "places": [*map(region_title, REGIONS), t("compare.place_unknown")],
            "outside": t("compare.outside"),
            "value": t(f"compare_unit.{unit}", value="{value}"),
            "wipe": t("compare.wipe"),
            "apart": t("compare.apart"),
            "wiped": t("compare.wiped", part="{part}", first=panels[0].title),
        },
    }


def _layer(panel: Panel) -> Mapping[str, object]:
    values = [
        [round(value, _DIGITS) if np.isfinite(value) else None for value in row]
        for row in _read(panel.values).astype(float).tolist()
    ]
    source = f"data:image/jpeg;base64,{base64.b64encode(encode_jpeg(panel.picture)).decode()}"
    return {
        "title": panel.title,
        "src": source,
        "alt": panel.alt,
        "signed": panel.signed,
        "values": values,
        "note": panel.note,
    }


def _read(plane: NDArray[np.generic]) -> NDArray[np.generic]:
    """``(GRID, GRID)`` of the plane, sampled at the centre of each square, not averaged."""
    rows, columns = (
        np.minimum(((np.arange(GRID) + 0.5) * side / GRID).astype(int), side - 1) for side in plane.shape
    )
    return plane[np.ix_(rows, columns)]
