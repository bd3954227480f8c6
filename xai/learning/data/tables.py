"""Tables of labels as spreadsheets and scripts write them: ``labels.csv``, ``boxes.csv``, ``path,class``.

Columns are separated by commas, semicolons, tabs or bars; UTF-8 or UTF-16, with or without a byte order mark;
any line ends. Blanks round names and values, their case in the head, empty lines and empty columns at the end
mean nothing. Numbers may have a decimal comma.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xai.classes import label_of
from xai.errors import DataRejected
from xai.types import CLASSES

__all__ = ["Row", "read_rows"]

_SEPARATORS = ",;\t|"
_SYNONYMS = {
    "filename": "file",
    "file_name": "file",
    "image": "file",
    "path": "file",
    "label": "class",
    "xmin": "x0",
    "ymin": "y0",
    "xmax": "x1",
    "ymax": "y1",
}
"""Other names of columns."""

_NEEDED = ("file", "class")
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        table: the file.
        line: number of its line; the head is line 1.
        cells: column -> value without blanks around it; of an absent column, nothing.
        unit: what is counted, for sentences.
    """

    table: Path
    line: int
    cells: Mapping[str, str]
    unit: str = "Line"

    def get(self, column: str) -> str:
        """The value of a column; empty where it is absent."""
        return self.cells.get(column, "")

    def wrong(self, column: str, expected: str) -> DataRejected:
        """The error for a value."""
        return self.refused(f"{column} must be {expected}, not {self.get(column)!r:.60}")

    def refused(self, why: str) -> DataRejected:
        """The error for the row."""
        return DataRejected(f"{self.unit} {self.line} of {self.table} cannot be read: {why}.")

    @property
    def file(self) -> str:
        """The picture's name as it is written; raises ``DataRejected`` where there is none."""
        if not self.get("file") or "\0" in self.get("file"):
            raise self.wrong("file", "the name of a picture")
        return self.get("file")

    @property
    def label(self) -> str:
        """The class, one of ``CLASSES``; raises ``DataRejected`` where its spelling is unknown."""
        label = label_of(self.get("class"))
        if label is None:
            known = f"{', '.join(CLASSES)} and spellings such as with_mask"
            raise DataRejected(
                f"{self.unit} {self.line} of {self.table} has the class {self.get('class')!r:.60}; "
                f"known are {known}."
            )
        return label

    def number(self, column: str) -> float:
        """A number of pixels; raises ``DataRejected`` where it is none."""
        text = self.get(column)
        if "," in text:  # a decimal comma; before it, points separate thousands
            text = text.replace(".", "").replace(",", ".")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self.wrong(column, "a number of pixels")
        return number

    def whole(self, column: str) -> int:
        """A whole number from 0; raises ``DataRejected`` where it is none."""
        number = self.number(column) if self.get(column) else -1.0
        if number < 0 or number != int(number):
            raise self.wrong(column, "a whole number from 0")
        return int(number)


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of a table.

    Raises:
        DataRejected: it is no text, no table, or has no columns ``file`` and ``class``.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataRejected(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return tuple(_rows(path, _text(data)))
    except UnicodeDecodeError as error:
        rows = tuple(_rows(path, data.decode("cp1252", "replace")))
        if all((path.parent / row.get("file")).is_file() for row in rows if not row.get("file").isascii()):
            return rows  # written by Excel on Windows: its accents lead to pictures that are there
        raise DataRejected(f"{path} cannot be read as CSV in UTF-8: {error}.") from error


def _text(data: bytes) -> str:
    if data.startswith(_MARKS):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def _rows(path: Path, text: str) -> Iterator[Row]:
    separator, text = _separator(text)
    lines = csv.reader(io.StringIO(text, newline=None), delimiter=separator, skipinitialspace=True)
    try:
        names = _head(path, next(lines, []))
        for cells in lines:
            values = [cell.strip() for cell in cells]
            if any(values[len(names) :]):
                raise DataRejected(
                    f"Line {lines.line_num} of {path} has {len(cells)} cells and the head has {len(names)}; "
                    "put a value that contains the separator in quotes."
                )
            if any(values):
                yield Row(path, lines.line_num, dict(zip(names, values, strict=False)))
    except csv.Error as error:
        raise DataRejected(f"{path} cannot be read as CSV in UTF-8: {error}.") from error


def _separator(text: str) -> tuple[str, str]:
    """What separates the columns, and the text without Excel's line that says so."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=,"):
        return first.strip()[-1], rest
    return max(_SEPARATORS, key=first.count), text


def _head(path: Path, cells: Sequence[str]) -> list[str]:
    names = [_SYNONYMS.get(name, name) for name in (cell.strip().lower() for cell in cells)]
    while names and not names[-1]:
        names.pop()
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        came = ", ".join(names) or "nothing"
        raise DataRejected(f"{path} must have the columns file and class; its head is {came:.80}.")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice:
        raise DataRejected(f"{path} has the column {twice} twice; remove one.")
    return names
