"""Label noise: faces that models which never saw them confidently classify differently.

Confident learning (Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset
Labels", https://arxiv.org/abs/1911.00068). The list is for manual review, or for ``train --doubts``.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np

from xai.atomic_write import write_atomically
from xai.errors import DataRejected
from xai.learning.data.cross_validation import fold_parts
from xai.learning.data.splits import Example, named_for
from xai.learning.evaluation.predictions import Answers, ask, concatenate
from xai.learning.publishing.model_cards import LeftOut, write_card
from xai.learning.training.recipe import Recipe
from xai.learning.training.train import Split, train
from xai.models.cards import read_card
from xai.models.classifiers import load_card

__all__ = [
    "SuspectLabel",
    "assign_folds",
    "face_id",
    "find_doubts",
    "flag_suspect_labels",
    "out_of_fold",
    "without_doubts",
    "write_doubts",
]


@dataclass(frozen=True)
class SuspectLabel:
    """One face with a suspect label; a row of the list.

    Attributes:
        file: see ``face_id``.
        label: its class in the set.
        suggested: the suggested class.
        p_label, p_suggested: their probabilities, by a model that did not learn from the face's group.
    """

    file: str
    label: str
    suggested: str
    p_label: float
    p_suggested: float


def face_id(example: Example) -> str:
    """Identifier of a face, wherever its set is: set and file, and the box for a face in a photo."""
    parts = example.path.parts
    start = max((i for i, part in enumerate(parts[:-1]) if part == example.set_name), default=len(parts) - 1)
    name = "/".join(parts[start:])
    if not example.cut or example.extent is None:
        return name
    return f"{name}#{','.join(f'{value:g}' for value in example.extent)}"


def assign_folds(examples: Sequence[Example], folds: int) -> tuple[Example, ...]:
    """The examples with a fold each, by a digest of their set and group: deterministic, groups together.

    Raises:
        ValueError: fewer than two folds.
    """
    if folds < 2:
        raise ValueError(f"at least 2 folds are needed, so that no model judges what it learnt, not {folds}")

    def fold(example: Example) -> int:
        digest = hashlib.sha256(f"{example.set_name}/{example.group}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % folds

    return tuple(replace(e, fold=fold(e)) for e in examples)


def out_of_fold(
    examples: Sequence[Example],
    recipe: Recipe,
    folds: int,
    report: Callable[[str], None],
    device: str = "auto",
) -> Answers:
    """Out-of-fold predictions for some faces.

    Args:
        examples: the faces.
        recipe: of each fold's model; a published row's.
        folds: how many trainings; each predicts one share of the groups.
        report: called with a line per fold and epoch.
        device: see ``pick_device``.

    Raises:
        DataRejected: a fold lacks a class; see also ``train``.
    """
    recipe = replace(recipe, ema_decay=0.0)  # a share of a small set has too few steps for averaging
    faces = assign_folds(named_for(examples, recipe.classes), folds)
    told = []
    for fold in range(folds):
        parts = fold_parts(faces, fold)
        report(
            f"fold {fold + 1} of {folds}: {len(parts.train)} faces to learn from, {len(parts.test)} to judge"
        )
        with tempfile.TemporaryDirectory() as folder:
            trained = train(recipe.name, recipe, Split(parts.train, parts.val), Path(folder), report, device)
            card = read_card(write_card(recipe.name, recipe, trained, "seed"))
            told.append(ask(load_card(card, device), parts.test))
    return concatenate(told)


def find_doubts(answers: Answers) -> tuple[SuspectLabel, ...]:
    """The faces confidently of another class than their label, clearest first.

    A class's threshold is the mean probability of that class over the faces with its label; a face is
    confidently of the most probable among the classes whose thresholds it reaches (the confident joint,
    section 3.1 of the paper). So a class on which the model is never confident has a lower threshold.

    Args:
        answers: probabilities from models not trained on the face they predict.
    """
    truth, p = answers.truth, answers.probabilities.astype(float)
    present = [int(j) for j in np.unique(truth)]
    thresholds = np.full(p.shape[1], np.inf)
    thresholds[present] = [p[truth == j, j].mean() for j in present]
    reached = np.where(p >= thresholds, p, -np.inf)
    suggested = reached.argmax(axis=1)
    doubted = np.flatnonzero(np.isfinite(reached.max(axis=1)) & (suggested != truth))
    found = (
        SuspectLabel(
            face_id(answers.examples[i]),
            answers.classes[truth[i]],
            answers.classes[suggested[i]],
            round(float(p[i, truth[i]]), 4),
            round(float(p[i, suggested[i]]), 4),
        )
        for i in doubted
    )
    return tuple(sorted(found, key=lambda doubt: (doubt.p_label - doubt.p_suggested, doubt.file)))


def write_doubts(doubts: Sequence[SuspectLabel], path: Path) -> Path:
    """Write the list as CSV with the columns ``file,label,suggested,p_label,p_suggested``.

    Raises:
        XaiError: it cannot be written.
    """

    def write(place: Path) -> None:
        with place.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(_COLUMNS)
            lines.writerows(astuple(doubt) for doubt in doubts)

    path.parent.mkdir(parents=True, exist_ok=True)
    return write_atomically(path, write)


def without_doubts(split: Split, path: Path | None) -> tuple[Split, LeftOut | None]:
    """The training faces without those on a list; the part for model selection stays.

    Raises:
        DataRejected: the list cannot be read, or none of its faces is in the training part.
    """
    if path is None:
        return split, None
    listed, digest = _read(path)
    kept = tuple(e for e in split.train if face_id(e) not in listed)
    count = len(split.train) - len(kept)
    if listed and not count:
        raise DataRejected(
            f"None of the {len(listed)} faces in {path} is learnt from; name the list of these sets."
        )
    return Split(kept, split.val), LeftOut(count, digest)


def flag_suspect_labels(examples: Sequence[Example], path: Path | None) -> tuple[Example, ...]:
    """The examples, those on a list with the review ``"doubtful"``.

    Raises:
        DataRejected: the list cannot be read.
    """
    if path is None:
        return tuple(examples)
    listed, _ = _read(path)
    return tuple(replace(e, review="doubtful") if face_id(e) in listed else e for e in examples)


_COLUMNS = tuple(field.name for field in fields(SuspectLabel))


def _read(path: Path) -> tuple[frozenset[str], str]:
    try:
        data = path.read_bytes()
        rows = csv.DictReader(data.decode("utf-8").splitlines())
        return frozenset(row["file"] for row in rows), hashlib.sha256(data).hexdigest()
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise DataRejected(
            f"{path} should be a list with the columns {', '.join(_COLUMNS)}, but: {error!r}."
        ) from error
