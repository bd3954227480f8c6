"""How often the verdict is right: on ideal observers and control models, whose right verdict is known.

Ideal observers test the rule; every kind of ``KINDS`` has ten models. Each is tested on the same number of
real faces, and only on those that it gets right with a probability of a half or more: why a model errs on the
others is unknown, and for an unsure answer ``cannot tell`` is the right verdict whatever the model looks at.
Networks trained on photographs are tested in ``population``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.validation.ideal_observers import OBSERVERS, observe
from xai.evidence.validation.labelled_faces import LabelledFace, in_turns
from xai.evidence.verdict.run import Case, run_causal_tests
from xai.evidence_types import VERDICTS, Evidence
from xai.learning.evaluation.metrics import bootstrap_intervals
from xai.models.ground_truth import KINDS, KnownAnswer, aligned_face, load_family
from xai.types import Face

__all__ = ["FACES_PER_MODEL", "Known", "Outcome", "collect", "known_kinds", "report"]

FACES_PER_MODEL = 12
"""Faces per control model, so that a kind has 120."""

_SURE = 0.5  # least probability of an answer that is judged
_OPEN = ("cannot tell",)
_SEEDS = 3  # draws of an ideal observer's noise on each face


@dataclass(frozen=True)
class Known:
    """Ground truth of one kind of model or observer.

    Attributes:
        says: what it looks at, in a few words.
        expected: verdicts that are right.
        honest: whether it looks only at how the mask is worn, so that *not supported* is a grave error.
        certain: whether that follows from its construction; else it was trained and measured.
        models: how many models it has.
    """

    says: str
    expected: tuple[str, ...]
    honest: bool
    certain: bool
    models: int


@dataclass(frozen=True)
class Outcome:
    """One answer and its verdict.

    Attributes:
        kind: of the model or observer.
        group: source photo of the face.
        label: true class, which was predicted.
        verdict: one of ``VERDICTS``.
        reason: code of the deciding reason.
        followed: share of edits of the lower face that were followed; None without any.
        forwards: passes through the network.
    """

    kind: str
    group: str
    label: str
    verdict: str
    reason: str
    followed: float | None
    forwards: int


def known_kinds() -> dict[str, Known]:
    """Everything whose right verdict is known, by name: observers, then models."""
    observers = {
        name: Known(o.says, ("supported",), honest=True, certain=True, models=1)
        for name, o in OBSERVERS.items()
    }
    models = {
        name: Known(k.says, k.expected, "supported" in k.expected, k.by_construction, k.models)
        for name, k in KINDS.items()
    }
    return observers | models


def collect(
    faces: Sequence[LabelledFace],
    kinds: Sequence[str],
    progress: Callable[[str], None],
    *,
    device: str = "auto",
    per_model: int = FACES_PER_MODEL,
) -> Iterator[Outcome]:
    """Test every observer on every face, and all models of the kinds on ``per_model`` faces each that they
    get right with confidence.

    The faces are aligned for the models. Faces without feasible edits are left out.
    """
    observers = [kind for kind in kinds if kind in OBSERVERS]
    if observers:
        yield from _observed([face for face in faces if _usable(face.face)], observers, progress)
    known = {kind: load_family(kind, device) for kind in kinds if kind in KINDS}
    aligned = [_aligned(face) for face in faces if len(face.face.landmarks)] if known else []
    usable = [face for face in aligned if _usable(face.face)]
    count = max((len(models) for models in known.values()), default=0)
    for number in range(count):
        left = dict.fromkeys(known, per_model)
        for face in in_turns(usable, number * 5):
            yield from _of_face(face, [known[kind][number] for kind in known if left[kind]], left)
            if not any(left.values()):
                break
        progress(f"calibrating: models {number + 1} of {count} of every kind are done")


def report(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Kind -> results: the table of the command line.

    ``right`` is the share of right verdicts, ``interval`` its 95 % bootstrap interval by source photo,
    ``grave`` the share of faces on which a shortcut learner is called supported or an honest model not
    supported, ``reasons`` how often each reason decided, ``forwards`` the median and largest number of passes
    through the network.
    """
    known, table = known_kinds(), {}
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.kind == kind]
        about = known[kind]
        right = np.array([o.verdict in about.expected for o in own], bool)
        words = [o.verdict for o in own]
        table[kind] = {
            "models": about.models,
            "faces": len(own),
            "expected": list(about.expected),
            "verdicts": {verdict: words.count(verdict) for verdict in VERDICTS},
            "right": float(right.mean()),
            "interval": list(_interval(right, own)),
            "grave": float(np.mean([_grave(about, word) for word in words])),
            "reasons": _counted([o.reason for o in own]),
            "forwards": [int(np.median([o.forwards for o in own])), max(o.forwards for o in own)],
        }
    return table


def _observed(
    faces: Sequence[LabelledFace], observers: Sequence[str], progress: Callable[[str], None]
) -> Iterator[Outcome]:
    for number, face in enumerate(faces):
        edits = FaceEdits(face.face)
        for name in observers:
            for seed in range(_SEEDS):
                evidence = observe(OBSERVERS[name], edits, face.label, number * _SEEDS + seed)
                yield _outcome(name, face, evidence)
    progress(f"calibrating: ideal observers have answered about {len(faces)} faces")


def _of_face(face: LabelledFace, models: Sequence[KnownAnswer], left: dict[str, int]) -> Iterator[Outcome]:
    """Results for one face: models that see the same picture share its edits."""
    shared: dict[bytes, FaceEdits] = {}
    asked = []
    for known in models:
        crop = known.plant(face.face.crop, face.label)
        answer = known.classifier.predict([crop])[0]
        if answer.label != face.label or (answer.confidence < _SURE and known.about.expected != _OPEN):
            continue
        edits = shared.setdefault(crop.tobytes(), FaceEdits(replace(face.face, crop=crop)))
        left[known.kind] -= 1
        asked.append((known.kind, Case(edits, known.classifier, face.label)))
    if asked:
        found = run_causal_tests([case for _, case in asked])
        yield from (_outcome(kind, face, ev) for (kind, _), ev in zip(asked, found, strict=True))


def _outcome(kind: str, face: LabelledFace, evidence: Evidence) -> Outcome:
    reason = evidence.reasons[0].code
    return Outcome(
        kind, face.group, face.label, evidence.verdict, reason, evidence.follow.share, evidence.forwards
    )


def _grave(about: Known, verdict: str) -> bool:
    """Whether a shortcut learner is acquitted or an honest model accused."""
    return verdict == ("not supported" if about.honest else "supported") and verdict not in about.expected


def _interval(right: NDArray[np.bool_], outcomes: Sequence[Outcome]) -> tuple[float, float]:
    groups = np.array([outcome.group for outcome in outcomes])
    return bootstrap_intervals(lambda drawn: {"right": float(right[drawn].mean())}, groups)["right"]


def _counted(words: Sequence[str]) -> dict[str, int]:
    return {word: words.count(word) for word in sorted(set(words), key=lambda w: -words.count(w))}


def _aligned(labelled: LabelledFace) -> LabelledFace:
    return LabelledFace(aligned_face(labelled.face), labelled.label, labelled.group)


def _usable(face: Face) -> bool:
    return FaceEdits(face).feasibility(reveal=False).holds
