"""Mean occlusion maps on the coordinates that all faces share: by class and answer, and of two models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.audit.findings.answers import Answers, Flags, class_order
from xai.classes import class_info

__all__ = ["map_differences", "mean_maps", "scale_of_maps"]

_PLACES = 5  # decimals that are kept of a probability

Values = list[list[float | None]]


def mean_maps(answers: Answers) -> list[dict[str, Any]]:
    """The mean map of each predicted class, over all its answers, the right and the wrong ones.

    Returns:
        ``{class, answer, of, n, values}``: ``answer`` is ``all``, ``right`` or ``wrong``; ``of`` counts these
        answers, and ``n`` those with a map: where the mesh is not accepted, it cannot be brought into the
        common frame. ``values`` are rows of cells, in probability, None for a cell that no face has; None in
        their place where ``n`` is 0.
    """
    kinds = {
        "all": np.ones(len(answers), np.bool_),
        "right": answers.right == 1,
        "wrong": answers.right == 0,
    }
    return [
        {
            "class": name,
            "answer": answer,
            "of": int(those.sum()),
            "n": int((those & answers.mapped).sum()),
            "values": _listed(_mean(answers, those & answers.mapped)),
        }
        for name in sorted(set(answers.prediction), key=class_order)
        for answer, kind in kinds.items()
        for those in [kind & (answers.prediction == name)]
    ]


def scale_of_maps(maps: Iterable[Mapping[str, Any]]) -> float:
    """Largest absolute value of several maps, so that all are on one scale; 0 without any.

    The maps of right and of wrong answers are left out: a mean over two faces would make the others faint.
    """
    whole = (each["values"] or () for each in maps if each.get("answer", "all") == "all")
    return max((abs(c) for values in whole for row in values for c in row if c is not None), default=0.0)


def map_differences(first: Answers, second: Answers) -> list[dict[str, Any]]:
    """The mean map of the first model less that of the second, over the faces that both gave the same class.

    Args:
        first: of one model.
        second: of another, for the same faces in the same order.

    Returns:
        ``{class, of, n, values}`` for each class that has such faces, with the others as in ``mean_maps``.
    """
    meant = [
        np.array([class_info(said).name for said in each.prediction], object) for each in (first, second)
    ]
    alike, mapped = meant[0] == meant[1], first.mapped & second.mapped
    found = []
    for name in sorted(set(meant[0][alike & mapped]), key=class_order):
        those = alike & (meant[0] == name)
        apart = _mean(first, those & mapped) - _mean(second, those & mapped)
        counts = {"of": int(those.sum()), "n": int((those & mapped).sum())}
        found.append({"class": name, **counts, "values": _listed(apart)})
    return found


def _mean(answers: Answers, those: Flags) -> NDArray[np.float64]:
    """Over the faces that have a value in the cell; NaN where none has."""
    cells = answers.maps[those].astype(np.float64)
    known = np.isfinite(cells)
    counts = known.sum(axis=0)
    sums = np.where(known, cells, 0.0).sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _listed(values: NDArray[np.float64]) -> Values | None:
    if not np.isfinite(values).any():
        return None
    return [
        [round(float(cell), _PLACES) + 0.0 if np.isfinite(cell) else None for cell in row] for row in values
    ]
