"""The steps of the lesson, each with live results on the sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps

import streamlit as st

from dashboard import face_explanations, preferences, session
from dashboard.charts.predictions import class_bars, region_bars
from dashboard.face_explanations import FaceListener
from dashboard.i18n import t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import alt_answer, alt_map, alt_shares, failed, finding, right_or_wrong
from dashboard.views.learn.lesson import Lesson, face_width, for_the_room
from dashboard.widgets import verdict_panel
from dashboard.widgets.map_panel import STATIC_CHART, legend
from dashboard.widgets.settings_form import main_button
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import JobProgress
from xai.attribution.methods import METHODS
from xai.evidence_types import Evidence
from xai.photo.images import encode_jpeg
from xai.render import display_scale, display_values, overlay
from xai.types import REGIONS, Explanation

__all__ = ["answer", "attention", "cover", "guess", "limits", "verdict"]

_GUESS = "lesson guess"
_OPACITY = 0.7


def _said(step: Callable[[Lesson], None]) -> Callable[[Lesson], None]:
    """The step, or an error message in its place where a job fails."""

    @wraps(step)
    def shown(lesson: Lesson) -> None:
        try:
            step(lesson)
        except JobError as failure:
            st.error(failed(failure))

    return shown


@_said
def answer(lesson: Lesson) -> None:
    """A face, and the model's prediction."""
    left, right = st.columns(2, gap="medium")
    with right:
        lesson.choose()
    explanation = lesson.explained(lesson.models[0])[lesson.models[0]].explanation
    left.image(encode_jpeg(explanation.face.crop), width=face_width(), alt=t("map.crop_plain_alt"))
    with right:
        model = display_name(lesson.models[0])
        st.markdown(f"**{model}**")
        alt = alt_answer(model, explanation.prediction)
        chart = for_the_room(class_bars(explanation.prediction))
        st.plotly_chart(chart, config=STATIC_CHART, key="lesson answer", alt=alt)
        st.markdown(right_or_wrong(explanation.prediction, lesson.sample.truth[0]))


@_said
def guess(lesson: Lesson) -> None:
    """The learner marks where they would look; then the models' shares on the same regions."""
    face = lesson.face()
    left, right = st.columns(2, gap="medium")
    left.image(encode_jpeg(face.crop), width=face_width(), alt=t("map.crop_plain_alt"))
    with right:
        marked = st.segmented_control(
            t("learn.guess_ask"),
            REGIONS,
            format_func=lambda name: t(f"region.{name}"),
            selection_mode="multi",
            key="guessed regions",
            wrap=True,
        )
        key = f"{_GUESS} {lesson.sample.id}"
        st.button(
            t("learn.guess_show"),
            on_click=session.set_state,
            args=(key, True),
            disabled=not marked,
            type=main_button(),
        )
    if not session.get_state(key) or not marked:
        return
    for model, each in lesson.explained().items():
        _compare(each.explanation, tuple(marked), model)


def _compare(explanation: Explanation, marked: tuple[str, ...], model: str) -> None:
    """The share of a model's map on the marked regions."""
    shares = explanation.shares["occlusion"]
    if shares is None:
        st.markdown(t("learn.guess_nothing", model=display_name(model)))
        return
    share, area = shares.of(*marked)
    st.markdown(t("learn.guess_found", model=display_name(model), share=share, area=area))
    limit = min(1.0, 1.05 * max(*shares.share.values(), *shares.area.values()))
    chart = for_the_room(region_bars({"occlusion": shares}, limit))
    st.plotly_chart(chart, config=STATIC_CHART, key=f"guess {model}", alt=alt_shares(shares))


@_said
def cover(lesson: Lesson) -> None:
    """The occlusion maps of the models, on one scale."""
    _maps(lesson, "occlusion")


@_said
def attention(lesson: Lesson) -> None:
    """The Grad-CAM maps of the models."""
    _maps(lesson, "gradcam")


def _maps(lesson: Lesson, method: str) -> None:
    found = {model: each.explanation for model, each in lesson.explained().items()}
    display = METHODS[method].display
    scale = display_scale([each.heatmaps[method] for each in found.values()], display)
    for column, (model, explanation) in zip(st.columns(len(found), gap="medium"), found.items(), strict=True):
        values = display_values(explanation.heatmaps[method], display)
        drawn = overlay(explanation.face.crop, values, scale=scale, opacity=_OPACITY)
        with column:
            name = display_name(model)
            st.markdown(f"**{name}**")
            st.image(encode_jpeg(drawn), width="stretch", alt=alt_map(explanation, method, name))
            st.markdown(finding(explanation, method))
    legend(method, scale)


@_said
def verdict(lesson: Lesson) -> None:
    """The verdicts, computed live, with the edited faces."""
    explained = lesson.explained()
    slots = verdict_panel.answers(explained, lesson.sample.truth[0])
    level = preferences.LEVELS[0] if preferences.projector() else preferences.level()
    face_explanations.explain(lesson.job(*lesson.models, test=True), _Verdicts(slots, level))


class _Verdicts(FaceListener):
    """The verdicts of the lesson's models, each in its placeholder."""

    def __init__(self, slots: Mapping[str, verdict_panel.VerdictPanel], level: str) -> None:
        self._slots, self._level = slots, level

    def progress(self, model: str, stage: JobProgress) -> None:
        """Update the progress bar in the verdict's placeholder."""
        self._slots[model].wait(stage)

    def evidence(self, model: str, evidence: Evidence) -> None:
        """A verdict has arrived."""
        self._slots[model].fill(evidence, self._level)

    def failed(self, model: str, failure: JobError) -> None:
        """Show why there is no verdict."""
        self._slots[model].fail(t("verdict.failed", sentence=failed(failure)))


def limits(_lesson: Lesson) -> None:
    """What a map and a verdict do not prove."""
    for number in range(1, 5):
        st.markdown(t(f"learn.limit_{number}"))
