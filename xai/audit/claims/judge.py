"""Claims held against the rows of an audit: results with interval, Holm's adjustment and power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xai.audit.claims.answers import column, ordered, right_answer
from xai.audit.claims.definitions import ALL_MODELS, Claim
from xai.audit.claims.estimates import TAIL, Difference, Estimate, Share, holm, share
from xai.classes import wearings_by_class
from xai.errors import UnknownName
from xai.evidence.interventions.families import FAMILIES, named_families
from xai.evidence.validation.statistics import MIN_GROUPS
from xai.evidence.validation.verdict_rates import SET_LIMITS
from xai.types import CLASSES

__all__ = ["COLOUR_FAMILIES", "RESULTS", "SMALL", "ClaimResult", "judge"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Strings = NDArray[np.object_]

RESULTS = ("holds", "does not hold", "mixed", "not enough evidence")
"""What can become of a claim."""

SMALL = (48, 80)
"""Least and greatest width of a small face, in pixels, both included."""

COLOUR_FAMILIES = ("mask_look", "cast")
"""Families of edits that change the mask's colour: a drawn mask of another, a colour cast on the picture."""

_COLUMNS = (
    "model", "group", "face_width", "label", "prediction", "verdict", "reason", "follow_held", "follow_of",
    "families",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimResult:
    """What became of one claim.

    Attributes:
        claim: the claim.
        result: one of ``RESULTS``.
        about: which share ``value`` is of, where a claim is made of several: the model and, after colons,
            class and family. It is the one that speaks most clearly against the claim.
        value: that share, 0..1, or difference, -1..1; None where nothing could be estimated.
        interval: its 95 % interval, clustered by photo, not adjusted for the number of claims; None likewise.
        n: answers that the claim asks about: faces, times models.
        unjudged: how many of them could not be judged.
        reasons: why -> how many, the most frequent first.
        adjusted: two-sided p of the claim after Holm's adjustment, 0..1.
        power: smallest effect, as a distance from the threshold, that would have been found nine times in ten
            with these faces in the least certain of the shares, by the first, strictest step of Holm; None
            where no effect would have been, or where a share had too few faces.
    """

    claim: Claim
    result: str
    about: str | None
    value: float | None
    interval: tuple[float, float] | None
    n: int
    unjudged: int
    reasons: Mapping[str, int]
    adjusted: float
    power: float | None

    def as_dict(self) -> dict[str, Any]:
        """In plain values, ready for JSON, without the claim itself."""
        return {
            "result": self.result,
            "value": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "n": self.n,
            "unjudged": self.unjudged,
            "reasons": dict(self.reasons),
            "power": self.power,
        }


@dataclass(frozen=True, eq=False)
class _Answers:
    """The rows of one model, in an order that does not depend on theirs; columns ``(N,)``.

    ``stayed`` is family -> (share of its edits under which the answer stayed, number of edits); the share is
    NaN where there are none.
    """

    model: str
    photos: NDArray[np.int64]
    count: int
    columns: Mapping[str, Strings]
    stayed: Mapping[str, tuple[Floats, Floats]]

    def share(self, values: Floats, least: int, trials: Floats | None = None) -> Share | None:
        """Of the faces with a value; None where they are too few, or of too few photos."""
        known = np.isfinite(values)
        if known.sum() < least or len(np.unique(self.photos[known])) < MIN_GROUPS:
            return None
        return share(values, self.photos, self.count, np.ones(len(values)) if trials is None else trials)


@dataclass(frozen=True, eq=False)
class _Part:
    """One share of a claim, and its threshold; without an estimate it proves nothing."""

    name: str
    estimate: Estimate | None
    threshold: float

    @property
    def p_holds(self) -> float:
        return 1.0 if self.estimate is None else self.estimate.p_holds(self.threshold)

    @property
    def p_fails(self) -> float:
        return 1.0 if self.estimate is None else self.estimate.p_fails(self.threshold)


@dataclass(frozen=True, eq=False)
class _Cell:
    """The shares that must all be in order for a model, or for one class of it.

    ``reasons`` holds one entry for each answer in question: why it could not be judged, or None.
    """

    parts: Sequence[_Part]
    reasons: Sequence[str | None]
    follows: _Part | None = None

    @property
    def result(self) -> str:
        """By itself, without adjustment; a model that still follows half the edits is only mixed."""
        if max(part.p_holds for part in self.parts) <= TAIL:
            return "holds"
        failing = [part for part in self.parts if part.p_fails <= TAIL]
        if not failing:
            return "not enough evidence"
        if self.follows is None:
            return "does not hold"
        estimate = self.follows.estimate
        moved = any(part is not self.follows for part in failing)
        astray = estimate is not None and estimate.interval()[1] < SET_LIMITS.half
        return "does not hold" if astray and moved else "mixed"


def judge(table: pa.Table, claims: Sequence[Claim]) -> tuple[ClaimResult, ...]:
    """What becomes of each claim, in the order of the claims. The order of the rows does not matter.

    A claim is made of one or several shares: of each model, and by kind of each class and family. It is
    established where all of them are beyond their thresholds (intersection-union test, Berger 1982,
    "Multiparameter Hypothesis Testing and Acceptance Sampling", at the largest p), and refuted where any is
    surely not (the smallest p times the number of shares, Bonferroni). Twice the smaller of the two p is the
    claim's two-sided p. Holm's adjustment runs over all claims, those with too few faces at p = 1 among
    them; where the adjusted p is at most .05 the claim is decided in the direction of the smaller p,
    otherwise there is *not enough evidence*. Another claim can only raise an adjusted p, so it never turns a
    claim into one that holds. A refuted claim is *mixed* where a model or class is in order by itself and
    another is not, and for the lower face where the rule for sets says so (see ``SetLimits``): only a model
    that follows fewer than half the edits and is moved by a named family *does not hold*. Unlike that
    rule, effects in log-odds are not in the table and are left out.

    Intervals, tests and power are those of ``estimates``, clustered by group: a photo, or photos that the
    set says belong together. A share needs ``least_n`` judged faces of ``MIN_GROUPS`` groups, and
    half of those in question judged, where a face without a label is in question for no class. A share
    without them neither holds nor fails.

    Args:
        table: a row for each face and model.
        claims: fixed before the rows were made.

    Raises:
        DataRejected: the table lacks a column, repeats a row, or has a label that is none of ``CLASSES``.
        UnknownName: a claim names a model without rows.
        ValueError: there are no claims.
    """
    if not claims:
        raise ValueError("there should be at least one claim; there are none")
    models = _answers(table)
    cells = [_cells_of(claim, models) for claim in claims]
    decided = [_probabilities([part for cell in each for part in cell.parts]) for each in cells]
    adjusted = holm([min(1.0, 2 * min(pair)) for pair in decided])
    return tuple(
        _result(claim, each, p, TAIL / len(claims), holds=pair[0] < pair[1])
        for claim, each, pair, p in zip(claims, cells, decided, adjusted, strict=True)
    )


def _probabilities(parts: Sequence[_Part]) -> tuple[float, float]:
    """One-sided p of: not all shares are in order; and of: all are."""
    if not parts:
        return 1.0, 1.0
    return max(p.p_holds for p in parts), min(1.0, len(parts) * min(p.p_fails for p in parts))


def _result(claim: Claim, cells: Sequence[_Cell], p: float, level: float, *, holds: bool) -> ClaimResult:
    parts = [part for cell in cells for part in cell.parts]
    known = [part for part in parts if part.estimate is not None]
    worst = min(known, key=lambda part: (part.p_fails, -part.p_holds), default=None)
    reasons = Counter(why for cell in cells for why in cell.reasons if why is not None)
    estimate = None if worst is None else worst.estimate
    return ClaimResult(
        claim=claim,
        result=_decided(cells, holds=holds) if p <= 2 * TAIL else "not enough evidence",
        about=None if worst is None else worst.name,
        value=None if estimate is None else estimate.value,
        interval=None if estimate is None else estimate.interval(),
        n=sum(len(cell.reasons) for cell in cells),
        unjudged=sum(reasons.values()),
        reasons=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        adjusted=p,
        power=_power(parts, level),
    )


def _decided(cells: Sequence[_Cell], *, holds: bool) -> str:
    if holds:
        return "holds"
    found = {cell.result for cell in cells}
    return "does not hold" if "does not hold" in found and not found & {"holds", "mixed"} else "mixed"


def _power(parts: Sequence[_Part], level: float) -> float | None:
    found: list[float] = []
    for part in parts:
        if part.estimate is None:
            return None
        least = part.estimate.detectable(part.threshold, level / len(parts))
        if least is None:
            return None
        found.append(least)
    return max(found, default=None)


def _cells_of(claim: Claim, models: Mapping[str, _Answers]) -> list[_Cell]:
    if claim.model != ALL_MODELS and claim.model not in models:
        raise UnknownName("model", claim.model, models)
    named = list(models) if claim.model == ALL_MODELS else [claim.model]
    return [cell for name in named for cell in _KINDS[claim.kind](models[name], claim)]


def _nose_and_mouth(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    supported, reasons = _supported(answers)
    estimate = answers.share(supported, claim.least_n) if _enough(reasons) else None
    yield _Cell([_Part(answers.model, estimate, claim.threshold)], reasons)


def _small_faces(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    supported, reasons = _supported(answers)
    width = answers.columns["face_width"].astype(np.int64)
    small, large = (width >= SMALL[0]) & (width <= SMALL[1]), width > SMALL[1]
    first, second = (
        answers.share(np.where(those, supported, np.nan), claim.least_n)
        if _enough(_at(reasons, those))
        else None
        for those in (small, large)
    )
    estimate = None if first is None or second is None else Difference(first, second)
    yield _Cell([_Part(answers.model, estimate, claim.threshold)], _at(reasons, small | large))


def _lower_face(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    """A cell for each predicted class: a mark may be read for one class alone."""
    edits = answers.columns["follow_of"].astype(np.float64)
    followed = _over(answers.columns["follow_held"].astype(np.float64), edits)
    untested = _untested(answers.columns["reason"], np.isfinite(followed))
    for target in sorted(set(answers.columns["prediction"])):
        those = answers.columns["prediction"] == target
        reasons = _at(untested, those)
        wearings = wearings_by_class([target])[target]
        named = [n for n in named_families(wearings[0] if wearings else "covered") if _asks_stay(n)]
        asked = [("followed", followed, edits, claim.threshold)]
        asked += [(name, *answers.stayed[name], SET_LIMITS.stayed) for name in named]
        parts = []
        for name, values, trials, threshold in asked:
            inside = np.where(those, values, np.nan)
            estimate = answers.share(inside, claim.least_n, trials) if _enough(reasons) else None
            parts.append(_Part(f"{answers.model}: {target}: {name}", estimate, threshold))
        yield _Cell(parts, reasons, follows=parts[0])


def _mask_colour(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    tested = np.logical_or.reduce([np.isfinite(answers.stayed[name][0]) for name in COLOUR_FAMILIES])
    reasons = _untested(answers.columns["reason"], tested)
    parts = []
    for name in COLOUR_FAMILIES:
        values, edits = answers.stayed[name]
        estimate = answers.share(values, claim.least_n, edits) if _enough(reasons) else None
        parts.append(_Part(f"{answers.model}: {name}", estimate, claim.threshold))
    yield _Cell(parts, reasons)


def _accuracy(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    """A share for each true class with a face that could be judged. Unlabelled faces are no reason to doubt
    the others; labelled ones whose answer has no meaning are.
    """
    labels, predictions = answers.columns["label"], answers.columns["prediction"]
    observed = sorted(set(predictions))
    pairs = [right_answer(label, said, observed) for label, said in zip(labels, predictions, strict=True)]
    right = np.array([np.nan if isinstance(each, str) else each for each in pairs], np.float64)
    reasons = [each if isinstance(each, str) else None for each in pairs]
    parts = []
    for label in CLASSES:
        those = labels == label
        if np.isfinite(right[those]).any():
            of_class = np.where(those, right, np.nan)
            estimate = answers.share(of_class, claim.least_n) if _enough(_at(reasons, those)) else None
            parts.append(_Part(f"{answers.model}: {label}", estimate, claim.threshold))
    # A model without any labelled face proves nothing, beside others that do too.
    yield _Cell(parts or [_Part(answers.model, None, claim.threshold)], reasons)


_KINDS: Mapping[str, Callable[[_Answers, Claim], Iterator[_Cell]]] = {
    "rests_on_nose_and_mouth": _nose_and_mouth,
    "rests_on_lower_face": _lower_face,
    "same_for_small_faces": _small_faces,
    "not_on_mask_colour": _mask_colour,
    "accuracy_per_class": _accuracy,
}


def _supported(answers: _Answers) -> tuple[Floats, list[str | None]]:
    """1 or 0 of each face, NaN where it cannot be told, and then why."""
    verdict = answers.columns["verdict"]
    told = verdict != "cannot tell"
    supported = np.where(told, (verdict == "supported").astype(np.float64), np.nan)
    return supported, _untested(answers.columns["reason"], told)


def _untested(reason: Strings, tested: Flags) -> list[str | None]:
    return [None if known else why or "not_stated" for why, known in zip(reason, tested, strict=True)]


def _enough(reasons: Sequence[str | None]) -> bool:
    """Whether so many could be judged that those who could speak for all."""
    return reasons.count(None) >= SET_LIMITS.judged * len(reasons)


def _at(reasons: Sequence[str | None], those: Flags) -> list[str | None]:
    return [why for why, inside in zip(reasons, those, strict=True) if inside]


def _asks_stay(name: str) -> bool:
    return FAMILIES[name].asks == "stay"


def _answers(table: pa.Table) -> dict[str, _Answers]:
    """The rows of each model, models in alphabetical order."""
    rows = ordered(table, _COLUMNS)
    columns = {name: column(rows, name) for name in _COLUMNS if name != "families"}
    groups, photos = np.unique(columns["group"].astype(np.str_), return_inverse=True)
    stayed = _stayed(rows)
    found = {}
    for model in sorted(set(columns["model"])):
        those = columns["model"] == model
        found[model] = _Answers(
            model=model,
            photos=photos[those],
            count=len(groups),
            columns={name: values[those] for name, values in columns.items()},
            stayed={name: (values[those], edits[those]) for name, (values, edits) in stayed.items()},
        )
    return found


def _stayed(table: pa.Table) -> dict[str, tuple[Floats, Floats]]:
    """Family -> share of its edits under which the answer stayed, and their number."""
    listed = table.column("families").combine_chunks()
    rows, flat = pc.list_parent_indices(listed).to_numpy(), pc.list_flatten(listed)
    families = np.array(pc.struct_field(flat, "family").to_pylist(), object)
    held, of = (pc.struct_field(flat, name).to_numpy(zero_copy_only=False) for name in ("held", "of"))
    found = {}
    for name in filter(_asks_stay, FAMILIES):
        those = families == name
        kept = np.bincount(rows[those], held[those], len(table)).astype(np.float64)
        edits = np.bincount(rows[those], of[those], len(table)).astype(np.float64)
        found[name] = (_over(kept, edits), edits)
    return found


def _over(held: Floats, of: Floats) -> Floats:
    """Share; NaN where there was nothing."""
    shares = np.full(len(of), np.nan)
    np.divide(held, of, out=shares, where=of > 0)
    return shares
