"""The families of edits behind a verdict, and what each one tests. Free of torch: pages import it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["FAMILIES", "ROUNDS", "Family", "named_families"]

ROUNDS = 2
"""Most rounds of a family: one that fails is run again with other donors, and all its answers count."""


@dataclass(frozen=True)
class Family:
    """Edits that test the same question.

    Attributes:
        asks: ``follow``, the answer should change; ``stay``, it should not; ``sham``, a control edit: the
            lower face of somebody else of the same class, whose effect is that of the seam; ``whole``,
            everything changes.
        level: of ``follow``: ``wearing``, the whole lower face, which decides the verdict; ``place``, nose
            and mouth alone; or ``reported``, where blind readers disagreed with the edit too often. Of
            ``stay``: ``place``, the lower face is untouched, or ``appearance``.
        named: whether *supported* requires it.
        donors: donors per round; 0 for edits without donors.
        directions: whether its edits go in different directions, as colours do: a model that depends on one
            of them is hardly moved by the others, so the second largest effect counts, not the mean.
    """

    asks: str
    level: str = ""
    named: bool = False
    donors: int = 0
    directions: bool = False


FAMILIES: Mapping[str, Family] = {
    "lower_face": Family("follow", "wearing", named=True, donors=6),
    "drawn_on": Family("follow", "wearing"),
    "drawn_down": Family("follow", "wearing"),
    "completed": Family("follow", "wearing"),
    "removed": Family("follow", "reported"),
    "nose_and_mouth": Family("follow", "place", named=True, donors=6),
    "outside": Family("stay", "place", named=True, donors=4),
    "upper_face": Family("stay", "place", named=True, donors=4),
    "background": Family("stay", "place", named=True, donors=4),
    "mask_look": Family("stay", "place", named=True, directions=True),
    "light": Family("stay", "appearance", named=True),
    "cast": Family("stay", "appearance", named=True, directions=True),
    "sharpness": Family("stay", "appearance"),
    "grain": Family("stay", "appearance"),
    "compression": Family("stay", "appearance"),
    "mirror": Family("stay", "appearance"),
    "scale": Family("stay", "appearance"),
    "same_class": Family("sham", donors=3),
    "whole_face": Family("whole", donors=3),
    "other_photo": Family("whole", donors=3),
}
"""Every family by name, in display order."""


def named_families(own: str) -> list[str]:
    """The families that *supported* requires for a face that wears a mask as ``own`` says."""
    masked = own != "uncovered"
    return [name for name, family in FAMILIES.items() if family.named and (masked or name != "mask_look")]
