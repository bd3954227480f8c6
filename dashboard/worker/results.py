"""Results of the model process in plain numbers: the library's own types import torch, and the server must
not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.shortcut_rounds import Round
from xai.types import Prediction

__all__ = ["CurveCheck", "MapCheck", "ShortcutRound", "ShortcutRoundRequest"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CurveCheck:
    """Deletion or insertion in the order of a map, beside other orders.

    Attributes:
        changed: ``(K + 1,)``, share of the picture that is changed at each step, 0..1.
        own: ``(K + 1,)``, probability of the class there in the order of the map.
        edges: likewise in the order of an edge detector.
        random: likewise, the mean of the random orders.
        own_area: area under ``own``, 0..1.
        edge_area: under ``edges``.
        random_area: mean area under the random orders.
        orders: how many random orders.
        beats_random: whether the map's order is clearly better; None where the curve cannot tell.
        beats_edges: whether it is better than the edge detector's; None likewise.
    """

    changed: Floats
    own: Floats
    edges: Floats
    random: Floats
    own_area: float
    edge_area: float
    random_area: float
    orders: int
    beats_random: bool | None
    beats_edges: bool | None


@dataclass(frozen=True, eq=False)
class MapCheck:
    """The checks of one map.

    Attributes:
        deletion: what the map marks as most important is deleted first.
        insertion: what it marks as most important is inserted first.
        likeness: mean rank correlation with maps of random networks; None where none can be compared.
        follows_weights: whether that is low; None likewise.
        noise: least rank correlation with the map of a noisy copy; None where a map was the same everywhere.
        shift: likewise with a shifted copy, moved back.
        share: of the map on nose and mouth, 0..1; None without an accepted mesh or positive values.
        expected: the same on average over the random networks.
        spread: standard deviation of that; None for a single network.
        turned: whether deletion paints the face as one of another class; else it paints grey, and insertion
            starts from a blur.
        seconds: of the checks of all maps of the model together.
    """

    deletion: CurveCheck
    insertion: CurveCheck
    likeness: float | None
    follows_weights: bool | None
    noise: float | None
    shift: float | None
    share: float | None
    expected: float | None
    spread: float | None
    turned: bool
    seconds: float


@dataclass(frozen=True)
class ShortcutRoundRequest:
    """Run three control models on a prepared sample; the result is ``ShortcutRound``.

    Attributes:
        number: of the round, as of ``round_of``.
    """

    number: int


@dataclass(frozen=True, eq=False)
class ShortcutRound:
    """Three models, of which one reads a cue beside the face and the others look at nose and mouth.

    Attributes:
        played: sample, cue, and which model is the shortcut learner.
        truth: the true class, which the cue gives away.
        pictures: covered place -> RGB uint8 ``(S, S, 3)`` as the models get it; ``""``: nothing is covered.
        answers: place -> each model's answer then.
        places: covered place -> its pixels, bool ``(S, S)``.
    """

    played: Round
    truth: str
    pictures: Mapping[str, NDArray[np.uint8]]
    answers: Mapping[str, tuple[Prediction, ...]]
    places: Mapping[str, NDArray[np.bool_]]

    def read_by(self, model: int) -> NDArray[np.bool_] | None:
        """The smallest place whose cover changes a model's answer, bool ``(S, S)``; None where none does."""
        first = self.answers[""][model].label
        flips = [where for name, where in self.places.items() if self.answers[name][model].label != first]
        return min(flips, key=np.count_nonzero, default=None)
