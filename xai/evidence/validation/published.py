"""Publishes the calibration table in the project's documents: written by the command, never by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xai.atomic_write import write_atomically
from xai.errors import XaiError
from xai.evidence.validation.calibration import known_kinds
from xai.evidence.validation.ideal_observers import OBSERVERS
from xai.evidence.validation.landscape import draw, points
from xai.evidence.validation.population import CARRIES, FULL
from xai.evidence_types import VERDICTS
from xai.models.cards import read_cards

__all__ = [
    "PAGE",
    "PICTURE",
    "check_page",
    "publish",
    "publish_picture",
    "published_table",
    "rates_of_error",
    "table",
]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "verdict.md"
"""The page that holds the table, between the two markers."""

PICTURE = PAGE.with_suffix(".png")
"""The chart of what every model depends on, beside the page."""

_START, _END = "<!-- calibration -->", "<!-- /calibration -->"
_PARTS = ("honest networks", "cheats at full dose", "cheats at half dose")
_NOTICED = 0.9  # of the faces
_QUIET = 0.02  # noise of an ideal observer that must be supported


def publish(found: Mapping[str, Mapping[str, Any]], page: Path = PAGE) -> None:
    """Replace the table in the page.

    Raises:
        XaiError: the page cannot be read or written, or its markers are missing.
    """
    before, after = check_page(page)
    text = f"{before}{_START}\n{table(found)}\n{_END}{after}"
    write_atomically(page, lambda place: place.write_text(text, encoding="utf-8"))


def publish_picture(found: Mapping[str, Mapping[str, Any]], set_name: str, file: Path = PICTURE) -> None:
    """Plot the networks of the table, and the project's own models from their cards.

    Raises:
        XaiError: it cannot be written.
    """
    shown = list(points(found, read_cards().cards, f"{set_name} donors=set"))
    write_atomically(file, lambda place: place.write_bytes(draw(shown)))


def published_table(page: Path = PAGE) -> str:
    """What stands between the markers of the page, Markdown as ``table`` makes it.

    Raises:
        XaiError: as ``check_page``.
    """
    before, after = check_page(page)
    text = page.read_text(encoding="utf-8")
    return text[len(before) + len(_START) : len(text) - len(after) - len(_END)]


def check_page(page: Path = PAGE) -> tuple[str, str]:
    """The text before and after the table; checked before the long measurement, not after it.

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
    """The rows of ``calibration_table`` as Markdown: kinds, a summary, and networks class by class."""
    head = ("kind", "what it looks at", "right verdict", *VERDICTS, "faces", "right (95 %)")
    lines, known = _head(head), known_kinds()
    for kind, row in found.items():
        if kind in known:
            low, high = row["interval"]
            lines += _line(
                kind,
                known[kind].says,
                " or ".join(row["expected"]),
                *(row["verdicts"][verdict] for verdict in VERDICTS),
                row["faces"],
                f"{row['right']:.3f} ({low:.3f} to {high:.3f})",
            )
    return "\n".join([*lines, "", *_summary(found), *_networks(found)])


