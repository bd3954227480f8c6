"""Evaluation of a classifier on a labelled set: the metrics of the results table and of every card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected
from xai.learning.data.cross_validation import fold_parts
from xai.learning.data.splits import Example, not_selected, select
from xai.learning.evaluation.metrics import bootstrap_intervals, calibration_error, confusion_matrix, summary
from xai.learning.evaluation.predictions import Answers, Tally, ask
from xai.learning.evaluation.subgroups import Bin
from xai.learning.training.recipe import BINARY
from xai.models.classifiers import Classifier

__all__ = ["Evaluation", "Setting", "evaluate", "measured_part", "score", "unmeasured"]

_POSITIVE = BINARY[0]
"""Positive class for precision, recall and so on of a two-class model."""


@dataclass(frozen=True)
class Setting:
    """Which faces of a set are measured, and how they are cropped.

    Attributes:
        protocol: ``"seed"`` or ``"product"``.
        crops: ``"annotated"`` (the set's own boxes) or ``"detected"`` (our detector's).
        review: ``"all"``, or ``"clear"`` to leave out faces with a doubtful label.
        min_side: faces with a shorter side below this many photo pixels are left out; None leaves it to
            the protocol (product: 20).
        overlap: keep near duplicates of training pictures; the product protocol leaves them out.
        without: a ``reason`` whose faces are left out, where their class is a matter of definition.
        reason: only faces with this ``reason``.
        label: only faces of this class.
        part: ``"test"``, or ``"held"``: see ``splits.select``.
    """

    protocol: str = "product"
    crops: str = "annotated"
    review: str = "all"
    min_side: float | None = None
    overlap: bool = False
    without: str | None = None
    reason: str | None = None
    label: str | None = None
    part: str = "test"

    def key(self, set_name: str) -> str:
        """Key of the evaluation on cards and in tables: the set and all non-default settings."""
        told = (
            (name, value)
            for name, value in asdict(self).items()
            if value is not None and value is not False and value not in ("all", "test")
        )
        return " ".join((set_name, *(f"{name}={value}" for name, value in told)))


@dataclass(frozen=True)
class Evaluation:
    """Result of an evaluation.

    Attributes:
        n: faces that were classified.
        tally: faces that were not, by reason; not part of the scores.
        positive: the positive class of precision, recall, specificity, npv and f1; None: macro means.
        scores: accuracy, aca, precision, recall, specificity, npv, f1, ece (15 bins).
        per_class: class -> accuracy on its faces.
        confusion: true class -> predicted class -> faces.
        intervals: score or class -> 95 % bootstrap interval, resampling whole groups.
        folds: the folds whose models were pooled; empty for a single model.
        groups: class -> groups with faces of it, on which its interval is based: see ``interval_gap``.
        by: subgroup axis -> its bins; see ``subgroups``. Only the requested ones.
    """

    n: int
    tally: Tally
    positive: str | None
    scores: Mapping[str, float]
    per_class: Mapping[str, float]
    confusion: Mapping[str, Mapping[str, int]]
    intervals: Mapping[str, tuple[float, float]]
    folds: tuple[int, ...] = ()
    groups: Mapping[str, int] = field(default_factory=dict)
    by: Mapping[str, tuple[Bin, ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, figures rounded to four places; None where undefined."""
        return {
            "n": self.n,
            **asdict(self.tally),
            "folds": list(self.folds),
            "positive": self.positive,
            **{name: _rounded(value) for name, value in self.scores.items()},
            "per_class": {name: round(value, 4) for name, value in self.per_class.items()},
            "confusion": {name: dict(row) for name, row in self.confusion.items()},
            "intervals": {name: [_rounded(v) for v in ends] for name, ends in self.intervals.items()},
            "groups": dict(self.groups),
            **(
                {"by": {kind: [one.as_dict() for one in bins] for kind, bins in self.by.items()}}
                if self.by
                else {}
            ),
        }


