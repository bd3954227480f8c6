"""Setting a sheet: words, pictures and strips of colour get their places. Nothing is drawn here.

A ``Column`` is filled from the top and leaves each ``DrawCommand`` in a list, which is written into a PDF.
All lengths are in points of 1/72 inch. The font is DejaVu Sans, free to embed, read from the Matplotlib
package, which is not imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xai.errors import ThirdPartyMissing

__all__ = [
    "FONT_FILES",
    "INK",
    "PALE",
    "QUIET",
    "Column",
    "DrawCommand",
    "Line",
    "Measure",
    "Picture",
    "Rect",
    "TextStyle",
    "font_file",
]

INK, QUIET, PALE = "#0f181b", "#4c5760", "#e3e7ea"
"""Colours of words, of words that matter less, and of grounds and rules; all on white."""

_LEADING = 1.32
"""Height of a line over the size of its type."""

_FOLDER = "mpl-data/fonts/ttf"


@dataclass(frozen=True)
class TextStyle:
    """How words are set: DejaVu Sans of a size."""

    size: float
    bold: bool = False
    colour: str = INK

    @property
    def leading(self) -> float:
        """Height of a line."""
        return _LEADING * self.size


FONT_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
"""Whether bold -> file of the font."""

Measure = Callable[[str, TextStyle], float]
"""Width of words that are set in one line."""

Draw = Callable[[], NDArray[np.uint8]]


@dataclass(frozen=True)
class Line:
    """Words in one line, whose baseline lies the type's size below ``top``."""

    left: float
    top: float
    words: str
    type: TextStyle


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture stretched over a place.

    Attributes:
        left, top, width, height: of the place.
        draw: makes the picture, RGB uint8 ``(H, W, 3)``; called once the places are final.
        alt: what is on it.
    """

    left: float
    top: float
    width: float
    height: float
    draw: Draw
    alt: str


@dataclass(frozen=True)
class Rect:
    """A rectangle of one colour."""

    left: float
    top: float
    width: float
    height: float
    colour: str


DrawCommand = Line | Picture | Rect


@dataclass
class Column:
    """A strip of a sheet that is filled from the top.

    Attributes:
        marks: where its marks go; columns of one sheet share the list.
        measure: how wide words are.
        left: of the strip.
        top: where the next mark goes; it moves down.
        width: of the strip.
    """

    marks: list[DrawCommand]
    measure: Measure
    left: float
    top: float
    width: float

    def say(self, words: str, style: TextStyle, at: float = 0.0) -> None:
        """A paragraph, broken into lines; an empty one takes no room.

        Args:
            words: what it says.
            style: how it is set.
            at: where the lines stand in the strip: 0 on the left, .5 in the middle, 1 on the right.
        """
        for line in _broken(words, self.width, lambda some: self.measure(some, style)):
            self.line(line, style, at)
            self.top += style.leading

    def line(self, words: str, style: TextStyle, at: float) -> None:
        """One line that is not broken, as ``say``; the next mark stands beside it."""
        left = self.left + at * (self.width - self.measure(words, style))
        self.marks.append(Line(left, self.top, words, style))

    def show(self, draw: Draw, alt: str, height: float | None = None) -> None:
        """A picture as wide as the strip; without a height, a square."""
        high = self.width if height is None else height
        self.marks.append(Picture(self.left, self.top, self.width, high, draw, alt))
        self.top += high

    def block(self, height: float, colour: str, part: float = 1.0) -> None:
        """A rectangle over a part of the strip's width, 0..1; the next mark may lie on it."""
        if part > 0:
            self.marks.append(Rect(self.left, self.top, part * self.width, height, colour))

    def skip(self, height: float) -> None:
        """Leave room."""
        self.top += height

    def split(self, parts: tuple[float, ...], gap: float) -> list[Column]:
        """Strips beside each other from here on, as wide as ``parts`` say, relative to each other."""
        room = self.width - gap * (len(parts) - 1)
        columns, left = [], self.left
        for part in parts:
            width = room * part / sum(parts)
            columns.append(Column(self.marks, self.measure, left, self.top, width))
            left += width + gap
        return columns

    def join(self, columns: list[Column]) -> None:
        """Go on below the longest of ``columns``."""
        self.top = max(column.top for column in columns)


def _broken(words: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Words as lines of at most ``width``; a word that is longer is broken between its letters."""
    lines: list[str] = []
    line = ""
    for word in words.split(" "):
        grown = f"{line} {word}" if line else word
        if measure(grown) <= width:
            line = grown
            continue
        if line:
            lines.append(line)
        line = word
        while measure(line) > width and len(line) > 1:
            fits = next((n for n in range(len(line) - 1, 1, -1) if measure(line[:n]) <= width), 1)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


@cache
def font_file(bold: bool) -> Path:
    """The font's file, regular or bold.

    There is no other to fall back to: those that every PDF reader has lack letters of the languages spoken
    here.

    Raises:
        ThirdPartyMissing: it is not installed.
    """
    package = find_spec("matplotlib")
    if package and package.origin:
        path = Path(package.origin).parent / _FOLDER / FONT_FILES[bold]
        if path.is_file():
            return path
    raise ThirdPartyMissing(
        f"The font {FONT_FILES[bold]} of the package matplotlib is not installed; run `make setup`."
    )
