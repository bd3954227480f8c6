"""A model in a few words: how often it is right, where it looks, what it is good for; from its card alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dashboard import session
from dashboard.i18n import class_title, has_key, t
from dashboard.records.evaluations import most_informative
from dashboard.records.focus import Focus, focus_over, sets_of
from dashboard.text.metrics import dataset_name
from dashboard.text.model_names import purpose
from dashboard.text.regions import area_name
from xai.classes import MEANINGS, class_info
from xai.models.card_schema import LEAST_GROUPS, Evaluation, Metric, Subgroup
from xai.models.cards import Card

__all__ = [
    "general_line",
    "headline_evaluation",
    "model_focus",
    "model_summary",
    "of_hundred",
    "right_line",
    "unfit_line",
    "use_line",
]

_TWO = {info.binary for info in MEANINGS.values()}
"""The classes of a model that only knows whether there is a mask."""

_WEAK = 0.85
"""Share of right answers, on average over the classes, below which a subgroup is named as a weak one."""

_KINDS = ("size", "pose")
"""Subgroup axes that a reader can judge a photo by."""


def general_line(model: str) -> str:
    """What is known of a model in general, in one short line for a place beside one of its answers.

    Args:
        model: name on its card.

    Returns:
        How often it is right, and in how many classes it looks where it should, as far as either is known;
        "" for a model that was not measured or no longer exists.
    """
    card = next((each for each in session.catalogue().cards if each.name == model), None)
    score = headline_evaluation(card) if card else None
    if card is None or score is None:
        return ""
    right = of_hundred(score.metrics["accuracy"].value)
    focus = model_focus(card)
    if focus is None:
        return t("general.right", right=right)
    area = area_name(class_info(card.classes[0]).looks_at)
    supported, classes = focus.classes
    return t("general.right_and_focus", right=right, area=area, count=supported, of=classes)


def model_focus(card: Card) -> Focus | None:
    """Where a model looks, over the set that the control networks were tested on; over another without it."""
    sets = sets_of(card.class_verdicts)
    shared = [name for each in session.records().references for name in sets_of(each.verdicts)]
    dataset = next((name for name in (*shared, *sets) if name in sets), "")
    return focus_over(card.class_verdicts, dataset)


def right_line(score: Evaluation) -> str:
    """How many of a hundred answers are right, with the interval where there is one."""
    figure = score.metrics["accuracy"]
    right = of_hundred(figure.value)
    if figure.low is None or figure.high is None:
        return t("glance.right_alone", right=right)
    return t("glance.right_interval", right=right, low=figure.low, high=figure.high)


def use_line(card: Card) -> str:
    """What a model is for."""
    if purpose(card) == "studies":
        return t("use_for.studies")
    return t("use_for.presence") if _presence_only(card) else t("use_for.wearing")


def unfit_line(card: Card) -> str:
    """What a model is not for: kinds of faces that it is weak on or was not measured on, weak classes."""
    scores = most_informative(card.evaluations)
    named = list(dict.fromkeys((*_weak_groups(scores), *_weak_classes(card), *_unmeasured(scores))))
    if _presence_only(card):
        named.insert(0, t("not_for.wearing"))
    return t("not_for.line", kinds=t("not_for.separator").join(named)) if named else ""


def of_hundred(share: float) -> str:
    """A share as "so many of a hundred"; never rounded to 0 or 100 unless exact."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return t("bottom.nearly_all")
    if rounded == 0 and share > 0:
        return t("bottom.nearly_none")
    return t("bottom.of_hundred", right=rounded)


def model_summary(card: Card) -> tuple[str, ...]:
    """How often a model is right, where it is weakest, which classes it lacks, and what was not measured.

    Returns:
        Sentences, the most informative first.
    """
    score = headline_evaluation(card)
    found = _found(score) if score else (t("bottom.not_measured"),)
    two = (t("bottom.two"),) if _presence_only(card) else ()
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
    right = t("bottom.right", right=of_hundred(score.metrics["accuracy"].value), set=set_name, n=score.n)
    faces = _faces(score)
    shares = {name: score.confusion[name].get(name, 0) / count for name, count in faces.items()}
    weakest = min(shares, key=lambda name: shares[name], default="")
    if len(shares) < 2 or shares[weakest] == max(shares.values()):
        return (right,)
    called = class_title(weakest)
    if faces[weakest] < LEAST_GROUPS:
        few = {"right": score.confusion[weakest].get(weakest, 0), "n": faces[weakest]}
        return right, t("bottom.weakest_few", name=called, **few)
    return right, t("bottom.weakest", name=called, right=of_hundred(shares[weakest]), n=faces[weakest])


def _unseen(card: Card, score: Evaluation) -> tuple[str, ...]:
    """Which classes had no faces to be measured on; empty where faces were not counted by class."""
    faces = _faces(score)
    unseen = [t("bottom.quoted", name=class_title(name)) for name in card.classes if name not in faces]
    return (t("bottom.unseen", names=", ".join(unseen)),) if faces and unseen else ()


def _faces(score: Evaluation) -> Mapping[str, int]:
    """True class -> faces, of those that have any."""
    counts = {name: sum(answers.values()) for name, answers in score.confusion.items()}
    return {name: count for name, count in counts.items() if count}


def _presence_only(card: Card) -> bool:
    return {class_info(name).name for name in card.classes} == _TWO


def _weak_groups(scores: Sequence[Evaluation]) -> Iterator[str]:
    for score in scores:
        for kind in _KINDS:
            for one in score.subgroups.get(kind, ()):
                if _is_weak(one) and has_key(f"not_for.{kind}_{one.name}"):
                    yield t(f"not_for.{kind}_{one.name}")


def _is_weak(one: Subgroup) -> bool:
    return sum(one.counts.values()) >= LEAST_GROUPS and one.aca.value < _WEAK


def _weak_classes(card: Card) -> Iterator[str]:
    score = headline_evaluation(card)
    figures: Mapping[str, Metric] = score.metrics if score else {}
    for name in card.classes:
        if name in figures and figures[name].value < _WEAK:
            yield t("not_for.class", name=class_title(name))


def _unmeasured(scores: Sequence[Evaluation]) -> Iterator[str]:
    """The sizes below the smallest that was measured; size and pose where neither was told apart."""
    sizes = [one.name for score in scores for one in score.subgroups.get("size", ())]
    if not any(score.subgroups for score in scores):
        yield t("not_for.untold")
    elif sizes and "under_20" not in sizes:
        yield t("not_for.size_under_20")
