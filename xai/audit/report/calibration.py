"""The project's own measurement of the verdict, read from the page that its command writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xai.errors import XaiError
from xai.evidence.validation.published import PAGE, published_table

__all__ = ["Calibration", "read_calibration"]

_COMMAND = "python -m xai calibrate --data DATA/ilc --update"


@dataclass(frozen=True)
class Calibration:
    """How often verdicts on models with a known answer were right.

    Attributes:
        command: that measured it.
        rates: sentences.
        columns: headings of the table of control models.
        rows: a row for each kind of control model, described in words.
    """

    command: str
    rates: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_calibration(page: Path = PAGE) -> Calibration | None:
    """The measurement of the page; None where the page is not installed or holds none."""
    try:
        lines = published_table(page).splitlines()
    except XaiError:
        return None
    rows = [*_first_table(lines)]
    rates = tuple(line[2:].rstrip(";.").replace("*", "") + "." for line in lines if line.startswith("- "))
    return Calibration(_COMMAND, rates, rows[0], tuple(rows[2:])) if len(rows) > 2 else None


def _first_table(lines: list[str]) -> Iterator[tuple[str, ...]]:
    begun = False
    for line in lines:
        if line.startswith("|"):
            begun = True
            yield tuple(cell.strip() for cell in line.strip().strip("|").split("|"))[1:]  # without its name
        elif begun:
            return
