"""Partial results of ``explain_stream``. Free of torch, so that a server can import them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from xai.errors import XaiError
from xai.evidence_types import Evidence
from xai.types import Explanation, Heatmap, Prediction

__all__ = ["Advance", "OnPartial", "PartialResult", "Preview"]


@dataclass(frozen=True)
class Advance:
    """Progress of the work on one pair.

    Attributes:
        phase: the maps, or the test of the answer.
        done: passes through the network.
        total: passes in all, at most.
    """

    phase: Literal["maps", "test"]
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Preview:
    """A mostly interpolated map: it is shown as a preview, and nothing is computed from it.

    Attributes:
        prediction: the model's prediction for the face.
        heatmap: the map so far.
    """

    prediction: Prediction
    heatmap: Heatmap


PartialResult = Advance | Prediction | Preview | Explanation | Evidence | XaiError
"""In this order for each pair: its prediction, previews of its maps, its maps as an ``Explanation`` without
evidence; then, when all pairs have their maps, its ``Evidence``. An error ends the work on its pair alone."""

OnPartial = Callable[[int, PartialResult], None]
"""Called with the index of a pair and a partial result of it; raising in it stops the work."""
