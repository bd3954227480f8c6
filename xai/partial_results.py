"""What ``explain_stream`` hands out while it works. Free of torch, so that a server can read it."""

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
    """How far the work on one pair has come.

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
    """A map most of which is interpolated: it is shown as a preview, and nothing is computed from it.

    Attributes:
        prediction: what the model says of the face.
        heatmap: the map so far.
    """

    prediction: Prediction
    heatmap: Heatmap


PartialResult = Advance | Prediction | Preview | Explanation | Evidence | XaiError
"""In this order for each pair: its prediction, previews of its maps, its maps as an ``Explanation`` without
evidence; then, when all pairs have their maps, its ``Evidence``. An error ends the work on its pair alone."""

OnPartial = Callable[[int, PartialResult], None]
"""Called with the index of a pair and what there is of it; raising in it stops the work."""
