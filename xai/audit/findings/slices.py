"""Accuracy and support of a model by kind of face: size, turn, light, colour of the mask, label."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.audit.claims.estimates import Difference, holm, share
from xai.audit.findings.answers import Answers, Flags, Floats, Ints
from xai.evidence.validation.statistics import MIN_GROUPS
from xai.learning.evaluation.mask_color import COLOURS
from xai.types import CLASSES

__all__ = ["LEVEL", "MEASURES", "Slice", "difference", "slices_of"]

LEVEL = 0.05
"""Adjusted p up to which a slice differs."""

MEASURES = ("accuracy", "supported")

_SIZES = (("under_48", 0, 47), ("48_80", 48, 80), ("81_160", 81, 160), ("over_160", 161, None))
"""Level, least and greatest width of the box, pixels, both included. The second is that of the claim about
small faces."""

_TURNS = (("frontal", 0, 15), ("slight", 15, 30), ("turned", 30, None))
"""Level, from and below how many degrees to either side."""

_LIGHTS = (("dark", 0.0, 0.3), ("medium", 0.3, 0.55), ("bright", 0.55, None))
"""Level, from and below which mean luminance. About one in eight faces of street and press photos is dark by
this, and one in six bright."""

Range = tuple[float, float | None]


@dataclass(frozen=True, eq=False)
class Slice:
    """The faces of one level of one factor.

    Attributes:
        factor: ``size``, ``turn``, ``light``, ``mask_colour`` or ``label``.
        level: its level.
        range: least and greatest value, the second None where there is no limit; None where the level is no
            range.
        inside: places of its faces, int64 ``(n,)``.
        estimates: measure -> estimate, or None.
        rest: measure -> the same of the other faces that have a level of the factor.
        adjusted: measure -> p of the difference from the rest; None where either is too few to compare.
    """

    factor: str
    level: str
    range: Range | None
    inside: Ints
    estimates: dict[str, dict[str, Any] | None]
    rest: dict[str, dict[str, Any] | None]
    adjusted: dict[str, float | None]

    @property
    def differs(self) -> bool:
        """Whether it differs from the rest in a measure."""
        return any(p is not None and p <= LEVEL for p in self.adjusted.values())

    def as_dict(self) -> dict[str, Any]:
        """In plain values."""
        return {
            "factor": self.factor,
            "level": self.level,
            "range": None if self.range is None else list(self.range),
            "n": len(self.inside),
            **self.estimates,
            "p": self.adjusted,
            "differs": self.differs,
        }


def slices_of(answers: Answers) -> tuple[Slice, ...]:
    """The slices of a model that have faces.

    Each is compared with the other faces of its factor, in both measures, by a two-sided test of the
    difference of two shares clustered by group (``difference``); Holm's adjustment runs over all slices and
    measures of the model. A turn that is not known is a level of its own. Faces without a mask have no level
    of its colour, those without a label none of that.
    """
    levels = list(_levels(answers))
    values = {"accuracy": answers.right, "supported": answers.supported}
    tests = [
        _two_sided(answers, values[measure], inside, of_factor & ~inside)
        for _, _, _, inside, of_factor in levels
        for measure in MEASURES
    ]
    known = iter(holm([p for p in tests if p is not None]))
    adjusted = [None if p is None else next(known) for p in tests]
    found = []
    for number, (factor, level, bounds, inside, of_factor) in enumerate(levels):
        pair = adjusted[2 * number : 2 * number + 2]
        own, rest = (
            {name: answers.estimate(np.where(those, values[name], np.nan)) for name in MEASURES}
            for those in (inside, of_factor & ~inside)
        )
        (places,) = np.nonzero(inside)
        p = dict(zip(MEASURES, pair, strict=True))
        found.append(Slice(factor, level, bounds, places.astype(np.int64), own, rest, p))
    return tuple(found)


def difference(answers: Answers, values: Floats, first: Flags, second: Flags) -> Difference | None:
    """The mean of the values over some faces less that over others; None where either has fewer than
    ``MIN_GROUPS`` groups.

    Args:
        answers: whose faces they are.
        values: float64 ``(N,)``, 0..1; NaN for a face without one.
        first: bool ``(N,)``, the faces in question.
        second: bool ``(N,)``, those that they are compared with.
    """
    shares = []
    for those in (first, second):
        own = np.where(those, values, np.nan)
        if len(np.unique(answers.groups[np.isfinite(own)])) < MIN_GROUPS:
            return None
        shares.append(share(own, answers.groups, answers.count, np.ones(len(own))))
    return Difference(*shares)


def _two_sided(answers: Answers, values: Floats, first: Flags, second: Flags) -> float | None:
    found = difference(answers, values, first, second)
    return None if found is None else min(1.0, 2 * found.p_fails(0.0))


_Level = tuple[str, str, Range | None, Flags, Flags]


def _levels(answers: Answers) -> Iterator[_Level]:
    """Factor, level, range, its faces, and those of the factor; only levels with faces."""
    every = np.ones(len(answers), np.bool_)
    for level, least, most in _SIZES:
        inside = (answers.width >= least) & (answers.width <= (math.inf if most is None else most))
        yield from _filled("size", level, (least, most), inside, every)
    turns = [(level, (low, high), _between(np.abs(answers.yaw), low, high)) for level, low, high in _TURNS]
    for level, bounds, inside in (*turns, ("not_known", None, np.isnan(answers.yaw))):
        yield from _filled("turn", level, bounds, inside, every)
    for level, low, high in _LIGHTS:
        yield from _filled("light", level, (low, high), _between(answers.light, low, high), every)
    yield from _named("mask_colour", COLOURS, answers.colour)
    yield from _named("label", CLASSES, answers.label)


def _named(factor: str, levels: Sequence[str], values: NDArray[np.object_]) -> Iterator[_Level]:
    of_factor = np.array([value is not None for value in values], np.bool_)
    for level in levels:
        yield from _filled(factor, level, None, np.asarray(values == level, np.bool_), of_factor)


def _filled(
    factor: str, level: str, bounds: Range | None, inside: Flags, of_factor: Flags
) -> Iterator[_Level]:
    if inside.any():
        yield factor, level, bounds, inside, of_factor


def _between(values: Floats, low: float, high: float | None) -> Flags:
    return np.asarray((values >= low) & (values < (math.inf if high is None else high)), np.bool_)
