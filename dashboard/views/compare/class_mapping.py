"""What the answer of one model amounts to in the words of another: a comparison maps classes, and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xai.types import Prediction

__all__ = ["can_mean_the_same", "counterpart", "relation"]

_MEANS: Mapping[str, tuple[str, ...]] = {
    "with_mask": ("covered", "incorrect"),
    "without_mask": ("uncovered",),
}
"""Class of a model that knows two -> what it can mean in the three, the nearest first."""


def can_mean_the_same(one: str, two: str) -> bool:
    """Whether there is a class that both answers can mean.

    >>> can_mean_the_same("with_mask", "incorrect"), can_mean_the_same("covered", "incorrect")
    (True, False)
    """
    return bool({*_MEANS.get(one, (one,))} & {*_MEANS.get(two, (two,))})


def counterpart(label: str, classes: Sequence[str]) -> str | None:
    """The class of a model that is nearest to ``label``; None where it has none.

    >>> counterpart("covered", ("with_mask", "without_mask"))
    'with_mask'
    """
    if label in classes:
        return label
    return next((name for name in classes if _MEANS.get(name, ("",))[0] == label), None)


def relation(first: Prediction, second: Prediction) -> str:
    """``same``: one answer, in one word or in two words that can mean the same; ``different``: not."""
    return "same" if can_mean_the_same(first.label, second.label) else "different"
