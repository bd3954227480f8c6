"""Writes model cards: training and scores."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from xai.atomic_write import write_atomically
from xai.learning.evaluation.evaluate import Evaluation, Setting
from xai.learning.evaluation.model_groups import ModelGroup
from xai.learning.training.recipe import BINARY
from xai.learning.training.recipe_registry import Recipe, recipe_for, repair_recipe
from xai.learning.training.train import Split, Trained
from xai.models.cards import Card, measured_folder, read_measured, weights_folders
from xai.types import CLASSES

__all__ = ["LeftOut", "known_limits", "record", "refresh_limits", "save_card", "write_card"]

_PORTRAITS = "mfn"
"""The set with drawn masks, labelled by how they were drawn."""

_PHOTOS = (
    "Trained on photos of adults wearing mostly surgical and cloth masks; other coverings, children and "
    "extreme poses are rare there."
)
_DRAWN = (
    "Trained on portraits with masks drawn on them; real masks, and faces that do not pose, are not there."
)
_DOUBTED = {
    "ilc": "About one in ten labels “mask worn incorrectly” of its training data is doubtful.",
    "fmd": "Of the faces that it learnt as “mask worn incorrectly”, about one in five has a doubtful label "
    "and more than two in five are too small to tell.",
}
"""Set -> findings of a manual review of its faces."""

_SIFTED = (
    "Training faces whose label a person doubted were left out, so it has learnt little from cases on which "
    "people disagree."
)

_THREE = "It knows three classes and always answers with one of them, whatever the picture shows."
_TWO = (
    "It says whether there is a mask, not how it is worn, and always answers with one of the two, whatever "
    "the picture shows."
)
_FORMER = ("About one in ten 'incorrect' labels of its training data is doubtful.",)
"""Limits on older cards; replaced when they are measured again."""

_TOLD = (
    "epochs", "batch_size", "learning_rate", "seed", "input_size", "precision", "fold", "start",
    "start_share", "surroundings", "exchanged", "place", "consistency",
)  # fmt: skip
"""Settings that the command names where they differ from the recipe."""

_COURSE = ("epoch", "train_loss", "train_accuracy", "loss", "accuracy", "aca")
"""Fields of each epoch on a card."""


@dataclass(frozen=True)
class LeftOut:
    """Faces deliberately left out of a training because their labels are on a list of doubts.

    Attributes:
        faces: how many.
        sha256: hex digest of the list.
    """

    faces: int
    sha256: str


def write_card(
    name: str,
    recipe: Recipe,
    trained: Trained,
    protocol: str,
    doubts: LeftOut | None = None,
    repaired: Card | None = None,
) -> Path:
    """Write ``<name>.json`` beside the weights of ``trained``; returns its path.

    ``repaired`` is the card of the model that ``repair`` trained again: what is not a matter of training is
    taken from it.
    """
    split = trained.split
    data = {part: _counts(split, part, recipe.classes) for part in ("train", "val")}
    command = _command(recipe, protocol, split, repaired) + (" --doubts FILE" if doubts else "")
    card = Card(
        name=name,
        architecture=recipe.architecture,
        classes=recipe.classes,
        input_size=recipe.input_size,
        mean=recipe.mean,
        std=recipe.std,
        margin=repaired.margin if repaired else 0.3,
        temperature=trained.temperature,
        source=recipe.source,
        protocol=protocol,
        sha256=hashlib.sha256(trained.weights.read_bytes()).hexdigest(),
        recipe={
            **asdict(recipe),
            "command": command,
            "kept_epoch": int(trained.best["epoch"]),
            "seconds": round(trained.seconds),
            "left_out": len(trained.left_out),
            **({"doubts": asdict(doubts)} if doubts else {}),
            "torch": metadata.version("torch"),
        },
        data=data,
        metrics={"chosen on": {key: round(trained.best[key], 4) for key in ("accuracy", "aca", "loss")}},
        license="MIT",
        limits=known_limits(recipe.classes, data["train"], sifted=bool(doubts)),
        path=trained.weights,
        history=tuple(_rounded(row) for row in trained.history),
        incorrect=repaired.incorrect if repaired else "unknown",
    )
    return save_card(card, card.path.with_suffix(".json"))


def known_limits(classes: Sequence[str], learnt: Collection[str], *, sifted: bool = False) -> tuple[str, ...]:
    """Limits of a model that follow from its classes and training data, as sentences.

    Args:
        classes: its classes.
        learnt: names of the sets it was trained on.
        sifted: whether faces on a list of doubts were left out.
    """
    limits = [_DRAWN if set(learnt) == {_PORTRAITS} else _PHOTOS]
    if sifted:
        limits.append(_SIFTED)
    elif "incorrect" in classes:
        limits += [_DOUBTED[name] for name in _DOUBTED if name in learnt]
    if tuple(classes) == BINARY:
        limits.append(_TWO)
    elif set(classes) == set(CLASSES):
        limits.append(_THREE)
    return tuple(limits)


def refresh_limits(card: Card) -> Card:
    """The card with the current wording of ``known_limits``; other limits on it are kept."""
    ours = {_PHOTOS, _DRAWN, *_DOUBTED.values(), _SIFTED, _THREE, _TWO, *_FORMER}
    sifted = "doubts" in card.recipe
    said = (
        known_limits(card.classes, card.data.get("train", {}), sifted=sifted)
        if ours & set(card.limits)
        else ()
    )
    return replace(card, limits=(*said, *(each for each in card.limits if each not in ours)))


def record(row: ModelGroup, set_name: str, setting: Setting, found: Evaluation) -> tuple[Path, ...]:
    """Record one evaluation on the cards of a row; returns the folders whose tables must be updated.

    A model's figures go on its own card. Where its weights are outside the project's folder, and were trained
    under the seed protocol, a copy of the card goes to ``measured_folder``, so that the figures remain
    without the weights. The figures of pooled folds belong to no single model and go only there.
    """
    home, measured = weights_folders()[0], found.as_dict()
    if row.folds:
        _shelve(_measured(_pooled_card(row), set_name, setting, measured))
        return (home,)
    card = _measured(row.cards[0], set_name, setting, measured)
    folder = save_card(card, card.path.with_suffix(".json")).parent
    if card.protocol != "seed" or folder == home:
        return (folder,)
    _shelve(card)
    return folder, home


def save_card(card: Card, path: Path) -> Path:
    """Write a card to ``path`` atomically; returns ``path``."""
    text = json.dumps(card.as_dict(), indent=1) + "\n"
    return write_atomically(path, lambda place: place.write_text(text, encoding="utf-8"))


def _measured(card: Card, set_name: str, setting: Setting, measured: Mapping[str, Any]) -> Card:
    data, history = dict(card.data), card.history or _written_course(card)
    whole = replace(setting, without=None) == Setting(card.protocol)
    if whole and (card.protocol == "seed" or set_name not in card.data.get("val", {})):
        faces = {label: sum(answers.values()) for label, answers in measured["confusion"].items()}
        data["test"] = {**data.get("test", {}), set_name: faces}
    metrics = {**card.metrics, setting.key(set_name): dict(measured)}
    return replace(refresh_limits(card), data=data, history=history, metrics=metrics)


def _pooled_card(row: ModelGroup) -> Card:
    """One card for the models of several folds: settings and training history are those of the first.

    Figures recorded earlier for the same weights are kept.
    """
    first = row.cards[0]
    weights = {card.name: card.sha256 for card in row.cards}
    folds = ", ".join(map(str, row.folds))
    command = first.recipe.get("command", "").replace(f" --fold {row.folds[0]}", " --fold K")
    command += f"  # K = {folds}"
    recipe = {**first.recipe, "fold": None, "folds": list(row.folds), "weights": weights, "command": command}
    pooled = replace(first, name=row.name, sha256="", recipe=recipe, metrics={})
    before = _shelved(row.name)
    if before and before.recipe.get("weights") == weights:
        return replace(pooled, metrics=before.metrics, data=before.data)
    return pooled


def _shelved(name: str) -> Card | None:
    return next((card for card in read_measured().cards if card.name == name), None)


def _shelve(card: Card) -> None:
    folder = measured_folder()
    folder.mkdir(parents=True, exist_ok=True)
    save_card(card, folder / f"{card.name}.json")


def _written_course(card: Card) -> tuple[Mapping[str, float], ...]:
    """The training history for a card written before cards kept it, from the file beside it."""
    path = card.path.with_suffix(".history.json")
    rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else ()
    return tuple(_rounded(row) for row in rows)


def _rounded(row: Mapping[str, float]) -> dict[str, float]:
    return {key: round(row[key], 4) for key in _COURSE if key in row}


def _command(recipe: Recipe, protocol: str, split: Split, repaired: Card | None = None) -> str:
    """The command that reproduces the model, with every setting that differs from the recipe."""
    folders = "".join(f" --data {name}" for name in sorted({e.set_name for e in (*split.train, *split.val)}))
    written = repair_recipe(repaired) if repaired else recipe_for(recipe.name, protocol)
    changed = "".join(
        f" --{name.replace('_', '-')} {getattr(recipe, name)}"
        for name in _TOLD
        if getattr(recipe, name) not in ("", getattr(written, name))
    )
    begun = "XAI_WEIGHTS=DIR " if recipe.start else ""  # the folder of the model that it starts from
    if repaired:
        return f"{begun}python -m xai repair {repaired.name}{folders}{changed} --out DIR"
    if recipe.pretrained and not written.pretrained:
        changed += " --pretrained"
    return f"{begun}python -m xai train {recipe.name}{folders} --protocol {protocol}{changed} --out DIR"


def _counts(split: Split, part: str, classes: Sequence[str]) -> dict[str, Any]:
    examples = split.train if part == "train" else split.val
    by_set: dict[str, Counter[str]] = {}
    for example in examples:
        by_set.setdefault(example.set_name, Counter())[example.label] += 1
    return {name: {label: counts[label] for label in classes} for name, counts in by_set.items()}
