"""The same photo twice in a set: the same bytes, or pictures that only look the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.audit.findings.answers import Answers
from xai.audit.ledger import OTHER_LABELS, Outcome

__all__ = ["Repeated", "near_duplicates", "repeated"]

MAX_APART = 10.0
"""How far two faces that look alike may be apart: bits of ``difference_hash`` that differ, plus the mean
difference of their cells' colours, 0..255, each less the crop's mean. Of 1,161 generated portraits in one
framing, 673,380 pairs, the nearest two are 10.5 apart; of photographs of different people, 24."""

_BLOCK = 512  # faces that are compared with all at once
_PAIRS = 8192

MAX_PAIRS = 10_000
"""Pairs that are kept, the most alike: a set of frames of one film has millions."""


@dataclass(frozen=True)
class Repeated:
    """A photo whose bytes are in the set more than once.

    Attributes:
        first: name of the file that was examined.
        others: names of those that repeat it.
        contradicted: whether one of them has other labels.
    """

    first: str
    others: tuple[str, ...]
    contradicted: bool


def repeated(outcomes: Iterable[Outcome]) -> list[Repeated]:
    """The photos of the set that are there more than once, in its order."""
    first: dict[str, str] = {}
    again: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.outcome == "duplicate":
            again.setdefault(outcome.sha256, []).append(outcome)
        elif outcome.outcome in ("read", "no_face"):
            first[outcome.sha256] = outcome.name
    return [
        Repeated(name, tuple(o.name for o in again[sha]), any(OTHER_LABELS in o.sentence for o in again[sha]))
        for sha, name in first.items()
        if sha in again
    ]


def near_duplicates(faces: Answers) -> tuple[list[tuple[int, int]], int]:
    """Pairs of faces of different groups that look alike, by their places, the most alike first, at most
    ``MAX_PAIRS``; and how many there are in all.

    It errs on the side of silence. Of photos saved again at quality 60, whose faces were detected again, 14
    of 30 are found, and 7 of 30 of those that were also reduced by a quarter (``pytest
    tests/unit/audit/test_findings_on_photographs.py -s``): the detector frames them a little otherwise. What
    was mirrored, turned or cut otherwise is not found. Every pair is looked at: 5,000 faces take a second on
    one core, ten times as many a hundred times as long.

    Args:
        faces: of the set, each once.
    """
    cells = faces.surround.astype(np.float32)
    cells = (cells - cells.mean(axis=(1, 2), keepdims=True)).reshape(len(faces), -1)
    found, total = [np.zeros((0, 3))], 0
    for start in range(0, len(faces), _BLOCK):
        rows = slice(start, start + _BLOCK)
        bits = np.bitwise_count(faces.dhash[rows, None] ^ faces.dhash[None, :])
        first, second = np.nonzero(bits <= MAX_APART)
        later = (second > first + start) & (faces.groups[first + start] != faces.groups[second])
        for some in _cut(np.stack([first, second], axis=1)[later]):
            one, other = some[:, 0] + start, some[:, 1]
            apart = np.abs(cells[one] - cells[other]).mean(axis=1, dtype=np.float64) + bits[some[:, 0], other]
            found.append(np.stack([apart, one, other], axis=1)[apart <= MAX_APART])
            total += len(found[-1])
            if sum(map(len, found)) > 2 * MAX_PAIRS:
                found = [_nearest(found)]
    return [(int(one), int(other)) for _, one, other in _nearest(found)], total


def _nearest(found: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The most alike pairs: rows of how far they are apart and their places."""
    pairs = np.concatenate(found)
    return pairs[np.lexsort(pairs.T[::-1])][:MAX_PAIRS]


def _cut(pairs: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(pairs), _PAIRS):
        yield pairs[start : start + _PAIRS]
