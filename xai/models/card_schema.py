"""Schema of model cards: what their JSON says, with types. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from xai.models.card_fields import Field

__all__ = [
    "LEAST_GROUPS",
    "OVERALL",
    "ClassVerdict",
    "Epoch",
    "Evaluation",
    "Gap",
    "Metric",
    "Subgroup",
    "Training",
    "interval_gap",
    "read_epochs",
    "read_evaluations",
    "read_training",
    "read_verdicts",
]

LEAST_GROUPS = 10
"""Least number of groups of faces for which a bootstrap interval is reported.

Resampling shows no more than the groups that are there. Of a true share of .9, its 95 % interval holds the
truth 41 times in 100 with five groups and 64 times with ten. Nearly all the misses are groups that were
answered all alike, which ``interval_gap`` notices by itself; with fewer than ten, all alike is usual.
"""

Gap = Literal["", "few", "alike"]
"""Why an interval is left out: too few groups, or groups that are all alike; "" where it is kept."""

_LEARNT = ("train", "val")
"""Parts of the data used to fit or select a model."""

OVERALL = ("accuracy", "aca", "precision", "recall", "specificity", "npv", "f1", "ece")
"""Scores of an evaluation that belong to no class."""


@dataclass(frozen=True)
class Metric:
    """A share that was measured.

    Attributes:
        value: the share, 0..1; in a verdict, where it is a ratio of effects, any number.
        low, high: ends of its 95 % interval; None where there is none.
        gap: why the computed interval is left out; "" where there is one, and where none was computed.
    """

    value: float
    low: float | None = None
    high: float | None = None
    gap: Gap = ""


@dataclass(frozen=True)
class Subgroup:
    """Result of one evaluation on one subgroup of its faces.

    Attributes:
        name: of the subgroup, as on the card.
        counts: class -> faces.
        aca: mean accuracy over the classes that have faces among them.
    """

    name: str
    counts: Mapping[str, int]
    aca: Metric


@dataclass(frozen=True)
class Evaluation:
    """Result on one dataset in one setting.

    Attributes:
        dataset: short name of the set.
        setting: setting -> value, such as ``protocol``, ``crops``, ``without``.
        n: faces that were classified.
        metrics: score or class -> metric; undefined ones are left out.
        confusion: true class -> predicted class -> faces; empty where not counted.
        subgroups: subgroup axis (size, pose, colour) -> its subgroups, in order; may be empty.
    """

    dataset: str
    setting: Mapping[str, str]
    n: int
    metrics: Mapping[str, Metric]
    confusion: Mapping[str, Mapping[str, int]]
    subgroups: Mapping[str, tuple[Subgroup, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Epoch:
    """One epoch of a training; what was not recorded is None.

    Attributes:
        number: of the epoch.
        train_loss, loss: mean loss on the training and the validation part.
        accuracy, aca: on the validation part, 0..1.
    """

    number: int
    train_loss: float | None
    loss: float | None
    accuracy: float | None
    aca: float | None


@dataclass(frozen=True)
class ClassVerdict:
    """How often a model's right answers of one class follow the lower face and stay otherwise, over a
    dataset.

    Attributes:
        dataset: short name of the set.
        donors: ``set`` or ``gallery``: the source of the donors.
        label: the class.
        faces: right answers.
        groups: how many source photos they come from.
        judged: on how many of them edits were feasible.
        verdicts: verdict of a single face -> right answers with it; empty where not counted.
        followed: share of edits of the lower face that were followed; None where nothing was judged.
        place: effect of nose and mouth alone over that of the lower face; likewise.
        stayed: share of other edits under which the answer stayed; likewise.
        moved_by: family of edits under which it stayed least often; "" where there was none.
        kept: share of that family's edits under which it stayed.
        verdict: of the model for the class.
    """

    dataset: str
    donors: str
    label: str
    faces: int
    groups: int
    judged: int
    verdicts: Mapping[str, int]
    followed: Metric | None
    place: Metric | None
    stayed: Metric | None
    moved_by: str
    kept: Metric | None
    verdict: str


@dataclass(frozen=True)
class Training:
    """What a model was trained on, and its study's published figures.

    Attributes:
        command: the command that reproduces it; "" where not recorded.
        start: name of the model whose weights it started from; "" where it had none.
        departures: where the training differs from the published one, sentences; may be empty.
        published: score or class -> share that the study published, 0..1; may be empty.
        trained_on: dataset whose figures are compared with the published ones.
        counts: ``train`` and ``val`` -> class -> faces, all sets together; a part without a set is left out.
        sets: names of the sets used for training and model selection.
    """

    command: str
    start: str
    departures: tuple[str, ...]
    published: Mapping[str, float]
    trained_on: str
    counts: Mapping[str, Mapping[str, int]]
    sets: tuple[str, ...]


def interval_gap(ends: tuple[float, float], groups: int) -> Gap:
    """Why the ends of a bootstrap interval must not be reported as a figure's uncertainty.

    Where every group got the same answers, each resample has the same figure and the interval no width,
    however few the groups: it would suggest certainty.

    Args:
        ends: of the interval.
        groups: how many of the resampled groups the figure is based on; for a class, those with faces of it.

    >>> interval_gap((0.44, 1.0), 9), interval_gap((1.0, 1.0), 60), interval_gap((0.93, 0.99), 60)
    ('few', 'alike', '')
    """
    if groups < LEAST_GROUPS:
        return "few"
    return "" if ends[0] < ends[1] else "alike"


def read_training(recipe: Field, data: Field, classes: Sequence[str]) -> Training:
    """Parse a card's keys ``recipe`` and ``data``; this and the other readers raise as ``Field`` does."""
    faces = {part: [each.counts() for _, each in data.get(part, {}).items()] for part in _LEARNT}
    return Training(
        command=recipe.get("command", "").text(),
        start=recipe.get("start", "").text(),
        departures=recipe.get("departures", ()).texts(),
        published={name: each.share() for name, each in recipe.get("published", {}).items()},
        trained_on=recipe.get("trained_on", "fmd").text(),
        counts={
            part: {name: sum(each.get(name, 0) for each in sets) for name in classes}
            for part, sets in faces.items()
            if sets
        },
        sets=tuple(dict.fromkeys(name for part in _LEARNT for name in data.get(part, {}).mapping())),
    )


