"""Numbers and names as the report writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from xai.audit.report.rendering.document import ISOLATES

__all__ = [
    "counted",
    "estimate",
    "interval",
    "isolated",
    "listed",
    "p_value",
    "percent",
    "points",
    "shown",
]

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of characters that have no picture, or that turn the text around them."""


def percent(share: float) -> str:
    """A share, 0..1, with one decimal at most.

    >>> percent(0.7), percent(0.92593), percent(1), percent(0.99999)
    ('70%', '92.6%', '100%', '>99.9%')
    """
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 < share < 1:
        return ">99.9%"
    return f"{_plain(100 * share)}%"


def points(difference: float) -> str:
    """A difference of two shares, -1..1, in percentage points, with its sign.

    >>> points(-0.0312), points(0.1), points(0.0)
    ('−3.1 points', '+10 points', '0 points')
    """
    said = _plain(100 * abs(difference))
    sign = "" if said == "0" else "−" if difference < 0 else "+"
    return f"{sign}{said} points"


def interval(low: float, high: float, *, difference: bool = False) -> str:
    """The ends of a 95 % interval.

    >>> interval(0.8184, 0.972)
    '81.8% to 97.2%'
    """
    if difference:
        return f"{points(low).removesuffix(' points')} to {points(high)}"
    return f"{percent(low)} to {percent(high)}"


def estimate(value: Mapping[str, Any] | None) -> str:
    """A share with its number of faces and interval, or that there is none.

    >>> estimate({"value": 0.9, "interval": [0.8, 0.95], "n": 40}), estimate(None)
    ('90% of 40 (80% to 95%)', 'too few')
    """
    if value is None:
        return "too few"
    return f"{percent(value['value'])} of {value['n']:,} ({interval(*value['interval'])})"


def p_value(p: float) -> str:
    """A p value with three decimals.

    >>> p_value(0.0123), p_value(0.0004), p_value(1.0)
    ('0.012', '<0.001', '1.000')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things.

    >>> counted(1, "photo"), counted(1200, "face"), counted(0, "class", "classes")
    ('1 photo', '1,200 faces', '0 classes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """A list in words.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def shown(name: object, longest: int = 90) -> str:
    """A text that the set, a card or a note brought, safe to read: characters that have no picture or turn
    the text around them are written as their number, and a long text loses its middle.

    >>> shown("a\u202eb"), len(shown("x" * 500))
    ('a⟨U+202E⟩b', 90)
    """
    text = "".join(f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in _HIDDEN else c for c in str(name))
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[: half - 1]}…{text[-half:]}"


def isolated(name: object) -> str:
    """``shown``, within isolates, to stand in a sentence."""
    return f"{ISOLATES[0]}{shown(name)}{ISOLATES[1]}"


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
