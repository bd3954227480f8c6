"""Every sentence that is shown, by key, one catalogue per language (``en.toml``).

``say("photo.faces", count=3)`` looks up a key and fills its blanks. A key that does not exist or a blank
that is not filled is a fault of ours and raises ``KeyError``; nothing is ever shown half filled.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["catalogue", "class_name", "class_word", "has", "say"]

_FOLDER = Path(__file__).parent


def say(key: str, /, **values: object) -> str:
    """The sentence under ``key``, with its blanks filled.

    Numbers are formatted by the sentence itself, so that each language may do it in its own way.

    Args:
        key: dotted path into the catalogue, such as ``"photo.title"``.
        values: what the blanks are filled with.

    Raises:
        KeyError: there is no such key, or a blank is not filled.
    """
    return catalogue()[key].format_map(values)


def has(key: str) -> bool:
    """Whether there is a sentence under ``key``."""
    return key in catalogue()


def class_name(name: str) -> str:
    """A class in words; a class that the catalogue does not know, of a model that was added, as it is.

    >>> class_name("uncovered"), class_name("visor")
    ('no mask', 'visor')
    """
    return say(f"class.{name}") if has(f"class.{name}") else name


def class_word(name: str) -> str:
    """A class in as few words as possible, for tags and small buttons.

    >>> class_word("incorrect"), class_word("visor")
    ('incorrect', 'visor')
    """
    return say(f"short.{name}") if has(f"short.{name}") else name


@cache
def catalogue(language: str = "en") -> Mapping[str, str]:
    """All sentences of a language, with dotted keys.

    Raises:
        FileNotFoundError: there is no catalogue for that language.
    """
    tree = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return {
        f"{section}.{key}": sentence for section, entries in tree.items() for key, sentence in entries.items()
    }
