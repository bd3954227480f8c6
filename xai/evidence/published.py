"""What calibration found, as the project's own documents state it: written by the command, never by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xai.atomic_write import write_whole
from xai.errors import XaiError
from xai.evidence_types import VERDICTS
from xai.models.ground_truth import KINDS

__all__ = ["PAGE", "check_page", "publish", "rates_of_error", "table"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"
"""The page that holds the table, between the two markers."""

_START, _END = "<!-- calibration -->", "<!-- /calibration -->"
_HONEST = ("aperture_nose", "aperture_mouth", "aperture_nose_and_mouth", "mixture_000")
_NOTICED = 0.9  # of the faces


def publish(found: Mapping[str, Mapping[str, Any]], page: Path = PAGE) -> None:
    """Put the table into the page, in place of the one before.

    Raises:
        XaiError: the page cannot be read or written, or its markers are missing.
    """
    before, after = check_page(page)
    text = f"{before}{_START}\n{table(found)}\n{_END}{after}"
    write_whole(page, lambda place: place.write_text(text, encoding="utf-8"))


def check_page(page: Path = PAGE) -> tuple[str, str]:
    """What stands before and after the table; asked before the long measurement, not after it.

    Raises:
        XaiError: the page cannot be read, or its markers are missing.
    """
    try:
        before, rest = page.read_text(encoding="utf-8").split(_START)
        _, after = rest.split(_END)
    except (OSError, ValueError) as error:
        raise XaiError(f"The page {page} cannot take the table: it needs {_START} and {_END}.") from error
    return before, after


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The rows of ``calibration.report`` as Markdown, and below them what they come to."""
    head = ("kind", "what it looks at", "right verdict", *VERDICTS, "faces", "right (95 %)", "left out")
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for kind, row in found.items():
        low, high = row["interval"]
        cells = (
            kind,
            KINDS[kind].says,
            _expected(row),
            *(str(row["verdicts"][verdict]) for verdict in VERDICTS),
            str(row["faces"]),
            f"{row['right']:.3f} ({low:.3f} to {high:.3f})",
            f"{row['left_out']:.3f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_summary(found)])


def rates_of_error(found: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None]:
    """What matters most, in four numbers.

    Returns:
        ``right``: share of right verdicts over all faces of the kinds whose answer is certain by
        construction; ``accused``: honest models called ``not supported``; ``acquitted``: cheats called
        ``supported``; ``least_dose``: the smallest share of a mark that is noticed on nine faces of ten, None
        where none is.
    """
    certain = [row for kind, row in found.items() if KINDS[kind].by_construction]
    honest = [row for kind, row in found.items() if kind in _HONEST]
    cheats = [row for kind, row in found.items() if kind not in _HONEST and kind != "mixture_025"]
    doses = {
        int(kind.removeprefix("mixture_")) / 100: 1 - row["verdicts"]["supported"] / row["faces"]
        for kind, row in found.items()
        if kind.startswith("mixture_") and kind != "mixture_000" and row["faces"]
    }
    noticed = [dose for dose, share in doses.items() if share >= _NOTICED]
    return {
        "right": _share(certain, lambda row: row["right"] * row["faces"]),
        "accused": _share(honest, lambda row: row["grave"] * row["faces"]),
        "acquitted": _share(cheats, lambda row: row["grave"] * row["faces"]),
        "least_dose": min(noticed, default=None),
    }


def _share(rows: list[Mapping[str, Any]], count: Any) -> float | None:
    faces = sum(row["faces"] for row in rows)
    return float(sum(count(row) for row in rows) / faces) if faces else None


def _expected(row: Mapping[str, Any]) -> str:
    strict, wide = " or ".join(row["expected"]), " or ".join(row["expected_wide"])
    return strict if strict == wide else f"{strict}; wide: {wide}"


def _summary(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rates = rates_of_error(found)
    dose = "none" if rates["least_dose"] is None else f"{rates['least_dose']:.2f}"
    return [
        f"- right on {_percent(rates['right'])} of the faces of the kinds whose answer is certain;",
        f"- honest models called *not supported*: {_percent(rates['accused'])} of their faces;",
        f"- cheats called *supported*: {_percent(rates['acquitted'])} of their faces;",
        f"- smallest share of a mark in the answer that is noticed on nine faces of ten: {dose}.",
    ]


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"
