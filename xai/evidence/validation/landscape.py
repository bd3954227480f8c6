"""A chart of what models depend on: every model and class as a point, following against being moved.

As shape bias is plotted for object classifiers, with models of known behaviour as landmarks (Geirhos et al.
2019).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from xai.evidence.interventions.families import FAMILIES
from xai.evidence.validation.population import CARRIES, FULL
from xai.evidence.validation.verdict_rates import SET_LIMITS
from xai.models.cards import Card

__all__ = ["Point", "draw", "points"]

KINDS: Mapping[str, tuple[str, str]] = {
    "honest": ("o", "#1b7f4d"),
    "cue carries half": ("^", "#d98200"),
    "cue carries most": ("x", "#b3261e"),
    "comes with this project": ("*", "#1f4fa3"),
}
"""Kind of model -> marker and colour; each has a shape of its own, never only a colour."""


class Point(NamedTuple):
    """One model's right answers of one class.

    Attributes:
        kind: key of ``KINDS``.
        name: of the model.
        label: the class.
        followed: share of edits of the lower face that were followed, 0..1.
        moved: largest effect of a named *stay* family over that of the lower face, clipped to 0..1.
    """

    kind: str
    name: str
    label: str
    followed: float
    moved: float


def points(found: Mapping[str, Mapping[str, Any]], cards: Sequence[Card], key: str) -> Iterator[Point]:
    """The points of the networks of ``calibration_table`` and of the models whose cards have verdicts.

    Args:
        found: the table.
        cards: of the project's own models.
        key: set and donors, as in ``Card.verdicts``.
    """
    for name, row in found.items():
        for label, each in row.get("classes", {}).items():
            over = each["set"]
            if over and over["followed"] is not None and (row["honest"] or each["dose"] >= CARRIES):
                cheat = "cue carries most" if each["dose"] >= FULL else "cue carries half"
                yield Point(
                    "honest" if row["honest"] else cheat, name, label, over["followed"], _cut(over["part"])
                )
    for card in cards:
        for label, each in card.verdicts.get(key, {}).items():
            parts = [f["part"]["value"] for n, f in each["families"].items() if FAMILIES[n].named]
            if each["followed"]["value"] is not None:
                worst = max((part for part in parts if part is not None), default=0.0)
                yield Point(
                    "comes with this project", card.name, label, each["followed"]["value"], _cut(worst)
                )


def draw(shown: Sequence[Point]) -> bytes:
    """The picture, a PNG of 1,000 by 640 pixels."""
    figure = Figure(figsize=(10, 6.4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.axhspan(-0.03, SET_LIMITS.part, SET_LIMITS.followed, 1, color="#1b7f4d", alpha=0.08)
    axes.axvline(SET_LIMITS.followed, color="#888888", linewidth=0.8, linestyle=":")
    axes.axhline(SET_LIMITS.part, color="#888888", linewidth=0.8, linestyle=":")
    for kind, (marker, colour) in KINDS.items():
        own = [point for point in shown if point.kind == kind]
        size = 170 if marker == "*" else 55
        across, up = [p.followed for p in own], [p.moved for p in own]
        axes.scatter(across, up, s=size, c=colour, marker=marker, label=kind)
    for point in shown:
        if point.kind == "comes with this project":
            place = (point.followed, point.moved)
            axes.annotate(
                f"{point.name}\n{point.label}", place, (6, 5), textcoords="offset points", fontsize=7
            )
    axes.set(
        xlim=(0, 1),
        ylim=(-0.03, 1.03),
        xlabel="follows: share of changes of the lower face that the answer follows",
        ylabel="moved: largest effect of anything else, over that of the lower face",
        title="What right answers go by, each point a model and a class",
    )
    axes.legend(loc="upper right", frameon=False)
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()


def _cut(part: float | None) -> float:
    return 1.0 if part is None else min(1.0, max(0.0, part))