def read_epochs(history: Field) -> tuple[Epoch, ...]:
    """The epochs under a card's key ``history``."""
    return tuple(_epoch(row) for row in history.entries())


def read_evaluations(metrics: Field) -> tuple[Evaluation, ...]:
    """The evaluations under a card's key ``metrics``; a row without faces (``chosen on``) is skipped."""
    return tuple(_evaluation(key, row) for key, row in metrics.items() if "n" in row.mapping())


def read_verdicts(verdicts: Field) -> tuple[ClassVerdict, ...]:
    """The verdicts under a card's key ``verdicts``, class by class of each set."""
    return tuple(
        _verdict(key, label, row) for key, classes in verdicts.items() for label, row in classes.items()
    )


def _epoch(row: Field) -> Epoch:
    losses = (row.get(name).known(Field.number) for name in ("train_loss", "loss"))
    shares = (row.get(name).known(Field.share) for name in ("accuracy", "aca"))
    return Epoch(int(row["epoch"].number()), *losses, *shares)


def _evaluation(key: str, row: Field) -> Evaluation:
    dataset, *settings = key.split() or [""]
    if not all("=" in setting for setting in settings):
        raise ValueError(f"{row.path} must be named like 'fmd protocol=seed': a set, then settings")
    n, shares, intervals = row["n"].count(), row.get("per_class", {}), row.get("intervals", {})
    confusion = {truth: answers.counts() for truth, answers in row.get("confusion", {}).items()}
    faces = {truth: sum(answers.values()) for truth, answers in confusion.items()}
    groups = faces | row.get("groups", {}).counts()  # older cards count none; at most one per face
    whole = sum(groups.values()) if groups else n
    figures = {name: row.get(name) for name in OVERALL} | dict(shares.items())
    return Evaluation(
        dataset=dataset,
        setting=dict(setting.split("=", 1) for setting in settings),
        n=n,
        metrics={
            name: _metric(figure, intervals.get(name), groups.get(name, whole))
            for name, figure in figures.items()
            if figure.value is not None
        },
        confusion=confusion,
        subgroups={kind: tuple(map(_subgroup, bins.entries())) for kind, bins in row.get("by", {}).items()},
    )


def _subgroup(one: Field) -> Subgroup:
    counts = one["counts"].counts()
    aca = _metric(one["aca"], one.get("intervals", {}).get("aca"), sum(counts.values()))
    return Subgroup(one["bin"].text(), counts, aca)


def _metric(value: Field, ends: Field, groups: int) -> Metric:
    """A share with its interval, which is left out where it is uninformative."""
    interval = ends.known(Field.interval)
    if interval is None:
        return Metric(value.share())
    gap = interval_gap(interval, groups)
    return Metric(value.share(), gap=gap) if gap else Metric(value.share(), *interval)


def _verdict(key: str, label: str, row: Field) -> ClassVerdict:
    dataset, _, donors = key.partition(" donors=")
    if not donors:
        raise ValueError(f"{row.path} must be named like 'ilc donors=set': a set, then whose parts were laid")
    kept = {family: _judged(each["stayed"]) for family, each in row["families"].items()}
    known = {family: found for family, found in kept.items() if found}
    least = min(known, key=lambda family: known[family].value, default="")
    return ClassVerdict(
        dataset=dataset,
        donors=donors,
        label=label,
        faces=row["faces"].count(),
        groups=row.get("groups", row["faces"].value).count(),
        judged=row["judged"].count(),
        verdicts=row.get("verdicts", {}).counts(),
        followed=_judged(row["followed"]),
        place=_judged(row["place_share"]),
        stayed=_judged(row["stayed"]),
        moved_by=least,
        kept=known.get(least),
        verdict=row["verdict"]["verdict"].text(),
    )


def _judged(found: Field) -> Metric | None:
    """A ratio with its interval; None where nothing was judged."""
    value = found["value"].known(Field.number)
    return None if value is None else Metric(value, *(found["interval"].known(Field.interval) or ()))
