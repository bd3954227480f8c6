"""The parts of a document, without a format: ``html.py`` and ``pdf.py`` both render them.

Text is plain; each renderer escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from xai.audit.report.rendering.drawing import Drawing

__all__ = [
    "ISOLATES",
    "SIGNS",
    "Block",
    "Callout",
    "Cell",
    "Document",
    "Figures",
    "Paragraph",
    "Photo",
    "Photos",
    "Points",
    "Section",
    "Table",
    "Terms",
    "Tone",
]

ISOLATES = "\u2068\u2069"
"""First strong isolate, and its end: what stands between them does not turn the direction of the rest."""

Tone = Literal["", "good", "bad", "mixed", "unknown", "quiet"]
"""How a text is meant. Each tone but the first and the last has a sign before the text, not colour alone."""

SIGNS = {"good": "✓", "bad": "✗", "mixed": "◐", "unknown": "?"}
"""Tone -> the sign before its text."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph.

    Attributes:
        text: the paragraph.
        tone: ``quiet`` for small print; a tone with a sign for a verdict that stands by itself.
        lead: words in bold before the text, or "".
    """

    text: str
    tone: Tone = ""
    lead: str = ""


@dataclass(frozen=True)
class Callout:
    """A sentence that nobody should miss."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """Names and what is said of each."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: its content.
        tone: how it is meant.
        shade: 0..4, how dark its background is; the text says the number too.
    """

    text: str
    tone: Tone = ""
    shade: int = 0


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is its heading.

    Attributes:
        caption: what it shows.
        columns: their headings.
        rows: as many cells as columns each.
        numeric: numbers of the columns, from 0, that are set to the right.
        weights: relative widths of the columns; empty for equal ones.
        note: below it, or "".
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    numeric: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        odd = next((row for row in self.rows if len(row) != len(self.columns)), None)
        if odd is not None:
            raise ValueError(f"a row should have {len(self.columns)} cells; one has {len(odd)}: {odd!r}")


@dataclass(frozen=True)
class Figures:
    """Drawings side by side, as many as there is room for, and what they show together."""

    drawings: tuple[Drawing, ...]
    caption: str


@dataclass(frozen=True)
class Photo:
    """A face.

    Attributes:
        caption: below the picture.
        jpeg: the picture; empty where faces are left out.
        alt: text alternative.
    """

    caption: str
    jpeg: bytes
    alt: str


@dataclass(frozen=True)
class Photos:
    """Faces side by side, five in a row."""

    entries: tuple[Photo, ...]


@dataclass(frozen=True)
class Section:
    """A part of the document with a heading.

    Attributes:
        title: the heading.
        blocks: its content, further sections among it.
        anchor: name of the place, for links; unique in the document.
    """

    title: str
    blocks: tuple[Block, ...]
    anchor: str


Block = Paragraph | Callout | Points | Terms | Table | Figures | Photos | Section


@dataclass(frozen=True)
class Document:
    """The whole.

    Attributes:
        title: of the document.
        opening: blocks of the first page.
        sections: the rest, each on the list of contents.
        made: its date, which a PDF needs; a fixed one where None.
    """

    title: str
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
    made: date | None = None
