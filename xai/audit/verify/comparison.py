"""What was checked and what differs, and the comparisons that say where."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

__all__ = [
    "FLOAT_TOLERANCE",
    "INT_TOLERANCE",
    "Verification",
    "json_differences",
    "row_differences",
    "same_bytes",
    "table_differences",
]

FLOAT_TOLERANCE = 0.02
"""Largest difference of a share or a probability, 0..1, that another kind of machine, other packages or
another version of the program may make."""

INT_TOLERANCE = 2
"""Likewise of a number of pixels or of edits, and of the bits of a perceptual hash."""

_KEY = ("photo", "face", "model")
_HASH = "dhash"
_MOST = 20  # differences named of one file


@dataclass
class Verification:
    """What was found so far.

    Attributes:
        checked: what agrees, or was compared, one line each.
        unchecked: what could not be checked, and why.
        differs: what differs, with its name.
    """

    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    def note(self, what: str, differences: Iterator[str] | Sequence[str]) -> bool:
        """Add what was compared, and its first differences; returns whether there is none."""
        found = list(islice(differences, _MOST + 1))
        self.differs += found[:_MOST]
        if len(found) > _MOST:
            self.differs.append(f"{what}: more differs than the {_MOST} places named.")
        self.checked.append(what)
        return not found

    def as_dict(self) -> dict[str, Any]:
        """``{ok, checked, unchecked, differs}``."""
        return {"ok": not self.differs, **vars(self)}


def same_bytes(first: Path, second: Path) -> bool:
    """Whether both files exist and hold the same."""
    return first.is_file() and second.is_file() and first.read_bytes() == second.read_bytes()


def json_differences(name: str, found: Any, wanted: Any, tolerance: float = 0.0) -> Iterator[str]:
    """Every place in which two JSON values differ, with its path.

    Args:
        name: of the file, and of the place in it so far.
        found: what is there.
        wanted: what should be.
        tolerance: largest difference of two numbers that are not whole.
    """
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            place = f"{name} > {key}"
            if key in found and key in wanted:
                yield from json_differences(place, found[key], wanted[key], tolerance)
            else:
                yield f"{place} is {'missing' if key in wanted else 'there and should not be'}."
    elif isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for number, (one, other) in enumerate(zip(found, wanted, strict=True)):
            yield from json_differences(f"{name} > {number}", one, other, tolerance)
    elif not _alike(found, wanted, tolerance):
        yield f"{name} is {_short(found)} and should be {_short(wanted)}."


def table_differences(name: str, found: pa.Table, wanted: pa.Table) -> Iterator[str]:
    """Every cell in which two tables of rows differ, with photo, face, model and column."""
    if not found.schema.equals(wanted.schema):
        columns = sorted(set(found.schema).symmetric_difference(wanted.schema), key=lambda each: each.name)
        yield f"{name}: the columns {', '.join(dict.fromkeys(c.name for c in columns))} are not as they were."
        return
    if found.num_rows != wanted.num_rows:
        yield f"{name} has {found.num_rows:,} rows and should have {wanted.num_rows:,}."
    rows = min(found.num_rows, wanted.num_rows)
    for column in found.column_names:
        one, other = found[column].slice(0, rows), wanted[column].slice(0, rows)
        if one.equals(other):
            continue
        for number in range(rows):
            cell, expected = one[number].as_py(), other[number].as_py()
            if not _alike(cell, expected, 0.0):
                key = {name: wanted[name][number].as_py() for name in _KEY}
                yield f"{name}, {_named(key)}, column {column}: {_told(cell, expected)}"


def row_differences(
    found: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]], *, exact: bool
) -> Iterator[str]:
    """Every cell in which the rows of an audit differ from those made again.

    Args:
        found: rows of the audit.
        wanted: made again.
        exact: to the bit; else within ``FLOAT_TOLERANCE`` and ``INT_TOLERANCE``.
    """
    mine = {tuple(row[name] for name in _KEY): row for row in found}
    again = {tuple(row[name] for name in _KEY): row for row in wanted}
    for key in [*mine, *(key for key in again if key not in mine)]:
        named = _named(dict(zip(_KEY, key, strict=True)))
        if key not in mine or key not in again:
            yield f"{named}: the row is {'missing' if key in again else 'not found again'}."
            continue
        for column, cell in mine[key].items():
            expected = again[key].get(column)
            if not (_alike(cell, expected, 0.0) if exact else _near(column, cell, expected)):
                yield f"{named}, column {column}: {_told(cell, expected)}"


def _near(column: str, found: Any, wanted: Any) -> bool:
    if column == _HASH:
        return (int(found) ^ int(wanted)).bit_count() <= INT_TOLERANCE
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_near(k, found[k], wanted[k]) for k in found)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(
            _near(column, one, other) for one, other in zip(found, wanted, strict=True)
        )
    if isinstance(found, int) and isinstance(wanted, int):
        return abs(found - wanted) <= INT_TOLERANCE
    return _alike(found, wanted, FLOAT_TOLERANCE)


def _alike(found: Any, wanted: Any, tolerance: float) -> bool:
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(
            _alike(one, other, tolerance) for one, other in zip(found, wanted, strict=True)
        )
    if isinstance(found, float) and isinstance(wanted, float):
        both_nan = math.isnan(found) and math.isnan(wanted)
        return both_nan or abs(float(found) - float(wanted)) <= tolerance
    return type(found) is type(wanted) and bool(found == wanted)


def _named(key: Mapping[str, Any]) -> str:
    return f"photo {key['photo']}, face {key['face']}, model {key['model']}"


def _told(found: Any, wanted: Any) -> str:
    return f"{_short(found)} should be {_short(wanted)}."


def _short(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"
