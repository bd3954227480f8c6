"""What a class name means: the ways of wearing a mask that it covers. Free of torch.

Models spell the same class in many ways and some have two classes. Code that branches on a class uses its
meaning from here, never its spelling: a new class is one entry in ``MEANINGS``. An unknown name has no
meaning, and nothing is concluded from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from xai.types import CLASSES

__all__ = [
    "INCORRECT_GOES",
    "MEANINGS",
    "ClassInfo",
    "Hue",
    "class_info",
    "class_named",
    "label_of",
    "nearest_class",
    "possible_wearings",
    "wearings_by_class",
]

INCORRECT_GOES = ("with", "without", "unknown")
"""Values of the key ``incorrect`` on a two-class card: the class of a mask worn incorrectly."""

Hue = Literal["green", "orange", "red", "grey"]
"""Base colour of a class: green, orange and red as in the published work, grey for an unknown name. Each
renderer has a shade of each that suits its background."""


@dataclass(frozen=True)
class ClassInfo:
    """One class.

    Attributes:
        name: in this project's spelling.
        wearings: ways of wearing of ``CLASSES`` that always belong to it, whatever other classes a model has.
        aliases: other spellings; case, blanks, hyphens and underscores as in ``class_named``.
        binary: the class of a two-class model that it belongs to, unless the card says otherwise; its own
            name for such a class.
        looks_at: what a model with this answer can be said to look at: ``nose_and_mouth``, ``mask`` or
            ``lower_face``. A model that only detects a mask need not recognise a bare nose.
        deciding_area: the area, one of ``AREAS``, whose effects are measured: ``incorrect`` may depend on a
            bare chin or a hanging mask, and the classes of a two-class model are about the whole mask.
        opposites: ways of wearing of ``CLASSES`` into which a face of the class is edited.
        hue: its base colour.
    """

    name: str
    wearings: tuple[str, ...]
    aliases: tuple[str, ...]
    binary: str
    looks_at: Literal["nose_and_mouth", "mask", "lower_face"]
    deciding_area: Literal["strict", "wide"]
    opposites: tuple[str, ...]
    hue: Hue


_WORN_WELL = (
    "cmfd",  # MaskedFace-Net: Correctly Masked Face Dataset
    "correct",
    "correct mask",
    "correctly masked",
    "correctly masked face",
    "correctly worn",
    "correctly worn mask",
    "face with mask correct",
    "fully covered",
    "mask correct",
    "mask correctly worn",
    "mask weared correct",
    "mask worn correctly",
    "proper mask",
    "with mask correct",
    "worn correctly",
    "bien puesta",
    "mascarilla bien puesta",
    "mascarilla correcta",
)
_WORN_BADLY = (
    "imfd",  # MaskedFace-Net: Incorrectly Masked Face Dataset
    "face with mask incorrect",
    "improper mask",
    "improperly worn",
    "incorrectly",
    "incorrect mask",
    "incorrectly masked",
    "incorrectly masked face",
    "incorrectly worn",
    "incorrectly worn mask",
    "mask incorrect",
    "mask incorrectly worn",
    "mask weared incorrect",
    "mask wearred incorrect",
    "mask not worn properly",
    "mask worn improperly",
    "mask worn incorrect",
    "mask worn incorrectly",
    "mask worn wrongly",
    "partially covered",
    "with mask incorrect",
    "worn incorrectly",
    "worn wrongly",
    "wrong mask",
    "mal puesta",
    "mascarilla incorrecta",
    "mascarilla mal puesta",
)
_PRESENT = (
    "face mask",
    "face with mask",
    "facemask",
    "mask",
    "mask on",
    "masked",
    "masked face",
    "masks",
    "wearing mask",
    "with facemask",
    "with masks",
    "con mascarilla",
)
_ABSENT = (
    "face no mask",
    "face without mask",
    "mask off",
    "no face mask",
    "no mask",
    "non mask",
    "non masked",
    "not masked",
    "unmasked",
    "unmasked face",
    "without",
    "without facemask",
    "without masks",
    "sin mascarilla",
)

MEANINGS: Mapping[str, ClassInfo] = {
    info.name: info
    for info in (
        ClassInfo(
            "covered", ("covered",), _WORN_WELL, "with_mask",
            looks_at="nose_and_mouth", deciding_area="strict", opposites=("uncovered",), hue="green",
        ),
        ClassInfo(
            "incorrect", ("incorrect",), _WORN_BADLY, "with_mask",
            looks_at="nose_and_mouth", deciding_area="wide", opposites=("covered", "uncovered"), hue="orange",
        ),
        ClassInfo(
            "uncovered", ("uncovered",), ("bare", "bare face", "not covered"), "without_mask",
            looks_at="nose_and_mouth", deciding_area="strict", opposites=("covered",), hue="red",
        ),
        ClassInfo(
            "with_mask", ("covered",), _PRESENT, "with_mask",
            looks_at="mask", deciding_area="wide", opposites=("uncovered",), hue="green",
        ),
        ClassInfo(
            "without_mask", ("uncovered",), _ABSENT, "without_mask",
            looks_at="lower_face", deciding_area="wide", opposites=("covered",), hue="red",
        ),
    )
}  # fmt: skip
"""Class -> what it means; the first three are ``CLASSES``, the last two those of a two-class model."""

_UNKNOWN = ClassInfo(
    "", (), (), "",
    looks_at="nose_and_mouth", deciding_area="wide", opposites=("covered", "uncovered"), hue="grey",
)  # fmt: skip
"""Entry of an unknown name: no way of wearing, no class's colour."""

