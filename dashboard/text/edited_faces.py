"""Captions of the edited faces: what was changed, the model's new answer, and whether it is as expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.i18n import class_title, t
from dashboard.text.verdicts import family_name
from xai.evidence_types import EditAnswer, Evidence

__all__ = ["QUESTIONS", "EditWords", "edited_faces"]

QUESTIONS = ("follow", "stay")
"""What an edit expects of the answer: to change, to stay."""


@dataclass(frozen=True, eq=False)
class EditWords:
    """One edited face with its caption.

    Attributes:
        picture: RGB uint8 ``(n, n, 3)``.
        change: what was changed.
        answer: the model's answer after the edit.
        found: what the answer should do and whether it did, with a tick or a cross.
        held: whether it did.
        alt: text alternative of the picture.
    """

    picture: NDArray[np.uint8]
    change: str
    answer: str
    found: str
    held: bool
    alt: str

    def drawn(self) -> NDArray[np.uint8]:
        """The picture, for a report."""
        return self.picture


def edited_faces(evidence: Evidence) -> dict[str, list[EditWords]]:
    """Heading -> edited faces, first those that should change the answer; no heading without faces."""
    asked = {found.family: found.asks for found in evidence.families}
    shown: dict[str, list[EditWords]] = {}
    for question in QUESTIONS:
        for each in evidence.strip:
            if asked[each.answer.family] == question:
                told = _words(each.answer, each.picture, question, evidence.target)
                shown.setdefault(t(f"edited_title.{question}"), []).append(told)
    return shown


def _words(answer: EditAnswer, picture: NDArray[np.uint8], question: str, target: str) -> EditWords:
    family, called = family_name(answer.family), class_title(answer.label)
    return EditWords(
        picture=picture,
        change=family[0].upper() + family[1:],
        answer=t("edited.answer", answer=called),
        found=_found(answer, question, target),
        held=bool(answer.held),
        alt=t("edited.alt", family=family, answer=called),
    )


def _found(answer: EditAnswer, question: str, target: str) -> str:
    """Whether the answer behaved as expected; one that followed within its class is less confident."""
    if question == "follow" and answer.held and answer.label == target:
        return t("edited.follow_lessened")
    return t(f"edited.{question}_{'held' if answer.held else 'failed'}")
