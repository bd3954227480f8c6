"""What a class name means: which ways of wearing a mask a model calls by it. Free of torch.

Models spell the same class in many ways and some know two classes. The verdict goes by what a class means,
never by how it is spelt; a name that is not known here has no meaning, and nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xai.types import CLASSES

__all__ = ["INCORRECT_GOES", "MEANINGS", "ClassInfo", "class_named", "wearings_by_class"]

INCORRECT_GOES = ("with", "without", "unknown")
"""Where a card of two classes says that a mask worn incorrectly belongs: key ``incorrect``."""


@dataclass(frozen=True)
class ClassInfo:
    """One class.

    Attributes:
        name: as this project spells it.
        wearings: ways of wearing of ``CLASSES`` that belong to it whatever else a model knows.
        aliases: other spellings, normalised as ``class_named`` does it.
    """

    name: str
    wearings: tuple[str, ...]
    aliases: tuple[str, ...]


_WORN_WELL = (
    "correct",
    "correct_mask",
    "correctly_masked_face",
    "correctly_worn",
    "mask_correct",
    "mask_worn_correctly",
    "mask_weared_correct",
    "with_mask_correct",
    "worn_correctly",
)
_WORN_BADLY = (
    "incorrect_mask",
    "incorrectly_masked_face",
    "incorrectly_worn",
    "mask_incorrect",
    "mask_weared_incorrect",
    "mask_worn_incorrectly",
    "with_mask_incorrect",
    "worn_incorrectly",
)
MEANINGS: Mapping[str, ClassInfo] = {
    info.name: info
    for info in (
        ClassInfo("covered", ("covered",), _WORN_WELL),
        ClassInfo("incorrect", ("incorrect",), _WORN_BADLY),
        ClassInfo("uncovered", ("uncovered",), ("bare", "bare_face")),
        ClassInfo("with_mask", ("covered",), ("mask", "mask_on", "masked", "withmask")),
        ClassInfo(
            "without_mask", ("uncovered",), ("mask_off", "no_mask", "nomask", "unmasked", "withoutmask")
        ),
    )
}
"""Class -> what it means; the first three are ``CLASSES``, the last two those of a model that knows two."""

_BY_SPELLING = {spelling: info for info in MEANINGS.values() for spelling in (info.name, *info.aliases)}
_SIDES = {"with": "with_mask", "without": "without_mask"}


def class_named(name: str) -> ClassInfo | None:
    """The class that a model calls ``name``; None where no class is spelt so.

    Capitals, and whether words are parted by a space, a hyphen or an underscore, make no difference.

    >>> class_named("Mask weared incorrect").name, class_named("Without-Mask").name, class_named("happy")
    ('incorrect', 'without_mask', None)
    """
    return _BY_SPELLING.get("_".join(name.casefold().replace("-", " ").replace("_", " ").split()))


def wearings_by_class(classes: Sequence[str], incorrect: str = "unknown") -> dict[str, tuple[str, ...]]:
    """What each class of a model means, as ways of wearing of ``CLASSES``; none for a name that is not known.

    Args:
        classes: as the model spells them.
        incorrect: one of ``INCORRECT_GOES``; where masks worn incorrectly belong in a model without a class
            for them. With ``unknown`` they belong to no class.

    >>> wearings_by_class(("with_mask", "without_mask"), "with")
    {'with_mask': ('covered', 'incorrect'), 'without_mask': ('uncovered',)}
    """
    infos = {name: class_named(name) for name in classes}
    found = {name: info.wearings if info else () for name, info in infos.items()}
    stated = not any("incorrect" in wearings for wearings in found.values()) and _SIDES.get(incorrect)
    if stated:
        names = (stated, *MEANINGS[stated].wearings)
        found |= {n: (*found[n], "incorrect") for n, info in infos.items() if info and info.name in names}
    return {name: tuple(w for w in CLASSES if w in wearings) for name, wearings in found.items()}
