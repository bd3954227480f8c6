"""A model's answer and its verdict: headline, the two questions with their counts, the edited faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.i18n import t
from dashboard.text.map_disagreement import contradiction_notes
from dashboard.text.model_names import display_name
from dashboard.text.predictions import is_wrong, right_or_wrong, why_wrong
from dashboard.text.verdicts import figures, flag_lines, headline, verdict_legend, verdict_reason
from dashboard.widgets import edited_faces, map_panel
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import FaceExplanation, JobProgress
from xai.evidence_types import Evidence
from xai.types import Prediction

__all__ = ["HEIGHT", "VerdictPanel", "answers"]

HEIGHT = 830
"""Pixels reserved for a verdict with its edited faces while it is computed."""

_SIGNS: Mapping[str, tuple[str, str]] = {
    "supported": (":material/my_location:", "blue"),
    "mixed": (":material/join_inner:", "violet"),
    "not supported": (":material/wrong_location:", "red"),
    "cannot tell": (":material/help:", "gray"),
}
"""Verdict -> icon and colour; none of them means right or wrong."""

_MARKED = {verdict: f":{colour}[{shape}]" for verdict, (shape, colour) in _SIGNS.items()}

_SMALL = ":small[{}]"


class VerdictPanel:
    """The placeholder of one model's verdict; reserves its height until the verdict arrives.

    Args:
        title: of the model, or of the model with its face.
        explained: the model's answer and maps.
        truth: the true class, or None.
        held: the occluder or sticker on a hard sample, or None.
    """

    def __init__(self, title: str, explained: FaceExplanation, truth: str | None, held: str | None) -> None:
        self._title, self._explained = title, explained
        _compare(explained.explanation.prediction, truth, held)
        self._place = st.empty()
        self._progress: Progress | None = None

    def hold(self) -> None:
        """Reserve the height, and announce the test."""
        with self._place.container(height=HEIGHT, border=False):
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
        answer = self._explained.explanation.prediction.label
        self._progress = None  # its place is gone: a late stage would draw into the verdict
        with self._place.container(gap="xsmall", key=None if evidence.strip else f"untold-{self._title}"):
            _headline(evidence, headline(evidence, answer))
            if reason := verdict_reason(evidence):
                st.markdown(_SMALL.format(reason))
            _figures(evidence)
            _around(evidence, level, contradiction_notes(evidence, self._explained, level))
            edited_faces.show(evidence)

    def fail(self, sentence: str) -> None:
        """Show why there is no verdict."""
        self._progress = None
        self._place.error(sentence)


def answers(
    explained: Mapping[str, FaceExplanation], truth: str | None, held: str | None = None
) -> dict[str, VerdictPanel]:
    """Draw each model's answer and whether it is right; returns model -> panel of its verdict.

    Args:
        explained: model -> its answer and maps.
        truth: the true class, or None.
        held: the occluder or sticker on a hard sample (``SampleSubject.held``), or None.
    """
    slots: dict[str, VerdictPanel] = {}
    for model, column in zip(explained, st.columns(len(explained), border=True), strict=True):
        with column, st.container(gap="xsmall"):
            called = display_name(model)
            map_panel.answer(explained[model].explanation.prediction, called)
            slots[model] = VerdictPanel(called, explained[model], truth, held)
            slots[model].hold()
    return slots


def _compare(prediction: Prediction, truth: str | None, held: str | None) -> None:
    """The answer beside the true class; a wrong one must stand out."""
    said = right_or_wrong(prediction, truth)
    if is_wrong(prediction, truth):
        st.warning(f"{said} {why_wrong(held)}" if held else said, icon=":material/close:")
    else:
        st.caption(said)


def _headline(evidence: Evidence, sentence: str) -> None:
    shape, colour = _SIGNS[evidence.verdict]
    st.header(f":{colour}[{shape} {sentence}]", anchor=False)


def _around(evidence: Evidence, level: str, notes: Sequence[str]) -> None:
    """What a verdict does not say; what it means, and why a map contradicts it, are one click away."""
    cautions = [t("verdict.not_right"), *([t("astray.differs")] if notes else [])]
    with st.container(gap=None):
        st.caption(" ".join(cautions))
        with st.popover(t("verdict.four"), type="tertiary"):
            for line in verdict_legend(evidence, _MARKED):
                st.markdown(line)
            if notes:
                st.markdown(f"**{t('astray.why')}**")
                for line in notes:
                    st.markdown(line)
    for line in flag_lines(evidence, level):
        st.warning(line, icon=":material/compare_arrows:")


def _figures(evidence: Evidence) -> None:
    """The two questions side by side at one size."""
    with st.container(horizontal=True, gap="small"):
        for figure in figures(evidence):
            with st.container(width="stretch", gap="xxsmall"):
                st.markdown(f"**{figure.title}**")
                st.markdown(_SMALL.format(figure.counted))
