"""What methods are called, what the colours of their maps mean, and how values are written, by the unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.i18n import format_number, has_key, t
from xai.attribution.methods import METHODS

__all__ = [
    "DENSITY",
    "READINGS",
    "UnitFormat",
    "bar_alt",
    "display_unit",
    "legend",
    "method_short",
    "method_title",
    "value_text",
]

DENSITY = "density"
"""The unit of maps that are displayed as densities: times an even spread."""

_OWN = "own"
"""The unit of a method's own, of which no more is known."""


@dataclass(frozen=True)
class UnitFormat:
    """How a value of a unit is written.

    Attributes:
        factor: it is multiplied with.
        digits: after the point.
        signed: a plus stands before what is positive.
    """

    factor: float
    digits: int
    signed: bool


READINGS: Mapping[str, UnitFormat] = {
    "probability": UnitFormat(100.0, 0, signed=True),
    "contrast": UnitFormat(1.0, 2, signed=True),
    DENSITY: UnitFormat(1.0, 1, signed=False),
    _OWN: UnitFormat(1.0, 2, signed=True),
}
"""Unit of a map -> how its values are written."""


def method_title(method: str) -> str:
    """A method in words; the title of its entry where the catalogue has none."""
    return t(f"method_title.{method}") if has_key(f"method_title.{method}") else METHODS[method].title


def method_short(method: str) -> str:
    """A method in few words, likewise."""
    return t(f"method_short.{method}") if has_key(f"method_short.{method}") else METHODS[method].title


def display_unit(method: str) -> str:
    """The unit, a key of ``READINGS``, in which the maps of a method are displayed."""
    entry = METHODS[method]
    if entry.display == "density":
        return DENSITY
    return entry.unit if entry.unit in READINGS else _OWN


def value_text(value: float, unit: str, *, signed: bool | None = None) -> str:
    """A value with its unit, with a plus where it is positive and ``signed``; None: as the unit's maps."""
    reading = READINGS[unit]
    form = f"{'+' if (reading.signed if signed is None else signed) else ''}.{reading.digits}f"
    return t(f"compare_unit.{unit}", value=format_number(value * reading.factor, form))


def bar_alt(method: str, full: float) -> str:
    """The strip of a method's colours, for those who do not see it; its end stands for the value ``full``."""
    entry = METHODS[method]
    if entry.display == "density":
        return t("legend.bar_half_alt", scale=full)
    return t("legend.bar_alt" if entry.signed else "legend.bar_positive_alt", scale=full)


def legend(method: str, scale: float) -> tuple[str, str]:
    """What the colours of a method's maps mean, as ``bar_alt`` and in words.

    The words are the method's own where the catalogue has some, else those for how its maps are displayed.

    Args:
        method: name in ``METHODS``.
        scale: of ``display_scale``.
    """
    entry, unit = METHODS[method], display_unit(method)
    full = scale + 1 if unit == DENSITY else scale
    drawn = DENSITY if unit == DENSITY else "signed" if entry.signed else "unsigned"
    words = t(
        f"legend.{method if has_key(f'legend.{method}') else drawn}",
        method=method_title(method),
        points=100 * scale,
        scale=full,
        full=value_text(full, unit, signed=False),
    )
    return bar_alt(method, full), words
