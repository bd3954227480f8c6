"""How the values of a map are written, by its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.i18n import number, say

__all__ = ["READINGS", "Reading", "value_text"]


@dataclass(frozen=True)
class Reading:
    """How a value of a unit is written.

    Attributes:
        factor: it is multiplied with.
        digits: after the point.
        signed: a plus stands before what is positive.
    """

    factor: float
    digits: int
    signed: bool


READINGS: Mapping[str, Reading] = {
    "probability": Reading(100.0, 0, signed=True),
    "contrast": Reading(1.0, 2, signed=True),
    "density": Reading(1.0, 1, signed=False),
}
"""Unit of a map -> how its values are written."""


def value_text(value: float, unit: str, *, signed: bool | None = None) -> str:
    """A value with its unit, with a plus where it is positive and ``signed``; None: as the unit's maps."""
    reading = READINGS[unit]
    form = f"{'+' if (reading.signed if signed is None else signed) else ''}.{reading.digits}f"
    return say(f"compare_unit.{unit}", value=number(value * reading.factor, form))