def _networks(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Networks trained on photographs, class by class."""
    rows = {name: row for name, row in found.items() if "classes" in row}
    if not rows:
        return []
    head = (
        "network",
        "class",
        "cue carries",
        "right on",
        *VERDICTS,
        "follows",
        "moved most by",
        "over the set",
    )
    lines = ["", *_head(head)]
    for name, row in rows.items():
        for label, each in row["classes"].items():
            over = each["set"] or {}
            followed, part = over.get("followed"), over.get("part")
            lines += _line(
                name,
                label,
                f"{each['dose']:.2f}",
                f"{each['accuracy']:.2f}",
                *(each["verdicts"][verdict] for verdict in VERDICTS),
                "–" if followed is None else f"{followed:.2f}",
                "–" if part is None else f"{over['moved_most_by']} {part:.2f}",
                f"{over.get('verdict', '–')} ({over.get('why', '')})",
            )
    return lines


def _head(words: Sequence[str]) -> list[str]:
    return [*_line(*words), "|" + "---|" * len(words)]


def _line(*cells: object) -> list[str]:
    return [f"| {' | '.join(map(str, cells))} |"]


def rates_of_error(found: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None]:
    """The key results, in five numbers.

    Returns:
        ``ideal``: share of the answers of ideal observers with at most 2 % noise that are supported;
        ``right``: share of right verdicts over all faces of the models whose answer is certain by
        construction; ``accused``: honest models called ``not supported``; ``acquitted``: shortcut learners
        called ``supported``; ``least_dose``: the smallest share of a mark that is detected on nine faces of
        ten, None without any.
    """
    known = known_kinds()
    ideal = [row for kind, row in found.items() if kind in OBSERVERS and OBSERVERS[kind].noise <= _QUIET]
    models = {kind: row for kind, row in found.items() if kind in known and kind not in OBSERVERS}
    certain = [row for kind, row in models.items() if known[kind].certain]
    honest = [row for kind, row in models.items() if known[kind].honest]
    cheats = [row for kind, row in models.items() if not known[kind].honest]
    doses = {
        int(kind.removeprefix("mixture_")) / 100: 1 - row["verdicts"]["supported"] / row["faces"]
        for kind, row in found.items()
        if kind.startswith("mixture_") and kind != "mixture_000" and row["faces"]
    }
    noticed = [dose for dose, share in doses.items() if share >= _NOTICED]
    return {
        "ideal": _share(ideal, lambda row: row["verdicts"]["supported"]),
        "right": _share(certain, lambda row: row["right"] * row["faces"]),
        "accused": _share(honest, lambda row: row["grave"] * row["faces"]),
        "acquitted": _share(cheats, lambda row: row["grave"] * row["faces"]),
        "least_dose": min(noticed, default=None),
    }


def _share(rows: list[Mapping[str, Any]], count: Any) -> float | None:
    faces = sum(row["faces"] for row in rows)
    return float(sum(count(row) for row in rows) / faces) if faces else None


def _summary(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rates = rates_of_error(found)
    dose = "none" if rates["least_dose"] is None else f"{rates['least_dose']:.2f}"
    return [
        f"- ideal observers with at most 2 % noise, called *supported*: {_percent(rates['ideal'])};",
        f"- right on {_percent(rates['right'])} of the faces of the models whose answer is certain;",
        f"- honest models called *not supported*: {_percent(rates['accused'])} of their faces;",
        f"- cheats called *supported*: {_percent(rates['acquitted'])} of their faces;",
        f"- smallest share of a mark in the answer that is noticed on nine faces of ten: {dose}.",
        *_network_summary(found),
    ]


def _network_summary(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Summary of the networks, per answer on single photos and per class over the set."""
    parts: dict[str, list[Mapping[str, Any]]] = {name: [] for name in _PARTS}
    for row in found.values():
        for each in row.get("classes", {}).values():
            if row["honest"]:
                parts[_PARTS[0]].append(each)
            elif each["dose"] >= CARRIES:
                parts[_PARTS[1] if each["dose"] >= FULL else _PARTS[2]].append(each)
    lines = []
    for name, own in parts.items():
        faces = sum(each["faces"] for each in own)
        if faces:
            said = {
                v: sum(each["verdicts"][v] for each in own) / faces for v in ("supported", "not supported")
            }
            sets = [each["set"]["verdict"] for each in own if each["set"]]
            lines.append(
                f"- {name}, {faces} answers: *supported* {_percent(said['supported'])}, *not supported* "
                f"{_percent(said['not supported'])}; over the set, of {len(sets)} classes *supported* "
                f"{sets.count('supported')}, *not supported* {sets.count('not supported')};"
            )
    apart: Mapping[str, Any] = next((r["separation"] for r in found.values() if r.get("separation")), {})
    for name, each in apart.items():
        area = f"AUC {each['auc']:.3f}"
        lines.append(f"- honest networks against cheats {name}, mean over {each['faces']} faces: {area}.")
    return lines


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"
