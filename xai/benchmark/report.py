"""A benchmark's results for a reader: in a terminal, as Markdown, or as a section of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai.atomic_write import write_atomically
from xai.benchmark.occlusion_result import Comparison
from xai.benchmark.scaling import BatchSharing, ScalingCurve
from xai.benchmark.system_info import Machine
from xai.benchmark.targets import Target
from xai.benchmark.timing import Ratio
from xai.errors import XaiError

__all__ = [
    "Report",
    "Section",
    "aligned",
    "comparison_remarks",
    "comparison_rows",
    "growth_rows",
    "machine_line",
    "markdown_table",
    "together_line",
    "write_page",
]


_COMPARED = {
    "naive": "naive",
    "captum": "captum",
    "ours": "ours",
    "fast": "fast",
    "undoubted": "fast, undoubted",
}
"""Implementation -> its label in a table; captum with its best setting."""

_HEADS = ("model", "way", "seconds", "spread", "passes/s", "of GEMM", "times ours", "MiB")


@dataclass(frozen=True)
class Report:
    """What was found on one machine.

    Attributes:
        figures: what ``--json`` prints, without the machine and the targets.
        machine: the machine.
        rows: a table, the header first.
        remarks: sentences below it.
        bars: targets with measured values.
    """

    figures: Mapping[str, Any]
    machine: Machine
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str]
    bars: Sequence[Target]

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


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the first one the header, as a Markdown table.

    >>> print(markdown_table([("way", "seconds"), ("ours", "1.2")]))
    | way | seconds |
    |---|---|
    | ours | 1.2 |
    """
    heads, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([heads, "|" + "---|" * len(rows[0]), *others])


def write_page(text: str, page: Path) -> None:
    """Write the text to a file, atomically.

    Raises:
        XaiError: it cannot be written.
    """
    write_atomically(page, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))


@dataclass(frozen=True)
class Section:
    """The part of a page between ``<!-- benchmark NAME -->`` and ``<!-- /benchmark NAME -->``.

    Attributes:
        page: the page.
        before: its text up to the section, with the opening marker.
        after: its text from the closing marker on.
    """

    page: Path
    before: str
    after: str

    @classmethod
    def find(cls, page: Path, name: str) -> Section:
        """The section ``name`` of a page; checked before the long measurement, not after it.

        Raises:
            XaiError: the page cannot be read, or does not contain both markers once.
        """
        start, end = f"<!-- benchmark {name} -->", f"<!-- /benchmark {name} -->"
        try:
            before, rest = page.read_text(encoding="utf-8").split(start)
            _, after = rest.split(end)
        except (OSError, ValueError) as error:
            raise XaiError(f"The page {page} cannot take the table: it needs {start} and {end}.") from error
        return cls(page, before + start, end + after)

    def fill(self, text: str) -> None:
        """Replace the text of the section.

        Raises:
            XaiError: the page cannot be written.
        """
        write_page(f"{self.before}\n{text}\n{self.after}", self.page)


def machine_line(machine: Machine) -> str:
    """The machine in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    where = "" if machine.device == "cpu" else f", {machine.device}"
    memory = "" if machine.memory is None else f", {machine.memory:.0f} GiB"
    half = f", {' and '.join(machine.half)}" if machine.half else ", no half precision"
    return (
        f"{machine.processor}{half}, {machine.cores} cores, {machine.threads} threads{memory}{where}; "
        f"Python {machine.python}, {versions}"
    )


def comparison_rows(found: Sequence[Comparison]) -> list[tuple[str, ...]]:
    """The header, then a row per model and way."""
    return [_HEADS, *(row for each in found for row in _rows(each))]


def comparison_remarks(found: Sequence[Comparison]) -> list[str]:
    """A few lines per model: what was compared and how well it agrees."""
    return [line for each in found for line in _remarks(each)]


def growth_rows(found: Mapping[str, Mapping[str, ScalingCurve]]) -> list[tuple[str, ...]]:
    """The header, then a row per model and kind of growth."""
    heads = ("model", "growth with", "from", "to", "seconds", "per unit", "R^2")
    rows = [
        (
            model,
            name,
            f"{growth.amounts[0]:.0f}",
            f"{growth.amounts[-1]:.0f}",
            f"{growth.seconds[0]:.3g} to {growth.seconds[-1]:.3g}",
            f"{growth.slope:.3g}",
            f"{growth.r2:.4f}",
        )
        for model, growths in found.items()
        for name, growth in growths.items()
    ]
    return [heads, *rows]


def together_line(found: BatchSharing) -> str:
    """What sharing saves, in a sentence."""
    return (
        f"{found.name}: {found.faces} faces by {found.models} models take {found.shared.median:.4g} s in one "
        f"call and {found.single.median:.4g} s in {found.maps}: {_ratio(found.ratio)} times as long."
    )


def _rows(found: Comparison) -> list[tuple[str, ...]]:
    memory = {"ours": "exact", "fast": "fast", "captum": "captum"}
    rows: list[tuple[str, ...]] = []
    for way, name in _COMPARED.items():
        if way not in found.timings:
            continue
        ratio, peak = found.ratio(way, "ours"), found.memory.get(memory.get(way, ""))
        rows.append(
            (
                f"{found.model} {found.side} px",
                f"captum ({found.captum_best} at once)" if way == "captum" else name,
                f"{found.timings[way].median:.4g}",
                f"{found.timings[way].spread:.0%}",
                f"{found.per_second(way):.0f}",
                f"{found.peak_share(way):.0%}",
                "" if ratio is None else _ratio(ratio),
                "" if peak is None else f"{peak:.0f}",
            )
        )
    return rows


def _remarks(found: Comparison) -> list[str]:
    redone = f" (redone: {found.fast_computed.redone} in doubt)" if found.fast_computed.redone else ""
    same, fast = found.ratio("ours_again", "ours"), found.ratio("captum", "fast")
    lines = [
        f"{found.model}: {found.positions} positions on {found.device}; ours against captum differs by at "
        f"most {found.max_abs_diff:.1e}.",
        f"  computed by {found.computed.runtime}, fast by {found.fast_computed.runtime}{redone}; "
        f"{found.flops / 1e9:.3g} GFLOP a pass.",
    ]
    if fast and same:
        lines.append(
            f"  captum takes {_ratio(fast)} times as long as fast; "
            f"ours against ours {_ratio(same)}: that is noise."
        )
    if agreed := found.agreement:
        least = "none" if agreed.least_spearman is None else f"{agreed.least_spearman:.4f}"
        lines.append(
            f"  fast against exact on {agreed.faces} faces: Spearman {least} at least, same peak on "
            f"{agreed.same_peak}, same answer on {agreed.same_answer}, apart by at most "
            f"{agreed.max_abs_diff:.4f}; {agreed.redone} redone in float32, "
            f"{agreed.without_order} without an order."
        )
    return lines


def _ratio(ratio: Ratio) -> str:
    """Median, and in brackets the least and the most of all rounds."""
    return f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, in columns for a terminal."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
