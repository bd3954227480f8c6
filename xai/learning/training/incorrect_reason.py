"""Trains a reason head that says why a mask is worn incorrectly, from drawn masks alone, and measures it.

Multinomial logistic regression on the classifier's own frozen features. The drawn set's labels are true by
construction; MaskedFace-Net's reasons are for measuring only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn import functional

from xai.errors import DataRejected
from xai.learning.data.splits import TEST_ONLY, Example, load_crop
from xai.models.classifiers import Classifier
from xai.models.incorrect_reason import ReasonHead, pooled_features
from xai.photo.synthetic_masks.wear_styles import REASONS

__all__ = ["ReasonScores", "learn_reasons", "measure_reasons", "with_reasons"]

_NAMED = {
    **{reason: reason for reason in REASONS},
    "nose_uncovered": "nose",
    "nose_mouth_uncovered": "nose and mouth",
    "chin_uncovered": "chin",
}
"""Reason names of sets -> our names."""

_DECAYS = (1e-3, 1e-2, 1e-1, 1.0)
"""L2 penalties that are tried, rising."""

_HELD_OUT = 5  # every fifth group
_PRECISION = 0.9
"""Least precision of each reason, on held-out groups."""

_STEPS = 60
_CHUNK = 256
_LEAST_PER_REASON = 2


@dataclass(frozen=True)
class ReasonScores:
    """Scores of a reason head.

    Attributes:
        n: faces.
        accuracy: share with the right reason.
        per_reason: the same for the faces of each reason; those without a face are left out.
        counts: true reason -> named reason -> faces.
        said: share of the faces whose reason is reported.
        precision: share of those that are right; None where none is reported.
        precision_of: the same for each reported reason.
    """

    n: int
    accuracy: float
    per_reason: dict[str, float]
    counts: dict[str, dict[str, int]]
    said: float
    precision: float | None
    precision_of: dict[str, float]


@dataclass(frozen=True, eq=False)
class _Known:
    """Faces whose reason is known: features float32 ``(N, C)``, reasons int64 ``(N,)``, groups."""

    features: Tensor
    reasons: Tensor
    groups: tuple[str, ...]


def with_reasons(examples: Sequence[Example]) -> tuple[Example, ...]:
    """The incorrect faces for which the set gives a known reason."""
    return tuple(e for e in examples if e.label == "incorrect" and e.reason in _NAMED)


def learn_reasons(
    classifier: Classifier, examples: Sequence[Example], report: Callable[[int, int], None] | None = None
) -> ReasonHead:
    """Train a head for ``classifier`` on drawn faces.

    The penalty is chosen on every fifth group, held out: the strongest within one standard error of the best
    (Breiman et al., "Classification and Regression Trees", 1984). The head is then trained on all faces.

    A reason is reported from the lowest probability at which nine of ten faces given a reason have it, for
    every reason; each fifth of the groups is predicted by a head trained on the others. ``about`` holds the
    scores of these predictions.

    Args:
        classifier: whose features are used; it is not changed.
        examples: faces of drawn sets; those that are not incorrect, or give no reason, are skipped.
        report: called with faces read and faces in all.

    Raises:
        DataRejected: an evaluation-only set is among them, or a reason has no or too few faces.
    """
    faces = with_reasons(examples)
    _check(faces)
    known = _know(classifier, faces, report)
    order = {group: number for number, group in enumerate(dict.fromkeys(known.groups))}
    held = torch.tensor([order[group] % _HELD_OUT == 0 for group in known.groups])
    tried = {decay: _trial(known, held, decay) for decay in _DECAYS}
    decay = _strongest_of_the_best(tried)
    weight, bias = _fit(known.features, known.reasons, decay)
    told = _cross_fitted(known, torch.tensor([order[group] for group in known.groups]), decay)
    threshold = _threshold(told, known.reasons)
    about = {
        "sets": sorted({e.set_name for e in faces}),
        "faces": len(faces),
        "decay": decay,
        "held_out": asdict(_score(told, known.reasons, threshold)),
    }
    return ReasonHead(weight, bias, classifier.card.sha256, about, threshold)


def measure_reasons(
    head: ReasonHead,
    classifier: Classifier,
    examples: Sequence[Example],
    report: Callable[[int, int], None] | None = None,
) -> ReasonScores:
    """How often the head names the right reason, over the faces of ``with_reasons(examples)``.

    Raises:
        DataRejected: not one of the examples has a reason.
    """
    faces = with_reasons(examples)
    if not faces:
        raise DataRejected(f"No incorrect face of the set gives a reason; known are {', '.join(_NAMED)}.")
    known = _know(classifier, faces, report)
    told = (known.features @ head.weight.T + head.bias).softmax(dim=1)
    return _score(told, known.reasons, head.threshold)


def _check(faces: Sequence[Example]) -> None:
    measuring = sorted({e.set_name for e in faces if e.set_name in TEST_ONLY})
    if measuring:
        raise DataRejected(f"The set {measuring[0]} is for measuring only; train reasons on a drawn set.")
    for reason in REASONS:
        groups = {e.group for e in faces if _NAMED[e.reason] == reason}
        if len(groups) < _LEAST_PER_REASON:
            raise DataRejected(
                f"The sets hold {len(groups)} groups of faces with the reason {reason!r}, and at least "
                f"{_LEAST_PER_REASON} are needed; draw more with `python -m xai draw`."
            )


def _know(
    classifier: Classifier, faces: Sequence[Example], report: Callable[[int, int], None] | None
) -> _Known:
    seen: list[Tensor] = []
    for start in range(0, len(faces), _CHUNK):
        some = faces[start : start + _CHUNK]
        seen.append(pooled_features(classifier, [load_crop(e) for e in some]))
        if report:
            report(start + len(some), len(faces))
    reasons = torch.tensor([REASONS.index(_NAMED[e.reason]) for e in faces])
    return _Known(torch.cat(seen), reasons, tuple(e.group for e in faces))


def _trial(known: _Known, held: Tensor, decay: float) -> ReasonScores:
    weight, bias = _fit(known.features[~held], known.reasons[~held], decay)
    told = (known.features[held] @ weight.T + bias).softmax(dim=1)
    return _score(told, known.reasons[held])


def _cross_fitted(known: _Known, group: Tensor, decay: float) -> Tensor:
    """Probabilities ``(N, R)`` of every face, by a head that saw none of its fifth of the groups."""
    told = torch.zeros(len(known.reasons), len(REASONS))
    for part in range(_HELD_OUT):
        held = group % _HELD_OUT == part
        if held.any():
            weight, bias = _fit(known.features[~held], known.reasons[~held], decay)
            told[held] = (known.features[held] @ weight.T + bias).softmax(dim=1)
    return told


def _threshold(told: Tensor, reasons: Tensor) -> float:
    """The lowest probability, in hundredths, from which every reason is precise enough; 1 if none is."""
    for hundredth in range(100):
        scores = _score(told, reasons, hundredth / 100)
        if scores.said and min(scores.precision_of.values()) >= _PRECISION:
            return hundredth / 100
    return 1.0


def _strongest_of_the_best(tried: dict[float, ReasonScores]) -> float:
    best = max(tried.values(), key=_balanced)
    share = _balanced(best)
    least = share - math.sqrt(share * (1 - share) / best.n)
    return max(decay for decay, scores in tried.items() if _balanced(scores) >= least)


def _balanced(scores: ReasonScores) -> float:
    return sum(scores.per_reason.values()) / max(len(scores.per_reason), 1)


def _fit(features: Tensor, reasons: Tensor, decay: float) -> tuple[Tensor, Tensor]:
    """Weight ``(R, C)`` and bias ``(R,)`` for raw features; every reason has the same weight."""
    mean, spread = features.mean(dim=0), features.std(dim=0) + 1e-4
    values = (features - mean) / spread
    weight = torch.zeros(len(REASONS), features.shape[1], requires_grad=True)
    bias = torch.zeros(len(REASONS), requires_grad=True)
    frequency = torch.bincount(reasons, minlength=len(REASONS)).clamp(min=1).float()
    balance = frequency.sum() / (len(REASONS) * frequency)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = functional.linear(values, weight, bias)
        value = (
            functional.cross_entropy(logits, reasons, weight=balance) + 0.5 * decay * weight.square().sum()
        )
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    raw = (weight / spread).detach()
    return raw, (bias - raw @ mean).detach()


def _score(told: Tensor, reasons: Tensor, threshold: float = 0.0) -> ReasonScores:
    """Scores of probabilities ``(N, R)`` against the true reasons ``(N,)``."""
    sure, named = told.max(dim=1)
    said, right = sure >= threshold, named == reasons
    table = torch.zeros(len(REASONS), len(REASONS), dtype=torch.int64)
    table.index_put_((reasons, named), torch.ones_like(reasons), accumulate=True)
    rows = {REASONS[i]: row for i, row in enumerate(table.tolist()) if sum(row)}
    return ReasonScores(
        n=len(reasons),
        accuracy=float(right.double().mean()),
        per_reason={reason: row[REASONS.index(reason)] / sum(row) for reason, row in rows.items()},
        counts={reason: dict(zip(REASONS, row, strict=True)) for reason, row in rows.items()},
        said=float(said.double().mean()),
        precision=float(right[said].double().mean()) if said.any() else None,
        precision_of={
            reason: float(right[given].double().mean())
            for i, reason in enumerate(REASONS)
            if (given := said & (named == i)).any()
        },
    )
