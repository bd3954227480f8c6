"""Probes that cover a part of the face: nose and mouth, and the smallest covers that flip the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from xai.errors import XaiError
from xai.evidence.counterfactuals.probes import COVER_FILLS, GRID, Probed, Rectangle, Subject, pieces
from xai.evidence.interventions.fills import neutral_fill
from xai.photo.regions import region_masks
from xai.types import Face, Prediction

__all__ = ["cover_up", "hide_mouth", "hide_nose", "hide_nose_and_mouth", "smallest_cover", "smallest_patch"]

Pixels = NDArray[np.uint8]
Area = NDArray[np.bool_]
Cover = tuple[Rectangle, ...]

_MOST = GRID * GRID // 2
"""Most cells of a cover: an answer that flips only beyond half of the picture has no small cover."""

_SPLITS = 2
"""How often the pieces of a found cover are quartered, to see which quarters can be removed."""


def cover_up(crop: Pixels, place: Area, content: Pixels) -> Pixels:
    """The crop ``(S, S, 3)`` with ``content`` of the same shape wherever ``place`` ``(S, S)`` is true.

    The edge is hard, as that of an object in front of a face; the soft seam of the verdict's edits is not
    used, because the cover must show exactly what is covered.
    """
    return np.where(place[..., None], content, crop)


def hide_nose(subject: Subject) -> Probed:
    """The nose, covered with each of ``COVER_FILLS``."""
    return _hidden(subject, ("nose",))


def hide_mouth(subject: Subject) -> Probed:
    """The mouth, covered with each of ``COVER_FILLS``."""
    return _hidden(subject, ("mouth",))


def hide_nose_and_mouth(subject: Subject) -> Probed:
    """Nose and mouth, covered with each of ``COVER_FILLS``."""
    return _hidden(subject, ("nose", "mouth"))


def smallest_cover(subject: Subject) -> Probed:
    """The smallest cover found that flips the answer; the values are shares of the crop.

    The search is greedy, as in Carter et al., "What made you do this? Understanding black-box decisions with
    sufficient input subsets" (2019), which removes parts of a picture until its answer is lost; here they are
    covered. On a grid of ``GRID`` times ``GRID`` cells a cell is added, again and again: one that flips the
    answer or, where none does, the one that makes it least probable, until half the crop is covered. Then
    every cell, every quarter and every sixteenth of the rest is uncovered again if the answer stays flipped
    without it.

    The cover found flips the answer; that no smaller one does is not proven. Its share is an upper bound.

    The values are the growing covers that do not flip the answer, then the one that does, after shrinking; it
    may be smaller than those before it.
    """
    return _searched(_Search(subject))


def smallest_patch(subject: Subject) -> Probed:
    """The smallest cover in one piece found that flips the answer; values and bound as of ``smallest_cover``.

    The same search, but a cell is added only where it touches the cover, and nothing is uncovered that would
    disconnect the rest. Scattered cells may need less area; one piece can be seen and named.
    """
    return _searched(_Search(subject, one_piece=True))


def _searched(search: _Search) -> Probed:
    grown = search.grow()
    covers = [*grown.failed, search.shrink(grown.found)] if grown.found else grown.failed
    pictures = tuple(search.picture(cover) for cover in covers)
    return Probed(
        start=search.start,
        values=tuple(search.share(cover) for cover in covers),
        answers=search.ask(pictures),
        pictures=pictures,
        cover=covers[-1] if grown.found else (),
    )


def _hidden(subject: Subject, parts: tuple[str, ...]) -> Probed:
    place, crop = _place(subject.face, parts), subject.face.crop
    pictures = tuple(cover_up(crop, place, _content(subject.face, fill)) for fill in COVER_FILLS)
    start, *answers = subject.classifier.predict([crop, *pictures])
    subject.progress(len(pictures), len(pictures))
    return Probed(start, COVER_FILLS, tuple(answers), pictures)


def _place(face: Face, parts: tuple[str, ...]) -> Area:
    masks = region_masks(face)
    if masks is None:
        raise XaiError("Nothing can be hidden on this face: its landmarks were not found.")
    return np.asarray(np.logical_or.reduce([masks[part] for part in parts]), np.bool_)


def _content(face: Face, fill: str) -> Pixels:
    return np.rint(neutral_fill(face, fill)).astype(np.uint8)


class _Grown:
    """The growth of a cover: the covers that did not flip the answer, and the one that did, if any."""

    def __init__(self) -> None:
        self.failed: list[Cover] = []
        self.found: Cover = ()


class _Search:
    """The search for a small cover on one face; in ``one_piece`` if set."""

    def __init__(self, subject: Subject, *, one_piece: bool = False) -> None:
        self._one_piece = one_piece
        self._crop, self._classifier = subject.face.crop, subject.classifier
        self._content, self._progress = _content(subject.face, subject.fill), subject.progress
        self.start = self._classifier.predict([self._crop])[0]
        self._asked, self._total = 0, sum(GRID * GRID - taken for taken in range(_MOST))

    def picture(self, cover: Iterable[Rectangle]) -> Pixels:
        """The crop with the cover on it."""
        place = np.zeros(self._crop.shape[:2], np.bool_)
        for part in cover:
            place[part.top : part.bottom, part.left : part.right] = True
        return cover_up(self._crop, place, self._content)

    def share(self, cover: Iterable[Rectangle]) -> float:
        """Share of the crop that a disjoint cover takes, 0..1."""
        height, width = self._crop.shape[:2]
        return sum(part.area for part in cover) / int(height * width)

    def grow(self) -> _Grown:
        """Add the cell that lowers the answer most until it flips."""
        grown = _Grown()
        cover: Cover = ()
        free = _cells(*self._crop.shape[:2])
        for _ in range(_MOST):
            tried: list[Cover] = [(*cover, cell) for cell in free if self._fits(cell, cover)]
            answers = self._ask(tried)
            best = min(range(len(tried)), key=lambda i: self._standing(answers[i]))
            cover = tried[best]
            if answers[best].label != self.start.label:
                grown.found = cover
                return grown
            grown.failed.append(cover)
            free.remove(cover[-1])
        return grown

    def _fits(self, cell: Rectangle, cover: Cover) -> bool:
        return not (self._one_piece and cover) or any(cell.touches(part) for part in cover)

    def _standing(self, answer: Prediction) -> tuple[bool, float]:
        """Sort key of an answer: flipped is less than kept, less probable than more."""
        return answer.label == self.start.label, answer.of(self.start.label)

    def shrink(self, cover: Cover) -> Cover:
        """Uncover what is not needed: whole pieces, then ever smaller parts of them."""
        cover = self._without_needless(cover)
        for _ in range(_SPLITS):
            cover = self._without_needless(tuple(quarter for part in cover for quarter in _quarters(part)))
        return cover

    def _without_needless(self, cover: Cover) -> Cover:
        """A connecting cell may become removable once its neighbours are, so this repeats until all stay."""
        rest = self._tried_off(cover)
        while self._one_piece and rest != cover:
            cover, rest = rest, self._tried_off(rest)
        return rest

    def _tried_off(self, cover: Cover) -> Cover:
        """The cover after trying once to remove each part."""
        for part in cover:
            rest = tuple(other for other in cover if other is not part)
            if self._holds(rest) and self._ask([rest])[0].label != self.start.label:
                cover = rest
        return cover

    def _holds(self, cover: Cover) -> bool:
        return not self._one_piece or pieces(cover) == 1

    def ask(self, pictures: Sequence[Pixels]) -> tuple[Prediction, ...]:
        """The classifier's prediction for each picture."""
        return self._classifier.predict(pictures)

    def _ask(self, covers: list[Cover]) -> tuple[Prediction, ...]:
        answers = self.ask([self.picture(cover) for cover in covers])
        self._asked += len(covers)
        self._progress(min(self._asked, self._total), self._total)
        return answers


def _cells(height: int, width: int) -> list[Rectangle]:
    """The cells of the grid, row by row; a crop too small for the grid gets fewer."""
    rows, columns = _cuts(0, height, GRID), _cuts(0, width, GRID)
    return [Rectangle(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def _quarters(part: Rectangle) -> list[Rectangle]:
    rows, columns = _cuts(part.top, part.bottom, 2), _cuts(part.left, part.right, 2)
    return [Rectangle(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def _cuts(start: int, stop: int, count: int) -> list[tuple[int, int]]:
    """``start`` to ``stop`` in ``count`` pieces as equal as whole pixels allow, without empty ones."""
    edges = [start + (stop - start) * i // count for i in range(count + 1)]
    return [(low, high) for low, high in pairwise(edges) if low < high]
