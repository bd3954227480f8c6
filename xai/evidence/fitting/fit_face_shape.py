"""Fits the shape of a face: ``python -m xai.evidence.fitting.fit_face_shape --data DIR --out FILE``.

``DIR`` holds portraits of people without a mask and a ``labels.csv`` with ``file`` and ``split``; only the
rows of the split ``train`` are read. The shipped file was made from generated portraits of people who do not
exist. It is deterministic: the same pictures give the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai.evidence.fitting.portraits import run_fit, training_portraits
from xai.photo.centerface import detect
from xai.photo.mesh import MAX_DISAGREEMENT, PRESENCE_THRESHOLD, disagreement, fit_mesh, five_of

__all__ = ["COMPONENTS", "build", "heads"]

COMPONENTS = 10
"""Components that are kept, with 98 % of the variance: five points tell no more."""

_ROUNDS = 6
_SWAP = [1, 0, 2, 4, 3]
"""The five points of a mirrored face."""

Points = NDArray[np.float64]


def heads(folder: Path) -> Iterator[tuple[Points, Points]]:
    """Mesh ``(468, 3)`` and detected points ``(5, 2)`` of the largest face of each portrait, one frame."""
    for pixels in training_portraits(folder):
        found = detect(pixels)
        if not len(found):
            continue
        five = found.points[int(found.sides.max(axis=1).argmax())]
        mesh = fit_mesh(pixels, five)
        if mesh.presence >= PRESENCE_THRESHOLD and disagreement(mesh.points, five) <= MAX_DISAGREEMENT:
            solid = np.concatenate([mesh.points, mesh.depth[:, None]], axis=1)
            yield solid.astype(np.float64), five.astype(np.float64)


def build(found: list[tuple[Points, Points]]) -> dict[str, NDArray[np.float32]]:
    """Mean and components, as ``xai.photo.face_shape`` reads them.

    Raises:
        ValueError: there are fewer heads than components.
    """
    if len(found) <= COMPONENTS:
        raise ValueError(f"{COMPONENTS} components need more heads than {len(found)}; give more portraits")
    solid = [head for head, _ in found]
    mean = solid[0]
    for _ in range(_ROUNDS):
        mean = np.mean([_aligned(head, mean)[0] for head in solid], axis=0)
    mean = _upright(mean)
    twins = ((mean[:, None] * [-1, 1, 1] - mean[None]) ** 2).sum(axis=2).argmin(axis=1)
    laid = np.stack([_aligned(head, mean)[0] for head in solid])
    both = np.concatenate([laid, laid[:, twins] * [-1, 1, 1]])
    mean = both.mean(axis=0)
    both = np.stack([_aligned(head, mean)[0] for head in both])
    mean = both.mean(axis=0)
    _, sizes, rows = np.linalg.svd((both - mean).reshape(len(both), -1), full_matrices=False)
    spread = sizes[:COMPONENTS, None] / np.sqrt(len(both))
    components = (rows[:COMPONENTS] * spread).reshape(COMPONENTS, -1, 3)
    made = {
        "mean": mean,
        "components": components,
        "five": _five(mean) + _offset(found, mean),
        "five_components": np.stack([_five(component) for component in components]),
    }
    return {name: values.astype(np.float32) for name, values in made.items()}


def _five(solid: Points) -> Points:
    """Eye centres, nose tip and mouth corners ``(5, 3)``, as of ``five_of``."""
    flat = solid.astype(np.float32)
    return np.concatenate([five_of(flat[:, :2]), five_of(flat[:, [2, 2]])[:, :1]], axis=1).astype(np.float64)


def _aligned(solid: Points, goal: Points) -> tuple[Points, Points]:
    """The head turned, scaled and shifted onto another (Umeyama 1991), and the linear part ``(3, 3)``."""
    own, other = solid.mean(axis=0), goal.mean(axis=0)
    left, sizes, right = np.linalg.svd((solid - own).T @ (goal - other))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    linear = (left * sign) @ right * (sizes * sign).sum() / ((solid - own) ** 2).sum()
    return (solid - own) @ linear + other, linear


def _upright(mean: Points) -> Points:
    """In eye distances from the middle of the eyes: across, down, away."""
    five = _five(mean)
    eyes, across = five[:2].mean(axis=0), five[1] - five[0]
    unit = np.linalg.norm(across)
    across /= unit
    down = five[3:].mean(axis=0) - eyes
    down -= (down @ across) * across
    down /= np.linalg.norm(down)
    return np.asarray((mean - eyes) @ np.stack([across, down, np.cross(across, down)], axis=1) / unit)


def _offset(found: list[tuple[Points, Points]], mean: Points) -> Points:
    """Where the detector sees the five points, relative to the mesh's: ``(5, 3)``, the same on both sides."""
    apart = []
    for solid, five in found:
        flat = np.concatenate([five - _five(solid)[:, :2], np.zeros((5, 1))], axis=1)
        apart.append(flat @ _aligned(solid, mean)[1])
    both = np.mean(apart, axis=0) * [1, 1, 0]
    return np.asarray((both + both[_SWAP] * [-1, 1, 1]) / 2)


if __name__ == "__main__":
    run_fit("Build the shape of a face from portraits.", lambda data: build(list(heads(data))))
