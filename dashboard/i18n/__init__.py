"""Every text shown, by key: a folder per language, a file per page (``en/photo.toml``).

``t("photo.faces_many", count=3, model="m")`` looks up a key in the reader's language and fills its
placeholders. A missing key or an unfilled placeholder is a bug and raises ``KeyError``; nothing is ever shown
half filled. A new language is a new folder with the same files; how it writes numbers stands in the section
``format_number`` of its ``common.toml``.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Any

from dashboard.preferences import language
from xai.classes import class_info

__all__ = [
    "DEFAULT",
    "class_short_label",
    "class_title",
    "format_number",
    "has_key",
    "languages",
    "messages",
    "t",
    "translate_notice",
]

DEFAULT = "en"
"""The language of the library's own messages."""

_FOLDER = Path(__file__).parent / "locales"
_SIGN_OF_ZERO = re.compile(r"^[+-](?=[0.,]+\D*$)")


def t(key: str, /, **values: object) -> str:
    """The text under ``key`` in the reader's language, with its placeholders filled.

    The text sets the digits of a number, the language its separators.

    Args:
        key: dotted path into the messages, such as ``"photo.title"``.
        values: what the placeholders are filled with.

    Raises:
        KeyError: there is no such key, or a placeholder is not filled.
    """
    spoken = language()
    return _Blanks(spoken).vformat(messages(spoken)[key], (), values)


def has_key(key: str) -> bool:
    """Whether there is a text under ``key``."""
    return key in messages(language())


def format_number(value: float, form: str) -> str:
    """A number in the format of the reader's language, for places that hold nothing else.

    Args:
        value: the number.
        form: a Python format spec, such as ``".0%"``.

    A negative number gets a minus sign, not a hyphen; what is rounded to zero gets no sign.

    >>> format_number(0.625, ".1%"), format_number(1651, ","), format_number(-0.06, "+.0%")
    ('62.5%', '1,651', '−6%')
    >>> format_number(0.004, "+.0%"), format_number(-0.004, ".2f")
    ('0%', '0.00')
    """
    return _Blanks(language()).format_field(value, form)


def class_title(name: str) -> str:
    """Display name of a class, however a model spells it; an unknown class of an added model as it is.

    >>> class_title("uncovered"), class_title("No-Mask"), class_title("visor")
    ('no mask', 'no mask is present', 'visor')
    """
    known = class_info(name).name
    return t(f"class.{known}") if has_key(f"class.{known}") else name


def class_short_label(name: str) -> str:
    """A class in as few words as possible, for tags and small buttons.

    >>> class_short_label("incorrect"), class_short_label("visor")
    ('worn incorrectly', 'visor')
    """
    known = class_info(name).name
    return t(f"short.{known}") if has_key(f"short.{known}") else name


def translate_notice(sentence: str) -> str:
    """A message of the library in the reader's language; as it is where the messages have no translation.

    The section ``library`` of the default language holds the library's sentences with placeholders for
    numbers and names; the same key of another language translates them.
    """
    spoken = language()
    if spoken == DEFAULT:
        return sentence
    for key, pattern in _library().items():
        if found := pattern.fullmatch(sentence):
            marks = _marks(spoken)
            values = {name: _rewritten(value, marks) for name, value in found.groupdict().items()}
            return messages(spoken)[key].format_map(values)
    return sentence


@cache
def languages() -> Mapping[str, str]:
    """Language -> what it calls itself; the default first."""
    codes = sorted(
        (path.parent.name for path in _FOLDER.glob("*/common.toml")), key=lambda c: (c != DEFAULT, c)
    )
    return {code: messages(code)["language.name"] for code in codes}


@cache
def messages(spoken: str = DEFAULT) -> Mapping[str, str]:
    """All messages of a language, by dotted key.

    Raises:
        FileNotFoundError: there is no folder for that language.
        ValueError: two files define the same key.
    """
    files = sorted((_FOLDER / spoken).glob("*.toml"))
    if not files:
        raise FileNotFoundError(f"no catalogue for the language {spoken!r} in {_FOLDER.name}")
    sentences: dict[str, str] = {}
    for path in files:
        for section, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for key, sentence in entries.items():
                if f"{section}.{key}" in sentences:
                    raise ValueError(f"{path.name} says {section}.{key}, which another file says already")
                sentences[f"{section}.{key}"] = sentence
    return sentences


class _Blanks(string.Formatter):
    """Fills placeholders; numbers with a format spec get the separators of the language."""

    def __init__(self, spoken: str) -> None:
        self._marks = _marks(spoken)

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        if not (format_spec and isinstance(value, Real)):
            return text
        return _SIGN_OF_ZERO.sub("", text).translate(self._marks)


@cache
def _marks(spoken: str) -> dict[int, str]:
    said = messages(spoken)
    return str.maketrans(
        {
            ",": said["number.thousands"],
            ".": said["number.decimal"],
            "%": said["number.percent"],
            "-": "\N{MINUS SIGN}",
        }
    )


def _rewritten(value: str, marks: dict[int, str]) -> str:
    return value.translate(marks) if re.fullmatch(r"[\d.,]*\d", value) else value


@cache
def _library() -> Mapping[str, re.Pattern[str]]:
    """Key -> pattern of a sentence of the library, its placeholders as groups."""
    return {
        key: re.compile(
            "".join(
                re.escape(text) + (f"(?P<{blank}>.+?)" if blank else "")
                for text, blank, _, _ in string.Formatter().parse(sentence)
            ),
            re.DOTALL,
        )
        for key, sentence in messages(DEFAULT).items()
        if key.startswith("library.")
    }
