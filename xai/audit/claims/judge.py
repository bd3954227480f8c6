"""Claims held against the rows of an audit: results with interval, Holm's adjustment and power."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xai.audit.claims.answers import UNMOVED, column, ordered, right_answer
from xai.audit.claims.definitions import ALL_MODELS, Claim
from xai.audit.claims.estimates import TAIL, Difference, Estimate, Share, holm, share
from xai.classes import wearings_by_class
from xai.errors import UnknownName
from xai.evidence.interventions.families import FAMILIES, named_families
from xai.evidence.validation.statistics import MIN_GROUPS
from xai.evidence.validation.verdict_rates import SET_LIMITS
from xai.types import CLASSES

__all__ = [
    "COLOUR_FAMILIES",
    "LACKS",
    "RESULTS",
    "SMALL",
    "UNDECIDED",
    "ClaimResult",
    "Figure",
    "Lack",
    "judge",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Strings = NDArray[np.object_]
Reasons = Sequence[str | None]

UNDECIDED = "not enough evidence"

RESULTS = ("holds", "does not hold", "mixed", UNDECIDED)
"""What can become of a claim."""

LACKS = ("faces", "judged", "groups")
"""What a share can lack: judged faces, a judged half of the faces in question, independent photos."""

SMALL = (48, 80)
"""Least and greatest width of a small face, in pixels, both included."""

COLOUR_FAMILIES = ("mask_look", "cast")
"""Families of edits that change the mask's colour: a drawn mask of another, a colour cast on the picture."""

_COLUMNS = (
    "model", "group", "face_width", "label", "prediction", "verdict", "reason", "follow_held", "follow_of",
    "families",
)  # fmt: skip


@dataclass(frozen=True)
class Lack:
    """Why a share was not estimated.

    Attributes:
        about: which share, as ``Figure.about``.
        code: one of ``LACKS``.
        there: how many there are.
        needed: how many there should be.
    """

    about: str
    code: str
    there: int
    needed: int


@dataclass(frozen=True)
class Figure:
    """What a claim came to, for all its models or for one.

    Attributes:
        result: one of ``RESULTS``.
        about: which share ``value`` is of, where a claim is made of several: the model and, after colons,
            class and family. It is the one that speaks most clearly against the claim.
        value: that share, 0..1, or difference, -1..1; None where nothing could be estimated.
        interval: its 95 % interval, clustered by photo, not adjusted for the number of claims; None likewise.
        of: faces of that share, or of both shares of a difference; empty likewise.
        n: answers that the claim asks about: faces, times models.
        unjudged: how many of them could not be judged.
        lack: of the shares that were not estimated, that with the fewest faces; None without one.
    """

    result: str
    about: str | None
    value: float | None
    interval: tuple[float, float] | None
    of: tuple[int, ...]
    n: int
    unjudged: int
    lack: Lack | None

    def as_dict(self) -> dict[str, Any]:
        """In plain values, ready for JSON."""
        return {
            "result": self.result,
            "about": self.about,
            "value": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "of": list(self.of),
            "n": self.n,
            "unjudged": self.unjudged,
            "lack": None if self.lack is None else asdict(self.lack),
        }


