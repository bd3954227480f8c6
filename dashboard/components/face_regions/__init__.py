"""Component: a face whose regions are marked by tapping them.

Its frontend is the three files beside this one. It makes no network requests; it returns the names of the
marked regions.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard import session
from dashboard.components import component
from dashboard.i18n import t
from dashboard.text.regions import region_title
from xai.photo.images import encode_jpeg
from xai.types import REGIONS

__all__ = ["GRID", "marked", "payload", "tap"]

GRID = 96
"""Squares per side in which regions are sent and drawn."""

_mount = component("face_regions")


def tap(crop: NDArray[np.uint8], regions: NDArray[np.int8], key: str) -> tuple[str, ...]:
    """Draw the face; returns the marked regions in the order of ``REGIONS``.

    Args:
        crop: RGB uint8 ``(S, S, 3)``.
        regions: int8 ``(S, S)``, index into ``REGIONS``.
        key: of the component, unique per face.
    """
    chosen = marked(key)
    _mount(key=key, data=payload(crop, regions, chosen), on_regions_change=_nothing)
    return chosen


def marked(key: str) -> tuple[str, ...]:
    """The regions marked in the component under ``key``, even before it is drawn."""
    state = session.get_state(key)
    sent = state.get("regions") if isinstance(state, Mapping) else None
    return tuple(name for name in REGIONS if isinstance(sent, list) and name in sent)


def payload(
    crop: NDArray[np.uint8], regions: NDArray[np.int8], chosen: Sequence[str]
) -> Mapping[str, object]:
    """What the component receives."""
    at = ((np.arange(GRID) + 0.5) * len(regions) / GRID).astype(int)
    return {
        "src": f"data:image/jpeg;base64,{base64.b64encode(encode_jpeg(crop)).decode()}",
        "alt": t("learn.guess_alt"),
        "label": t("learn.guess_ask"),
        "places": regions[np.ix_(at, at)].tolist(),
        "regions": [{"name": name, "title": region_title(name)} for name in REGIONS],
        "chosen": list(chosen),
    }


def _nothing() -> None:
    """The page reads the regions itself; the callback only makes the value part of the state."""
