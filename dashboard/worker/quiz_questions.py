"""The questions of the quiz "maps or edits": which face, which control model, what is shown. Cheap to import.

Each face has an honest network and a shortcut learner, and carries every cue that a shortcut learner of the
quiz reads, so that the picture does not tell them apart. On each both give the right answer; a test runs them
all. Faces and networks were not chosen by what maps or edits show of them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

__all__ = ["CONDITIONS", "CUES", "FACES", "KINDS", "LENGTH", "ExplainControl", "Question", "draw", "jobs_of"]

CONDITIONS = ("maps", "edits")
"""What a question shows beside the face: heat maps only, or edited faces with the model's answers only."""

KINDS = ("honest", "cheat")
"""What the model of a question is."""

CUES = ("background", "collar", "stamp")
"""Entries of ``xai.models.ground_truth.photo_cues.CUES`` on every face, in the order of their painting."""

FACES = (
    "astronaut-grey",
    "admiral-blue",
    "admiral-plain",
    "astronaut-red",
    "admiral-navy",
    "astronaut-plain",
    "astronaut-white",
    "admiral-green",
    "astronaut-blue",
)
"""Ids of the samples: every easy one with a single face."""

LENGTH = 8
"""Questions of a quiz: each kind twice under each condition."""

_NETWORKS = {
    "honest": ("honest_plain", "honest_residual", "honest_separable"),
    "cheat": tuple(f"{cue}_full" for cue in CUES),
}
"""Kind -> networks of ``xai.models.ground_truth.photo_networks``, dealt to the faces in turn."""


@dataclass(frozen=True)
class ExplainControl:
    """Explain a control model on a sample that carries the cues; the result is a ``FaceExplanation``.

    It holds the crop, the maps and the evidence.

    Attributes:
        sample: one of ``FACES``.
        network: name of the control model.
    """

    sample: str
    network: str


@dataclass(frozen=True)
class Question:
    """One question of the quiz.

    Attributes:
        number: from 1.
        sample: one of ``FACES``.
        kind: one of ``KINDS``.
        condition: one of ``CONDITIONS``.
    """

    number: int
    sample: str
    kind: str
    condition: str

    @property
    def job(self) -> ExplainControl:
        """What the model process is asked."""
        return _job(self.sample, self.kind)

    @property
    def cue(self) -> str | None:
        """The one of ``CUES`` that the model reads; None for an honest one."""
        return self.job.network.removesuffix("_full") if self.kind == "cheat" else None


def draw(seed: int) -> tuple[Question, ...]:
    """A quiz: no face twice, kinds and conditions balanced and in random order; the same for the same seed.

    >>> [question.number for question in draw(7)] == list(range(1, LENGTH + 1))
    True
    """
    chance = random.Random(seed)
    cells = [*product(KINDS, CONDITIONS)] * (LENGTH // 4)
    chance.shuffle(cells)
    dealt = zip(chance.sample(FACES, LENGTH), cells, strict=True)
    return tuple(Question(number, sample, *cell) for number, (sample, cell) in enumerate(dealt, start=1))


def jobs_of(sample: str) -> tuple[ExplainControl, ...]:
    """Everything that a quiz may ask about a sample; nothing for one that is not of ``FACES``."""
    return tuple(_job(sample, kind) for kind in KINDS) if sample in FACES else ()


def _job(sample: str, kind: str) -> ExplainControl:
    networks = _NETWORKS[kind]
    return ExplainControl(sample, networks[FACES.index(sample) % len(networks)])
