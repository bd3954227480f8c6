"""The course of a training as a figure: loss, and accuracies, by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["LINES", "save_curves"]

LINES = (
    ("Loss", (("train_loss", "training", "-"), ("loss", "validation", "--"))),
    (
        "Share of faces answered rightly",
        (
            ("train_accuracy", "training", "-"),
            ("accuracy", "validation", "--"),
            ("aca", "validation, mean of the classes", ":"),
        ),
    ),
)
"""One entry per panel: what its axis says, and its lines as (key of the history, legend, dash)."""


def save_curves(history: Sequence[Mapping[str, float]], kept: int, path: Path) -> None:
    """Draw the history of a training as a PNG of two panels.

    Args:
        history: a row per epoch, with the keys of ``LINES``; rows may lack some.
        kept: the epoch whose weights were kept, marked by a vertical line.
        path: where the PNG goes.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - a second, for one picture at the end
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for panel, (title, lines) in zip(figure.subplots(1, len(LINES)), LINES, strict=True):
        for key, legend, dash in lines:
            points = [(row["epoch"], row[key]) for row in history if key in row]
            panel.plot(*zip(*points, strict=True), dash, label=legend, marker="." if len(points) < 2 else "")
        panel.axvline(kept, color="0.6", linewidth=1, zorder=0, label=f"kept: epoch {kept}")
        panel.set(xlabel="Epoch", ylabel=title)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.legend(fontsize=8)
    figure.savefig(path, format="png", dpi=120)
