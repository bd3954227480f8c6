"""How often another person's surroundings, lower face, or nose and mouth change a model's right answers.

Each face is put in cue conflict with the same donors for all models: three of its own class and three of each
other class, matched in pose, light and size. This is the table by which a training for the right reasons is
judged before and after; the verdict over a set (``verdict_rates``) applies its limits to more families.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xai.classes import wearings_by_class
from xai.evidence.interventions.face_edits import FaceEdits, Layer, Question, answers_of, edits_with
from xai.evidence.validation.labelled_faces import LabelledFace, true_class
from xai.evidence.validation.statistics import DRAWS, Figure, means, shares
from xai.evidence.validation.verdict_rates import donors_of
from xai.models.classifiers import Classifier

__all__ = ["ConflictRates", "cue_conflict_rates"]

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
    chosen: dict[bool, list[int]] = {True: [], False: []}
    for wearing in sorted({donor.wearing for donor in edits.donors}):
        some = [n for n, donor in enumerate(edits.donors) if donor.wearing == wearing]
        chosen[wearing in own] += some[:_DONORS]
    asked = [
        (name, Layer(place, f"donor{n}")) for name, (place, same) in _ASKED.items() for n in chosen[same]
    ]
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
