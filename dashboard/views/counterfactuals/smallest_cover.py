"""The smallest covers that flip the answer, in one piece and in several: the search starts by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from dashboard import preferences, session
from dashboard.charts.predictions import class_bars
from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import alt_answer, failed
from dashboard.views.counterfactuals import selection
from dashboard.views.counterfactuals.selection import Chosen
from dashboard.views.counterfactuals.text import (
    covered_sentence,
    pieces_sentence,
    place_of_cover,
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
    """Search until the visitor stops it; then a button that goes on, or the result."""
    st.markdown(t("cover_smallest.what"))
    if preferences.level() != preferences.LEVELS[0]:
        st.caption(technical_search())
    job = RunProbe(chosen.face, chosen.models[0], "smallest_cover", selection.fill())
    jobs = (job, replace(job, probe="smallest_patch"))
    stopped = " ".join(("stopped", *chosen.key, job.model, job.fill))
    if session.get_state(stopped) and not all(map(chosen.holds, jobs)):
        _offer_search(stopped)
        return
    try:
        apart, whole = map(chosen.found, jobs)
    except JobError as failure:
        if failure.reason == "stopped":
            session.set_state(stopped, True)
            _offer_search(stopped)
        else:
            st.error(t("cover.failed", sentence=failed(failure)))
        return
    _results(chosen, job, worth_showing(apart, whole))


def _offer_search(stopped: str) -> None:
    st.button(
        t("cover_smallest.search"),
        type=main_button(),
        on_click=session.set_state,
        args=(stopped, False),
        key="search",
    )


def _results(chosen: Chosen, job: RunProbe, shown: tuple[ProbeResult, ...]) -> None:
    for found in shown:
        if len(shown) > 1:
            count = pieces(found.cover)
            title = t("cover_smallest.one") if count == 1 else t("cover_smallest.many", count=count)
            st.header(title, anchor=False)
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
            _others(chosen, job, found)
            st.markdown(pieces_sentence(found, job.fill, alone=alone))
            if chosen.ground.regions is not None:
                st.markdown(where_sentence(found, chosen.ground.regions))


def _others(chosen: Chosen, job: RunProbe, found: ProbeResult) -> None:
    """What the second model makes of the same cover."""
    crop = chosen.face.crop
    place = place_of_cover(found, len(crop))
    picture = np.where(place[..., None], chosen.ground.contents[job.fill], crop)
    for model in chosen.models[1:]:
        try:
            said = covered_sentence(chosen.ask(model, crop), chosen.ask(model, picture))
        except JobError as failure:
            said = t("cover.failed", sentence=failed(failure))
        st.markdown(t("cover_smallest.other", model=display_name(model), sentence=said))
