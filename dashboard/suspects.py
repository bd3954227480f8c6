"""The game "spot the cheat", as the server and the model process speak of it. Importing it is cheap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.types import Explanation, Prediction

__all__ = ["LineUp", "Suspects"]


@dataclass(frozen=True)
class LineUp:
    """Put three models with a known answer before a marked sample; the result is ``Suspects``.

    Attributes:
        number: of the round; it fixes sample, mark and order.
    """

    number: int


@dataclass(frozen=True, eq=False)
class Suspects:
    """Three models, of which one reads a mark in a corner and the others nose and mouth.

    Attributes:
        sample: id of the sample.
        truth: its true class, which the mark gives away.
        cheat: index of the model that reads the mark.
        pictures: place that is covered -> RGB uint8 ``(S, S, 3)`` as the models get it; ``""``: nothing is.
        answers: place -> what each model says then.
        maps: the occlusion map of each model on the picture with nothing covered, for the true class.
    """

    sample: str
    truth: str
    cheat: int
    pictures: Mapping[str, NDArray[np.uint8]]
    answers: Mapping[str, tuple[Prediction, ...]]
    maps: tuple[Explanation, ...]
