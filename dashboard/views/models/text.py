"""Sentences and labels about models, from their cards; the summary from the figures on a card alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.charts.metrics import DotRow
from dashboard.i18n import class_title, has_key, t
from dashboard.text.metrics import is_technical
from dashboard.views.models.evaluations import most_informative
from xai.classes import MEANINGS
from xai.models.card_schema import LEAST_GROUPS, Epoch, Evaluation
from xai.models.cards import Card

__all__ = [
    "alt_counts",
    "alt_curves",
    "alt_dots",
    "data_line",
    "dataset_name",
    "headline_evaluation",
    "model_summary",
    "score_label",
    "setting_line",
    "study_name",
]

_TWO = {info.binary for info in MEANINGS.values()}
"""The classes of a model that only knows whether there is a mask."""


def study_name(source: str) -> str:
    """Display name of the study that a model continues."""
    return t("study.own") if source == "own" else t("study.numbered", number=source)


def dataset_name(name: str) -> str:
    """Display name of a dataset; one that the messages do not have, as it is."""
    return t(f"dataset.{name}") if has_key(f"dataset.{name}") else name


def setting_line(score: Evaluation) -> str:
    """The setting of an evaluation in words: how faces were cropped, what was left out."""
    return ", ".join(_setting(name, value) for name, value in score.setting.items())


def score_label(score: Evaluation) -> str:
    """A short name for one evaluation: the dataset and the number of faces."""
    return t("scored.label", dataset=dataset_name(score.dataset), n=score.n)


def data_line(card: Card) -> str:
    """What a model was trained on."""
    parts = [
        t("card.part", part=t(f"part.{part}"), n=sum(counts.values()))
        for part, counts in card.training.counts.items()
    ]
    if not parts:
        return t("card.no_data")
    return t("card.data", sets=", ".join(map(_learnt_set, card.training.sets)), parts=", ".join(parts))


def alt_dots(title: str, rows: Sequence[DotRow]) -> str:
    """Text alternative of a dot plot."""
    return t("dots.alt", title=title, rows="; ".join(_dot(row) for row in rows))


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


def _setting(name: str, value: str) -> str:
    if not is_technical() and has_key(f"setting_plain.{name}_{value}"):
        return t(f"setting_plain.{name}_{value}")
    if has_key(f"setting.{name}_{value}"):
        return t(f"setting.{name}_{value}", value=value)
    if has_key(f"setting.{name}"):
        return t(f"setting.{name}", value=value)
    return f"{name}={value}"


def _dot(row: DotRow) -> str:
    said = [row.label]
    if row.measured:
        found = row.measured
        said.append(
            t("dots.alt_alone", value=found.value)
            if found.low is None
            else t("dots.alt_measured", value=found.value, low=found.low, high=found.high)
        )
    if row.published is not None:
        said.append(t("dots.alt_published", value=row.published))
    return " ".join(said)


def model_summary(card: Card) -> tuple[str, ...]:
    """How often a model is right, where it is weakest, which classes it lacks, and what was not measured.

    Returns:
        Sentences, the most informative first.
    """
    score = headline_evaluation(card)
    found = _found(score) if score else (t("bottom.not_measured"),)
    two = (t("bottom.two"),) if set(card.classes) == _TWO else ()
    return (*found, *two, *(_unseen(card, score) if score else ()))


def headline_evaluation(card: Card) -> Evaluation | None:
    """The evaluation that the summary is based on: of held-out faces, if there is one.

    Among those, one with faces of every class goes before one without, and more faces before fewer. The part
    of its dataset kept from a study's model counts as held out.
    """
    scores = [score for score in most_informative(card.evaluations) if "accuracy" in score.metrics]
    return max(
        scores,
        key=lambda s: (card.protocol == "seed" or s.dataset not in card.training.sets, len(_faces(s)), s.n),
        default=None,
    )


def _found(score: Evaluation) -> tuple[str, ...]:
    set_name = dataset_name(score.dataset)
    right = t("bottom.right", right=_of_hundred(score.metrics["accuracy"].value), set=set_name, n=score.n)
    faces = _faces(score)
    shares = {name: score.confusion[name].get(name, 0) / count for name, count in faces.items()}
    weakest = min(shares, key=lambda name: shares[name], default="")
    if len(shares) < 2 or shares[weakest] == max(shares.values()):
        return (right,)
    called = class_title(weakest)
    if faces[weakest] < LEAST_GROUPS:
        few = {"right": score.confusion[weakest].get(weakest, 0), "n": faces[weakest]}
        return right, t("bottom.weakest_few", name=called, **few)
    return right, t("bottom.weakest", name=called, right=_of_hundred(shares[weakest]), n=faces[weakest])


def _unseen(card: Card, score: Evaluation) -> tuple[str, ...]:
    """Which classes had no faces to be measured on; empty where faces were not counted by class."""
    faces = _faces(score)
    unseen = [t("bottom.quoted", name=class_title(name)) for name in card.classes if name not in faces]
    return (t("bottom.unseen", names=", ".join(unseen)),) if faces and unseen else ()


def _faces(score: Evaluation) -> Mapping[str, int]:
    """True class -> faces, of those that have any."""
    counts = {name: sum(answers.values()) for name, answers in score.confusion.items()}
    return {name: count for name, count in counts.items() if count}


def _of_hundred(share: float) -> str:
    """A share as "so many of a hundred"; never rounded to 0 or 100 unless exact."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return t("bottom.nearly_all")
    if rounded == 0 and share > 0:
        return t("bottom.nearly_none")
    return t("bottom.of_hundred", right=rounded)
