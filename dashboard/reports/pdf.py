"""The face report on one A4 page: a PDF with searchable, accessible text, or a PNG."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from PIL import Image as Pictures
from PIL import ImageColor

from dashboard.reports.face_report import FaceSheet
from dashboard.reports.layout import Column, DrawCommand, Line, Rect, TextStyle
from dashboard.reports.pdf_sections import compose_page
from xai.packaged_files import FONT_FILES, font_file

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = ["page_png", "sheet_pdf"]

_MARGIN = 30.0
_SMALLEST, _LARGEST, _FINE = 4.0, 7.4, 0.05
"""Smallest and largest body font size, points; the largest at which everything fits is used."""

_FAMILY = "DejaVu"

_EXACT = 1000.0
"""Font size at which letters are measured."""

_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""A PDF needs a date; with a fixed one the same sheet gives the same bytes."""

_DOTS_PER_INCH = 200
"""Of the PNG: fit for print, 1,654 by 2,339 pixels."""

_POINTS_PER_INCH = 72

_PDFIUM = threading.Lock()
"""PDFium keeps global state, and each download is rendered in its own thread."""


def sheet_pdf(sheet: FaceSheet) -> bytes:
    """A PDF of exactly one A4 page, portrait; the same bytes for the same sheet.

    Raises:
        ThirdPartyMissing: the font is not installed.
        ValueError: the text does not fit on a page even at the smallest font size.
    """
    pdf = _new(sheet)
    try:
        for mark in _fitted(sheet, pdf):
            _write(pdf, mark)
        return bytes(pdf.output())
    finally:  # fpdf reads glyphs as they are used, and never closes the font files
        for font in pdf.fonts.values():
            if hasattr(font, "ttfont"):
                font.ttfont.close()


def page_png(pdf: bytes) -> bytes:
    """The first page of a PDF as an RGB PNG on white, 200 dots per inch; the same bytes for the same PDF."""
    from pypdfium2 import PdfDocument  # type: ignore[import-untyped]  # noqa: PLC0415 - as in _new

    with _PDFIUM, PdfDocument(pdf) as document:
        page = document[0].render(scale=_DOTS_PER_INCH / _POINTS_PER_INCH, rev_byteorder=True).to_pil()
    stream = io.BytesIO()
    page.save(stream, "PNG", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    return stream.getvalue()


def _new(sheet: FaceSheet) -> FPDF:
    from fpdf import FPDF  # noqa: PLC0415 - loaded only when a page is requested
    from fpdf.prefs import ViewerPreferences  # noqa: PLC0415

    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(_NO_DATE)
    pdf.set_title(sheet.title)
    pdf.set_lang(sheet.language)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    for bold in FONT_FILES:
        pdf.add_font(_FAMILY, "B" if bold else "", font_file(bold))
    pdf.add_page()
    return pdf


def _fitted(sheet: FaceSheet, pdf: FPDF) -> list[DrawCommand]:
    """The page's draw commands at the largest font size at which everything fits."""

    @cache
    def advance(letter: str, bold: bool) -> float:
        pdf.set_font(_FAMILY, "B" if bold else "", _EXACT)
        return float(pdf.get_string_width(letter)) / _EXACT

    def width(words: str, style: TextStyle) -> float:  # no kerning in a PDF
        return style.size * sum(advance(letter, style.bold) for letter in words)

    def set_in(unit: float) -> Column:
        page = Column([], width, _MARGIN, _MARGIN, pdf.w - 2 * _MARGIN)
        compose_page(page, sheet, unit)
        return page

    bottom, best = pdf.h - _MARGIN, set_in(_SMALLEST)
    if best.top > bottom:
        raise ValueError(f"the words do not fit on a page: they end at {best.top:.0f} of {bottom:.0f} points")
    fits, above = _SMALLEST, _LARGEST
    while above - fits > _FINE:
        middle = (fits + above) / 2
        page = set_in(middle)
        if page.top <= bottom:
            fits, best = middle, page
        else:
            above = middle
    return best.marks


def _write(pdf: FPDF, mark: DrawCommand) -> None:
    if isinstance(mark, Line):
        pdf.set_font(_FAMILY, "B" if mark.type.bold else "", mark.type.size)
        pdf.set_text_color(*ImageColor.getrgb(mark.type.colour))
        pdf.text(mark.left, mark.top + mark.type.size, mark.words)
    elif isinstance(mark, Rect):
        pdf.set_fill_color(*ImageColor.getrgb(mark.colour))
        pdf.rect(mark.left, mark.top, mark.width, mark.height, style="F")
    else:
        picture = Pictures.fromarray(mark.draw())
        pdf.image(picture, mark.left, mark.top, mark.width, mark.height, alt_text=mark.alt)
