"""The document as a PDF: A4, outline, page numbers, searchable text, headings and pictures tagged."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time
from itertools import zip_longest

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace
from fpdf.prefs import ViewerPreferences
from fpdf.table import Table as Grid

from xai.audit.report.rendering.document import (
    ISOLATES,
    SIGNS,
    Block,
    Callout,
    Cell,
    Document,
    Figures,
    Paragraph,
    Photo,
    Photos,
    Points,
    Section,
    Table,
    Terms,
)
from xai.audit.report.rendering.drawing import PAPER, Drawing
from xai.packaged_files import FONT_FILES, font_file

__all__ = ["pdf_of"]

_FAMILY = "DejaVu"
_NO_DATE = date(2000, 1, 1)
"""A PDF needs a date; with a fixed one the same document gives the same bytes."""

_MARGIN, _FOOT = 46.0, 50.0
_BODY, _SMALL = 8.6, 7.2
_LEADING = 1.42
_TITLE, _HEADINGS = 17.0, (13.5, 10.4, 9.0)
_UNIT = 0.57
"""Points of a unit of a drawing."""

_IN_A_ROW, _GAP = 5, 8.0
_TERM = 108.0
"""Width of the names in a list of terms."""

_KEPT = 96.0
"""Room below a heading, without which it goes to the next page."""

_HEADING = 60.0
"""Room of a heading and a paragraph below it."""

_ABOVE_PHOTOS, _WITH_PHOTOS = 185.0, 225.0
"""Room that a paragraph about faces needs for itself and them, and with a heading."""

_SHORT, _TABLE_ROW = 6, 25.0
"""Rows of a table that is kept together, and about how high one is."""

_SHADES = (None, (226, 237, 246), (197, 219, 238), (163, 197, 227), (128, 174, 214))


def pdf_of(document: Document) -> bytes:
    """The PDF; the same bytes for the same document. It is set twice: the second time the list of contents
    knows the pages.

    Raises:
        ThirdPartyMissing: the font is not installed.
    """
    pages: Mapping[str, int] = {}
    data = b""
    for _ in range(2):
        paper = _Paper(document.title, document.made or _NO_DATE)
        try:
            paper.fill(document, pages)
            data, pages = bytes(paper.output()), paper.places
        finally:  # fpdf reads glyphs as they are used, and never closes the font files
            for font in paper.fonts.values():
                if hasattr(font, "ttfont"):
                    font.ttfont.close()
    return data


class _Paper(FPDF):
    """A document that is being written.

    Attributes:
        places: anchor of a section -> its page.
    """

    def __init__(self, title: str, made: date) -> None:
        super().__init__(unit="pt", format="A4")
        self.places: dict[str, int] = {}
        self.set_creation_date(datetime.combine(made, time(), UTC))
        self.set_lang("en")
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        for bold in FONT_FILES:
            self.add_font(_FAMILY, "B" if bold else "", font_file(bold))
        self._letters = set.intersection(*(set(font.cmap) for font in self.fonts.values()))  # type: ignore[union-attr]
        self._name = self._printable(title)
        self.set_title(self._name)
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.c_margin = 0.0
        self.set_auto_page_break(True, _FOOT)
        self._font(_BODY)
        self.add_page()

    def footer(self) -> None:
        """Title and page number; fpdf calls it."""
        self.set_y(-34)
        self._font(_SMALL, role="quiet")
        self.cell(self.epw / 2, 10, self._name, new_x=XPos.RIGHT, new_y=YPos.TOP)
        self.cell(self.epw / 2, 10, f"{self.page_no()} of {{nb}}", align="R")

    def fill(self, document: Document, pages: Mapping[str, int]) -> None:
        """Write everything.

        Args:
            document: the content.
            pages: page of each section, as far as known.
        """
        self._heading(self._name, 0, _TITLE)
        self.ln(4)
        self._blocks(document.opening, 1)
        self._contents(document, pages)
        for section in document.sections:
            self._block(section, 0)

    def _heading(self, title: str, level: int, size: float) -> None:
        """A heading with an entry in the outline; fpdf would tag one that it draws itself as a picture."""
        self.ln(12 - 2 * level)
        self.start_section(title, level)
        self._font(size, bold=True)
        self._say(title)
        self.ln(4)

    def _contents(self, document: Document, pages: Mapping[str, int]) -> None:
        self.ln(6)
        self._keep(20 + 13 * len(document.sections))
        self._font(_HEADINGS[1], bold=True)
        self._say("Contents")
        self._font(_BODY)
        for section in document.sections:
            link = self.add_link(page=pages.get(section.anchor, 1))
            self.cell(self.epw - 30, 13, self._printable(section.title), link=link)
            number = str(pages.get(section.anchor, ""))
            self.cell(30, 13, number, align="R", link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _block(self, block: Block, level: int) -> None:
        match block:
            case Section():
                self._section(block, level)
            case Paragraph():
                self._paragraph(block)
            case Callout():
                self._callout(block)
            case Points():
                self._points(block)
            case Terms():
                self._terms(block)
            case Table():
                self._table(block)
            case Figures():
                self._figures(block)
            case Photos():
                self._photos(block)

    def _section(self, section: Section, level: int) -> None:
        self._keep(max([_KEPT, *(_beside_heading(block) for block in section.blocks[:2])]))
        shown = min(level, len(_HEADINGS) - 1)
        self._heading(self._printable(section.title), shown, _HEADINGS[shown])
        self.places[section.anchor] = self.page
        self._blocks(section.blocks, level + 1)

    def _blocks(self, blocks: Sequence[Block], level: int) -> None:
        for block, after in zip_longest(blocks, blocks[1:]):
            if isinstance(block, Paragraph) and isinstance(after, Photos):
                self._keep(_ABOVE_PHOTOS)
            self._block(block, level)

    def _paragraph(self, block: Paragraph) -> None:
        quiet, sign = block.tone == "quiet", SIGNS.get(block.tone, "")
        if block.lead:
            self._font(_BODY, bold=True)
            self.write(_BODY * _LEADING, self._printable(f"{block.lead} "))
        self._font(_SMALL if quiet else _BODY, bold=bool(sign), role=block.tone or "ink")
        self.write(_BODY * _LEADING, self._printable(f"{sign} {block.text}" if sign else block.text))
        self.ln(_BODY * _LEADING + 3)

    def _callout(self, block: Callout) -> None:
        self._font(_BODY)
        text, wide = self._printable(block.text), self.epw - 24
        high = self._lines(block.text, wide) * _BODY * _LEADING + 12
        self._keep(high + 6)
        self.ln(3)
        self.set_fill_color(*_rgb("panel"))
        self.rect(self.l_margin, self.y, self.epw, high, style="F")
        self.set_fill_color(*_rgb("limit"))
        self.rect(self.l_margin, self.y, 4, high, style="F")
        self.set_xy(self.l_margin + 14, self.y + 6)
        self._font(_BODY)
        self.multi_cell(wide, _BODY * _LEADING, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(10)

    def _points(self, block: Points) -> None:
        self._font(_BODY)
        for item in block.items:
            self._keep(self._lines(item, self.epw - 11) * _BODY * _LEADING)
            self.cell(11, _BODY * _LEADING, "•")
            self._say(item, self.epw - 11)
            self.ln(1.5)
        self.ln(3)

    def _terms(self, block: Terms) -> None:
        self._font(_BODY)
        bold = FontFace(emphasis="BOLD")
        with self._grid((_TERM, self.epw - _TERM), TableBordersLayout.NONE) as grid:
            for name, text in block.entries:
                row = grid.row()
                row.cell(self._printable(name), style=bold)
                row.cell(self._printable(text))
        self.ln(4)

    def _table(self, block: Table) -> None:
        self._keep(_of_table(block))
        self.ln(4)
        self._font(_BODY, bold=True)
        self._say(block.caption)
        self._font(_SMALL)
        weights = block.weights or (1.6, *(1.0,) * (len(block.columns) - 1))
        wide = tuple(self.epw * weight / sum(weights) for weight in weights)
        with self._grid(wide, TableBordersLayout.HORIZONTAL_LINES, headings=True) as grid:
            head = grid.row()
            for number, column in enumerate(block.columns):
                head.cell(self._printable(column), align="R" if number in block.numeric else "L")
            for cells in block.rows:
                row = grid.row()
                for number, content in enumerate(cells):
                    cell = content if isinstance(content, Cell) else Cell(content)
                    text = f"{SIGNS[cell.tone]} {cell.text}" if cell.tone in SIGNS else cell.text
                    align = "R" if number in block.numeric else "L"
                    row.cell(self._printable(text), align=align, style=_face(cell))
        if block.note:
            self._font(_SMALL, role="quiet")
            self.ln(2)
            self._say(block.note)
        self.ln(7)

    def _grid(
        self, wide: tuple[float, ...], borders: TableBordersLayout, *, headings: bool = False
    ) -> AbstractContextManager[Grid]:
        self.set_draw_color(*_rgb("rule"))
        self.set_fill_color(*_rgb("paper"))  # of the cells without a shade
        self.set_line_width(0.5)
        return self.table(
            width=self.epw,
            col_widths=wide,
            align="LEFT",
            text_align="LEFT",
            v_align="TOP",
            borders_layout=borders,
            first_row_as_headings=headings,
            headings_style=FontFace(emphasis="BOLD", color=_rgb("quiet")),
            line_height=self.font_size * 1.3,
            padding=(2.6, 7, 2.6, 0),
        )

    def _figures(self, block: Figures) -> None:
        left = self.l_margin
        row: list[Drawing] = []
        for drawing in block.drawings:
            if row and sum(_wide(each) + 2 * _GAP for each in row) + _wide(drawing) > self.epw:
                self._row(row)
                row = []
            row.append(drawing)
        self._row(row)
        self.set_x(left)
        self._font(_SMALL, role="quiet")
        self._say(block.caption)
        self.ln(7)

    def _row(self, row: list[Drawing]) -> None:
        """Drawings side by side, captions below."""
        self._font(_SMALL, role="quiet")
        high = max(_high(each) for each in row)
        below = max(self._lines(each.caption, _wide(each)) for each in row) * _SMALL * 1.3
        high = min(high, self.eph - below - 2 * _GAP)
        self._keep(high + below + _GAP)
        left, top = self.l_margin, self.y + 2
        for each in row:
            scale = min(1.0, high / _high(each))
            svg = io.BytesIO(self._printable(each.svg(themed=False)).encode())
            self.image(
                svg, left, top, _wide(each) * scale, _high(each) * scale, alt_text=self._printable(each.alt)
            )
            if each.caption:
                self.set_xy(left, top + _high(each) * scale + 2)
                self.multi_cell(_wide(each), _SMALL * 1.3, self._printable(each.caption), align="L")
            left += _wide(each) + 2 * _GAP
        self.set_xy(self.l_margin, top + high + below + 4)

    def _photos(self, block: Photos) -> None:
        for start in range(0, len(block.entries), _IN_A_ROW):
            self._faces(block.entries[start : start + _IN_A_ROW])

    def _faces(self, entries: tuple[Photo, ...]) -> None:
        self._font(_SMALL)
        side = (self.epw - _GAP * (_IN_A_ROW - 1)) / _IN_A_ROW
        pictured = any(each.jpeg for each in entries)
        below = max(self._lines(_broken(each.caption), side) for each in entries) * _SMALL * 1.3
        self._keep(below + 6 + (side if pictured else 0))
        top = self.y + 2
        for number, each in enumerate(entries):
            left = self.l_margin + number * (side + _GAP)
            if each.jpeg:
                alt = self._printable(each.alt)
                self.image(io.BytesIO(each.jpeg), left, top, side, side, alt_text=alt, keep_aspect_ratio=True)
            self.set_xy(left, top + (side + 3 if pictured else 0))
            self.multi_cell(side, _SMALL * 1.3, self._printable(_broken(each.caption)), align="L")
        self.set_xy(self.l_margin, top + below + (side + 3 if pictured else 0))
        self.ln(7)

    def _lines(self, text: str, wide: float) -> int:
        if not text:
            return 0
        found = self.multi_cell(
            wide, 1, self._printable(text), align="L", dry_run=True, output=MethodReturnValue.LINES
        )
        return len(found) if isinstance(found, list) else 1

    def _say(self, text: str, wide: float = 0) -> None:
        self.multi_cell(
            wide,
            self.font_size * _LEADING,
            self._printable(text),
            align="L",
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )

    def _font(self, size: float, *, bold: bool = False, role: str = "ink") -> None:
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*_rgb(role))

    def _keep(self, high: float) -> None:
        """A new page where there is no room for that height."""
        if self.y + high > self.h - _FOOT:
            self.add_page()

    def _printable(self, text: str) -> str:
        """With letters that the font lacks written as their number; without isolates."""
        bare = text.translate({ord(mark): None for mark in ISOLATES})
        return "".join(c if ord(c) in self._letters or c == "\n" else f"(U+{ord(c):04X})" for c in bare)


def _of_table(block: Table) -> float:
    """Room that a table needs for itself where it is short, else for its beginning."""
    return _KEPT + _TABLE_ROW * (len(block.rows) if len(block.rows) <= _SHORT else 1)


def _beside_heading(block: Block) -> float:
    """Room that a heading needs so that the block does not begin on the next page."""
    if isinstance(block, Photos):
        return _WITH_PHOTOS
    return _of_table(block) + _HEADING if isinstance(block, Table) else 0.0


def _broken(caption: str) -> str:
    """The folder of a photo on a line of its own, so that names break as little as possible."""
    name, *rest = caption.split("\n")
    folder, slash, file = name.rpartition("/")
    return "\n".join([*filter(None, [folder + slash]), file, *rest])


def _face(cell: Cell) -> FontFace | None:
    if cell.tone:
        emphasis = "" if cell.tone == "quiet" else "BOLD"
        return FontFace(emphasis=emphasis, color=_rgb(cell.tone), fill_color=_SHADES[cell.shade])
    return FontFace(fill_color=_SHADES[cell.shade]) if cell.shade else None


def _rgb(role: str) -> tuple[int, int, int]:
    code = PAPER[role]
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def _wide(drawing: Drawing) -> float:
    return _UNIT * drawing.width


def _high(drawing: Drawing) -> float:
    return _UNIT * drawing.height
