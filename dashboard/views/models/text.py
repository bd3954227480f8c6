"""Sentences and labels about models, from their cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.charts.metrics import DotRow
from dashboard.i18n import class_title, format_number, has_key, t, translate_notice
from dashboard.text.metrics import dataset_name
from xai.models.card_schema import LEAST_GROUPS, Epoch, Subgroup
from xai.models.cards import Card
from xai.models.reported_errors import KnownError

__all__ = [
    "alt_counts",
    "alt_curves",
    "data_line",
    "error_lists",
    "few_faces",
    "kind_dots",
]


def data_line(card: Card) -> str:
    """What a model was trained on."""
    parts = [
        t("card.part", part=t(f"part.{part}"), n=sum(counts.values()))
        for part, counts in card.training.counts.items()
    ]
    if not parts:
        return t("card.no_data")
    return t("card.data", sets=", ".join(map(_learnt_set, card.training.sets)), parts=", ".join(parts))


def alt_counts(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Text alternative of the bars of faces per class."""
    rows = [
        t("counts.alt_row", part=t(f"part.{part}"), label=class_title(label), n=n)
        for part, by_class in counts.items()
        for label, n in by_class.items()
    ]
    return t("counts.alt", rows="; ".join(rows))


def alt_curves(history: Sequence[Epoch], names: Sequence[str]) -> str:
    """Text alternative of the training curves: where each begins and ends."""
    rows = []
    for name in names:
        values = [getattr(each, name) for each in history if getattr(each, name) is not None]
        if values:
            rows.append(t("curves.alt_row", name=t(f"curve_name.{name}"), first=values[0], last=values[-1]))
    return t("curves.alt", epochs=len(history), rows="; ".join(rows))


def _learnt_set(name: str) -> str:
    """Name of a training set: of all of it, where its usual name is that of the held-out part."""
    return t(f"learnt_set.{name}") if has_key(f"learnt_set.{name}") else dataset_name(name)


def kind_dots(kind: str, bins: Sequence[Subgroup], classes: Sequence[str]) -> list[DotRow]:
    """A row for each subgroup, labelled with its number of faces of each class.

    Args:
        kind: ``"size"``, ``"pose"`` or ``"colour"``.
        bins: what was measured.
        classes: in the order in which their faces are listed.
    """
    return [DotRow(_label(kind, one, classes), one.aca) for one in bins]


def few_faces(bins: Sequence[Subgroup]) -> bool:
    """Whether a class has so few faces in one of the bins that the interval of the mean is misleading."""
    return any(count < LEAST_GROUPS for one in bins for count in one.counts.values())


def error_lists(errors: Sequence[KnownError]) -> dict[str, list[str]]:
    """Description of the reviewed answers -> a line for each kind of error among them; in the card's order.

    The description is "" where neither the dataset nor the number of wrong answers is known.
    """
    lists: dict[str, list[str]] = {}
    for error in errors:
        lists.setdefault(_looked_at(error), []).append(_error(error))
    return lists


def _label(kind: str, one: Subgroup, classes: Sequence[str]) -> str:
    name = t(f"kind_{kind}.{one.name}") if has_key(f"kind_{kind}.{one.name}") else one.name
    counts = "/".join(format_number(one.counts.get(label, 0), ",") for label in classes)
    label = t("kinds.label", name=name, n=sum(one.counts.values()), counts=counts)
    return t("scored.starred", label=label) if few_faces([one]) or one.aca.gap else label


def _looked_at(error: KnownError) -> str:
    if not error.on:
        return "" if error.of is None else t("known_error.of", of=error.of)
    dataset = dataset_name(error.on.split()[0])
    if error.of is None:
        return t("known_error.on", dataset=dataset)
    return t("known_error.of_on", of=error.of, dataset=dataset)


def _error(error: KnownError) -> str:
    line = t("known_error.line", kind=t(f"error_kind.{error.kind}"), count=error.count)
    return t("known_error.line_note", line=line, note=translate_notice(error.note)) if error.note else line
