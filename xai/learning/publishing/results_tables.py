"""The tables of ``weights/README.md``: written from the cards, never by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from xai.atomic_write import write_atomically
from xai.errors import WeightsUnavailable
from xai.learning.publishing.extra_tables import kind_tables, reason_table, seed_tables, shipped_folder
from xai.learning.training.recipe import BINARY
from xai.models.cards import Card, card_paths, read_card, read_measured, weights_folders
from xai.types import CLASSES

__all__ = ["EXCHANGED", "compared", "write_table"]

EXCHANGED = {"precision": "recall", "recall": "precision", "specificity": "npv", "npv": "specificity"}
"""Study 001's six rows agree on one test set only if these pairs of its columns are swapped (F1 stays)."""

_HEADING = "## Results"
_LEADING = {"001": "f1", "003": "aca"}
"""The metric by which a study ranks its models; accuracy where it names none."""

_PRODUCT = (
    "| model | set and setting | n | accuracy | ACA (95 %) | covered | incorrect | uncovered | F1 | ECE |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
_SEED = (
    "| study | row | start | set and setting | n | figure | published | measured (95 %) "
    "| the others: published / measured (95 %) | notes |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def write_table(folder: Path | None = None) -> Path:
    """Rewrite everything after the heading *Results* in a folder's README.md from the cards; returns its
    path.

    Everything before the heading is kept.

    Args:
        folder: of the cards; the project's own by default, which includes measured models without weights.
            For a folder of another seed's models it is that of the shipped ones.

    Raises:
        WeightsUnavailable: a card, its weights or a reason head are invalid; the figures of the others are
            recorded all the same.
        XaiError: the page cannot be written.
    """
    home = weights_folders()[0]
    folder = shipped_folder(folder or home)
    cards = [read_card(path) for path in card_paths(folder)]
    if folder == home:
        here, measured = {card.name for card in cards}, read_measured()
        if measured.problems:
            raise WeightsUnavailable(measured.problems[0])  # a row must not vanish from the table silently
        cards += [card for card in measured.cards if card.name not in here]
    path = folder / "README.md"
    before = path.read_text(encoding="utf-8") if path.is_file() else "# Weights\n\n"
    lines = [_HEADING, "", *_tables(cards, folder), *reason_table(folder)]
    text = before.split(_HEADING)[0] + "\n".join(lines) + "\n"
    return write_atomically(path, lambda place: place.write_text(text, encoding="utf-8"))


def compared(card: Card, key: str) -> bool:
    """Whether the published figures of a card are comparable with its scores under ``key``.

    They are on the set that the row was trained for, with all classes and reasons.
    """
    set_name, _, setting = key.partition(" ")
    own = set_name == card.recipe.get("trained_on") or set_name in card.data.get("train", {})
    return own and "label=" not in setting and " reason=" not in f" {setting}"


def _tables(cards: Sequence[Card], folder: Path) -> list[str]:
    product = [card for card in cards if card.protocol != "seed"]
    seed = [card for card in cards if card.protocol == "seed"]
    rows = [_product_row(card, *entry) for card in product for entry in _measurements(card)]
    lines = [
        "### Product protocol",
        "",
        *_PRODUCT,
        *rows,
        *seed_tables(product, folder),
        *kind_tables(product),
    ]
    return lines + (["", *_seed_tables(seed)] if seed else [])


def _measurements(card: Card) -> list[tuple[str, Mapping[str, Any]]]:
    return [(key, row) for key, row in sorted(card.metrics.items()) if "n" in row]


def _product_row(card: Card, key: str, row: Mapping[str, Any]) -> str:
    classes = " | ".join(f"{row['per_class'][c]:.3f}" if c in row["per_class"] else "–" for c in CLASSES)
    return (
        f"| {card.name} | {key} | {_faces(row)} | {row['accuracy']:.3f} | {_interval(row, 'aca')} "
        f"| {classes} | {_number(row['f1'])} | {row['ece']:.3f} |"
    )


def _seed_tables(cards: Sequence[Card]) -> list[str]:
    """The comparison with the studies, then the numbered departures, then the commands."""
    ranked = sorted(cards, key=lambda card: (card.source, card.name))
    notes = list(dict.fromkeys(chain.from_iterable(card.recipe.get("departures", ()) for card in ranked)))
    rows = [_seed_row(card, notes, *entry) for card in ranked for entry in _measurements(card)]
    commands = dict.fromkeys(card.recipe.get("command", "") for card in ranked)
    return [
        "### Seed protocol: the five studies",
        "",
        *_SEED,
        *rows,
        "",
        "Where the trainings depart from the studies (the numbers under *notes*):",
        "",
        *(f"{number}. {sentence}" for number, sentence in enumerate(notes, start=1)),
        "",
        "What makes these models:",
        "",
        *(f"    {command}" for command in commands if command),
    ]


def _seed_row(card: Card, notes: Sequence[str], key: str, row: Mapping[str, Any]) -> str:
    published = card.recipe.get("published", {}) if compared(card, key) else {}
    leading = _LEADING.get(card.source, "accuracy")
    if leading not in published and published:
        leading = next(iter(published))
    others = [figure for figure in published if figure != leading]
    departures = card.recipe.get("departures", ())
    cells = (
        card.source,
        card.name + (f" ({len(row['folds'])} folds)" if row.get("folds") else ""),
        "ImageNet" if card.recipe.get("pretrained") else card.recipe.get("start") or "random",
        key,
        _faces(row),
        leading,
        _printed(card, published, leading),
        _interval(row, leading),
        "; ".join(f"{f} {_printed(card, published, f)} / {_interval(row, f)}" for f in others) or "–",
        " ".join(map(str, sorted(notes.index(said) + 1 for said in departures))) or "–",
    )
    return f"| {' | '.join(cells)} |"


def _printed(card: Card, published: Mapping[str, float], figure: str) -> str:
    """The published figure; of study 001 both as published and with its columns swapped."""
    if figure not in published:
        return "–"
    other = EXCHANGED.get(figure, "")
    if card.classes == BINARY and other in published:
        return f"{published[figure]:.3f} (exchanged {published[other]:.3f})"
    return f"{published[figure]:.3f}"


def _faces(row: Mapping[str, Any]) -> str:
    said = {"missed": "not found", "unreadable": "unreadable", "learnt": "learnt from"}
    more = ", ".join(f"+{row[key]} {words}" for key, words in said.items() if row.get(key))
    return f"{row['n']} ({more})" if more else str(row["n"])


def _interval(row: Mapping[str, Any], figure: str) -> str:
    value = row[figure] if figure in row else row["per_class"].get(figure)
    low, high = row["intervals"].get(figure, (None, None))
    ends = "" if low is None else f" ({low:.3f} to {high:.3f})"
    return _number(value) + (ends if value is not None else "")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
