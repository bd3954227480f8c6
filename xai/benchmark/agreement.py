"""Whether the fast occlusion map says what the exact one says, over many faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.attribution.occlusion.engine import occlude
from xai.attribution.occlusion.patch import Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.evidence.map_similarity import Map, spearman
from xai.models.classifiers import Classifier, to_input

__all__ = ["Agreement", "agreement", "agreement_of"]

_TIE = 1e-7
"""Pixels of one cell of the map hold one value, but for rounding."""


@dataclass(frozen=True)
class Agreement:
    """How alike two sets of maps are.

    Attributes:
        faces: how many were compared.
        without_order: of these, those whose map is the same everywhere: no order, nothing to compare.
        redone: of these, those whose fast map was in doubt and was computed in float32 after all.
        least_spearman: the smallest rank correlation over the pixels of the input; None without any map.
        median_spearman: their median; None likewise.
        same_peak: in how many the highest pixel of the fast map is a highest one of the exact map.
        max_abs_diff: the largest difference of any two values, probability points.
        same_answer: in how many both give the whole face the same class.
    """

    faces: int
    without_order: int
    redone: int
    least_spearman: float | None
    median_spearman: float | None
    same_peak: int
    max_abs_diff: float
    same_answer: int

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def agreement(classifier: Classifier, crops: Sequence[NDArray[np.uint8]], patch: Patch) -> Agreement:
    """Compare ``occlude(mode="fast")`` with ``mode="exact"`` on faces, each for the exact answer's class.

    Args:
        classifier: what is asked.
        crops: RGB uint8 ``(H, W, 3)``, at least one.
        patch: the patch.
    """
    pairs = []
    for crop in crops:
        values = to_input(crop, classifier.card.input_size, classifier.device)
        exact = occlude(classifier, values, patch, mode="exact")
        pairs.append((exact, occlude(classifier, values, patch, mode="fast")))
    return agreement_of(pairs)


def agreement_of(pairs: Sequence[tuple[OcclusionGrid, OcclusionGrid]]) -> Agreement:
    """The agreement of pairs (exact, fast), of which there is at least one."""
    drops = [_drops(exact, fast) for exact, fast in pairs]
    likeness = [found for one, other in drops if (found := spearman(one, other)) is not None]
    return Agreement(
        faces=len(pairs),
        without_order=len(drops) - len(likeness),
        redone=sum(bool(fast.computed.redone) for _, fast in pairs),
        least_spearman=min(likeness, default=None),
        median_spearman=float(np.median(likeness)) if likeness else None,
        same_peak=sum(bool(one.flat[other.argmax()] >= one.max() - _TIE) for one, other in drops),
        max_abs_diff=max(float(np.abs(one - other).max()) for one, other in drops),
        same_answer=sum(bool(exact.original.argmax() == fast.original.argmax()) for exact, fast in pairs),
    )


def _drops(exact: OcclusionGrid, fast: OcclusionGrid) -> tuple[Map, Map]:
    """Both maps of the class that the exact map answers the whole picture with."""
    index = int(exact.original.argmax())
    return exact.drop_map(index).astype(np.float64), fast.drop_map(index).astype(np.float64)
