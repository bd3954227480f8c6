"""What a recipe is worth whatever its random numbers: the same training with other seeds, side by side.

The model that ships lies in a folder of weights; those of the other seeds lie below it, each in a folder of
its own under ``seeds/``, with the same name, and are never offered as models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xai.errors import WeightsUnavailable
from xai.models.cards import Card, read_card
from xai.types import CLASSES

__all__ = ["SEEDS", "seed_tables", "shipped_folder"]

SEEDS = "seeds"
"""Folder of the other seeds' models, one folder each."""

_FIGURES = ("aca", "accuracy", *CLASSES, "ece")
_HEAD = "| set and setting | n | {figures} |"


def shipped_folder(folder: Path) -> Path:
    """The folder whose page tells of the models in ``folder``: for another seed's, the one it lies below.

    >>> shipped_folder(Path("weights/seeds/2")).name, shipped_folder(Path("weights")).name
    ('weights', 'weights')
    """
    return folder.parents[1] if folder.parent.name == SEEDS else folder


def seed_tables(cards: Sequence[Card], folder: Path) -> list[str]:
    """For each card that was trained with several seeds: which one ships and why, and every figure of each.

    Args:
        cards: of the models that ship.
        folder: theirs.

    Raises:
        WeightsUnavailable: the card of another seed, or its weights, are not sound; or it was made by
            another recipe, so that it says nothing about this one's.
    """
    lines: list[str] = []
    for card in cards:
        others = [read_card(path) for path in sorted((folder / SEEDS).glob(f"*/{card.name}.json"))]
        for other in others:
            _check(card, other)
        if others:
            lines += _table(card, sorted((card, *others), key=_seed))
    return ["", "### The same training with other seeds", *lines] if lines else []


def _check(card: Card, other: Card) -> None:
    mine, theirs = (
        {
            key: value
            for key, value in each.recipe.items()
            if key not in ("seed", "command", "kept_epoch", "seconds")
        }
        for each in (card, other)
    )
    if mine != theirs or _seed(card) == _seed(other):
        raise WeightsUnavailable(
            f"{other.path.parent / other.name} must come of the recipe of {card.path.parent / card.name} and "
            "of another seed; train it again, or take it away."
        )


def _table(shipped: Card, cards: Sequence[Card]) -> list[str]:
    losses = [_kept(card, "loss") for card in cards]
    said = ", ".join(
        f"{loss:.4f} (seed {_seed(card)}, epoch {card.recipe['kept_epoch']})"
        for loss, card in zip(losses, cards, strict=True)
    )
    has = "has" if _kept(shipped, "loss") == min(losses) else "has not"
    keys = sorted(key for key in shipped.metrics if all("n" in card.metrics.get(key, {}) for card in cards))
    seeds = " / ".join(str(_seed(card)) for card in cards)
    return [
        "",
        f"`{shipped.name}`. Loss on the validation part: {said}. Seed {_seed(shipped)} ships, which {has} "
        "the lowest. The range is the highest less the lowest.",
        "",
        _HEAD.format(figures=" | ".join(f"{name}: seeds {seeds} (range)" for name in _FIGURES)),
        "|---" * (2 + len(_FIGURES)) + "|",
        *(_row(key, [card.metrics[key] for card in cards]) for key in keys),
    ]


def _row(key: str, found: Sequence[Mapping[str, Any]]) -> str:
    cells = [_cell([row.get(name, row["per_class"].get(name)) for row in found]) for name in _FIGURES]
    return f"| {key} | {found[0]['n']} | {' | '.join(cells)} |"


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "–"
    return f"{' / '.join(f'{value:.3f}' for value in known)} ({max(known) - min(known):.3f})"


def _kept(card: Card, figure: str) -> float:
    """A figure of the epoch whose weights were kept."""
    return next(row[figure] for row in card.history if row["epoch"] == card.recipe["kept_epoch"])


def _seed(card: Card) -> int:
    return int(card.recipe["seed"])