_SIDES = {"with": "with_mask", "without": "without_mask"}


@lru_cache(maxsize=1024)
def _squeezed(name: str) -> str:
    return re.sub(r"[\s_.-]+", "", unicodedata.normalize("NFKC", name).casefold())


def class_named(name: str) -> ClassInfo | None:
    """The class that a model calls ``name``; None for an unknown spelling.

    Case is ignored, and so are spaces, hyphens, underscores and points between words.

    >>> class_named("Mask weared incorrect").name, class_named("Without-Mask").name, class_named("happy")
    ('incorrect', 'without_mask', None)
    """
    wanted = _squeezed(name)
    known = ((spelling, info) for info in MEANINGS.values() for spelling in (info.name, *info.aliases))
    return next((info for spelling, info in known if _squeezed(spelling) == wanted), None)


def label_of(name: str) -> str | None:
    """The way of wearing of ``CLASSES`` that a set calls ``name``, as a label or a folder; None if unknown.

    Numbers that sort folders may stand before the name.

    >>> label_of("With Mask"), label_of("2_mask-worn-incorrectly"), label_of("Thumbs")
    ('covered', 'incorrect', None)
    """
    info = class_named(name) or class_named(name.lstrip("0123456789"))
    return info.wearings[0] if info else None


def class_info(name: str) -> ClassInfo:
    """What ``name`` means; for an unknown spelling, the entry of an unknown name, under that name.

    >>> class_info("Covered").hue, class_info("visor").hue, class_info("visor").name
    ('green', 'grey', 'visor')
    """
    return class_named(name) or replace(_UNKNOWN, name=name)


def possible_wearings(name: str, classes: Sequence[str] = ()) -> tuple[str, ...]:
    """What an answer may mean, as ways of wearing of ``CLASSES``, the nearest first; an unknown name means
    itself alone.

    Args:
        name: the answer, as the model spells it.
        classes: all classes of the model; the answer does not mean what another of them covers.

    >>> possible_wearings("with_mask"), possible_wearings("with_mask", ("with_mask", "incorrect"))
    (('covered', 'incorrect'), ('covered',))
    """
    info = class_named(name)
    if info is None:
        return (name,)
    others = {wearing for other in classes if other != name for wearing in class_info(other).wearings}
    besides = [w for w in CLASSES if MEANINGS[w].binary == info.name and w not in others]
    return tuple(dict.fromkeys((*info.wearings, *besides)))


def nearest_class(name: str, classes: Sequence[str]) -> str | None:
    """The class of a model that is nearest to ``name``, in the model's spelling; None where it has none.

    >>> nearest_class("covered", ("with_mask", "without_mask")), nearest_class("covered", ("Bare", "Covered"))
    ('with_mask', 'Covered')
    """
    if name in classes:
        return name
    wanted = class_info(name).name
    return next((each for each in classes if possible_wearings(each, classes)[0] == wanted), None)


def wearings_by_class(classes: Sequence[str], incorrect: str = "unknown") -> dict[str, tuple[str, ...]]:
    """What each class of a model means, as ways of wearing of ``CLASSES``; none for an unknown name.

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
