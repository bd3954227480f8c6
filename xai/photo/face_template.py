"""A face's outlines from five points alone: a solid template, turned and scaled to fit them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fitted_template"]

Points = NDArray[np.float64]

_FIVE = np.array(
    [(-0.5, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.63, -0.6), (-0.44, 0.99, 0.02), (0.44, 0.99, 0.02)]
)
"""Eye middles, nose tip and mouth corners: across, down and away from the viewer, in eye distances from the
middle of the eyes."""

_RIGHT_HALVES = {
    "oval": (
        (0.0, 0.56, 0.94, 1.08, 1.09, 1.06, 0.96, 0.74, 0.48, 0.2, 0.0),
        (-0.81, -0.77, -0.54, -0.19, 0.03, 0.46, 0.94, 1.28, 1.5, 1.63, 1.65),
        (-0.29, -0.17, 0.23, 0.66, 0.85, 0.96, 0.87, 0.56, 0.32, 0.13, 0.1),
    ),
    "nose": (
        (0.0, 0.12, 0.16, 0.23, 0.35, 0.29, 0.0),
        (-0.08, -0.06, 0.13, 0.39, 0.55, 0.66, 0.71),
        (-0.32, -0.25, -0.27, -0.34, -0.17, -0.22, -0.34),
    ),
    "mouth": (
        (0.0, 0.29, 0.44, 0.34, 0.25, 0.0),
        (0.71, 0.66, 0.99, 1.1, 1.17, 1.23),
        (-0.34, -0.22, 0.03, -0.1, -0.15, -0.21),
    ),
    "right_eye": (
        (0.28, 0.42, 0.5, 0.69, 0.72, 0.85, 0.91, 0.66, 0.24, 0.21),
        (0.01, 0.04, 0.05, 0.01, -0.01, -0.2, -0.25, -0.39, -0.35, -0.22),
        (-0.04, -0.07, -0.07, 0.01, 0.04, -0.04, 0.04, -0.21, -0.35, -0.3),
    ),
}
"""The right half of each outline on the same axes, a row each for across, down and away: medians over
meshes fitted to frontal faces."""


def fitted_template(five: Points) -> dict[str, Points]:
    """Outlines of the face's parts.

    The template is seen from afar (scaled orthographic projection): a linear fit of its five points to the
    given ones, brought to the nearest turn and size, as in DeMenthon and Davis, "Model-Based Object Pose in
    25 Lines of Code" (1995), first step. Against the mesh this halves the error that a flat template makes
    on turned heads.

    Args:
        five: float64 ``(5, 2)``: left eye, right eye, nose tip, left and right mouth corner, any frame with
            y down.

    Returns:
        ``oval``, ``nose``, ``mouth``, ``left_eye`` and ``right_eye`` (with brows): polygons, float64
        ``(N, 2)`` in the frame of ``five``.
    """
    solid_middle, seen_middle = _FIVE.mean(axis=0), five.mean(axis=0)
    fit = np.linalg.lstsq(_FIVE - solid_middle, five - seen_middle, rcond=None)[0]
    left, sizes, right = np.linalg.svd(fit, full_matrices=False)
    view = sizes.mean() * left @ right
    return {name: (outline - solid_middle) @ view + seen_middle for name, outline in _whole().items()}


def _whole() -> dict[str, Points]:
    """The template's outlines, ``(N, 3)``, mirrored from their right halves."""
    halves = {name: np.array(rows).T for name, rows in _RIGHT_HALVES.items()}
    mirror = np.array([-1.0, 1.0, 1.0])
    eye = halves.pop("right_eye")
    whole = {name: np.concatenate([half, half[::-1] * mirror]) for name, half in halves.items()}
    return whole | {"right_eye": eye, "left_eye": eye * mirror}
