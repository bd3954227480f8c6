"""Whether something other than the mask gives the label away: a patch beside the lower face, or the light."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from xai.audit.claims.estimates import holm
from xai.audit.findings.answers import Answers, Flags, Floats, Ints
from xai.audit.measures import SURROUND_SIDE
from xai.types import CLASSES

__all__ = [
    "LEAST_FACES",
    "LightSign",
    "PatchSign",
    "areas_under_curve",
    "class_lights",
    "class_marks",
    "searched_classes",
]

MARK_AREA = 0.75
"""Area under the ROC curve from which a patch gives a class away. On 170 photographs of three classes, a
mark of a tenth of the picture's side in a corner of those of one class reaches .80 (black) to .95 (magenta);
without it no patch is told (``pytest tests/unit/audit/test_findings_on_photographs.py -s``)."""

MARK_ABOVE = 0.15
"""By how much more than the median patch: light and background differ everywhere at once, a mark does not."""

LIGHT_AREA = 0.65
"""Area under the ROC curve, or one less it, from which a class is lighter or darker. On the same photographs
it is .69 to .77 where one class was made darker by a quarter; as they are, whole crops give at most .59."""

LEAST_FACES = 30
"""Faces of a class, and of the others, below which nothing is concluded."""

LEVEL = 0.001
"""Adjusted p up to which either is told."""

_LEVELS = 4  # ways to look at a cell of which less may be the sign as well as more
_WAYS = 6
_DARKEST = 16.0  # luminance, 0..255, below which a crop is not lit up to compare its colours
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def _beside_lower_face() -> Flags:
    """The cells of a crop that a mask, however it is worn, does not reach: all but the lower middle, from the
    level of the eyes down and over the width of the face with its ears. A crop is centred on the face's box.
    """
    beside = np.ones((SURROUND_SIDE, SURROUND_SIDE), np.bool_)
    beside[5:, 2:10] = False
    return beside


_BESIDE = _beside_lower_face()


@dataclass(frozen=True, eq=False)
class PatchSign:
    """A patch that gives a class away.

    Attributes:
        label: the class.
        row, column: of the cell among ``SURROUND_SIDE`` down and across the crop.
        area: under the ROC curve, .5..1: how often a face of the class has more of the sign than another.
        p: adjusted.
        colour: median of the class in the cell, RGB 0..255.
        order: places of the faces of the class, those with most of the sign first.
    """

    label: str
    row: int
    column: int
    area: float
    p: float
    colour: tuple[int, int, int]
    order: Ints


@dataclass(frozen=True, eq=False)
class LightSign:
    """A class that is lighter or darker than the others.

    Attributes:
        label: the class.
        area: under the ROC curve, 0..1: how often a face of the class is lighter than another.
        p: adjusted.
        median, others: median luminance beside the lower face, of the class and of the others, 0..1.
        order: places of the faces of the class, the most unlike the others first.
    """

    label: str
    area: float
    p: float
    median: float
    others: float
    order: Ints


_Sign = TypeVar("_Sign", PatchSign, LightSign)


def areas_under_curve(values: Floats, positive: Flags, groups: Ints) -> tuple[Floats, Floats]:
    """Area under the ROC curve of each measure, and its two-sided p of being 1/2.

    The area is the share of pairs, one positive and one other face, in which the positive one has the greater
    value, ties counted half (Mann and Whitney 1947). Its variance under the null hypothesis is that of the
    sum of the faces' parts, their mean ranks less the average, over groups taken as wholes, as in Rosner,
    Glynn and Lee (2003, "Incorporation of Clustering Effects for the Wilcoxon Rank Sum Test").

    Args:
        values: float64 ``(N, F)``, a column for each measure.
        positive: bool ``(N,)``, at least one True and one False.
        groups: int64 ``(N,)``, 0 or more.

    Returns:
        Areas and p, float64 ``(F,)``.
    """
    ranks = stats.rankdata(values, axis=0)
    own, others = int(positive.sum()), int((~positive).sum())
    areas = (ranks[positive].sum(axis=0) / own - (own + 1) / 2) / others
    weights = np.where(positive, 1 / own, -1 / others)
    parts = weights[:, None] * ((ranks - 0.5) / len(ranks) - 0.5)
    order = np.argsort(groups, kind="stable")
    starts = np.unique(groups[order], return_index=True)[1]
    sums = np.add.reduceat(parts[order], starts, axis=0)
    errors = np.sqrt((sums**2).sum(axis=0))
    distance = np.divide(areas - 0.5, errors, out=np.zeros_like(areas), where=errors > 0)
    return areas, 2 * stats.norm.sf(np.abs(distance))


def class_marks(faces: Answers) -> list[PatchSign]:
    """The classes that a patch beside the lower face gives away, each with the patch that does so most.

    A cell is looked at in six ways: its lightness and its red, green and blue, each against the other two,
    where either more or less may be the sign; and how near its colour, or that nearest of it and its
    neighbours, comes to the median colour of the class there. The first four find strong colours, also small
    ones, the last two greys, also a little displaced. The first four are over the median lightness of the
    crop, and the class is first lit as the others are, so that a darker photo is no mark. A face counts only
    where its crop does not show the lower face: beyond the edge of the photo it is mirrored, and so is the
    mask. Holm's adjustment runs over all ways, cells and classes.

    Of the classes that stand out, the one that does so most is named, and the others are looked at again
    without it: what only one class has, all others lack.

    Args:
        faces: of the set, each once.
    """
    return list(_one_by_one(faces, _strongest_mark))


def class_lights(faces: Answers) -> list[LightSign]:
    """The classes whose photos are lighter or darker than those of the others.

    Light is the mean luminance of the cells beside the lower face: a white mask makes no photo light. Holm's
    adjustment runs over the classes; they are named as in ``class_marks``.

    Args:
        faces: of the set, each once.
    """
    return list(_one_by_one(faces, _strongest_light))


def searched_classes(faces: Answers | None) -> list[str]:
    """The classes in which a mark or light can be found: enough faces have the class, and enough another.

    Args:
        faces: of the set, each once; None without any.
    """
    if faces is None:
        return []
    counts = {label: int((faces.label == label).sum()) for label in CLASSES}
    others = sum(counts.values())
    return [label for label, n in counts.items() if min(n, others - n) >= LEAST_FACES]


def _one_by_one(faces: Answers, strongest: Callable[[Answers, Ints], _Sign | None]) -> Iterator[_Sign]:
    left = np.flatnonzero([label is not None for label in faces.label])
    while (sign := strongest(faces, left)) is not None:
        yield sign
        left = left[faces.label[left] != sign.label]


@dataclass(frozen=True, eq=False)
class _Patch:
    """A cell, looked at for one class.

    ``own`` says which of the faces in question are of the class and do not show the mask there; ``signs``,
    ``(N, 6)``, are the measures of all, and ``areas`` and ``p`` what ``areas_under_curve`` makes of them.
    """

    label: str
    row: int
    column: int
    own: Flags
    signs: Floats
    areas: Floats
    p: Floats

    @property
    def strengths(self) -> Floats:
        """Areas of 1/2 or more, where less may be the sign too."""
        return np.where(np.arange(_WAYS) < _LEVELS, np.maximum(self.areas, 1 - self.areas), self.areas)

    @property
    def spread(self) -> float:
        """Median distance from the median colour of the class, as a part of the way from black to white."""
        return float(np.median(-self.signs[self.own, _LEVELS])) / (255 * math.sqrt(3))


def _strongest_mark(faces: Answers, known: Ints) -> PatchSign | None:
    """Of the faces at these places."""
    cells = faces.surround[known].astype(np.float64)
    patches = [p for label in CLASSES for p in _patches(faces, known, cells, label)]
    if not patches:
        return None
    adjusted = np.reshape(holm([float(p) for patch in patches for p in patch.p]), (-1, _WAYS))
    strengths = np.stack([patch.strengths for patch in patches])
    labels = np.array([patch.label for patch in patches])
    usual = np.stack([np.median(strengths[labels == label], axis=0) for label in labels])
    told = (strengths >= np.maximum(MARK_AREA, usual + MARK_ABOVE)) & (adjusted <= LEVEL)
    if not told.any():
        return None
    # Of two classes one has what the other lacks: it is the one whose own patches are alike.
    spread = np.array([[patch.spread] for patch in patches])
    rank = np.where(told, strengths.round(6) - 1e-3 * spread, 0.0)
    which, way = (int(each) for each in np.unravel_index(rank.argmax(), rank.shape))
    patch = patches[which]
    (inside,) = np.nonzero(patch.own)
    sign = patch.signs[inside, way] * (1 if patch.areas[way] >= 0.5 else -1)
    red, green, blue = np.median(cells[inside, patch.row, patch.column], axis=0).tolist()
    return PatchSign(
        label=patch.label,
        row=patch.row,
        column=patch.column,
        area=float(strengths[which, way]),
        p=float(adjusted[which, way]),
        colour=(round(red), round(green), round(blue)),
        order=known[inside[np.argsort(-sign, kind="stable")]],
    )


def _patches(faces: Answers, known: Ints, cells: Floats, label: str) -> Iterator[_Patch]:
    """The cells beside the lower face, also by what they show, of enough faces."""
    own, groups = faces.label[known] == label, faces.groups[known]
    seen = faces.seen[known].astype(np.int64)
    if min(own.sum(), (~own).sum()) < LEAST_FACES:
        return
    usual = np.median((cells @ _LUMINANCE)[:, _BESIDE], axis=1).clip(min=_DARKEST)
    lit = np.where(own, np.median(usual[~own]) / np.median(usual[own]), 1.0)
    cells, usual = cells * lit[:, None, None, None], usual * lit
    even = cells / usual[:, None, None, None]
    light = even @ _LUMINANCE
    pure = 1.5 * even - even.sum(axis=-1, keepdims=True) / 2
    for row, column in np.argwhere(_BESIDE).tolist():
        there = _BESIDE[_mirrored(row, seen[:, 1], seen[:, 3]), _mirrored(column, seen[:, 0], seen[:, 2])]
        if min((own & there).sum(), (~own & there).sum()) < LEAST_FACES:
            continue
        near = cells[:, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        middle = np.median(cells[own & there, row, column], axis=0)
        away = np.linalg.norm(near - middle, axis=-1).min(axis=(1, 2))
        own_away = np.linalg.norm(cells[:, row, column] - middle, axis=-1)
        signs = np.column_stack([light[:, row, column], pure[:, row, column], -own_away, -away])
        areas, p = areas_under_curve(signs[there], own[there], groups[there])
        yield _Patch(label, row, column, own & there, signs, areas, p)


def _mirrored(place: int, first: Ints, end: Ints) -> Ints:
    """The row, or column, that each crop shows in a place, where the photo is mirrored at its edges."""
    inside = np.where(
        place < first, 2 * first - 1 - place, np.where(place >= end, 2 * end - 1 - place, place)
    )
    return inside.clip(0, SURROUND_SIDE - 1)


def _strongest_light(faces: Answers, known: Ints) -> LightSign | None:
    """Of the faces at these places."""
    light = faces.surround[known][:, _BESIDE].mean(axis=1) @ _LUMINANCE / 255
    tested = []
    for label in CLASSES:
        own = np.asarray(faces.label[known] == label, np.bool_)
        if min(own.sum(), (~own).sum()) >= LEAST_FACES:
            (area,), (p,) = areas_under_curve(light[:, None], own, faces.groups[known])
            tested.append((label, own, float(area), float(p)))
    found = []
    for (label, own, area, _), p in zip(tested, holm([each[3] for each in tested]), strict=True):
        if p <= LEVEL and max(area, 1 - area) >= LIGHT_AREA:
            (inside,) = np.nonzero(own)
            order = known[inside[np.argsort(light[inside] * (1 if area < 0.5 else -1), kind="stable")]]
            middle = float(np.median(light[own])), float(np.median(light[~own]))
            found.append(LightSign(label, area, p, *middle, order))
    return max(found, key=lambda sign: round(abs(sign.area - 0.5), 6), default=None)
