"""What the font of the face report can write, and what stands there instead of the names that it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from dashboard.i18n import t
from xai.packaged_files import FONT_FILES, font_file

__all__ = ["can_write", "shell_word", "stand_ins", "substituted"]

T = TypeVar("T")


def can_write(text: str) -> bool:
    """Whether the font has every letter of the text."""
    return all(ord(letter) in _letters() for letter in text)


def stand_ins(classes: Sequence[str]) -> dict[str, str]:
    """Class whose name cannot be written -> its place among the model's classes, in the reader's language."""
    return {
        name: t("sheet.class_number", number=number, count=len(classes))
        for number, name in enumerate(classes, start=1)
        if not can_write(name)
    }


def substituted(value: T, names: Mapping[str, str]) -> T:
    """The same value with other names in every text in it; dataclasses and tuples are gone through."""
    return _substituted(value, sorted(names.items(), key=lambda item: -len(item[0])))  # type: ignore[no-any-return]


def shell_word(text: str) -> str:
    """A word for bash in letters that can be written: others by their number."""
    letters = (c if c.isalnum() and can_write(c) else f"\\U{ord(c):08x}" for c in text)
    return f"$'{''.join(letters)}'"


def _substituted(value: Any, names: Sequence[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for name, instead in names:
            value = value.replace(name, instead)
        return value
    if isinstance(value, tuple):
        return tuple(_substituted(each, names) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _substituted(getattr(value, each.name), names) for each in fields(value)}
        return replace(value, **changed)
    return value


@cache
def _letters() -> frozenset[int]:
    """Code points that both weights have."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - loaded only when a page is requested

    found = []
    for bold in FONT_FILES:
        with TTFont(font_file(bold)) as font:
            found.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*found)
