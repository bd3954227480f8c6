"""The face and its maps as one picture with its legend, for print and for slides."""

from __future__ import annotations

import io
from functools import cache, partial

from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from dashboard.reports.face_report import FaceSheet, SheetModel, SheetScale
from dashboard.reports.layout import PALE, QUIET, Block, Column, Draw, Line, Mark, Shown, Type, font_file
from xai.render import colour_bar

__all__ = ["CELL", "WIDTH", "sheet_png"]

CELL = 768
"""Side in pixels of the face and of each map: twice the longest side that a crop has."""

_MARGIN, _GAP = 60, 28
_ABREAST = 3

WIDTH = 2 * _MARGIN + _ABREAST * CELL + (_ABREAST - 1) * _GAP
"""Pixels: A4 across at 300 dots per inch."""

_TITLE, _HEAD = Type(58, bold=True), Type(46, bold=True)
_BODY, _NAME, _SMALL = Type(38), Type(38, bold=True), Type(30, colour=QUIET)
_STRIP = 44
_DOTS_PER_INCH = 300


def sheet_png(sheet: FaceSheet) -> bytes:
    """A PNG, ``WIDTH`` pixels wide and as high as it takes, on white; the same bytes for the same sheet.

    Every pixel of the face and of its maps is repeated, none is made up in between.

    Raises:
        ThirdPartyMissing: the font is not installed.
    """
    marks: list[Mark] = []
    page = Column(marks, _width, _MARGIN, _MARGIN, WIDTH - 2 * _MARGIN)
    page.say(sheet.title, _TITLE)
    page.skip(8)
    page.say(sheet.photo, _SMALL)
    for model in sheet.models:
        _set_model(page, sheet, model)
    _rule(page)
    columns = page.split((1,) * len(sheet.scales), 2 * _GAP)
    for column, scale in zip(columns, sheet.scales, strict=True):
        _set_scale(column, scale)
    page.join(columns)
    _rule(page)
    for line in (sheet.caution, *sheet.made.lines):
        page.say(line, _SMALL)
    return _painted(marks, round(page.top + _MARGIN))


def _set_model(page: Column, sheet: FaceSheet, model: SheetModel) -> None:
    _rule(page)
    page.say(model.name, Type(38, colour=QUIET))
    page.marks.append(Block(page.left, page.top + 13, 36, 36, model.colour))
    beside = Column(page.marks, _width, page.left + 54, page.top, page.width - 54)
    beside.say(model.answer, _HEAD)
    page.join([beside])
    page.say(" ".join(filter(None, (model.verdict, model.reason))), _BODY)
    for figure in model.figures:
        page.say(f"{figure.title} {figure.counted}", _BODY)
    page.say(f"{sheet.not_right} {model.target}.", _SMALL)
    page.skip(18)
    shown: list[tuple[Draw, str, str, str]] = [
        (lambda: sheet.crop, sheet.crop_words, sheet.crop_words, ""),
        *((partial(m.painted, sheet.crop), m.alt, m.title, m.settings) for m in model.maps),
    ]
    for start in range(0, len(shown), _ABREAST):
        columns = page.split((1,) * _ABREAST, _GAP)
        for column, (draw, alt, title, settings) in zip(
            columns, shown[start : start + _ABREAST], strict=False
        ):
            column.show(draw, alt)
            column.skip(8)
            column.say(title, _NAME)
            column.say(settings, _SMALL)
        page.join(columns)


def _set_scale(column: Column, scale: SheetScale) -> None:
    column.say(scale.unit, _NAME)
    column.skip(10)
    column.marks.append(Block(column.left - 1, column.top - 1, column.width + 2, _STRIP + 2, QUIET))
    strip = partial(colour_bar, round(column.width), _STRIP, signed=scale.signed)
    column.show(strip, scale.alt, _STRIP)
    column.skip(4)
    for words, at in zip(scale.ticks, (0.0, 0.5, 1.0), strict=True):
        column.line(words, _BODY, at)
    column.skip(_BODY.leading + 6)
    column.say(scale.words, _SMALL)


def _rule(page: Column) -> None:
    page.skip(26)
    page.block(3, PALE)
    page.skip(24)


def _painted(marks: list[Mark], height: int) -> bytes:
    picture = Pictures.new("RGB", (WIDTH, height), "white")
    draw = ImageDraw.Draw(picture)
    for mark in marks:
        if isinstance(mark, Line):
            baseline = (round(mark.left), round(mark.top + mark.type.size))
            draw.text(baseline, mark.words, fill=mark.type.colour, font=_font(mark.type), anchor="ls")
        elif isinstance(mark, Block):
            right, bottom = mark.left + mark.width - 1, mark.top + mark.height - 1
            draw.rectangle((round(mark.left), round(mark.top), round(right), round(bottom)), fill=mark.colour)
        else:
            _paste(picture, mark)
    stream = io.BytesIO()
    picture.save(stream, "PNG", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    return stream.getvalue()


def _paste(picture: Pictures.Image, mark: Shown) -> None:
    size = (round(mark.width), round(mark.height))
    enlarged = Pictures.fromarray(mark.draw()).resize(size, Pictures.Resampling.NEAREST)
    picture.paste(enlarged, (round(mark.left), round(mark.top)))


@cache
def _font(style: Type) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_file(style.bold), round(style.size), layout_engine=ImageFont.Layout.BASIC)


def _width(words: str, style: Type) -> float:
    return _font(style).getlength(words)
