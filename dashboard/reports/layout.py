"""Page layout: positions text, images and colour bars. Nothing is drawn here.

A ``Column`` is filled from the top and appends each ``DrawCommand`` to a list, which is written into a PDF.
All lengths are in points of 1/72 inch. The font is DejaVu Sans (``font_file`` in ``xai.packaged_files``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
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
]

INK, QUIET, PALE = "#0f181b", "#4c5760", "#e3e7ea"
"""Colours of text, secondary text, and backgrounds and rules; all on white."""

_LEADING = 1.32
"""Line height relative to the font size."""


@dataclass(frozen=True)
class TextStyle:
    """Text style: DejaVu Sans of a size."""

    size: float
    bold: bool = False
    colour: str = INK

    @property
    def leading(self) -> float:
        """Line height."""
        return _LEADING * self.size


Measure = Callable[[str, TextStyle], float]
"""Width of text set in one line."""

Draw = Callable[[], NDArray[np.uint8]]


@dataclass(frozen=True)
class Line:
    """One line of text, its baseline one font size below ``top``."""

    left: float
    top: float
    words: str
    type: TextStyle


@dataclass(frozen=True, eq=False)
class Picture:
    """An image stretched over a rectangle.

    Attributes:
        left, top, width, height: of the rectangle.
        draw: renders the image, RGB uint8 ``(H, W, 3)``; called once the layout is final.
        alt: text alternative.
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
    """A column of the page that is filled from the top.

    Attributes:
        marks: where its draw commands go; columns of one page share the list.
        measure: measures the width of text.
        left: edge of the column.
        top: where the next element goes; it moves down.
        width: of the column.
    """

    marks: list[DrawCommand]
    measure: Measure
    left: float
    top: float
    width: float

    def say(self, words: str, style: TextStyle, at: float = 0.0) -> None:
        """A paragraph, broken into lines; an empty one takes no space.

        Args:
            words: the text.
            style: its style.
            at: alignment of the lines: 0 left, .5 centred, 1 right.
        """
        for line in _broken(words, self.width, lambda some: self.measure(some, style)):
            self.line(line, style, at)
            self.top += style.leading

    def line(self, words: str, style: TextStyle, at: float) -> None:
        """One unbroken line, as ``say``; the next element stays at the same height."""
        left = self.left + at * (self.width - self.measure(words, style))
        self.marks.append(Line(left, self.top, words, style))

    def show(self, draw: Draw, alt: str, height: float | None = None) -> None:
        """An image as wide as the column; without a height, a square."""
        high = self.width if height is None else height
        self.marks.append(Picture(self.left, self.top, self.width, high, draw, alt))
        self.top += high

    def block(self, height: float, colour: str, part: float = 1.0) -> None:
        """A rectangle over a part of the column's width, 0..1; the next element may overlap it."""
        if part > 0:
            self.marks.append(Rect(self.left, self.top, part * self.width, height, colour))

    def skip(self, height: float) -> None:
        """Add vertical space."""
        self.top += height

    def split(self, parts: tuple[float, ...], gap: float) -> list[Column]:
        """Columns side by side from here on, of relative widths ``parts``."""
        room = self.width - gap * (len(parts) - 1)
        columns, left = [], self.left
        for part in parts:
            width = room * part / sum(parts)
            columns.append(Column(self.marks, self.measure, left, self.top, width))
            left += width + gap
        return columns

    def join(self, columns: list[Column]) -> None:
        """Continue below the longest of ``columns``."""
        self.top = max(column.top for column in columns)


def _broken(words: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Text as lines of at most ``width``; a longer word is broken between its letters."""
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
