"""Maps the classes of one model to those of another; a comparison says where it does so."""

from __future__ import annotations

from collections.abc import Sequence

from xai.classes import possible_wearings
from xai.types import Prediction

__all__ = ["answer_relation", "can_mean_the_same"]


def can_mean_the_same(one: str, two: str, ones: Sequence[str] = (), twos: Sequence[str] = ()) -> bool:
    """Whether there is a way of wearing that both answers can mean.

    Args:
        one: an answer.
        two: an answer of another model.
        ones: all classes of the first model.
        twos: all classes of the second.

    >>> can_mean_the_same("with_mask", "incorrect"), can_mean_the_same("Covered", "incorrect")
    (True, False)
    """
    return bool({*possible_wearings(one, ones)} & {*possible_wearings(two, twos)})


def answer_relation(first: Prediction, second: Prediction) -> str:
    """``same``: equal answers, or two class names that can mean the same; ``different``: otherwise."""
    same = can_mean_the_same(first.label, second.label, first.classes, second.classes)
    return "same" if same else "different"
