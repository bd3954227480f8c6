"""How often the verdict is right: asked of models whose right verdict is known.

Every kind of ``KINDS`` has ten models. Each is asked about the same number of real faces, and only of such
as it gets right with a probability of a half or more: why it errs on the others is anybody's guess, and to an
unsure answer ``cannot tell`` is the right verdict whatever the model looks at. The rule's thresholds are
chosen on these numbers, leaving one kind out at a time, so that a kind's rate does not rest on itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.validation.labelled_faces import LabelledFace, in_turns
from xai.evidence.verdict.effects import measure
from xai.evidence.verdict.rules import OUTCOMES, THRESHOLDS, Numbers, Thresholds, numbers_of, outcomes, stands
from xai.evidence.verdict.run import ask, small_effects
from xai.evidence_types import VERDICTS, deciding_area
from xai.learning.evaluation.metrics import bootstrap_intervals
from xai.models.classifiers import Classifier
from xai.models.ground_truth import INSTANCES, KINDS, KnownAnswer, aligned_face, instances
from xai.types import Face

__all__ = ["FACES_PER_MODEL", "GRID", "Case", "cases_of", "choose", "collect", "report", "verdicts"]

FACES_PER_MODEL = 12
"""Faces of each model with a known answer, so that a kind has 120."""

GRID: Mapping[str, tuple[float, ...]] = {
    "exclusion": (0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.25, 0.3),
    "sufficiency": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75),
}
"""The thresholds that are tried; the others are set by what they mean. Necessity is a half because an answer
is lost when it is turned half-way round."""

_SURE = 0.5  # least probability of an answer that is judged
_OPEN = ("cannot tell",)
_BORNE = 0.02  # share of a kind's faces on which a grave error is borne


@dataclass(frozen=True, eq=False)
class Case:
    """One model asked about one face.

    Attributes:
        model: whose answer: the kind for a model with a known answer, else its name.
        group: source photo of the face.
        label: true class.
        target: the class that was answered.
        numbers: float64 ``(9, 7)``: the rule's numbers for the deciding area; first from the whole plan,
            then from the small plan in each of eight shifts.
    """

    model: str
    group: str
    label: str
    target: str
    numbers: NDArray[np.float64]


def collect(
    faces: Sequence[LabelledFace],
    kinds: Sequence[str],
    progress: Callable[[str], None],
    *,
    device: str = "auto",
    per_model: int = FACES_PER_MODEL,
) -> Iterator[Case]:
    """Ask all models of the kinds about ``per_model`` faces each that they get right and are sure of.

    Faces are brought to the place that the models expect. Those whose edits cannot be believed are not
    asked about.
    """
    known = {kind: instances(kind, device) for kind in kinds}
    aligned = [_aligned(face) for face in faces if len(face.face.landmarks)]
    usable = [face for face in aligned if _believed(face.face)]
    for number in range(len(next(iter(known.values()), ()))):
        left = dict.fromkeys(kinds, per_model)
        for face in in_turns(usable, number * 5):
            yield from _of_face(face, [known[kind][number] for kind in kinds if left[kind]], left)
            if not any(left.values()):
                break
        progress(f"calibrating: models {number + 1} of {len(known[kinds[0]])} of every kind are done")


def cases_of(edits: FaceEdits, classifier: Classifier, face: LabelledFace, target: str, model: str) -> Case:
    """Ask one model about one face."""
    found = ask(edits, classifier, target)
    area = deciding_area(target)
    planned = {name: value for name, value in found.items() if name[0] not in ("shift", "control")}
    effects = measure(planned, target, ("strict", "wide"))
    every = [effects, *small_effects(found, effects, target)]
    numbers = np.array([[float(value) for value in numbers_of(e, area)] for e in every])
    return Case(model, face.group, face.label, target, numbers)


def verdicts(cases: Sequence[Case], thresholds: Thresholds = THRESHOLDS) -> list[str]:
    """The verdict of each case."""
    if not cases:
        return []
    stacked = np.stack([case.numbers for case in cases])
    found = outcomes(Numbers(*np.moveaxis(stacked, 2, 0)), thresholds)
    words = np.array(list(OUTCOMES.values()))[found]
    held = stands(words[:, :1], words[:, 1:]).sum(axis=1)
    told = np.where(held < thresholds.steady, "cannot tell", words[:, 0])
    return [str(word) for word in told]


def report(
    cases: Sequence[Case], thresholds: Thresholds = THRESHOLDS, *, left_out: bool = True
) -> dict[str, dict[str, Any]]:
    """Kind -> what came out: the table of the command line.

    ``right`` is the share of right verdicts, ``interval`` its 95 % bootstrap interval by source photo,
    ``left_out`` the same share with thresholds chosen on all other kinds, ``grave`` the share of faces on
    which a cheat is called supported or an honest model not supported.
    """
    table = {}
    for kind in dict.fromkeys(case.model for case in cases):
        own = [case for case in cases if case.model == kind]
        found = verdicts(own, thresholds)
        right = _right(own, found)
        row: dict[str, Any] = {
            "models": INSTANCES,
            "faces": len(own),
            "expected": list(KINDS[kind].expected),
            "expected_wide": list(KINDS[kind].expected_wide),
            "verdicts": {verdict: found.count(verdict) for verdict in VERDICTS},
            "right": float(right.mean()),
            "interval": list(_interval(right, own)),
            "grave": float(np.mean([_grave(case, word) for case, word in zip(own, found, strict=True)])),
        }
        if left_out:
            chosen = choose([case for case in cases if case.model != kind])
            row["left_out"] = float(_right(own, verdicts(own, chosen)).mean())
        table[kind] = row
    return table


def choose(cases: Sequence[Case]) -> Thresholds:
    """The strictest thresholds of ``GRID`` whose mean rate of right verdicts over the kinds is within one
    standard error of the best, as Breiman et al. 1984 choose a tree: the least exclusion, then the greatest
    sufficiency. To acquit a cheat is the worst error.

    A grave error, a cheat acquitted or an honest model accused, weighs ten times where it is made on more
    than 2 % of a kind's faces.
    """
    names = list(GRID)
    kinds = np.array([case.model for case in cases])
    scored = []
    for values in product(*GRID.values()):
        thresholds = Thresholds(**dict(zip(names, values, strict=True)))  # type: ignore[arg-type]
        found = np.array(verdicts(cases, thresholds))
        scored.append((_score(cases, kinds, found), thresholds))
    best = max(score for score, _ in scored)
    error = _standard_error(best, len(cases))
    good = [thresholds for score, thresholds in scored if score >= best - error]
    return min(good, key=lambda t: (t.exclusion, -t.sufficiency))


def _score(cases: Sequence[Case], kinds: NDArray[np.str_], found: NDArray[np.str_]) -> float:
    right = _right(cases, found.tolist())
    grave = np.array([_grave(case, word) for case, word in zip(cases, found.tolist(), strict=True)])
    names = dict.fromkeys(kinds.tolist())
    rates = [float(right[kinds == kind].mean()) for kind in names]
    losses = [10 * max(0.0, float(grave[kinds == kind].mean()) - _BORNE) for kind in names]
    return (sum(rates) - sum(losses)) / len(names)


def _standard_error(rate: float, count: int) -> float:
    """Of a rate over ``count`` cases, at most 1."""
    bounded = min(max(rate, 0.0), 1.0)
    return float(np.sqrt(bounded * (1 - bounded) / max(count, 1)))


def _grave(case: Case, found: str) -> bool:
    """Whether a cheat is acquitted or an honest model accused."""
    expected = _expected(case)
    return found == "supported" != expected[0] or (found == "not supported" and expected == ("supported",))


def _right(cases: Sequence[Case], found: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([word in _expected(case) for case, word in zip(cases, found, strict=True)], bool)


def _expected(case: Case) -> tuple[str, ...]:
    kind = KINDS[case.model]
    return kind.expected if deciding_area(case.target) == "strict" else kind.expected_wide


def _interval(right: NDArray[np.bool_], cases: Sequence[Case]) -> tuple[float, float]:
    groups = np.array([case.group for case in cases])
    return bootstrap_intervals(lambda drawn: {"right": float(right[drawn].mean())}, groups)["right"]


def _aligned(labelled: LabelledFace) -> LabelledFace:
    return LabelledFace(aligned_face(labelled.face), labelled.label, labelled.group)


def _believed(face: Face) -> bool:
    return FaceEdits(face).believed(reveal=True).holds


def _of_face(face: LabelledFace, models: Sequence[KnownAnswer], left: dict[str, int]) -> Iterator[Case]:
    """The cases of one face: models that see the same picture share its edits."""
    shared: dict[bytes, FaceEdits] = {}
    for known in models:
        crop = known.plant(face.face.crop, face.label)
        answer = known.classifier.predict([crop])[0]
        if answer.label != face.label or (answer.confidence < _SURE and known.about.expected != _OPEN):
            continue
        key = crop.tobytes()
        if key not in shared:
            shared[key] = FaceEdits(replace(face.face, crop=crop))
        left[known.kind] -= 1
        yield cases_of(shared[key], known.classifier, face, face.label, known.kind)
