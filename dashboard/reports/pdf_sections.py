"""Sections of the page: the face and the scales, then each model's results, then the small print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dashboard.reports.face_report import (
    FaceSheet,
    SheetModel,
    SheetNote,
    SheetScale,
    SheetStrip,
    SheetTable,
)
from dashboard.reports.layout import PALE, QUIET, Column, Rect, TextStyle
from dashboard.text.verdicts import Figure
from xai.render import colour_bar

__all__ = ["compose_page"]

_STRIP_PIXELS = 480

_ABREAST = 2
"""Edited faces per row."""

_NUMBERS = (6.2, 2.4, 1.2, 1.5, 1.3)
"""Column widths of the table of families: the edit, the question, the count, the effect and its part."""


@dataclass(frozen=True)
class _Styles:
    """Text styles and lengths of a page; ``unit`` is its body font size in points."""

    unit: float

    @property
    def title(self) -> TextStyle:
        return TextStyle(1.8 * self.unit, bold=True)

    @property
    def head(self) -> TextStyle:
        return TextStyle(1.35 * self.unit, bold=True)

    @property
    def body(self) -> TextStyle:
        return TextStyle(self.unit)

    @property
    def name(self) -> TextStyle:
        return TextStyle(self.unit, bold=True)

    @property
    def small(self) -> TextStyle:
        return TextStyle(0.86 * self.unit, colour=QUIET)

    @property
    def gap(self) -> float:
        return 0.7 * self.unit


_Part = Callable[[Column, FaceSheet, SheetModel, _Styles], None]


def compose_page(page: Column, sheet: FaceSheet, unit: float) -> None:
    """Lay out the whole sheet in a column.

    Two models are side by side, their sections aligned; a single one has its text on the left and its maps on
    the right.

    Args:
        page: as wide as the page without its margins; its ``top`` ends below the last line.
        sheet: its content.
        unit: body font size in points; everything else scales with it.
    """
    styles = _Styles(unit)
    _set_head(page, sheet, styles)
    _rule(page, styles)
    words, pictures = (_set_answer, _set_verdict), (_set_maps, _set_numbers)
    if len(sheet.models) == 1:
        _set_beside(page, sheet, [(sheet.models[0], words), (sheet.models[0], pictures)], styles)
    else:
        for part in (*words, *pictures):
            _set_beside(page, sheet, [(model, (part,)) for model in sheet.models], styles)
    _rule(page, styles)
    _set_foot(page, sheet, styles)


def _set_beside(
    page: Column, sheet: FaceSheet, strips: list[tuple[SheetModel, tuple[_Part, ...]]], styles: _Styles
) -> None:
    columns = page.split((1,) * len(strips), 4 * styles.gap)
    for column, (model, parts) in zip(columns, strips, strict=True):
        for part in parts:
            part(column, sheet, model, styles)
    page.join(columns)


def _set_head(page: Column, sheet: FaceSheet, styles: _Styles) -> None:
    """The face with its regions on the left; title, photo and how to read the colours beside it."""
    picture, words = page.split((1, 6), 3 * styles.gap)
    picture.show(sheet.outlined, sheet.outlined_words)
    picture.skip(styles.gap / 2)
    picture.say(sheet.outlined_words, styles.small)
    words.say(sheet.title, styles.title)
    words.skip(styles.gap / 2)
    words.say(sheet.photo, styles.small)
    words.skip(2 * styles.gap)
    columns = words.split((1,) * len(sheet.scales), 3 * styles.gap)
    for column, scale in zip(columns, sheet.scales, strict=True):
        _set_scale(column, scale, styles)
    words.join(columns)
    page.join([picture, words])


def _set_scale(column: Column, scale: SheetScale, styles: _Styles) -> None:
    column.say(scale.unit, TextStyle(styles.small.size, bold=True))
    column.skip(styles.gap / 2)
    high = 1.4 * styles.gap
    column.marks.append(Rect(column.left - 0.4, column.top - 0.4, column.width + 0.8, high + 0.8, QUIET))
    column.show(partial(colour_bar, _STRIP_PIXELS, 4, signed=scale.signed), scale.alt, high)
    column.skip(styles.gap / 3)
    for words, at in zip(scale.ticks, (0.0, 0.5, 1.0), strict=True):
        column.line(words, styles.small, at)
    column.skip(styles.small.leading)
    column.say(scale.words, styles.small)


def _set_answer(column: Column, sheet: FaceSheet, model: SheetModel, styles: _Styles) -> None:
    column.say(model.name, TextStyle(styles.body.size, colour=QUIET))
    column.say(model.answer, styles.head)
    column.skip(styles.gap / 2)
    for bar in model.bars:
        words, strip = column.split((1.2, 1), styles.gap)
        words.say(bar.words, styles.body)
        _set_bar(strip, bar.value, bar.colour, styles)
        column.join([words, strip])
    column.skip(2 * styles.gap)


def _set_verdict(column: Column, sheet: FaceSheet, model: SheetModel, styles: _Styles) -> None:
    column.say(model.verdict, styles.head)
    column.say(model.reason, styles.body)
    column.say(sheet.not_right, styles.small)
    column.skip(styles.gap)
    if model.figures:
        columns = column.split((1,) * len(model.figures), 2 * styles.gap)
        for each, figure in zip(columns, model.figures, strict=True):
            _set_figure(each, figure, styles)
        column.join(columns)
    for strip in model.strips:
        column.skip(styles.gap)
        _set_strip(column, strip, styles)
    column.skip(styles.gap)
    for remark in model.remarks:
        column.say(remark, styles.body)
    column.skip(2 * styles.gap)


def _set_figure(column: Column, figure: Figure, styles: _Styles) -> None:
    column.say(figure.title, styles.name)
    column.say(figure.said, styles.body)
    column.say(figure.more, styles.small)


def _set_strip(column: Column, strip: SheetStrip, styles: _Styles) -> None:
    """The edited faces of one question, each with its text beside it."""
    column.say(strip.title, styles.name)
    column.skip(styles.gap / 2)
    for start in range(0, len(strip.edits), _ABREAST):
        columns = column.split((1,) * _ABREAST, 2 * styles.gap)
        for each, edit in zip(columns, strip.edits[start : start + _ABREAST], strict=False):
            picture, words = each.split((1, 3.2), styles.gap)
            picture.show(edit.drawn, edit.alt)
            words.say(edit.change, styles.small)
            words.say(edit.answer, styles.name)
            words.say(edit.found, styles.small)
            each.join([picture, words])
        column.join(columns)
        column.skip(styles.gap / 2)


def _set_bar(strip: Column, value: float, colour: str, styles: _Styles) -> None:
    """A bar from 0 to 1, as high as a line of text."""
    high = styles.body.leading
    strip.skip(0.2 * high)
    strip.block(0.6 * high, PALE)
    strip.block(0.6 * high, colour, min(max(value, 0.0), 1.0))
    strip.skip(0.8 * high)


def _set_maps(column: Column, sheet: FaceSheet, model: SheetModel, styles: _Styles) -> None:
    """The maps, their region shares beside them, their findings below."""
    column.say(model.target, styles.small)
    column.skip(styles.gap / 2)
    parts = (1.0,) * len(model.maps) + ((2.1,) if model.table else ())
    columns = column.split(parts, 2 * styles.gap)
    for each, shown in zip(columns, model.maps, strict=False):
        each.show(partial(shown.painted, sheet.crop), shown.alt)
        each.skip(styles.gap / 2)
        each.say(shown.title, styles.name)
    if model.table:
        _set_table(columns[-1], model.table, (1.35,), styles)
    column.join(columns)
    for shown in model.maps:
        column.say(shown.finding, styles.small)
    column.skip(2 * styles.gap)


def _set_numbers(column: Column, sheet: FaceSheet, model: SheetModel, styles: _Styles) -> None:
    if model.numbers:
        _set_table(column, model.numbers, _NUMBERS, styles)


def _set_table(column: Column, table: SheetTable, first: tuple[float, ...], styles: _Styles) -> None:
    """A table whose first columns are as wide as ``first`` says, relative to each of the others."""
    column.say(table.title, styles.name)
    widths = (*first, *(1.0,) * (len(table.header) - len(first)))
    whole = (  # font sizes at which the longest words of the header still fit in a line
        cell.width / column.measure(word, TextStyle(1.0))
        for cell, words in zip(column.split(widths, styles.gap / 2), table.header, strict=True)
        for word in words.split()
    )
    header, printed = TextStyle(min(0.8 * styles.unit, *whole), colour=QUIET), TextStyle(styles.small.size)
    for row in (table.header, *table.rows):
        style = header if row is table.header else printed
        cells = column.split(widths, styles.gap / 2)
        for index, (cell, words) in enumerate(zip(cells, row, strict=True)):
            cell.say(words, style, at=min(index, 1))
        column.join(cells)
        column.block(0.4, PALE)
    if table.note:
        column.skip(styles.gap)
        column.say(table.note, styles.small)


def _set_foot(page: Column, sheet: FaceSheet, styles: _Styles) -> None:
    left, right = page.split((1, 1), 4 * styles.gap)
    _set_note(left, sheet.not_said, styles)
    left.skip(styles.gap)
    _set_note(left, sheet.again, styles)
    _set_note(right, sheet.made, styles)
    page.join([left, right])


def _set_note(column: Column, note: SheetNote, styles: _Styles) -> None:
    column.say(note.title, styles.name)
    for line in note.lines:
        column.say(line, styles.small)


def _rule(page: Column, styles: _Styles) -> None:
    page.skip(styles.gap)
    page.block(0.8, PALE)
    page.skip(1.5 * styles.gap)
