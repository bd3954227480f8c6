"""The rows of an audit by model, as arrays in an order that does not depend on theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xai.audit.claims.answers import UNMOVED, column, ordered, right_answer
from xai.audit.claims.estimates import share
from xai.audit.measures import ALIGNED_SIDE, SURROUND_SIDE
from xai.classes import MEANINGS, class_info
from xai.evidence.validation.statistics import MIN_GROUPS

__all__ = ["WITHHELD", "Answers", "answers_by_model", "class_order", "each_face", "estimated"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Strings = NDArray[np.object_]

_COLUMNS = (
    "group", "face_width", "light", "yaw", "dhash", "surround", "seen", "label", "mask_colour", "prediction",
    "confidence", "verdict", "reason", "aligned_map",
)  # fmt: skip
WITHHELD = "withheld"
"""In place of a verdict that nothing is to rest on."""


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one model, one for each face.

    Attributes:
        keys: photo's name and number of each face.
        groups: int64 ``(N,)``, the group of each, 0..count - 1; ``count`` is that of the whole set.
        count: groups of the set.
        width: float64 ``(N,)``, of the box, pixels.
        light: float64 ``(N,)``, 0..1.
        yaw: float64 ``(N,)``, degrees; NaN where not known.
        dhash: uint64 ``(N,)``.
        surround: uint8 ``(N, n, n, 3)``, RGB.
        seen: int8 ``(N, 4)``, which cells of it lie in the photo: left, top, right, bottom, half-open.
        label: object ``(N,)``, None where not known.
        colour: object ``(N,)``, of the mask; None where there is none.
        prediction: object ``(N,)``.
        confidence: float64 ``(N,)``, 0..1.
        verdict: object ``(N,)``.
        right: float64 ``(N,)``, 1 or 0; NaN where that is not known.
        unmoved: bool ``(N,)``, whether it cannot be told because no edit moves the answer, or only a whole
            other photo does.
        supported: float64 ``(N,)``, 1 or 0; NaN where the verdict is *cannot tell*.
        maps: float16 ``(N, m, m)``, aligned occlusion maps; NaN where there is none.
        mapped: bool ``(N,)``, whether there is one.
    """

    keys: Sequence[tuple[str, int]]
    groups: Ints
    count: int
    width: Floats
    light: Floats
    yaw: Floats
    dhash: NDArray[np.uint64]
    surround: NDArray[np.uint8]
    seen: NDArray[np.int8]
    label: Strings
    colour: Strings
    prediction: Strings
    confidence: Floats
    verdict: Strings
    right: Floats
    unmoved: Flags
    supported: Floats
    maps: NDArray[np.float16]
    mapped: Flags

    def __len__(self) -> int:
        return len(self.keys)

    def at(self, places: Ints) -> Answers:
        """Those at these places, in the order of the places."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        taken = {name: value[places] for name, value in named.items() if isinstance(value, np.ndarray)}
        return Answers(**{**named, **taken, "keys": [self.keys[place] for place in places]})

    def without_verdicts(self) -> Answers:
        """The same, with nothing that rests on a verdict."""
        nothing = np.zeros(len(self), np.bool_)
        verdict = np.full(len(self), WITHHELD, object)
        return replace(self, verdict=verdict, unmoved=nothing, supported=np.full(len(self), np.nan))

    def by_confidence(self, those: Flags) -> list[int]:
        """The places of some of them, the most confident answers first."""
        places = np.flatnonzero(those).tolist()
        return sorted(places, key=lambda place: (-self.confidence[place], self.keys[place]))

    def estimate(self, values: Floats) -> dict[str, Any] | None:
        """As ``estimated``."""
        return estimated(values, self.groups, self.count)


def estimated(values: Floats, groups: Ints, count: int) -> dict[str, Any] | None:
    """The mean of the values with its 95 % interval, clustered by group; ``{value, interval, n}``.

    None where fewer than ``MIN_GROUPS`` groups have one.

    Args:
        values: float64 ``(N,)``, 0..1; NaN for a face without one.
        groups: int64 ``(N,)``, 0..count - 1.
        count: groups of the set.
    """
    known = np.isfinite(values)
    if len(np.unique(groups[known])) < MIN_GROUPS:
        return None
    found = share(values, groups, count, np.ones(len(values)))
    return {"value": found.value, "interval": list(found.interval()), "n": int(known.sum())}


def class_order(name: str) -> tuple[int, str]:
    """Sorts classes as ``MEANINGS`` lists them, by what they mean; unknown ones come last."""
    known = [*MEANINGS, class_info(name).name]
    return known.index(class_info(name).name), name


def answers_by_model(table: pa.Table) -> dict[str, Answers]:
    """The answers of each model, models in alphabetical order.

    Raises:
        DataRejected: as ``ordered`` does.
    """
    rows = ordered(table, _COLUMNS)
    names = column(rows, "group").astype(np.str_)
    distinct, groups = np.unique(names, return_inverse=True)
    models = column(rows, "model")
    columns = {name: column(rows, name) for name in ("label", "mask_colour", "prediction", "verdict")}
    found = {}
    for model in sorted(set(models)):
        (places,) = np.nonzero(models == model)
        found[model] = _answers(
            rows.take(places), groups[places].astype(np.int64), len(distinct), _taken(columns, places)
        )
    return found


def each_face(models: Mapping[str, Answers]) -> Answers | None:
    """Every face once, with the first model that has an answer for it; None without any."""
    known = {key: None for answers in models.values() for key in answers.keys}
    if not known:
        return None
    first, *others = models.values()
    if len(first) == len(known):
        return first
    taken, parts = set(first.keys), [first]
    for answers in others:
        places = [place for place, key in enumerate(answers.keys) if key not in taken]
        taken.update(answers.keys[place] for place in places)
        parts.append(answers.at(np.array(places, np.int64)))
    joined = {
        each.name: np.concatenate([getattr(part, each.name) for part in parts])
        for each in fields(Answers)
        if each.name not in ("keys", "count")
    }
    whole = Answers(keys=[key for part in parts for key in part.keys], count=first.count, **joined)
    return whole.at(np.array(sorted(range(len(whole)), key=lambda place: whole.keys[place]), np.int64))


def _taken(columns: Mapping[str, Strings], places: Ints) -> dict[str, Strings]:
    return {name: values[places] for name, values in columns.items()}


def _answers(rows: pa.Table, groups: Ints, count: int, named: Mapping[str, Strings]) -> Answers:
    labels, said, verdict = named["label"], named["prediction"], named["verdict"]
    observed = sorted(set(said))
    right = [right_answer(label, answer, observed) for label, answer in zip(labels, said, strict=True)]
    maps, mapped = _cells(rows.column("aligned_map"))
    return Answers(
        keys=list(zip(rows.column("photo").to_pylist(), rows.column("face").to_pylist(), strict=True)),
        groups=groups,
        count=count,
        width=_floats(rows, "face_width"),
        light=_floats(rows, "light"),
        yaw=_floats(rows, "yaw"),
        dhash=rows.column("dhash").to_numpy().astype(np.uint64),
        surround=_flat(rows, "surround").reshape(-1, SURROUND_SIDE, SURROUND_SIDE, 3),
        seen=_flat(rows, "seen").reshape(-1, 4),
        label=labels,
        colour=named["mask_colour"],
        prediction=said,
        confidence=_floats(rows, "confidence"),
        verdict=verdict,
        right=np.array([np.nan if isinstance(each, str) else float(each) for each in right]),
        unmoved=np.isin(column(rows, "reason"), UNMOVED),
        supported=np.where(verdict == "cannot tell", np.nan, (verdict == "supported").astype(np.float64)),
        maps=maps,
        mapped=mapped,
    )


def _floats(rows: pa.Table, name: str) -> Floats:
    """Float64 ``(N,)``; NaN where there is no value."""
    return np.asarray(pc.cast(rows.column(name), pa.float64()).to_numpy(), np.float64)


def _flat(rows: pa.Table, name: str) -> NDArray[Any]:
    return np.asarray(rows.column(name).combine_chunks().flatten().to_numpy())


def _cells(maps: pa.ChunkedArray) -> tuple[NDArray[np.float16], Flags]:
    listed = maps.combine_chunks()
    mapped = listed.is_valid().to_numpy(zero_copy_only=False)
    cells = np.full((len(listed), ALIGNED_SIDE, ALIGNED_SIDE), np.nan, np.float16)
    cells[mapped] = listed.drop_null().flatten().to_numpy().reshape(-1, ALIGNED_SIDE, ALIGNED_SIDE)
    return cells, mapped
