"""The kinds of faces a classifier gets wrong, from manual review, as on its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["ERROR_KINDS", "KnownError", "read_errors"]

ERROR_KINDS = {
    "low_mask": "a mask worn low, or that slid down: nose or chin just covered or just bare",
    "profile": "a head in profile or turned far",
    "hand_or_cloth": "a hand, a phone, a cup or cloth before the face that is no mask",
    "beard": "a beard, or a mask over one",
    "scarf": "a scarf, a veil or a collar before the mouth",
    "pattern": "a mask with a print, or of the colour of skin",
    "small_or_blurred": "too small or too blurred for a person to be sure",
    "label_doubtful": "the label looks wrong, not the answer",
    "other": "none of these",
}
"""The kinds by name, with descriptions."""


@dataclass(frozen=True)
class KnownError:
    """One kind of wrong answer.

    Attributes:
        kind: key of ``ERROR_KINDS``.
        count: wrong answers of this kind, 1 or more.
        of: how many wrong answers were reviewed, or None where not counted.
        note: a remark, one sentence; may be "".
        on: the set and setting, as ``metrics`` names them; "" where not known.
    """

    kind: str
    count: int
    of: int | None = None
    note: str = ""
    on: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ERROR_KINDS:
            known = ", ".join(ERROR_KINDS)
            raise ValueError(f"errors name the kind {self.kind!r}; known are {known}")
        if type(self.count) is not int or self.count < 1:
            raise ValueError(f"the count of {self.kind} must be a whole number from 1, not {self.count!r}")
        if self.of is not None and (type(self.of) is not int or self.of < self.count):
            raise ValueError(f"{self.kind} counts {self.count} of {self.of!r}; of is None or at least count")
        if not isinstance(self.note, str) or not isinstance(self.on, str):
            raise TypeError(f"note and on of {self.kind} must be text")


def read_errors(raw: Sequence[Any]) -> tuple[KnownError, ...]:
    """The errors of a card, the most frequent first.

    Args:
        raw: the card's key ``errors``: ``[{"kind", "count", "of", "note", "on"}]``; the last three may be
            missing.

    Raises:
        ValueError, TypeError: it has another format; a kind of one set occurs twice.
    """
    if not isinstance(raw, list | tuple) or not all(isinstance(one, dict) for one in raw):
        raise TypeError("errors must be a list of objects with kind and count")
    errors = [KnownError(**one) for one in raw]
    if len({(one.on, one.kind) for one in errors}) < len(errors):
        raise ValueError("errors name one kind twice for the same set")
    return tuple(sorted(errors, key=lambda one: (one.on, -one.count)))
