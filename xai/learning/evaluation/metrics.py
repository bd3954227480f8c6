"""Metrics of a classifier, and their uncertainty.

All of them are functions of two integer arrays: the true class and the predicted class of each face.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "bootstrap_intervals",
    "calibration_error",
    "class_scores",
    "confusion_matrix",
    "exact_mcnemar",
    "summary",
    "wilson",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def confusion_matrix(truth: Ints, answer: Ints, classes: int) -> Ints:
    """Counts ``(C, C)``: row = true class, column = answer.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(truth * classes + answer, minlength=classes * classes).reshape(classes, classes)


def class_scores(confusion: Ints) -> dict[str, Floats]:
    """One-vs-rest scores per class, each ``(C,)``; NaN where undefined.

    ``recall`` is also called the class's accuracy or sensitivity; ``npv`` is the negative predictive
    value.
    """
    total = confusion.sum()
    hit = np.diag(confusion).astype(float)
    actual, answered = confusion.sum(axis=1).astype(float), confusion.sum(axis=0).astype(float)
    rest = total - actual - answered + hit
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "precision": hit / answered,
            "recall": hit / actual,
            "specificity": rest / (total - actual),
            "npv": rest / (total - answered),
            "f1": 2 * hit / (actual + answered),
        }


def summary(truth: Ints, answer: Ints, classes: int, positive: int | None = None) -> dict[str, float]:
    """Accuracy, ACA (mean of the class accuracies) and the scores of ``class_scores``.

    The scores are means over the classes (macro), or with ``positive`` those of that class alone, as is usual
    where there are two. Classes without faces are left out of the means; the precision of a class that is
    never predicted counts as 0. Undefined scores and empty means are NaN.
    """
    confusion = confusion_matrix(truth, answer, classes)
    scores = class_scores(confusion)
    present = confusion.sum(axis=1) > 0
    scores["precision"] = np.nan_to_num(scores["precision"])  # never predicted: none is right
    aca = _mean(scores["recall"][present])
    accuracy = float(np.diag(confusion).sum() / max(1, confusion.sum()))
    told = {
        name: _mean(values[present]) if positive is None else float(values[positive])
        for name, values in scores.items()
    }
    return {"accuracy": accuracy, "aca": aca, **told}


def calibration_error(confidence: Floats, correct: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017, eq. 5): the mean gap between confidence and accuracy
    over equal-width bins, weighted by their faces.
    """
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(confidence[place == b].mean()) - float(correct[place == b].mean()))
        * int((place == b).sum())
        for b in np.unique(place)
    ]
    return sum(gaps) / len(confidence)


def bootstrap_intervals(
    measure: Callable[[NDArray[np.intp]], dict[str, float]],
    groups: NDArray[np.str_],
    *,
    rounds: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of every figure of ``measure``, resampling whole groups.

    Args:
        measure: indices of the drawn faces -> figures.
        groups: ``(N,)``, the clusters (faces of one photo, near-duplicates).
        rounds: bootstrap samples.
        seed: of the draws.
    """
    _, member = np.unique(groups, return_inverse=True)
    order = np.argsort(member, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(member))[:-1])
    random = np.random.default_rng(seed)
    drawn = [
        measure(np.concatenate([parts[i] for i in random.integers(0, len(parts), len(parts))]))
        for _ in range(rounds)
    ]
    return {name: _interval(np.array([d[name] for d in drawn])) for name in drawn[0]}


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), for faces that are independent of each other.

    >>> [round(end, 3) for end in wilson(9, 13)]
    [0.424, 0.873]

    Raises:
        ValueError: a share of nothing.
    """
    if of < 1:
        raise ValueError(f"a share needs at least one face to be of, not {of}")
    share, z2 = hits / of, 1.959964**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = math.sqrt(z2 * (share * (1 - share) / of + z2 / (4 * of * of))) / (1 + z2 / of)
    return middle - half, middle + half


def exact_mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Two-sided p of the exact McNemar test (1947): are two models right equally often on the same faces?

    Args:
        first: bool ``(N,)``, whether one model was right on each face.
        second: the same of the other model, in the same order.

    Only the faces on which one of the two was right count; under the null hypothesis each of them is a
    fair coin.
    """
    alone, other = int((first & ~second).sum()), int((second & ~first).sum())
    tosses = alone + other
    tail = sum(math.comb(tosses, k) for k in range(min(alone, other) + 1))
    return min(1.0, 2 * tail / (1 << tosses))


def _interval(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
