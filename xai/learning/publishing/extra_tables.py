"""The tables of ``weights/README.md`` beside the results: by subgroup, by random seed, of reason heads.

The shipped model is in a folder of weights; those of the other seeds are below it, each in a folder of its
own under ``seeds/``, with the same name, and are never listed as models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from xai.errors import WeightsUnavailable
from xai.learning.evaluation.subgroups import KINDS
from xai.models.cards import Card, read_card
from xai.photo.synthetic_masks.wear_styles import REASONS
from xai.types import CLASSES

__all__ = ["SEEDS", "kind_tables", "reason_table", "seed_tables", "shipped_folder"]

_SUBGROUP_HEAD = (
    "| model | set and setting | faces | n (covered / incorrect / uncovered) | accuracy (95 %) | ACA (95 %) "
    "| covered | incorrect | uncovered |",
    "|---|---|---|---|---|---|---|---|---|",
)
_TITLES = {
    "size": "By size of the face (shorter side, pixels of the photo)",
    "pose": "By turn of the head",
    "colour": "By colour of the mask",
}

SEEDS = "seeds"
"""Folder of the other seeds' models, one folder each."""

_FIGURES = ("aca", "accuracy", *CLASSES, "ece")
_SEED_HEAD = "| set and setting | n | {figures} |"

_REASON_HEAD = (
    f"| model | set | n | named rightly | {' | '.join(REASONS)} | said from | said of | right of those |",
    f"|---|---|---|---|{'---|' * len(REASONS)}---|---|---|",
)


def kind_tables(cards: Sequence[Card]) -> list[str]:
    """A heading and a table for each subgroup axis measured on some card; nothing without any."""
    lines = []
    for kind in KINDS:
        rows = [
            _subgroup_row(card.name, key, kind, one)
            for card in cards
            for key, found in sorted(card.metrics.items())
            for one in found.get("by", {}).get(kind, ())
        ]
        if rows:
            lines += ["", f"#### {_TITLES[kind]}", "", *_SUBGROUP_HEAD, *rows]
    return ["", "### By kind of face", *lines] if lines else []


def _subgroup_row(model: str, key: str, kind: str, one: Mapping[str, Any]) -> str:
    counts = " / ".join(str(one["counts"].get(name, 0)) for name in CLASSES)
    cells = [KINDS[kind].bins.get(one["bin"], one["bin"]), f"{one['n']} ({counts})"]
    cells += [_with_interval(one[name], one["intervals"].get(name)) for name in ("accuracy", "aca")]
    cells += [f"{one['per_class'][name]:.3f}" if name in one["per_class"] else "–" for name in CLASSES]
    return f"| {model} | {key} | {' | '.join(cells)} |"


def _with_interval(value: float, ends: Sequence[float] | None) -> str:
    return f"{value:.3f}" + (f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else "")


def shipped_folder(folder: Path) -> Path:
    """The folder whose page describes the models in ``folder``: for another seed's, the one above it.

    >>> shipped_folder(Path("weights/seeds/2")).name, shipped_folder(Path("weights")).name
    ('weights', 'weights')
    """
    return folder.parents[1] if folder.parent.name == SEEDS else folder


def seed_tables(cards: Sequence[Card], folder: Path) -> list[str]:
    """For each model trained with several seeds: which one ships and why, and all scores of each.

    Args:
        cards: of the shipped models.
        folder: theirs.

    Raises:
        WeightsUnavailable: the card of another seed, or its weights, are invalid; or it was made by another
            recipe, so that it is not comparable.
    """
    lines: list[str] = []
    for card in cards:
        others = [read_card(path) for path in sorted((folder / SEEDS).glob(f"*/{card.name}.json"))]
        for other in others:
            _check(card, other)
        if others:
            lines += _seed_table(card, sorted((card, *others), key=_seed))
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


def _seed_table(shipped: Card, cards: Sequence[Card]) -> list[str]:
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
        _SEED_HEAD.format(figures=" | ".join(f"{name}: seeds {seeds} (range)" for name in _FIGURES)),
        "|---" * (2 + len(_FIGURES)) + "|",
        *(_seed_row(key, [card.metrics[key] for card in cards]) for key in keys),
    ]


def _seed_row(key: str, found: Sequence[Mapping[str, Any]]) -> str:
    cells = [_cell([row.get(name, row["per_class"].get(name)) for row in found]) for name in _FIGURES]
    return f"| {key} | {found[0]['n']} | {' | '.join(cells)} |"


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "–"
    return f"{' / '.join(f'{value:.3f}' for value in known)} ({max(known) - min(known):.3f})"


def _kept(card: Card, figure: str) -> float:
    """A metric of the epoch whose weights were kept."""
    return next(row[figure] for row in card.history if row["epoch"] == card.recipe["kept_epoch"])


def _seed(card: Card) -> int:
    return int(card.recipe["seed"])


def reason_table(folder: Path) -> list[str]:
    """A heading and a table of the heads in ``folder/reasons``; nothing where there is none.

    Drawn sets are evaluated on held-out groups.

    Raises:
        WeightsUnavailable: a head's file cannot be read.
    """
    rows = [row for path in sorted((folder / "reasons").glob("*.safetensors")) for row in _reason_rows(path)]
    return ["", "### Reasons of a mask worn incorrectly", "", *_REASON_HEAD, *rows] if rows else []


def _reason_rows(path: Path) -> list[str]:
    try:
        with safe_open(path, framework="np") as file:
            header = file.metadata()
        about, threshold = json.loads(header["about"]), float(header["threshold"])
        sets = {f"{', '.join(about['sets'])}, held out": about["held_out"], **about.get("measured", {})}
        return [_reason_row(path.stem, name, found, threshold) for name, found in sets.items()]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsUnavailable(
            f"The reasons in {path} cannot be read ({error}); train them again."
        ) from error


def _reason_row(model: str, name: str, found: Mapping[str, Any], threshold: float) -> str:
    shares = (f"{found['per_reason'][r]:.3f}" if r in found["per_reason"] else "–" for r in REASONS)
    right = "–" if found["precision"] is None else f"{found['precision']:.3f}"
    cells = (
        model,
        name,
        found["n"],
        f"{found['accuracy']:.3f}",
        *shares,
        threshold,
        f"{found['said']:.3f}",
        right,
    )
    return f"| {' | '.join(map(str, cells))} |"
