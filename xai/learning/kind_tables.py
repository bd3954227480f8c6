"""The tables by kind of face in ``weights/README.md``, from the cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xai.learning.kinds import KINDS
from xai.models.cards import Card
from xai.types import CLASSES

__all__ = ["kind_tables"]

_HEAD = (
    "| model | set and setting | faces | n (covered / incorrect / uncovered) | accuracy (95 %) | ACA (95 %) "
    "| covered | incorrect | uncovered |",
    "|---|---|---|---|---|---|---|---|---|",
)
_TITLES = {
    "size": "By size of the face (shorter side, pixels of the photo)",
    "pose": "By turn of the head",
    "colour": "By colour of the mask",
}


def kind_tables(cards: Sequence[Card]) -> list[str]:
    """A heading and a table for each kind that was measured of some card; nothing where none was."""
    lines = []
    for kind in KINDS:
        rows = [
            _row(card.name, key, kind, one)
            for card in cards
            for key, found in sorted(card.metrics.items())
            for one in found.get("by", {}).get(kind, ())
        ]
        if rows:
            lines += ["", f"#### {_TITLES[kind]}", "", *_HEAD, *rows]
    return ["", "### By kind of face", *lines] if lines else []


def _row(model: str, key: str, kind: str, one: Mapping[str, Any]) -> str:
    counts = " / ".join(str(one["counts"].get(name, 0)) for name in CLASSES)
    cells = [KINDS[kind].bins.get(one["bin"], one["bin"]), f"{one['n']} ({counts})"]
    cells += [_with_interval(one[name], one["intervals"].get(name)) for name in ("accuracy", "aca")]
    cells += [f"{one['per_class'][name]:.3f}" if name in one["per_class"] else "–" for name in CLASSES]
    return f"| {model} | {key} | {' | '.join(cells)} |"


def _with_interval(value: float, ends: Sequence[float] | None) -> str:
    return f"{value:.3f}" + (f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else "")
