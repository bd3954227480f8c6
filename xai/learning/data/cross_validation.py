"""Five-fold parts: every face is tested once, by a model that saw none of its group."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from xai.errors import DataRejected
from xai.learning.data.splits import Example

__all__ = ["FoldParts", "fold_parts"]

_HELD_OUT = 8
"""One group in this many of the other folds is held out for choosing the epoch."""


@dataclass(frozen=True)
class FoldParts:
    """The three parts of one fold."""

    train: tuple[Example, ...]
    val: tuple[Example, ...]
    test: tuple[Example, ...]


def fold_parts(examples: Sequence[Example], fold: int) -> FoldParts:
    """Test on ``fold``; train on the others, of which one group in eight is held out for model selection.

    Groups are held out class by class, the rarest class first, so that the few faces of a rare class are
    distributed evenly; the choice is by a digest of the group's name, so it is deterministic.

    Raises:
        DataRejected: the set has no folds, or no such fold.
    """
    known = sorted({e.fold for e in examples if e.fold is not None})
    if fold not in known or any(e.fold is None for e in examples):
        raise DataRejected(
            f"There is no fold {fold}; the faces are in folds {', '.join(map(str, known))}."
            if known
            else "The set has no folds; its labels.csv needs a column fold."
        )
    test = tuple(e for e in examples if e.fold == fold)
    tested = {e.group for e in test}
    others = [e for e in examples if e.fold != fold and e.group not in tested]
    held_out = _held_out(others)
    return FoldParts(
        train=tuple(e for e in others if e.group not in held_out),
        val=tuple(e for e in others if e.group in held_out),
        test=test,
    )


def _held_out(examples: Sequence[Example]) -> set[str]:
    """Groups in the order of their digests, those with the rarest class first; every eighth of each."""
    counts: dict[str, int] = {}
    labels: dict[str, set[str]] = {}
    for example in examples:
        counts[example.label] = counts.get(example.label, 0) + 1
        labels.setdefault(example.group, set()).add(example.label)
    strata: dict[str, list[str]] = {}
    for group, present in labels.items():
        strata.setdefault(min(present, key=lambda label: (counts[label], label)), []).append(group)
    return {
        group
        for groups in strata.values()
        for group in sorted(groups, key=_digest)[_HELD_OUT // 2 :: _HELD_OUT]
    }


def _digest(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()
