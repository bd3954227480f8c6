"""Ideal observers: they know how a mask is worn in every edited picture, and use nothing else.

They test the rule: an observer that knows the truth must be *supported*, and one that mixes it with something
else must not be. They see identities and edits, never pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xai.evidence.interventions.cue_conflict import PlannedEdit
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.interventions.families import ROUNDS
from xai.evidence.verdict.examination import Examination
from xai.evidence_types import Evidence
from xai.types import CLASSES

__all__ = ["OBSERVERS", "Observer", "observe"]

_MEANING = {name: (name,) for name in CLASSES}
_JITTER = 0.1  # of the log-odds, between two pictures of the same truth


@dataclass(frozen=True)
class Observer:
    """One observer.

    Attributes:
        log_odds: of its answers: its confidence.
        noise: share of its answers that are drawn at random from the other classes, 0..1.
        says: in a few words.
    """

    log_odds: float
    noise: float
    says: str


OBSERVERS: Mapping[str, Observer] = {
    f"ideal_{name}_{round(100 * noise):02d}": Observer(
        log_odds, noise, f"how the mask is worn, {name}, {round(100 * noise)} % of answers at random"
    )
    for name, log_odds in (("sharp", 8.0), ("soft", 1.5))
    for noise in (0.0, 0.02, 0.05)
}
"""Observers by name."""


def observe(observer: Observer, edits: FaceEdits, label: str, seed: int) -> Evidence:
    """The evidence of an ideal observer's right answer about one face.

    Args:
        observer: the observer.
        edits: of the face.
        label: the true class, of ``CLASSES``.
        seed: of its noise.
    """
    chance = np.random.default_rng(seed)
    examination = Examination(edits, _MEANING, label, contrast=observer.log_odds)
    for turn in range(ROUNDS):
        planned = examination.wanted(turn)
        answered = [_answer(observer, edit, label, chance) for edit in planned]
        labels, drops = [name for name, _ in answered], [drop for _, drop in answered]
        examination.add(planned, labels, drops, [1.0] * len(answered))
    return examination.evidence()


def _answer(
    observer: Observer, edit: PlannedEdit, label: str, chance: np.random.Generator
) -> tuple[str, float]:
    """The class answered for one edit, and the log-odds that ``label`` lost."""
    said = label if label in edit.truth else str(chance.choice(edit.truth))
    if chance.random() < observer.noise:
        said = str(chance.choice([name for name in CLASSES if name != said]))
    size = observer.log_odds * (1 + _JITTER * float(chance.normal()))
    return said, observer.log_odds - (size if said == label else -size)
