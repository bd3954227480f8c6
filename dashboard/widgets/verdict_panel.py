"""A model's answer and its verdict: two badges, what speaks for and against, and the edited faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

import streamlit as st

from dashboard.i18n import class_title, t
from dashboard.text.edited_faces import key_faces
from dashboard.text.map_disagreement import contradiction_notes
from dashboard.text.map_units import method_short
from dashboard.text.model_names import display_name
from dashboard.text.model_summary import general_line
from dashboard.text.predictions import answer_status, is_wrong, mask_reason, why_wrong
from dashboard.text.verdicts import (
    deciding_reason,
    figures,
    flag_lines,
    for_and_against,
    headline,
    looked_at,
    verdict_legend,
    verdict_reason,
)
from dashboard.widgets import edited_faces
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import FaceExplanation, JobProgress
from xai.classes import class_info
from xai.evidence_types import Evidence

__all__ = ["SUBJECTS", "VerdictPanel", "answers"]

SUBJECTS = ("face", "untestable", "whole")
"""What an answer is about: a face that can be tested, one that cannot, or a picture without a face."""

_SIGNS: Mapping[str, str] = {"supported": "◉", "mixed": "◐", "not supported": "○", "cannot tell": "?"}
"""Verdict -> its shape; none of them means right or wrong."""

_CARD = '<div class="verdict-card">{badge}{body}</div>'
_BADGE = '<p class="looked-at {kind}"><span aria-hidden="true">{sign}</span> {said}</p>'
_ARGUMENTS = '<div class="arguments">{columns}</div>'
_ARGUMENT = "<div><h2>{title}</h2><ul>{lines}</ul></div>"


class VerdictPanel:
    """One model's answer, and the placeholder of its verdict, which keeps its height until that arrives.

    Args:
        title: of the model, or of the model with its face.
        explained: the model's answer and maps.
        truth: the true class, or None.
        held: the occluder or sticker on a hard sample, or None.
        ask: draws the question for the correct answer, or None.
        subject: one of ``SUBJECTS``; of all but the first the verdict is short.
    """

    def __init__(
        self,
        title: str,
        explained: FaceExplanation,
        truth: str | None,
        held: str | None,
        ask: Callable[[str], None] | None = None,
        *,
        subject: str = SUBJECTS[0],
    ) -> None:
        self._title, self._explained, self._subject = title, explained, subject
        self._answer(truth, held, ask)
        self._place = st.container(key=f"{'verdict' if subject == SUBJECTS[0] else 'untestable'}-{title}")
        self._known = False
        self._progress: Progress | None = None

    def hold(self, *, known: bool) -> None:
        """Announce the test; a verdict that is ``known`` is drawn over what stands there."""
        self._known = known
        self._place = self._place.container(gap="xxsmall") if known else self._place.empty()
        if known:
            return
        with self._place.container():
            st.caption(t("verdict.wait"))
            self._progress = Progress(st.empty())

    def wait(self, stage: JobProgress) -> None:
        """Show the progress of the test."""
        if self._progress:
            self._progress.of(self._title)(stage)

    def fill(self, evidence: Evidence, level: str) -> None:
        """Show the verdict.

        Args:
            evidence: what was found.
            level: one of ``LEVELS``.
        """
        self._progress = None  # its place is gone: a late stage would draw into the verdict
        notes = contradiction_notes(evidence, self._explained, level)
        with self._place if self._known else self._place.container(gap="xxsmall"):
            st.html(_card(evidence, self._explained, astray=tuple(notes)))
            with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
                with st.popover(t("verdict.more"), type="tertiary", key=f"more {self._title}"):
                    self._more(evidence, level, notes)
                general = general_line(self._explained.explanation.provenance.model)
                if beside := "  \n".join(filter(None, (_coarse(evidence), general))):
                    st.caption(beside, width="content")

    def fail(self, sentence: str) -> None:
        """Show why there is no verdict."""
        self._progress = None
        self._place.error(sentence)

    def _answer(self, truth: str | None, held: str | None, ask: Callable[[str], None] | None) -> None:
        """The answer as a badge, and whether it is right; a wrong one must stand out."""
        said = self._explained.explanation.prediction
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{self._title}**", width="content")
            words = t("answer.heading", answer=class_title(said.label), probability=said.confidence)
            st.badge(words, color="gray" if self._subject == "whole" else class_info(said.label).hue)
            if truth is not None:
                label, hue = answer_status(said, truth)
                st.markdown(f":{hue}[**{label}**]", width="content")
            if ask:
                ask(self._title)
            if said.reason:
                st.caption(mask_reason(said.reason), width="content")
        if held and is_wrong(said, truth):
            st.caption(why_wrong(held))

    def _more(self, evidence: Evidence, level: str, notes: Mapping[str, str]) -> None:
        """The verdict in a sentence, its figures, why maps disagree, all edited faces, the four verdicts."""
        answer = self._explained.explanation.prediction.label
        st.markdown(f"**{headline(evidence, answer)}** {verdict_reason(evidence)}")
        st.caption(t("verdict.not_right"))
        for figure in figures(evidence):
            st.markdown(figure.line)
        for line in flag_lines(evidence, level):
            st.warning(line)
        if notes:
            st.markdown(f"**{t('astray.why')}**")
            for line in (*notes.values(), t("astray.counts")):
                st.markdown(line)
        edited_faces.show(evidence)
        st.markdown(f"**{t('verdict.four')}**")
        for line in verdict_legend(evidence, _SIGNS):
            st.markdown(line)


def answers(
    explained: Mapping[str, FaceExplanation],
    truth: str | None,
    held: str | None = None,
    ask: Callable[[str], None] | None = None,
    *,
    subject: str = SUBJECTS[0],
    known: bool = False,
) -> dict[str, VerdictPanel]:
    """Draw each model's answer and whether it is right, one under the other; returns model -> its panel.

    Args:
        explained: model -> its answer and maps.
        truth: the true class, or None.
        held: the occluder or sticker on a hard sample (``SampleSubject.held``), or None.
        ask: draws the question for the correct answer beside an answer, with a key for its widgets; or None.
        subject: one of ``SUBJECTS``.
        known: the verdicts are cached and come at once.
    """
    slots: dict[str, VerdictPanel] = {}
    for model in explained:
        with st.container(border=True, gap="xsmall"):
            slots[model] = VerdictPanel(
                display_name(model), explained[model], truth, held, ask, subject=subject
            )
            slots[model].hold(known=known)
    return slots


def _coarse(evidence: Evidence) -> str:
    """Why edits of this face are placed coarsely; empty where they are not."""
    why = [t(f"coarse.{code}") for code in evidence.coarse]
    return t("verdict.coarse", why=", ".join(why)) if why else ""


def _card(evidence: Evidence, explained: FaceExplanation, *, astray: Sequence[str]) -> str:
    """The verdict as HTML: the badge, then the arguments and the edited faces, or why there are none.

    Args:
        evidence: the verdict.
        explained: the model's answer and maps.
        astray: methods whose maps contradict the verdict.
    """
    kind = evidence.verdict.replace(" ", "-")
    speaks_for, against = for_and_against(evidence)
    if speaks_for or against:
        if astray:
            named = method_short(astray[0])
            against.append(
                t("argument.map", method=named[0].upper() + named[1:])
                if len(astray) == 1
                else t("argument.maps")
            )
        columns = _argument("for", speaks_for) + _argument("against", against)
        body = _ARGUMENTS.format(columns=columns)
        body += edited_faces.strip(key_faces(evidence, explained.explanation))
    else:
        kind += " alone"
        sentences = (deciding_reason(evidence), verdict_reason(evidence))
        body = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)
    badge = _BADGE.format(kind=kind, sign=_SIGNS[evidence.verdict], said=escape(looked_at(evidence)))
    return _CARD.format(badge=badge, body=body)


def _argument(side: str, lines: Sequence[str]) -> str:
    given = "".join(f"<li>{escape(line)}</li>" for line in lines or [t("argument.none")])
    return _ARGUMENT.format(title=escape(t(f"argument_title.{side}")), lines=given)
