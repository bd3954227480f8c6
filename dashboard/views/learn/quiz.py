"""The quiz "maps or edits": can a learner tell where a model looks from maps alone, from edited faces alone?

Faces, models and what is shown are drawn by lot. Neither the verdict nor its marks are shown before the end:
they would give the answer away. Answers are in the visitor's session and nowhere else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from random import SystemRandom

import numpy as np
import streamlit as st
from PIL import Image as Pictures

from dashboard import session
from dashboard.i18n import class_title, t
from dashboard.text.edited_faces import EditWords, key_faces
from dashboard.text.map_units import method_title
from dashboard.text.predictions import alt_map
from dashboard.views.learn import quiz_score
from dashboard.views.learn.lesson import Lesson
from dashboard.views.learn.quiz_score import SAYINGS, Answer
from dashboard.views.learn.steps import drawn_map, or_error, scale_of
from dashboard.widgets import edited_faces
from dashboard.widgets.progress import Progress
from dashboard.widgets.settings_form import main_button
from dashboard.worker.quiz_questions import LENGTH, Question, draw
from xai.types import Explanation

__all__ = ["done", "show"]

_SITTING = "quiz"
_SIDE = 224
"""Largest side of a picture, pixels; edited faces are half as large."""

_AT_ONCE = 0.4
"""Seconds: whoever answers faster has clicked twice on the question before."""


@dataclass(frozen=True)
class _Sitting:
    """One visitor's quiz.

    Attributes:
        questions: in their order.
        answers: so far, to the first of them.
        shown_at: when the first open one was drawn, in seconds of the monotonic clock; None before.
    """

    questions: tuple[Question, ...]
    answers: tuple[Answer, ...] = ()
    shown_at: float | None = None


@or_error
def show(_lesson: Lesson) -> None:
    """What the quiz is; then one question; when all are answered, the score. Lasts as long as the session."""
    sitting = session.get_state(_SITTING)
    if not isinstance(sitting, _Sitting):
        _offer()
    elif len(sitting.answers) < len(sitting.questions):
        _ask(sitting)
    else:
        quiz_score.show(sitting.answers)
        st.button(t("quiz.again"), key="quiz again", on_click=_begin)


def done() -> bool:
    """Whether every question of this visitor's quiz is answered."""
    sitting = session.get_state(_SITTING)
    return isinstance(sitting, _Sitting) and len(sitting.answers) == len(sitting.questions)


def _offer() -> None:
    for sentence in (t("quiz.offer"), t("quiz.measures"), t("quiz.private")):
        st.markdown(sentence)
    st.button(t("quiz.start", count=LENGTH), key="quiz start", on_click=_begin, type=main_button())


def _begin() -> None:
    session.set_state(_SITTING, _Sitting(draw(SystemRandom().getrandbits(32))))


def _ask(sitting: _Sitting) -> None:
    """The first open question. Its buttons keep their keys, so that the keyboard's focus stays on them."""
    question, place = sitting.questions[len(sitting.answers)], st.empty()
    explanation = session.control(question.job, Progress(place).of()).explanation
    place.empty()
    said = class_title(explanation.prediction.label)
    with st.container(key="quiz-question", gap="xsmall"):
        st.subheader(
            t(
                "quiz.number",
                number=question.number,
                total=len(sitting.questions),
                condition=t(f"quiz_condition.{question.condition}"),
            ),
            anchor=False,
        )
        st.html(edited_faces.strip(_pictures(explanation, question.condition), _SIDE))
        st.caption(t(f"quiz_legend.{question.condition}"))
        st.markdown(t("quiz.ask", answer=said))
        with st.container(horizontal=True, gap="small"):
            for each in SAYINGS:
                st.button(t(f"quiz_saying.{each}"), key=f"quiz {each}", on_click=_answer, args=(each,))
    if sitting.shown_at is None:
        session.set_state(_SITTING, replace(sitting, shown_at=time.monotonic()))


def _pictures(explanation: Explanation, condition: str) -> list[EditWords]:
    """The face as it is, then its maps, or its edits without the marks that say what they mean."""
    if explanation.evidence is None:
        raise ValueError("the quiz needs the evidence for the answer, and the model process sent none")
    original, *edits = key_faces(explanation.evidence, explanation)
    if condition == "edits":
        return [original, *(replace(edit, found="", held=True) for edit in edits)]
    return [original, *(_map(explanation, method) for method in explanation.heatmaps)]


def _map(explanation: Explanation, method: str) -> EditWords:
    """A map over a grey copy of the face: on the cues, as purple and blue as maps are, none could be seen."""
    face = explanation.face
    grey = np.asarray(Pictures.fromarray(face.crop).convert("L").convert("RGB"))
    without_colour = replace(explanation, face=replace(face, crop=grey))
    return EditWords(
        picture=drawn_map(without_colour, method, scale_of([explanation], method)),
        change=method_title(method),
        answer="",
        found="",
        held=True,
        alt=alt_map(explanation, method, t("quiz.model")),
    )


def _answer(said: str) -> None:
    sitting = session.get_state(_SITTING)
    if not isinstance(sitting, _Sitting) or sitting.shown_at is None:
        return
    seconds = time.monotonic() - sitting.shown_at
    if seconds >= _AT_ONCE:
        answer = Answer(sitting.questions[len(sitting.answers)], said, seconds)
        session.set_state(_SITTING, _Sitting(sitting.questions, (*sitting.answers, answer)))