@dataclass(frozen=True)
class ClaimResult(Figure):
    """What became of one claim.

    Attributes:
        claim: the claim.
        models: the same of each model that it is about.
        reasons: why -> how many could not be judged, the most frequent first.
        adjusted: two-sided p of the claim after Holm's adjustment, 0..1.
        power: smallest effect, as a distance from the threshold, that would have been found nine times in ten
            with these faces in the least certain of the shares, by the first, strictest step of Holm; None
            where no effect would have been, or where a share had too few faces.
    """

    claim: Claim
    models: Mapping[str, Figure]
    reasons: Mapping[str, int]
    adjusted: float
    power: float | None

    def as_dict(self) -> dict[str, Any]:
        """In plain values, ready for JSON, without the claim itself."""
        return {
            **super().as_dict(),
            "models": {name: each.as_dict() for name, each in self.models.items()},
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

    def share(
        self, name: str, values: Floats, claim: Claim, reasons: Reasons, trials: Floats | None = None
    ) -> Share | Lack:
        """Of the faces with a value, or why it is not estimated.

        Args:
            name: of the share.
            values: of all faces, NaN for those without one.
            claim: it says how many are needed.
            reasons: of the faces in question, why they could not be judged.
            trials: as of ``share``; one each where None.
        """
        known = np.isfinite(values)
        groups, half = len(np.unique(self.photos[known])), math.ceil(SET_LIMITS.judged * len(reasons))
        tests = zip(
            LACKS,
            (int(known.sum()), reasons.count(None), groups),
            (claim.least_n, half, MIN_GROUPS),
            strict=True,
        )
        lacks = (Lack(name, code, there, needed) for code, there, needed in tests if there < needed)
        if lack := next(lacks, None):
            return lack
        return share(values, self.photos, self.count, np.ones(len(values)) if trials is None else trials)


@dataclass(frozen=True, eq=False)
class _Part:
    """One share of a claim, and its threshold; without an estimate it proves nothing."""

    name: str
    found: Estimate | Lack
    threshold: float

    @property
    def estimate(self) -> Estimate | None:
        return None if isinstance(self.found, Lack) else self.found

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
    reasons: Reasons
    follows: _Part | None = None

    @property
    def result(self) -> str:
        """By itself, without adjustment; a model that still follows half the edits is only mixed."""
        if max(part.p_holds for part in self.parts) <= TAIL:
            return "holds"
        failing = [part for part in self.parts if part.p_fails <= TAIL]
        if not failing:
            return UNDECIDED
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
    otherwise there is *not enough evidence*. Another claim can only raise an adjusted p. A refuted claim is
    *mixed* where a model or class is in order by itself and another is not, and for the lower face where the
    rule for sets says so (see ``SetLimits``): only a model that follows fewer than half the edits and is
    moved by a named family *does not hold*. Unlike that rule, effects in log-odds are left out.

    Of each model by itself a claim that holds, holds; one that is refuted is refuted for the models whose own
    shares refute it as strictly, and holds for one at Bonferroni's level over all claims and models.

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
    decided = [_probabilities(_parts_of(each)) for each in cells]
    raw = [min(1.0, 2 * min(pair)) for pair in decided]
    found = []
    for claim, own, pair, p, adjusted in zip(claims, cells, decided, raw, holm(raw), strict=True):
        holds = pair[0] < pair[1]
        result = _result(claim, own, adjusted, TAIL / len(claims), holds=holds)
        refuted = adjusted <= 2 * TAIL and not holds
        strict = TAIL / sum(other >= p for other in raw) if refuted else 0.0
        level = TAIL / (len(claims) * max(1, len(own))), strict
        found.append(replace(result, models=_by_model(own, result.result, level)))
    return tuple(found)


def _by_model(
    cells: Mapping[str, Sequence[_Cell]], result: str, level: tuple[float, float]
) -> dict[str, Figure]:
    """Of each model: the claim's ``result`` where it holds, else by itself, as of ``_of_model``."""
    shares = len(_parts_of(cells))
    return {
        name: _figure(own, result if result == "holds" else _of_model(own, level, shares))
        for name, own in cells.items()
    }


def _of_model(cells: Sequence[_Cell], level: tuple[float, float], shares: int) -> str:
    """Result for one model; ``level``: one-sided, at which it holds and, of so many shares, is refuted."""
    parts = _parts_of({"": cells})
    if min((part.p_fails for part in parts), default=1.0) * shares <= level[1]:
        return _decided(cells, holds=False)
    return "holds" if max((part.p_holds for part in parts), default=1.0) <= level[0] else UNDECIDED


def _parts_of(cells: Mapping[str, Sequence[_Cell]]) -> list[_Part]:
    return [part for own in cells.values() for cell in own for part in cell.parts]


def _probabilities(parts: Sequence[_Part]) -> tuple[float, float]:
    """One-sided p of: not all shares are in order; and of: all are."""
    if not parts:
        return 1.0, 1.0
    return max(p.p_holds for p in parts), min(1.0, len(parts) * min(p.p_fails for p in parts))


def _result(
    claim: Claim, by_model: Mapping[str, Sequence[_Cell]], p: float, level: float, *, holds: bool
) -> ClaimResult:
    cells = [cell for own in by_model.values() for cell in own]
    reasons = Counter(why for cell in cells for why in cell.reasons if why is not None)
    figure = _figure(cells, _decided(cells, holds=holds) if p <= 2 * TAIL else UNDECIDED)
    return ClaimResult(
        **vars(figure),
        claim=claim,
        models={},
        reasons=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        adjusted=p,
        power=_power(_parts_of(by_model), level),
    )


def _figure(cells: Sequence[_Cell], result: str) -> Figure:
    parts = _parts_of({"": cells})
    known = [part for part in parts if part.estimate is not None]
    worst = min(known, key=lambda part: (part.p_fails, -part.p_holds), default=None)
    estimate = None if worst is None else worst.estimate
    lacks = [part.found for part in parts if isinstance(part.found, Lack)]
    return Figure(
        result=result,
        about=None if worst is None else worst.name,
        value=None if estimate is None else estimate.value,
        interval=None if estimate is None else estimate.interval(),
        of=() if estimate is None else estimate.faces,
        n=sum(len(cell.reasons) for cell in cells),
        unjudged=sum(why is not None for cell in cells for why in cell.reasons),
        lack=min(lacks, key=lambda lack: lack.there / lack.needed, default=None),
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


def _cells_of(claim: Claim, models: Mapping[str, _Answers]) -> dict[str, list[_Cell]]:
    if claim.model != ALL_MODELS and claim.model not in models:
        raise UnknownName("model", claim.model, models)
    named = list(models) if claim.model == ALL_MODELS else [claim.model]
    return {name: list(_KINDS[claim.kind](models[name], claim)) for name in named}


def _nose_and_mouth(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    supported, reasons = _supported(answers)
    found = answers.share(answers.model, supported, claim, reasons)
    yield _Cell([_Part(answers.model, found, claim.threshold)], reasons)


def _small_faces(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    """One cell: the share *supported* on small faces less that on larger ones, see ``UNMOVED``."""
    supported, reasons = _supported(answers)
    unmoved = np.isin(answers.columns["reason"], UNMOVED)
    supported = np.where(unmoved, 0.0, supported)
    reasons = [None if still else why for why, still in zip(reasons, unmoved, strict=True)]
    width = answers.columns["face_width"].astype(np.int64)
    small, large = (width >= SMALL[0]) & (width <= SMALL[1]), width > SMALL[1]
    first, second = (
        answers.share(
            f"{answers.model}: {name}", np.where(those, supported, np.nan), claim, _at(reasons, those)
        )
        for name, those in (("small", small), ("larger", large))
    )
    found: Estimate | Lack
    if isinstance(first, Lack) or isinstance(second, Lack):
        found = first if isinstance(first, Lack) else second
    else:
        found = Difference(first, second)
    yield _Cell([_Part(answers.model, found, claim.threshold)], _at(reasons, small | large))


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
            part = f"{answers.model}: {target}: {name}"
            found = answers.share(part, np.where(those, values, np.nan), claim, reasons, trials)
            parts.append(_Part(part, found, threshold))
        yield _Cell(parts, reasons, follows=parts[0])


def _mask_colour(answers: _Answers, claim: Claim) -> Iterator[_Cell]:
    tested = np.logical_or.reduce([np.isfinite(answers.stayed[name][0]) for name in COLOUR_FAMILIES])
    reasons = _untested(answers.columns["reason"], tested)
    parts = []
    for name in COLOUR_FAMILIES:
        values, edits = answers.stayed[name]
        part = f"{answers.model}: {name}"
        parts.append(_Part(part, answers.share(part, values, claim, reasons, edits), claim.threshold))
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
            part, of_class = f"{answers.model}: {label}", np.where(those, right, np.nan)
            found = answers.share(part, of_class, claim, _at(reasons, those))
            parts.append(_Part(part, found, claim.threshold))
    # A model without any labelled face proves nothing, beside others that do too.
    lack = Lack(answers.model, LACKS[0], 0, claim.least_n)
    yield _Cell(parts or [_Part(answers.model, lack, claim.threshold)], reasons)


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


def _at(reasons: Reasons, those: Flags) -> list[str | None]:
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
