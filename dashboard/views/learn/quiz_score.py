"""The end of the quiz: the score by what was shown, what was right and why, and the answers as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.i18n import t
from dashboard.reports.exports import csv_table
from dashboard.text.verdicts import word
from dashboard.views.learn.steps import MARKS
from dashboard.widgets.progress import Progress
from dashboard.worker.quiz_questions import CONDITIONS, Question
from xai.photo.images import encode_jpeg

__all__ = ["OUTCOMES", "SAYINGS", "Answer", "answers_csv", "counts", "show"]

SAYINGS = ("nose_and_mouth", "elsewhere", "cannot_tell")
"""What can be answered."""

OUTCOMES = ("right", "wrong", "cannot_tell")
"""What an answer can be; who cannot tell is neither right nor wrong."""

_TRUTH = {"honest": "nose_and_mouth", "cheat": "elsewhere"}
_READS = {"stamp": "mark", "collar": "clothes", "background": "background"}
"""Cue -> key of its name in the messages."""

_COLUMNS = ("question", "face", "model_kind", "condition", "answer", "right", "seconds")
_PICTURE = 96


@dataclass(frozen=True)
class Answer:
    """An answer to one question.

    Attributes:
        question: what was asked.
        said: one of ``SAYINGS``.
        seconds: since the question was first drawn.
    """

    question: Question
    said: str
    seconds: float

    @property
    def truth(self) -> str:
        """The one of ``SAYINGS`` that is right."""
        return _TRUTH[self.question.kind]

    @property
    def outcome(self) -> str:
        """One of ``OUTCOMES``."""
        if self.said == "cannot_tell":
            return self.said
        return "right" if self.said == self.truth else "wrong"


def counts(answers: Sequence[Answer]) -> dict[str, Counter[str]]:
    """Condition -> how many answers had which outcome."""
    return {
        condition: Counter(each.outcome for each in answers if each.question.condition == condition)
        for condition in CONDITIONS
    }


def answers_csv(answers: Sequence[Answer]) -> bytes:
    """The answers as CSV in UTF-8, a row each.

    The columns: ``question``, from 1; ``face``, the id of the sample; ``model_kind``, ``honest`` or
    ``cheat``; ``condition``, ``maps`` or ``edits``; ``answer``, one of ``SAYINGS``; ``right``, 1 or 0, which
    is 0 for ``cannot_tell``; ``seconds`` since the question was first drawn.
    """
    rows = [
        (
            each.question.number,
            each.question.sample,
            each.question.kind,
            each.question.condition,
            each.said,
            int(each.outcome == "right"),
            f"{each.seconds:.1f}",
        )
        for each in answers
    ]
    return csv_table(_COLUMNS, rows)


def show(answers: Sequence[Answer]) -> None:
    """The score, the download, and each question with its solution; raises ``JobError``."""
    st.subheader(t("quiz.score"), anchor=False)
    st.table(
        [
            {
                t("quiz.shown"): t(f"quiz_condition.{condition}"),
                **{t(f"quiz_outcome.{outcome}"): str(found[outcome]) for outcome in OUTCOMES},
            }
            for condition, found in counts(answers).items()
        ],
        hide_index=True,
    )
    st.caption(t("quiz.few"))
    st.markdown(t("quiz.measures"))
    st.download_button(
        t("quiz.save"),
        answers_csv(answers),
        file_name="quiz-answers.csv",
        mime="text/csv",
        on_click="ignore",
        help=t("quiz.private"),
    )
    st.subheader(t("quiz.solutions"), anchor=False)
    for answer in answers:
        _solution(answer)


def _solution(answer: Answer) -> None:
    question, place = answer.question, st.empty()
    explanation = session.control(question.job, Progress(place).of()).explanation
    place.empty()
    said = t(
        "quiz.solution",
        mark=MARKS[{"right": True, "wrong": False, "cannot_tell": None}[answer.outcome]],
        number=question.number,
        condition=t(f"quiz_condition.{question.condition}"),
        said=t(f"quiz_saying.{answer.said}"),
        truth=t(f"quiz_saying.{answer.truth}"),
        why=_why(question),
    )
    if explanation.evidence:
        said += " " + t("quiz.verdict", verdict=word(explanation.evidence.verdict))
    left, right = st.columns([1, 7], vertical_alignment="center", gap="small")
    left.image(encode_jpeg(explanation.face.crop), width=_PICTURE, alt=t("map.crop_plain_alt"))
    right.markdown(said)


def _why(question: Question) -> str:
    if question.cue is None:
        return t("quiz.honest")
    return t("quiz.cheat", reads=t(f"cue_read.{_READS[question.cue]}"))
