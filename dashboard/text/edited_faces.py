"""Captions of the edited faces: what was changed, the model's new answer, and whether it is as expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.i18n import class_short_label, class_title, t
from dashboard.text.verdicts import family_name, family_title
from xai.evidence_types import EditAnswer, EditedFace, Evidence
from xai.render import dim_outside
from xai.types import Explanation

__all__ = ["QUESTIONS", "EditWords", "edited_faces", "key_faces"]

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


def key_faces(evidence: Evidence, explanation: Explanation) -> list[EditWords]:
    """The few faces that show the verdict: as it is, lower face edited, all else edited, the strongest other.

    Args:
        evidence: the verdict.
        explanation: the answer for the face as it is.
    """
    asked = {found.family: found.asks for found in evidence.families}
    lower = [each for each in evidence.strip if asked[each.answer.family] == "follow"]
    rest = [each for each in evidence.strip if asked[each.answer.family] == "stay"]
    shown = [*_first(lower, held=True), *_first(rest, named="outside")]
    named = {each.answer.family for each in shown}
    others = [each for each in (*rest, *lower) if each not in shown]
    shown += _first(others, held=False) or [f for f in others if f.answer.family not in named][:1]
    said = explanation.prediction
    original = EditWords(
        picture=dim_outside(explanation.face.crop, explanation.face),
        change=t("key_face.original"),
        answer=t("key_face.said", answer=class_short_label(said.label), probability=said.confidence),
        found="",
        held=True,
        alt=t("key_face.alt", answer=class_title(said.label)),
    )
    return [original, *(_few_words(each, asked[each.answer.family]) for each in shown)]


def _first(faces: list[EditedFace], *, held: bool | None = None, named: str = "") -> list[EditedFace]:
    """The first face of this family, or whose answer behaved so; the first of all where there is none."""
    wanted = [f for f in faces if (f.answer.family == named if named else f.answer.held is held)]
    return (wanted or (faces if held is not False else []))[:1]


def _few_words(shown: EditedFace, question: str) -> EditWords:
    answer = shown.answer
    return EditWords(
        picture=shown.picture,
        change=t(f"edited_short.{answer.family}"),
        answer=t("key_face.said", answer=class_short_label(answer.label), probability=answer.confidence),
        found=t(f"edited_mark.{question}_{'held' if answer.held else 'failed'}"),
        held=bool(answer.held),
        alt=t("edited.alt", family=family_name(answer.family), answer=class_title(answer.label)),
    )


def _words(answer: EditAnswer, picture: NDArray[np.uint8], question: str, target: str) -> EditWords:
    family, called = family_name(answer.family), class_title(answer.label)
    return EditWords(
        picture=picture,
        change=family_title(answer.family),
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