def measured_part(
    examples: Sequence[Example], setting: Setting, fold: int | None = None
) -> tuple[Example, ...]:
    """The faces of a set that ``setting`` measures.

    Args:
        examples: the whole set.
        setting: the protocol, and what is left out.
        fold: measure this fold of the set instead of the protocol's test part.

    Raises:
        DataRejected: none are left, or the set lacks the fold.
    """
    if fold is not None:
        part: Sequence[Example] = fold_parts(examples, fold).test
    else:
        part = examples if setting.overlap else select(examples, setting.protocol, setting.part)
    kept = tuple(e for e in part if _keep(e, setting))
    if not kept:
        names = ", ".join(sorted({e.set_name for e in examples})) or "nothing"
        raise DataRejected(f"No face of {names} is left to measure under the {setting.protocol} protocol.")
    return kept


def unmeasured(
    examples: Sequence[Example], measured: Sequence[Example], setting: Setting, fold: int | None = None
) -> dict[str, int]:
    """Why the other faces of a set are not among the ``measured``: a reason -> faces.

    The reasons are those of ``not_selected``, ``other_fold``, and ``setting``: left out by a doubtful label,
    ``without``, ``reason``, ``label`` or ``min_side``.
    """
    kept = {id(example) for example in measured}
    rest = [e for e in examples if id(e) not in kept]
    filtered = [e for e in rest if not _keep(e, setting)]
    others = [e for e in rest if _keep(e, setting)]
    found = {"other_fold": len(others)} if fold is not None else not_selected(others, (), setting.protocol)
    return {reason: n for reason, n in {"setting": len(filtered), **found}.items() if n}


def evaluate(
    classifier: Classifier,
    examples: Sequence[Example],
    crops: str = "annotated",
    report: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Classify every example and score the answers; errors as of ``ask``."""
    return score(ask(classifier, examples, crops, report))


def score(answers: Answers, folds: tuple[int, ...] = ()) -> Evaluation:
    """The scores of some answers, with their intervals; ``folds`` are recorded where answers were pooled."""
    classes, truth, answer = answers.classes, answers.truth, answers.answer
    confidence = answers.probabilities.max(axis=1).astype(float)
    positive = _POSITIVE if _POSITIVE in classes and len(classes) == len(BINARY) else None
    place = None if positive is None else classes.index(positive)

    def figures(drawn: NDArray[np.intp]) -> dict[str, float]:
        scores = summary(truth[drawn], answer[drawn], len(classes), place)
        return {**scores, "ece": calibration_error(confidence[drawn], truth[drawn] == answer[drawn])}

    def every(drawn: NDArray[np.intp]) -> dict[str, float]:
        return {**figures(drawn), **_per_class(truth[drawn], answer[drawn], classes)}

    confusion = confusion_matrix(truth, answer, len(classes))
    whole = np.arange(len(truth))
    return Evaluation(
        n=len(truth),
        tally=answers.tally,
        positive=positive,
        scores=figures(whole),
        per_class={c: v for c, v in _per_class(truth, answer, classes).items() if np.isfinite(v)},
        confusion={
            c: {a: int(confusion[i, j]) for j, a in enumerate(classes)} for i, c in enumerate(classes)
        },
        intervals=bootstrap_intervals(every, answers.groups),
        folds=folds,
        groups={c: len(np.unique(answers.groups[truth == i])) for i, c in enumerate(classes)},
    )


def _per_class(
    truth: NDArray[np.int64], answer: NDArray[np.int64], classes: Sequence[str]
) -> dict[str, float]:
    confusion = confusion_matrix(truth, answer, len(classes))
    counts = confusion.sum(axis=1)
    return {c: confusion[i, i] / counts[i] if counts[i] else float("nan") for i, c in enumerate(classes)}


def _keep(example: Example, setting: Setting) -> bool:
    if setting.review == "clear" and example.review not in ("", "clear"):
        return False
    if setting.without and example.reason == setting.without:
        return False
    if (setting.reason and example.reason != setting.reason) or (
        setting.label and example.label != setting.label
    ):
        return False
    return setting.min_side is None or example.short_side >= setting.min_side


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
