"""Rows of the results: a model, or the models of one recipe that were each trained without another fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from xai.errors import DataRejected
from xai.learning.data.cross_validation import fold_parts
from xai.learning.data.formats import Skip
from xai.learning.data.splits import Example, select
from xai.learning.evaluation.evaluate import Setting, measured_part
from xai.learning.evaluation.predictions import Answers, ask, concatenate
from xai.models.cards import Card
from xai.models.classifiers import load_card

__all__ = [
    "EvaluationTask",
    "ModelGroup",
    "answers_of",
    "asked_of",
    "faces_for",
    "fold_of",
    "is_undivided",
    "may_have_learnt",
    "rows_of",
]


@dataclass(frozen=True)
class ModelGroup:
    """One row of a table.

    Attributes:
        name: the model's own, or its name with ``folds`` in place of the fold.
        cards: one; or those of several folds, by fold.
    """

    name: str
    cards: tuple[Card, ...]

    @property
    def folds(self) -> tuple[int, ...]:
        """The folds that are pooled; empty for a single model."""
        return tuple(card.recipe["fold"] for card in self.cards) if len(self.cards) > 1 else ()


@dataclass(frozen=True)
class EvaluationTask:
    """Data and setting of an evaluation.

    Attributes:
        examples: one whole set.
        setting: which of its faces, and how they are cropped.
    """

    examples: tuple[Example, ...]
    setting: Setting

    @property
    def set_name(self) -> str:
        """The set's name; empty where it has no faces."""
        return self.examples[0].set_name if self.examples else ""


def rows_of(cards: Sequence[Card], protocol: str) -> tuple[ModelGroup, ...]:
    """The cards as rows, in their order.

    Under the seed protocol, models of one recipe and different folds form one row: every face is tested once,
    by a model that saw none of its group. Under the product protocol each is a model of its own.
    """
    rows: dict[str, list[Card]] = {}
    for card in cards:
        key = _pooled_name(card) if protocol == "seed" else card.name
        rows.setdefault(key, []).append(card)
    return tuple(_row(name, members) for name, members in rows.items())


def faces_for(card: Card, trial: EvaluationTask) -> tuple[tuple[Example, ...], int]:
    """The faces that a model is evaluated on, and how many were left out because it was trained on their
    group.

    Under the seed protocol a model trained without a fold is evaluated on that fold. Of a set with neither
    split nor folds every face is measured: see ``may_have_learnt``.

    Raises:
        DataRejected: none are left.
    """
    asked = asked_of(card, trial)
    learnt = (
        _learnt(card, trial) if _is_mine(card, trial) and not is_undivided(trial.examples) else frozenset()
    )
    left = tuple(e for e in asked if e.group not in learnt)
    if not left:
        raise DataRejected(
            f"{card.name} learnt from every one of the {len(asked)} faces; name another --data or --protocol."
        )
    return left, len(asked) - len(left)


def asked_of(card: Card, trial: EvaluationTask) -> tuple[Example, ...]:
    """The faces of the part that a model is evaluated on, learnt or not; raises as ``faces_for``."""
    return measured_part(trial.examples, trial.setting, fold_of(card, trial))


def fold_of(card: Card, trial: EvaluationTask) -> int | None:
    """The fold that a model is evaluated on; None where it is the setting's part."""
    folded = trial.setting.protocol == "seed" and (_is_mine(card, trial) or _has_folds(trial))
    return _fold(card) if folded else None


def may_have_learnt(card: Card, trial: EvaluationTask) -> bool:
    """Whether a model was trained on a set of this name, and the set does not say on which of its faces."""
    return _is_mine(card, trial) and is_undivided(trial.examples)


def is_undivided(examples: Sequence[Example]) -> bool:
    """Whether a set has neither a split nor folds."""
    return not any(e.split or e.fold is not None for e in examples)


def answers_of(
    row: ModelGroup,
    trial: EvaluationTask,
    device: str = "auto",
    report: Callable[[str, int, int], None] | None = None,
    skip: Skip | None = None,
) -> Answers:
    """Run each model of a row on the faces it is evaluated on.

    Args:
        row: the models.
        trial: the faces.
        device: see ``load_card``.
        report: called with a model's name, faces done and faces in all.
        skip: see ``ask``.

    Raises:
        DataRejected: see ``faces_for`` and ``ask``.
        WeightsUnavailable: see ``load_card``.
    """
    parts = []
    for card in row.cards:
        faces, learnt = faces_for(card, trial)
        told = partial(report, card.name) if report else None
        part = ask(load_card(card, device), faces, trial.setting.crops, told, skip)
        parts.append(replace(part, tally=replace(part.tally, learnt=learnt)))
    return concatenate(parts)


def _fold(card: Card) -> int | None:
    fold: int | None = card.recipe.get("fold")
    return fold


def _pooled_name(card: Card) -> str:
    fold = _fold(card)
    return card.name if fold is None else card.name.replace(f"_fold{fold}", "_folds")


def _row(name: str, members: Sequence[Card]) -> ModelGroup:
    if len(members) == 1:
        return ModelGroup(members[0].name, (members[0],))
    return ModelGroup(name, tuple(sorted(members, key=lambda card: (_fold(card) or 0, card.name))))


def _learnt(card: Card, trial: EvaluationTask) -> frozenset[str]:
    """Groups of the set that the model was trained on.

    A card that counts more faces than the training part holds was written before a part of it was held out
    for calibration: its model was trained on that part as well.
    """
    fold = _fold(card)
    if fold is not None and _has_folds(trial):
        return frozenset(e.group for e in fold_parts(trial.examples, fold).train)
    part = select(trial.examples, card.protocol, "train")
    if sum(card.data["train"][trial.set_name].values()) > len(part):
        part += select(trial.examples, card.protocol, "held")
    return frozenset(e.group for e in part)


def _is_mine(card: Card, trial: EvaluationTask) -> bool:
    return trial.set_name in card.data.get("train", {})


def _has_folds(trial: EvaluationTask) -> bool:
    return any(e.fold is not None for e in trial.examples)
