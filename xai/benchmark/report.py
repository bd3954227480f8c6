"""A benchmark's findings for a person: in a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xai.benchmark.bars import Bar
from xai.benchmark.machine import Machine
from xai.benchmark.pages import markdown_table
from xai.benchmark.tables import aligned, machine_line

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """What was found on one machine.

    Attributes:
        figures: what ``--json`` prints, but for the machine and the bars.
        machine: where.
        rows: a table, the heads first.
        remarks: sentences beside it.
        bars: what is asked, beside what was found.
    """

    figures: Mapping[str, Any]
    machine: Machine
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str]
    bars: Sequence[Bar]

    @property
    def record(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        bars = [bar.as_dict() for bar in self.bars]
        return {**self.figures, "bars": bars, "machine": self.machine.as_dict()}

    @property
    def text(self) -> str:
        """For a terminal."""
        parts = (machine_line(self.machine), aligned(self.rows), *map("\n".join, (self.remarks, self._bars)))
        return "\n\n".join(filter(None, parts))

    def markdown(self, command: str) -> str:
        """For a page that names the machine and the command."""
        said = f"Measured by `{command}` on {machine_line(self.machine)}."
        lists = ("\n".join(f"- {line.strip()}" for line in lines) for lines in (self.remarks, self._bars))
        return "\n\n".join(filter(None, (said, markdown_table(self.rows), *lists)))

    @property
    def _bars(self) -> list[str]:
        return [str(bar) for bar in self.bars]
