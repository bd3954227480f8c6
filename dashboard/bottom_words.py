"""The bottom line of a model: a few plain sentences made from the figures on its card alone."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.i18n import class_name, say
from dashboard.record_words import dataset_name
from dashboard.records.values import Record, Score, telling
from xai.learning.evaluation.metrics import LEAST_GROUPS
from xai.learning.training.recipe import BINARY

__all__ = ["bottom_line", "decisive"]


def bottom_line(record: Record) -> tuple[str, ...]:
    """How often a model is right, where it is weakest, what it does not answer, and what was not measured.

    Returns:
        Sentences, the most telling one first.
    """
    score = decisive(record)
    found = _found(score) if score else (say("bottom.not_measured"),)
    two = (say("bottom.two"),) if set(record.classes) == set(BINARY) else ()
    return (*found, *two, *(_unseen(record, score) if score else ()))


def decisive(record: Record) -> Score | None:
    """The evaluation that a bottom line rests on: of faces that decided nothing, if there is one.

    Among those, one with faces of every answer goes before one without, and more faces before fewer. What was
    kept of its set from a study's model decided nothing.
    """
    scores = [score for score in telling(record.scores) if "accuracy" in score.figures]
    return max(
        scores,
        key=lambda s: (record.protocol == "seed" or s.dataset not in record.sets, len(_faces(s)), s.n),
        default=None,
    )


def _found(score: Score) -> tuple[str, ...]:
    set_name = dataset_name(score.dataset)
    right = say("bottom.right", right=_of_hundred(score.figures["accuracy"].value), set=set_name, n=score.n)
    faces = _faces(score)
    shares = {name: score.confusion[name].get(name, 0) / count for name, count in faces.items()}
    weakest = min(shares, key=lambda name: shares[name])
    if len(shares) == 1 or shares[weakest] == max(shares.values()):
        return (right,)
    called = class_name(weakest)
    if faces[weakest] < LEAST_GROUPS:
        few = {"right": score.confusion[weakest].get(weakest, 0), "n": faces[weakest]}
        return right, say("bottom.weakest_few", name=called, **few)
    return right, say("bottom.weakest", name=called, right=_of_hundred(shares[weakest]), n=faces[weakest])


def _unseen(record: Record, score: Score) -> tuple[str, ...]:
    """That answers had no faces to be measured on."""
    unseen = [
        say("bottom.quoted", name=class_name(name)) for name in record.classes if not _faces(score).get(name)
    ]
    return (say("bottom.unseen", names=", ".join(unseen)),) if unseen else ()


def _faces(score: Score) -> Mapping[str, int]:
    """True class -> faces, of those that have any."""
    counts = {name: sum(answers.values()) for name, answers in score.confusion.items()}
    return {name: count for name, count in counts.items() if count}


def _of_hundred(share: float) -> str:
    """So many of a hundred; what is not all or none is never rounded to it."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return say("bottom.nearly_all")
    if rounded == 0 and share > 0:
        return say("bottom.nearly_none")
    return say("bottom.of_hundred", right=rounded)
