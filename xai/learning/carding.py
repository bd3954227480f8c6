"""Writing cards: what a training was, and what its model scored."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from xai.learning.recipes import Recipe, recipe_for
from xai.learning.training import Split, Trained
from xai.models.cards import Card, read_card
from xai.types import CLASSES

__all__ = ["record_metrics", "write_card", "write_table"]

_LIMITS = (
    "Trained on photos of adults wearing mostly surgical and cloth masks; other coverings, children and "
    "extreme poses are rare there.",
    "About one in ten 'incorrect' labels of its training data is doubtful.",
    "It knows three classes and always answers with one of them, whatever the picture shows.",
)


def write_card(name: str, recipe: Recipe, trained: Trained, protocol: str, split: Split) -> Path:
    """Write ``<name>.json`` beside the weights of ``trained``; returns its path."""
    card = Card(
        name=name,
        architecture=recipe.architecture,
        classes=recipe.classes,
        input_size=recipe.input_size,
        mean=recipe.mean,
        std=recipe.std,
        margin=0.3,
        temperature=trained.temperature,
        source=recipe.source,
        protocol=protocol,
        sha256=hashlib.sha256(trained.weights.read_bytes()).hexdigest(),
        recipe={
            **asdict(recipe),
            "command": _command(recipe, protocol, split),
            "kept_epoch": int(trained.best["epoch"]),
            "seconds": round(trained.seconds),
            "left_out": len(trained.left_out),
            "torch": metadata.version("torch"),
        },
        data={part: _counts(split, part, recipe.classes) for part in ("train", "val")},
        metrics={"chosen on": {key: round(trained.best[key], 4) for key in ("accuracy", "aca", "loss")}},
        license="MIT",
        limits=_LIMITS,
        path=trained.weights,
    )
    return _save(card)


def record_metrics(card: Card, setting: Mapping[str, Any], measured: Mapping[str, Any]) -> Path:
    """Put one evaluation on a card, under a key that says what was measured; returns the card's path."""
    said = {name: value for name, value in setting.items() if value is not None and value is not False}
    key = " ".join(f"{name}={value}" for name, value in said.items() if value != "all")
    fields = card.as_dict()
    metrics = {**card.metrics, key.removeprefix("set="): dict(measured)}
    return _save(Card(**{**fields, "metrics": metrics}, path=card.path))


def write_table(folder: Path) -> Path:
    """Rewrite the results table of ``folder/README.md`` from the cards beside it; returns its path.

    What stands before the table's heading is kept.
    """
    path = folder / "README.md"
    before = path.read_text(encoding="utf-8") if path.is_file() else "# Weights\n\n"
    lines = [_HEADING, "", *_COLUMNS]
    for card_path in sorted(folder.glob("*.json")):
        card = read_card(card_path)
        lines += [_row(card, name, row) for name, row in sorted(card.metrics.items()) if "n" in row]
    path.write_text(before.split(_HEADING)[0] + "\n".join(lines) + "\n", encoding="utf-8")
    return path


_HEADING = "## Results"
_COLUMNS = (
    "| model | set and setting | n | accuracy | ACA (95 %) | covered | incorrect | uncovered | F1 | ECE |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def _row(card: Card, name: str, row: Mapping[str, Any]) -> str:
    low, high = row["intervals"]["aca"]
    classes = " | ".join(f"{row['per_class'][c]:.3f}" if c in row["per_class"] else "–" for c in CLASSES)
    missed = f" (+{row['missed']} not found)" if row["missed"] else ""
    return (
        f"| {card.name} | {name} | {row['n']}{missed} | {row['accuracy']:.3f} | {row['aca']:.3f} "
        f"({low:.3f} to {high:.3f}) | {classes} | {row['f1']:.3f} | {row['ece']:.3f} |"
    )


def _save(card: Card) -> Path:
    path = card.path.with_suffix(".json")
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(card.as_dict(), indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
    return path


def _command(recipe: Recipe, protocol: str, split: Split) -> str:
    """The call that makes the model again, with every setting that departs from the written recipe."""
    folders = "".join(f" --data {name}" for name in sorted({e.set_name for e in (*split.train, *split.val)}))
    written = recipe_for(recipe.name, protocol)
    changed = "".join(
        f" --{name.replace('_', '-')} {getattr(recipe, name)}"
        for name in ("epochs", "batch_size", "learning_rate", "seed", "input_size", "precision", "fold")
        if getattr(recipe, name) != getattr(written, name)
    )
    if recipe.pretrained and not written.pretrained:
        changed += " --pretrained"
    return f"python -m xai train {recipe.name}{folders} --protocol {protocol}{changed} --out DIR"


def _counts(split: Split, part: str, classes: Sequence[str]) -> dict[str, Any]:
    examples = split.train if part == "train" else split.val
    by_set: dict[str, Counter[str]] = {}
    for example in examples:
        by_set.setdefault(example.set_name, Counter())[example.label] += 1
    return {name: {label: counts[label] for label in classes} for name, counts in by_set.items()}
