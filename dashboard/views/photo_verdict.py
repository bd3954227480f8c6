"""A model's answer, and the verdict on it: what it rests on, with the three conditions as small charts."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.evidence_figures import bullet
from dashboard.jobs import Explained, Stage
from dashboard.kept_figures import kept_figure
from dashboard.sentences import is_wrong, right_or_wrong
from dashboard.verdict_words import (
    alt_condition,
    asked_for,
    because,
    condition_line,
    condition_of,
    condition_word,
    flag_lines,
    headline,
)
from dashboard.views import photo_card
from dashboard.views.photo_progress import Progress
from dashboard.words import say
from xai.findings import CONDITIONS, Evidence
from xai.types import Prediction

__all__ = ["HEIGHT", "Slot", "answers"]

HEIGHT = 440
"""Pixels that are kept for a verdict with its conditions while it is waited for."""

_SIGNS: Mapping[str, tuple[str, str]] = {
    "supported": (":material/my_location:", "blue"),
    "mixed": (":material/join_inner:", "violet"),
    "not supported": (":material/wrong_location:", "red"),
    "cannot tell": (":material/help:", "gray"),
}
"""Verdict -> its shape and colour; none of them says right or wrong."""

_MARKS: Mapping[str, str] = {
    "yes": ":material/check_circle:",
    "no": ":material/cancel:",
    "unknown": ":material/help:",
}


class Slot:
    """The place of one model's verdict: it keeps its height until the verdict is there.

    Args:
        model: the model's name.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._place = st.empty()
        self._progress: Progress | None = None

    def hold(self) -> None:
        """Keep the height, and say what comes."""
        with self._place.container(height=HEIGHT, border=False):
            st.caption(say("verdict.wait"))
            self._progress = Progress(st.empty())

    def wait(self, stage: Stage) -> None:
        """Show how far the test has come."""
        if self._progress:
            self._progress.of(self._model)(stage)

    def fill(self, evidence: Evidence, level: str) -> None:
        """Show the verdict.

        Args:
            evidence: what was found.
            level: one of ``LEVELS``.
        """
        with self._place.container():
            _verdict(evidence, level, self._model)

    def fail(self, sentence: str) -> None:
        """Say why there is none."""
        self._place.error(sentence)


def answers(explained: Mapping[str, Explained], truth: str | None) -> dict[str, Slot]:
    """Draw each model's answer and whether it is right; model -> the held place for its verdict."""
    slots: dict[str, Slot] = {}
    for model, column in zip(explained, st.columns(len(explained), border=True), strict=True):
        prediction = explained[model].explanation.prediction
        with column:
            photo_card.answer(prediction, model)
            _compared(prediction, truth)
            slots[model] = Slot(model)
            slots[model].hold()
    return slots


def _compared(prediction: Prediction, truth: str | None) -> None:
    """The answer beside the true one; a wrong one must not be overlooked."""
    if is_wrong(prediction, truth):
        st.warning(right_or_wrong(prediction, truth), icon=":material/close:")
    else:
        st.caption(right_or_wrong(prediction, truth))


def _verdict(evidence: Evidence, level: str, model: str) -> None:
    shape, colour = _SIGNS[evidence.verdict]
    st.header(f":{colour}[{shape} {headline(evidence, level)}]", anchor=False)
    if reason := because(evidence, level):
        st.markdown(reason)
    st.caption(say("verdict.not_right"))
    for name in CONDITIONS if evidence.deciding else ():
        _condition(evidence, name, level, f"{name} {model}")
    for line in flag_lines(evidence, level):
        st.warning(line, icon=":material/compare_arrows:")


def _condition(evidence: Evidence, name: str, level: str, key: str) -> None:
    condition = condition_of(evidence, name)
    word = condition_word(condition)
    with st.container(gap="xxsmall"):
        title = say(
            "bullet.title",
            mark=_MARKS[word],
            name=say(f"condition.{name}"),
            word=say(f"condition.{word}"),
            asked=asked_for(name, condition, level),
        )
        st.markdown(title)
        st.plotly_chart(
            kept_figure(("condition", name, condition), lambda: bullet(name, condition)),
            config=photo_card.STILL,
            key=f"bullet {key}",
            alt=alt_condition(evidence, name, level),
        )
        st.caption(condition_line(evidence, name, level))
