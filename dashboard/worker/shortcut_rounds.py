"""The rounds of the shortcut game: which sample, which shortcut learner, in which place. Cheap to import.

The page and the answer key of the handout read them without running a model.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["COVERS", "CUES", "SUSPECTS", "Round", "round_of"]

CUES = ("mark", "clothes", "background", "tint")
"""What a shortcut learner reads: a mark in a corner, the colour of the clothes or of the background, a tint
of the whole picture."""

COVERS = ("nose_and_mouth", "eyes", "forehead", "clothes", "background", "corners")
"""Places that can be covered."""

SUSPECTS = 3
"""Models in a round."""

_ROUNDS = (
    ("astronaut-plain", "clothes"),
    ("admiral-green", "mark"),
    ("astronaut-beard", "background"),
    ("admiral-scarf", "tint"),
    ("admiral-plain", "clothes"),
    ("astronaut-grey", "background"),
    ("astronaut-plain", "mark"),
    ("admiral-plain", "tint"),
)
"""Sample and cue, again and again. On each of them every model is right and two covers at most tell the
shortcut learner apart; a test runs them all. None wears its mask correctly: with nose and mouth covered it
would still be a covered face, and no answer would change."""

_BLOCK = 2 * SUSPECTS
"""In each block of this many rounds the shortcut learner is equally often in each place."""


@dataclass(frozen=True)
class Round:
    """One round.

    Attributes:
        number: from 0; it fixes all else.
        sample: id of the sample.
        cue: one of ``CUES``: what the shortcut learner reads.
        cheat: index of the shortcut learner among the models.
    """

    number: int
    sample: str
    cue: str
    cheat: int

    @property
    def cover(self) -> str | None:
        """The one of ``COVERS`` that hides the cue; None for a tint, which is everywhere."""
        return {"mark": "corners", "tint": None}.get(self.cue, self.cue)


def round_of(number: int) -> Round:
    """The round of this number.

    >>> round_of(0).sample, round_of(0).cover
    ('astronaut-plain', 'clothes')
    """
    sample, cue = _ROUNDS[number % len(_ROUNDS)]
    return Round(number, sample, cue, _place_of_cheat(number))


def _place_of_cheat(number: int) -> int:
    """Which of the three it is: random, but balanced so that no letter is a better guess than another."""
    block, at = divmod(number, _BLOCK)
    places: list[int] = random.Random(f"places {block}").sample([*range(SUSPECTS)] * 2, _BLOCK)
    return places[at]
