"""Kinds of faces and of errors in words, made from records."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.i18n import from_library, has, number, say
from dashboard.model_figures import Dot
from dashboard.record_words import dataset_name
from dashboard.records.values import Bin
from xai.learning.evaluation.metrics import LEAST_GROUPS
from xai.models.reported_errors import KnownError

__all__ = ["error_lists", "few_faces", "kind_dots"]


def kind_dots(kind: str, bins: Sequence[Bin], classes: Sequence[str]) -> list[Dot]:
    """A dot for each kind of face, labelled with how many faces of each class there were.

    Args:
        kind: ``"size"``, ``"pose"`` or ``"colour"``.
        bins: what was measured.
        classes: in the order in which their faces are named.
    """
    return [Dot(_label(kind, one, classes), one.aca) for one in bins]


def few_faces(bins: Sequence[Bin]) -> bool:
    """Whether a class has so few faces in one of the bins that the interval of the mean says too much."""
    return any(count < LEAST_GROUPS for one in bins for count in one.counts.values())


def error_lists(errors: Sequence[KnownError]) -> dict[str, list[str]]:
    """What was looked at, said once -> a line for each kind of error found there; in the order of the card.

    What was looked at is "" where neither the set nor the number of wrong answers is known.
    """
    lists: dict[str, list[str]] = {}
    for error in errors:
        lists.setdefault(_looked_at(error), []).append(_error(error))
    return lists


def _label(kind: str, one: Bin, classes: Sequence[str]) -> str:
    name = say(f"kind_{kind}.{one.name}") if has(f"kind_{kind}.{one.name}") else one.name
    counts = "/".join(number(one.counts.get(label, 0), ",") for label in classes)
    label = say("kinds.label", name=name, n=sum(one.counts.values()), counts=counts)
    return say("scored.starred", label=label) if few_faces([one]) or one.aca.gap else label


def _looked_at(error: KnownError) -> str:
    if not error.on:
        return "" if error.of is None else say("known_error.of", of=error.of)
    dataset = dataset_name(error.on.split()[0])
    if error.of is None:
        return say("known_error.on", dataset=dataset)
    return say("known_error.of_on", of=error.of, dataset=dataset)


def _error(error: KnownError) -> str:
    line = say("known_error.line", kind=say(f"error_kind.{error.kind}"), count=error.count)
    return say("known_error.line_note", line=line, note=from_library(error.note)) if error.note else line
