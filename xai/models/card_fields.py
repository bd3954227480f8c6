"""A value of a JSON record with its path: reads it with its type, and says what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Field"]

T = TypeVar("T")

_LONGEST = 80
"""Most characters of a name."""


@dataclass(frozen=True)
class Field:
    """A value in a card's JSON with its path, for error messages.

    Every method but ``known`` raises ``ValueError`` where the value is not of its type: the message says the
    path, what was expected and what came.

    >>> Field({"n": "many"})["n"].count()
    Traceback (most recent call last):
    ValueError: n must be a whole number from 0, not 'many'
    """

    value: Any
    path: str = ""

    def known(self, read: Callable[[Field], T]) -> T | None:
        """The result of ``read``; None where the value is null."""
        return None if self.value is None else read(self)

    def wrong(self, expected: str) -> ValueError:
        """The error for this value."""
        return ValueError(f"{self.path or 'it'} must be {expected}, not {_shown(self.value)}")

    def require(self, keys: Collection[str]) -> None:
        """The value, an object that has these keys, and maybe others."""
        if missing := [key for key in keys if key not in self.mapping()]:
            raise ValueError(f"the keys {', '.join(missing)} are missing{self.path and f' in {self.path}'}")

    def __getitem__(self, key: str) -> Field:
        self.require([key])
        return self.get(key)

    def get(self, key: str, default: Any = None) -> Field:
        """The value under a key of an object; the default where it has no such key."""
        return self._at(key, self.mapping().get(key, default))

    def items(self) -> Iterator[tuple[str, Field]]:
        """The entries of an object."""
        return ((key, self._at(key, value)) for key, value in self.mapping().items())

    def entries(self) -> tuple[Field, ...]:
        """The entries of a list."""
        if not isinstance(self.value, list | tuple):
            raise self.wrong("a list")
        return tuple(self._at(str(index), value) for index, value in enumerate(self.value, start=1))

    def mapping(self) -> Mapping[str, Any]:
        """An object, as it is."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        return self.value

    def text(self, choices: Collection[str] = ()) -> str:
        """A text; one of the choices, where there are any."""
        if not isinstance(self.value, str) or (choices and self.value not in choices):
            raise self.wrong(f"one of {', '.join(choices)}" if choices else "text")
        return self.value

    def line(self) -> str:
        """A text that is not empty, of printable characters, at most ``_LONGEST`` of them."""
        text = self.text()
        if not text.strip() or not text.isprintable() or len(text) > _LONGEST:
            raise self.wrong(f"one line of text with 1 to {_LONGEST} printable characters")
        return text

    def check_storable(self) -> None:
        """Every number in the value is finite and every text is Unicode, so that the card can be written."""
        if isinstance(self.value, Mapping):
            for key, each in self.items():
                Field(key, each.path).check_storable()
                each.check_storable()
        elif isinstance(self.value, list):
            for each in self.entries():
                each.check_storable()
        elif isinstance(self.value, float) and not math.isfinite(self.value):
            raise self.wrong("a number")
        elif isinstance(self.value, str) and any("\ud800" <= c <= "\udfff" for c in self.value):
            raise self.wrong("text in Unicode")

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(each.text() for each in self.entries())

    def number(self) -> float:
        """A finite number."""
        try:
            if type(self.value) in (int, float) and math.isfinite(self.value):
                return float(self.value)
        except OverflowError:  # a whole number beyond the largest float
            pass
        raise self.wrong("a number")

    def within(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        if not low <= self.number() <= high:
            raise self.wrong(f"a number from {low:g} to {high:g}")
        return self.number()

    def share(self) -> float:
        """A number from 0 to 1."""
        if not 0 <= self.number() <= 1:
            raise self.wrong("a share from 0 to 1")
        return self.number()

    def count(self, least: int = 0, most: int | None = None) -> int:
        """A whole number from ``least`` to ``most``, where there is a ``most``."""
        if type(self.value) is not int or self.value < least or (most is not None and self.value > most):
            raise self.wrong(f"a whole number from {least}{'' if most is None else f' to {most}'}")
        return self.value

    def counts(self) -> dict[str, int]:
        """An object of whole numbers from 0."""
        return {key: each.count() for key, each in self.items()}

    def interval(self) -> tuple[float, float] | None:
        """A list of two numbers; None where one of them is null."""
        if len(self.entries()) != 2:
            raise self.wrong("a list of two numbers")
        if None in self.value:
            return None
        low, high = self.entries()
        return low.number(), high.number()

    def _at(self, key: str, value: Any) -> Field:
        return Field(value, f"{self.path} / {key}" if self.path else key)


def _shown(value: Any) -> str:
    """A value in an error message: the beginning, on one line."""
    try:
        return ascii(value)[:60] if isinstance(value, str) and not value.isprintable() else f"{value!r:.60}"
    except ValueError:  # Python does not write whole numbers of more than 4,300 digits
        return "a number with thousands of digits"
