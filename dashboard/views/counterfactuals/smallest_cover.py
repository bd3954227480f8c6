"""The smallest covers that flip the answer, in pieces and in one piece, searched for on request."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import preferences, session
from dashboard.charts.predictions import class_bars
from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import alt_answer, failed
from dashboard.views.counterfactuals import selection
from dashboard.views.counterfactuals.selection import Chosen
from dashboard.views.counterfactuals.text import (
    pieces_sentence,
    smallest_sentence,
    technical_search,
    where_sentence,
)
from dashboard.widgets import map_panel
from dashboard.widgets.settings_form import main_button
from dashboard.worker.counterfactual_jobs import ProbeResult, RunProbe
from dashboard.worker.job_handle import JobError
from xai.evidence.counterfactuals.probes import pieces

__all__ = ["show", "worth_showing"]

_PICTURE = 420


def show(chosen: Chosen) -> None:
    """Offer the search, or show its result."""
    st.header(t("cover_smallest.title"), anchor=False)
    st.markdown(t("cover_smallest.what"))
    if preferences.level() != preferences.LEVELS[0]:
        st.caption(technical_search())
    job = RunProbe(chosen.face, chosen.model, "smallest_cover", selection.fill())
    asked = " ".join(("wanted", *chosen.key, job.model, job.fill))
    if not session.get_state(asked):
        st.button(
            t("cover_smallest.button"),
            type=main_button(),
            on_click=session.set_state,
            args=(asked, True),
            key="smallest",
        )
        return
    _found(chosen, job)


def _found(chosen: Chosen, job: RunProbe) -> None:
    try:
        apart, whole = chosen.found(job), chosen.found(replace(job, probe="smallest_patch"))
    except JobError as failure:
        st.error(t("cover.failed", sentence=failed(failure)))
        return
    shown = worth_showing(apart, whole)
    for found in shown:
        if len(shown) > 1:
            count = pieces(found.cover)
            title = t("cover_smallest.one") if count == 1 else t("cover_smallest.many", count=count)
            st.subheader(title, anchor=False)
        _cover(chosen, job, found, alone=len(shown) == 1)
    if shown[0].cover:
        st.caption(t("cover_smallest.bound"))


def worth_showing(apart: ProbeResult, whole: ProbeResult) -> tuple[ProbeResult, ...]:
    """The cover in one piece first, because it can be seen as one patch; the other where it is smaller.

    Args:
        apart: of ``smallest_cover``.
        whole: of ``smallest_patch``.
    """
    found = [one for one in (whole, apart) if one.cover]
    if not found:
        return (apart,)
    least = min(found, key=lambda one: one.values[-1])
    return (least,) if pieces(least.cover) == 1 else tuple(found)


def _cover(chosen: Chosen, job: RunProbe, found: ProbeResult, *, alone: bool) -> None:
    left, right = st.columns(2, gap="large")
    last = found.answers[-1]
    alt = t(
        "cover_smallest.alt",
        share=found.values[-1],
        answer=class_title(last.label),
        probability=last.confidence,
    )
    left.image(found.pictures[-1], width=_PICTURE, alt=alt)
    with right:
        map_panel.answer(last, t("cover.now", model=display_name(job.model)))
        st.markdown(smallest_sentence(display_name(job.model), found, job.fill))
        st.plotly_chart(
            class_bars(last),
            config=map_panel.STATIC_CHART,
            key=f"smallest answer {pieces(found.cover)}",
            alt=alt_answer(display_name(job.model), last),
        )
        if found.cover:
            st.markdown(pieces_sentence(found, job.fill, alone=alone))
            if chosen.ground.regions is not None:
                st.markdown(where_sentence(found, chosen.ground.regions))
