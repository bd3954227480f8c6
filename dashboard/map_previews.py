"""A map on its way, as it travels from the model process to the page. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

from xai.types import Heatmap, Prediction

__all__ = ["Preview"]


@dataclass(frozen=True, eq=False)
class Preview:
    """A map most of which is interpolated: it is shown as a preview, and nothing is computed from it.

    Attributes:
        prediction: what the model says of the face.
        heatmap: the map so far.
    """

    prediction: Prediction
    heatmap: Heatmap
