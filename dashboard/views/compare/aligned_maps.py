"""The maps being compared, aligned to one frame, one unit and one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.text.map_units import DENSITY, display_unit
from dashboard.worker.jobs import FaceExplanation
from xai.attribution.methods import METHODS
from xai.photo.face_warp import warp_to
from xai.render import beyond_even, density, dim_outside, overlay
from xai.types import REGIONS, Explanation, Face, Prediction, RegionShares

__all__ = [
    "DENSITY",
    "UNITS",
    "AlignedMap",
    "difference",
    "drawn_difference",
    "layer",
    "render_map",
    "shared_scale",
]

UNITS = ("probability", "contrast")
"""Units of a map of probabilities: the probability that is lost, or the log-odds."""

_LEAST = 2.0**-24
"""Probabilities are clipped this far from 0 and 1; float32 resolves no more."""


@dataclass(frozen=True, eq=False)
class AlignedMap:
    """One map, aligned with the first face.

    Attributes:
        title: model, and which face where there are two.
        explained: what was measured.
        method: name in ``METHODS``.
        unit: one of ``UNITS``, or the ``display_unit`` of the method.
        crop: RGB uint8 ``(S, S, 3)``, the face aligned with the first.
        values: float32 ``(S, S)`` in ``unit``; NaN outside the face's crop.
        regions: int8 ``(S, S)``, index into ``REGIONS``; None without landmarks.
        by_features: eyes, nose and mouth are aligned with those of the first face; False: only the crop
            frames are.
        shown: where the map is from, if that is not ``explained``: with a second class.
    """

    title: str
    explained: FaceExplanation
    method: str
    unit: str
    crop: NDArray[np.uint8]
    values: NDArray[np.float32]
    regions: NDArray[np.int8] | None
    by_features: bool = True
    shown: Explanation | None = None

    @property
    def explanation(self) -> Explanation:
        """What was measured, without the regions."""
        return self.explained.explanation

    @property
    def prediction(self) -> Prediction:
        """The model's answer about the face."""
        return self.explanation.prediction

    @property
    def shares(self) -> RegionShares | None:
        """Region shares of the map on its own face."""
        return (self.shown or self.explanation).shares[self.method]

    @property
    def against(self) -> str | None:
        """The class against which the map is; None: it explains the answer alone."""
        return None if self.shown is None else self.shown.heatmaps[self.method].against

    @property
    def painted(self) -> NDArray[np.float32]:
        """The displayed values: of a density only what exceeds a uniform map; 0 outside the crop."""
        values = np.nan_to_num(self.values, nan=0.0)
        return beyond_even(values) if self.unit == DENSITY else values

    @property
    def signed(self) -> bool:
        """Whether the map has values against the answer."""
        return METHODS[self.method].signed

    @property
    def peak(self) -> tuple[float, float]:
        """The strongest place: x from the left and y from the top, shares of the side."""
        row, column = np.unravel_index(int(np.nanargmax(self.values)), self.values.shape)
        side = self.values.shape[0]
        return (float(column) + 0.5) / side, (float(row) + 0.5) / side


def layer(
    explained: FaceExplanation,
    method: str,
    unit: str,
    title: str,
    frame: Face,
    shown: Explanation | None = None,
) -> AlignedMap:
    """One map, aligned with the face ``frame``.

    Args:
        explained: what was measured of a face.
        method: one of its methods.
        unit: of a map of probabilities, one of ``UNITS``; others come in their ``display_unit``.
        title: see ``AlignedMap``.
        frame: the face with whose crop it is aligned; often the same.
        shown: where the map is from, if not from ``explained``.
    """
    explanation, regions = explained.explanation, explained.regions
    unit = unit if display_unit(method) == UNITS[0] else display_unit(method)
    face, values = explanation.face, _in_unit(shown or explanation, method, unit)
    if face is frame or (face.photo_sha256, face.crop_box) == (frame.photo_sha256, frame.crop_box):
        crop = dim_outside(face.crop, face)
        return AlignedMap(title, explained, method, unit, crop, values, regions, shown=shown)
    laid = warp_to(face, frame)
    if regions is not None:
        regions = laid.labels(regions, REGIONS.index("elsewhere"))
    crop, values = laid.crop(dim_outside(face.crop, face)), laid.values(values)
    return AlignedMap(title, explained, method, unit, crop, values, regions, laid.by_features, shown)


def shared_scale(layers: Sequence[AlignedMap]) -> float:
    """The value that gets the full colour on all of them: the largest displayed value; of densities at least
    1, so that nearly uniform maps look faint.
    """
    largest = max((float(np.abs(each.painted).max()) for each in layers), default=0.0)
    return max(1.0, largest) if any(each.unit == DENSITY for each in layers) else largest


def difference(first: AlignedMap, second: AlignedMap) -> NDArray[np.float32]:
    """First minus second, float32 ``(S, S)`` in their unit; NaN where either has none."""
    return first.values - second.values


def render_map(layer: AlignedMap, full: float, opacity: float) -> NDArray[np.uint8]:
    """The map overlaid on its face, RGB uint8."""
    return overlay(layer.crop, layer.painted, scale=full, opacity=opacity)


def drawn_difference(first: AlignedMap, second: AlignedMap, full: float, opacity: float) -> NDArray[np.uint8]:
    """The difference overlaid on the first face, on the maps' own scale, so that colours mean the same."""
    apart = np.nan_to_num(difference(first, second), nan=0.0)
    return overlay(first.crop, apart, scale=full, opacity=opacity)


def _in_unit(explanation: Explanation, method: str, unit: str) -> NDArray[np.float32]:
    values = explanation.heatmaps[method].values
    if unit == DENSITY:
        return density(values)
    if unit != "contrast":
        return values
    before = np.float64(explanation.prediction.of(explanation.target))
    return (_log_odds(before) - _log_odds(before - values)).astype(np.float32)


def _log_odds(probability: NDArray[np.floating] | np.float64) -> NDArray[np.float64]:
    p = np.clip(np.asarray(probability, np.float64), _LEAST, 1 - _LEAST)
    odds: NDArray[np.float64] = np.log(p) - np.log1p(-p)
    return odds
