"""Experiments that compare trainings: read from the cards of their models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xai.errors import DataRejected
from xai.learning.evaluation.evaluate import Setting
from xai.learning.evaluation.metrics import wilson
from xai.learning.publishing.results_tables import compared
from xai.learning.studies.record import Experiment, Line, Measured, Sources
from xai.models.cards import Card, read_cards, read_measured

__all__ = ["pretraining", "selection", "weights_and_depth"]

_SELECTED = (
    ("resnet50_tried", 0.88),
    ("resnet18_tried", None),
    ("alexnet", None),
    ("vgg16_tried", None),
    ("densenet121_tried", None),
    ("inception_v3", None),
)
"""Study 000's candidates, and its published validation accuracy: of the selected one, before tuning."""

_DEPTHS = ("cnn3", "cnn3_50_50", "cnn3_70_30", "cnn2_50_50", "cnn2", "mobilenet_v3_small")
_STARTS = (("mobilenet_v2_imagenet", "ImageNet weights"), ("mobilenet_v2_random", "random weights"))


def selection(_: Sources) -> Experiment:
    """Which of six networks study 000 would have selected, by the accuracy on the validation part.

    Raises:
        DataRejected: fewer than two of them have been trained.
    """
    cards = _cards((name for name, _ in _SELECTED), "mfn")
    published = dict(_SELECTED)
    lines = (Line(row, _validation(card), published[row]) for row, card in cards.items())
    return Experiment(
        "selection",
        "Which of six networks answers best on the validation part?",
        "000",
        tuple(sorted(lines, key=lambda line: -line.measured.value)),
        _trainings(cards),
        "All from random weights; the study started from ImageNet's and prints the figure of the one it "
        "took. The epoch was chosen on these faces, which flatters each alike; intervals are Wilson's, faces "
        "taken as independent." + _missing(cards, [name for name, _ in _SELECTED]),
    )


def weights_and_depth(_: Sources) -> Experiment:
    """The effect of class weights and of a third block in study 001's table, on the F1 of ``with_mask``.

    Raises:
        DataRejected: fewer than two of its rows have been measured.
    """
    cards = {row: card for row, card in _cards(_DEPTHS, "fmd").items() if _own_test(card)}
    _enough(cards, _DEPTHS)
    return Experiment(
        "weights_and_depth",
        "What do class weights and a third block change?",
        "001",
        tuple(Line(row, _tested(card, "f1"), card.recipe["published"]["f1"]) for row, card in cards.items()),
        "python -m xai evaluate --published fmd --protocol seed --data DATA/fmd --update && "
        "python -m xai experiments weights_and_depth --update",
        "F1 of with_mask on faces that were never learnt from; the names end in the weights of "
        "without : with; without an ending 60 : 40." + _missing(cards, _DEPTHS),
    )


def pretraining(_: Sources) -> Experiment:
    """Whether ImageNet's weights help at study 003's settings.

    Raises:
        DataRejected: one of the two trainings has not been measured.
    """
    says = dict(_STARTS)
    cards = {row: card for row, card in _cards(says, "fmd").items() if _own_test(card)}
    _enough(cards, list(says))
    return Experiment(
        "pretraining",
        "Does a network that learnt from ImageNet first do better on faces?",
        "003",
        tuple(Line(says[row], _tested(card, "aca")) for row, card in cards.items()),
        _trainings(cards),
        "MobileNetV2, 64 px, both trained alike; ACA on faces that were never learnt from. The study says "
        "that runs without pretrained weights always gave a worse ACA, and prints no figure.",
    )


def _cards(rows: Iterable[str], trained_on: str) -> dict[str, Card]:
    """Row -> its card, of its pooled folds rather than of a single training, where there is one.

    Raises:
        DataRejected: fewer than two rows have one.
    """
    wanted = list(rows)
    every = {card.name: card for card in (*read_measured().cards, *read_cards().cards)}
    named = {row: (f"{row}_folds_{trained_on}", f"{row}_{trained_on}") for row in wanted}
    found = {row: every[name] for row, names in named.items() for name in names[::-1] if name in every}
    _enough(found, wanted)
    return {row: found[row] for row in wanted if row in found}


def _enough(found: Mapping[str, Card], wanted: Sequence[str]) -> None:
    if len(found) < 2:
        raise DataRejected(
            f"Two or more of the models {', '.join(wanted)} are needed, measured by `python -m xai evaluate "
            f"--protocol seed --update`; {len(found)} is here."
        )


def _missing(found: Mapping[str, Card], wanted: Sequence[str]) -> str:
    left = [row for row in wanted if row not in found]
    return f" Not trained here: {', '.join(left)}." if left else ""


def _trainings(cards: Mapping[str, Card]) -> str:
    return "; ".join(card.recipe["command"] for card in cards.values())


def _validation(card: Card) -> Measured:
    faces = sum(count for counts in card.data["val"].values() for count in counts.values())
    accuracy = card.metrics["chosen on"]["accuracy"]
    low, high = wilson(round(accuracy * faces), faces)
    return Measured("validation accuracy", accuracy, low, high, faces)


def _own_test(card: Card) -> Mapping[str, Any] | None:
    """The card's scores on the test part of the set that it was trained on."""
    plain = Setting("seed").key("")
    return next(
        (row for key, row in card.metrics.items() if compared(card, key) and key.endswith(plain)), None
    )


def _tested(card: Card, figure: str) -> Measured:
    row = _own_test(card)
    assert row is not None
    low, high = row["intervals"][figure]
    return Measured(figure, row[figure], low, high, row["n"])
