"""Component: a grey patch that slides over faces, with each model's answer beside it.

Its frontend is the three files beside this one. It makes no network requests and returns nothing: the answers
for all positions are sent at once.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.components import component
from dashboard.i18n import class_title, t
from xai.photo.images import encode_jpeg
from xai.types import Prediction

__all__ = ["GREY", "GRID", "PATCH", "Panel", "corner", "covered", "drops_of", "payload", "slide"]

GRID = 5
"""Positions of the patch per side."""

PATCH = 0.25
"""Side of the patch, as a share of the picture's."""

GREY = 128
"""Value of the patch in each channel, 0..255."""

_mount = component("sliding_patch")


@dataclass(frozen=True, eq=False)
class Panel:
    """One model on a face.

    Attributes:
        title: above it.
        alt: text alternative of the picture.
        answers: the prediction with nothing covered, then for each position, row by row.
        found: what the patch showed, once it has been everywhere.
    """

    title: str
    alt: str
    answers: Sequence[Prediction]
    found: str


def drops_of(answers: Sequence[Prediction]) -> NDArray[np.float64]:
    """By how much the first answer is less likely in each of the others, float64 ``(GRID * GRID,)``."""
    label = answers[0].label
    return answers[0].of(label) - np.array([each.of(label) for each in answers[1:]], np.float64)


def corner(index: int, side: int) -> tuple[slice, slice]:
    """Rows and columns of the patch at a position, counted row by row, in a picture of ``side`` pixels."""
    row, column = divmod(index, GRID)
    length = round(PATCH * side)
    top, left = (round(each * (side - length) / (GRID - 1)) for each in (row, column))
    return slice(top, top + length), slice(left, left + length)


def covered(crop: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
    """A copy of the crop, RGB uint8 ``(S, S, 3)``, with the patch at a position."""
    shown = crop.copy()
    shown[corner(index, len(crop))] = GREY
    return shown


def slide(crop: NDArray[np.uint8], panels: Sequence[Panel], key: str) -> None:
    """Draw the face once per model, with one patch on all of them.

    Args:
        crop: RGB uint8 ``(S, S, 3)``.
        panels: one per model.
        key: of the component, unique per face.
    """
    _mount(key=key, data=payload(crop, panels))


def payload(crop: NDArray[np.uint8], panels: Sequence[Panel]) -> Mapping[str, object]:
    """What the component receives; arguments as of ``slide``."""
    scale = max(float(drops_of(panel.answers).max()) for panel in panels)
    return {
        "src": f"data:image/jpeg;base64,{base64.b64encode(encode_jpeg(crop)).decode()}",
        "grid": GRID,
        "patch": PATCH,
        "panels": [_panel(panel, scale) for panel in panels],
        "words": {name: t(f"patch.{name}") for name in ("play", "stop", "board", "hint")},
    }


def _panel(panel: Panel, scale: float) -> Mapping[str, object]:
    """Colours are relative to the largest drop of all panels, so that they can be compared."""
    drops = drops_of(panel.answers)
    return {
        "title": panel.title,
        "alt": panel.alt,
        "found": panel.found,
        "colours": np.clip(drops / scale, 0, 1).round(3).tolist() if scale > 0 else [0.0] * len(drops),
        "answers": [_answer(each, panel.answers[0].label) for each in panel.answers[1:]],
    }


def _answer(now: Prediction, before: str) -> Mapping[str, object]:
    said = t(
        "learn.patch_same" if now.label == before else "learn.patch_changed",
        answer=class_title(now.label),
        probability=now.of(now.label),
    )
    return {"said": said, "probability": round(float(now.of(before)), 3), "changed": now.label != before}
