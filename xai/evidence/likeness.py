"""How alike two maps are: by the order of their values, and by how far they lie apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Map", "mean_of", "relative_change", "spearman"]

Map = NDArray[np.float64]
"""A heat map at its own resolution, float64 ``(h, w)``, raw and signed."""


def spearman(a: Map, b: Map) -> float | None:
    """Spearman's rank correlation of two maps of one shape, -1..1; ties share their mean rank.

    None where either map is the same everywhere: it then has no order to compare.

    >>> round(spearman(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.1, 0.2], [0.3, 9.0]])), 6)
    1.0
    """
    ranks = np.stack([_ranks(a.ravel()), _ranks(b.ravel())])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred**2).sum(axis=1))
    if not lengths.all():
        return None
    return float((centred[0] @ centred[1] / (lengths[0] * lengths[1])).clip(-1, 1))


def relative_change(changed: Map, original: Map) -> float | None:
    """How far ``changed`` lies from ``original``, in lengths of ``original`` (Euclidean); 0 or more.

    One term of the max-sensitivity of Yeh et al. 2019, "On the (In)fidelity and Sensitivity of
    Explanations". None where the original is zero everywhere.
    """
    length = np.linalg.norm(original)
    return float(np.linalg.norm(changed - original) / length) if length > 0 else None


def mean_of(figures: tuple[float | None, ...]) -> float | None:
    """Mean of the figures that exist; None where there is none."""
    known = [figure for figure in figures if figure is not None]
    return float(np.mean(known)) if known else None


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = (last - (count - 1) / 2)[place]
    return ranks
