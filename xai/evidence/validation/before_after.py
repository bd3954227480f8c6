"""A model before and after it was trained again, on the same faces: accuracy, calibration, cue conflict, and
the verdict over the set.

Cue conflict: each face gets the surroundings, the lower face, or nose and mouth of three other people of its
own class and three of each other class, matched in pose, light and size, the same for both models. As
behind a verdict, a lower face is lent only where it changes the class for certain, and surroundings only
where they do not. The verdict (``verdict_rates``) applies its limits to these and other families of edits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.classes import wearings_by_class
from xai.evidence.interventions.cue_conflict import changes_class, clear_of_masks
from xai.evidence.interventions.face_edits import FaceEdits, Layer, Question, answers_of, edits_with
from xai.evidence.validation.labelled_faces import LabelledFace, open_labelled, true_class
from xai.evidence.validation.reports import verdicts_on
from xai.evidence.validation.statistics import DRAWS, Figure, means, shares
from xai.evidence.validation.verdict_rates import donors_of
from xai.learning.data.splits import Example
from xai.learning.evaluation.evaluate import score
from xai.learning.evaluation.metrics import bootstrap_intervals, calibration_error, summary
from xai.learning.evaluation.predictions import Answers, ask
from xai.models.classifiers import Classifier

__all__ = ["ConflictRates", "compare", "cue_conflict_rates", "paired_difference"]

Floats = NDArray[np.float64]

_DONORS = 3  # of each class
_ASKED = {
    "moved_same": ("outside_wide", True),
    "moved_other": ("outside_wide", False),
    "sham": ("wide", True),
    "followed": ("wide", False),
    "place": ("strict", False),
}
"""What is asked -> the place that becomes a donor's, and whether the donor is of the face's own class."""


@dataclass(frozen=True)
class ConflictRates:
    """Results for the right answers of one class.

    Attributes:
        faces: how many.
        groups: how many photos they are from.
        moved_same: share that change when everything outside the lower face becomes that of a person of the
            same class.
        moved_other: the same with donors of the other classes.
        followed: share that change when the lower face becomes that of a person of another class.
        place: share that change when nose and mouth alone do.
        place_share: log-odds that nose and mouth alone cost over those that the lower face does, each a mean
            over the answers, the latter net of a lower face of the same class.
    """

    faces: int
    groups: int
    moved_same: Figure
    moved_other: Figure
    followed: Figure
    place: Figure
    place_share: Figure


def compare(
    before: Classifier, after: Classifier, examples: Sequence[Example], report: Callable[[str], None]
) -> dict[str, Any]:
    """Measure two models of the same classes on faces that neither was trained on.

    Returns:
        ``before`` and ``after``, each with ``scores`` (as of ``evaluate``), ``cue_conflict`` (class ->
        ``ConflictRates``) and ``verdicts`` (the model's row of ``verdict_table``); and ``difference``: metric
        -> difference and its 95 % interval, as of ``paired_difference``.

    Raises:
        DataRejected: no face is left that can be measured, or edited.
    """
    answers = [ask(each, examples) for each in (before, after)]
    read = open_labelled(examples, report, "The part of the set that is not trained on")
    conflict = cue_conflict_rates((before, after), read.faces, report)
    verdicts = verdicts_on((before, after), read, report, own_donors=True)
    told = {
        turn: {
            "name": each.name,
            "scores": score(own).as_dict(),
            "cue_conflict": {label: asdict(row) for label, row in conflict.get(each.name, {}).items()},
            "verdicts": verdicts[each.name],
        }
        for turn, each, own in zip(("before", "after"), (before, after), answers, strict=True)
    }
    return {**told, "difference": paired_difference(*answers)}


def paired_difference(before: Answers, after: Answers) -> dict[str, Any]:
    """``after`` less ``before`` on the same faces: metric -> its ``value`` and 95 % ``interval``.

    The metrics are accuracy, ACA and ECE. Each bootstrap sample draws whole groups, the same for both, so
    the interval is that of the difference and narrower than the two intervals suggest.

    Raises:
        ValueError: the faces differ.
    """
    if before.examples != after.examples or before.classes != after.classes:
        raise ValueError("two models are compared on the same faces and classes")

    def figures(answers: Answers, drawn: NDArray[np.intp]) -> dict[str, float]:
        truth, answer = answers.truth[drawn], answers.answer[drawn]
        confidence = answers.probabilities[drawn].max(axis=1).astype(float)
        scores = summary(truth, answer, len(answers.classes))
        ece = calibration_error(confidence, truth == answer)
        return {"accuracy": scores["accuracy"], "aca": scores["aca"], "ece": ece}

    def differences(drawn: NDArray[np.intp]) -> dict[str, float]:
        one, other = figures(before, drawn), figures(after, drawn)
        return {name: other[name] - one[name] for name in one}

    values = differences(np.arange(len(before.examples)))
    ends = bootstrap_intervals(differences, before.groups)
    return {
        name: {"value": round(value, 4), "interval": [round(end, 4) for end in ends[name]]}
        for name, value in values.items()
    }


def cue_conflict_rates(
    classifiers: Sequence[Classifier], faces: Sequence[LabelledFace], report: Callable[[str], None]
) -> dict[str, dict[str, ConflictRates]]:
    """Model -> class -> results, for models of any spelling; classes without a right answer are absent.

    Args:
        classifiers: whose answers; all see the same edits.
        faces: of a set, which lend their parts to each other.
        report: called with a sentence every 25 faces.
    """
    donors = donors_of(faces)
    found: dict[tuple[str, str], list[tuple[str, Mapping[str, float]]]] = {}
    for number, face in enumerate(faces):
        if number % 25 == 0:
            report(f"cue conflict: face {number} of {len(faces)}")
        edits = edits_with(face.face, donors, face.group)
        if not edits.feasibility(reveal=False).holds:
            continue
        for classifier in classifiers:
            label = true_class(face.label, classifier.card.classes, classifier.card.incorrect)
            if label is not None and classifier.predict([face.face.crop])[0].label == label:
                row = _of_face(edits, classifier, label)
                found.setdefault((classifier.name, label), []).append((face.group, row))
    table: dict[str, dict[str, ConflictRates]] = {}
    for (name, label), rows in sorted(found.items()):
        table.setdefault(name, {})[label] = _rates(rows)
    return table


def _of_face(edits: FaceEdits, classifier: Classifier, label: str) -> dict[str, float]:
    """For everything that is asked the share of the edits that changed the answer, and the log-odds lost
    (``lost_`` and its name); NaN where no donor is known.
    """
    own = wearings_by_class(classifier.card.classes, classifier.card.incorrect)[label]
    asked = [(name, layer) for name in _ASKED for layer in _layers(name, edits, own)]
    target = classifier.class_index(label)
    wanted = [(), *((layer,) for _, layer in asked)]
    answers = answers_of([Question(classifier, edits, wanted, target)])[0]
    changed, lost = answers.predicted[1:] != target, answers.contrasts[0] - answers.contrasts[1:]
    row: dict[str, float] = {}
    for name in _ASKED:
        which = [n for n, (each, _) in enumerate(asked) if each == name]
        row[name] = float(changed[which].mean()) if which else float("nan")
        row[f"lost_{name}"] = float(lost[which].mean()) if which else float("nan")
    return row


def _layers(name: str, edits: FaceEdits, own: Sequence[str]) -> list[Layer]:
    place, same = _ASKED[name]
    if name == "moved_other":
        place = clear_of_masks(place, own[0])
    lent = sorted({donor.wearing for donor in edits.donors if (donor.wearing in own) == same})
    if name in ("followed", "place"):
        lent = [wearing for wearing in lent if changes_class(own[0], wearing)]
    chosen = [[n for n, d in enumerate(edits.donors) if d.wearing == wearing][:_DONORS] for wearing in lent]
    return [Layer(place, f"donor{n}") for some in chosen for n in some]


def _rates(rows: Sequence[tuple[str, Mapping[str, float]]]) -> ConflictRates:
    groups = np.array([group for group, _ in rows], np.str_)

    def column(name: str) -> Floats:
        return np.array([row[name] for _, row in rows], np.float64)

    told = ("moved_same", "moved_other", "followed", "place")
    found = shares({name: column(name) for name in told}, groups, DRAWS)
    wearing = column("lost_followed") - column("lost_sham")
    typical = float(np.nanmean(wearing)) if np.isfinite(wearing).any() else 0.0
    # Each effect is divided by the mean, since single ratios explode where the lower face has little effect.
    ratio = column("lost_place") / typical if typical > 0 else np.full(len(rows), np.nan)
    place_share = means({"place_share": ratio}, groups, DRAWS)["place_share"]
    return ConflictRates(
        len(rows), len(set(groups.tolist())), found["moved_same"], found["moved_other"], found["followed"],
        found["place"], place_share,
    )  # fmt: skip
