"""Names of methods, meaning of their maps' colours, and number formats by unit."""

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
"""The unit of maps displayed as densities: multiples of a uniform map."""

_OWN = "own"
"""The unit of a method whose unit is not known further."""


@dataclass(frozen=True)
class UnitFormat:
    """Number format of a unit.

    Attributes:
        factor: the value is multiplied by it.
        digits: after the point.
        signed: positive values get a plus sign.
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
"""Unit of a map -> number format."""


def method_title(method: str) -> str:
    """Display name of a method; the title of its entry where the messages have none."""
    return t(f"method_title.{method}") if has_key(f"method_title.{method}") else METHODS[method].title


def method_short(method: str) -> str:
    """Short name of a method, likewise."""
    return t(f"method_short.{method}") if has_key(f"method_short.{method}") else METHODS[method].title


def display_unit(method: str) -> str:
    """The unit, a key of ``READINGS``, in which the maps of a method are displayed."""
    entry = METHODS[method]
    if entry.display == "density":
        return DENSITY
    return entry.unit if entry.unit in READINGS else _OWN


def value_text(value: float, unit: str, *, signed: bool | None = None) -> str:
    """A value with its unit, and a plus sign if positive and ``signed``; None: as the unit's maps."""
    reading = READINGS[unit]
    form = f"{'+' if (reading.signed if signed is None else signed) else ''}.{reading.digits}f"
    return t(f"compare_unit.{unit}", value=format_number(value * reading.factor, form))


def bar_alt(method: str, full: float) -> str:
    """Text alternative of a method's colour bar; its end stands for the value ``full``."""
    entry = METHODS[method]
    if entry.display == "density":
        return t("legend.bar_half_alt", scale=full)
    return t("legend.bar_alt" if entry.signed else "legend.bar_positive_alt", scale=full)


def legend(method: str, scale: float) -> tuple[str, str]:
    """What the colours of a method's maps mean, as ``bar_alt`` and in words.

    The texts are the method's own where the messages have some, else those for its display mode.

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
