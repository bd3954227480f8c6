"""A mask pulled down: a drawn mask at every height, and the probability of each class there."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.curves import height_curve
from dashboard.charts.predictions import class_bars
from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import alt_answer, failed
from dashboard.views.counterfactuals.selection import Chosen
from dashboard.views.counterfactuals.text import alt_curve, pulled_sentence
from dashboard.widgets import map_panel
from dashboard.worker.counterfactual_jobs import ProbeResult, RunProbe
from dashboard.worker.job_handle import JobError

__all__ = ["show"]

_PICTURE = 300


def show(chosen: Chosen) -> None:
    """Run the model on a mask drawn at every height, and show a slider for the height."""
    st.header(t("cover_slide.title"), anchor=False)
    st.markdown(t("cover_slide.what"))
    try:
        found = chosen.found(RunProbe(chosen.face, chosen.model, "pull_down", "grey"))
    except JobError as failure:
        st.info(failed(failure))
        return
    st.markdown(f"**{pulled_sentence(display_name(chosen.model), found)}**")
    _slider(display_name(chosen.model), found)
    steps = len(found.values) - 1
    st.caption(t("cover_slide.scale", steps=steps, step=1 / steps))


@st.fragment
def _slider(model: str, found: ProbeResult) -> None:
    """All pictures are precomputed: nothing runs while the slider moves."""
    height = st.select_slider(
        t("cover_slide.height"),
        found.values,
        format_func=lambda value: t("cover_slide.height_one", height=value),
        key="height",
    )
    at = found.values.index(height)
    answer = found.answers[at]
    left, right = st.columns([2, 3], gap="large")
    alt = t(
        "cover_slide.picture_alt",
        height=height,
        answer=class_title(answer.label),
        probability=answer.confidence,
    )
    left.image(found.pictures[at], width=_PICTURE, alt=alt)
    with right:
        map_panel.answer(answer, t("cover.now", model=model))
        st.plotly_chart(
            class_bars(answer),
            config=map_panel.STATIC_CHART,
            key="pulled answer",
            alt=alt_answer(model, answer),
        )
    st.plotly_chart(
        height_curve(found, float(height)),
        config=map_panel.STATIC_CHART,
        key="pulled curve",
        alt=alt_curve(found),
    )
