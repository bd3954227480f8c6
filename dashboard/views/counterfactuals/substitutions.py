"""The same face with another mask, or with an occluder in front of it that is not a mask."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.counterfactuals import selection
from dashboard.views.counterfactuals.selection import Chosen
from dashboard.views.counterfactuals.text import value_name
from dashboard.worker.counterfactual_jobs import ProbeResult, RunProbe
from dashboard.worker.job_handle import JobError

__all__ = ["PROBES_SHOWN", "show"]

PROBES_SHOWN = ("recolour", "hand", "paper", "beard", "scarf")
"""What can be changed, by name in ``PROBES``."""

_PICTURE = 158


def show(chosen: Chosen) -> None:
    """Let the visitor choose an edit, and show the edited face and the model's answer."""
    st.header(t("cover_swap.title"), anchor=False)
    words = {name: t(f"cover_probe.{name}") for name in PROBES_SHOWN}
    probe = selection.one_of("change", words, t("cover_swap.probe"))
    job = RunProbe(chosen.face, chosen.model, probe, "grey")
    try:
        found = chosen.found(job)
    except JobError as failure:
        st.info(failed(failure))
        return
    st.markdown(
        t(
            "cover_swap.start_drawn" if job.probe == "recolour" else "cover_swap.start",
            model=display_name(job.model),
            answer=class_title(found.start.label),
            probability=found.start.confidence,
        )
    )
    changed = sum(answer.label != found.start.label for answer in found.answers)
    total = len(found.answers)
    st.markdown(f"**{t('cover_swap.flips' if changed else 'cover_swap.stays', count=changed, total=total)}**")
    _pictures(found)
    st.caption(t("cover_swap.drawn"))


def _pictures(found: ProbeResult) -> None:
    with st.container(horizontal=True, gap="small"):
        for value, answer, picture in zip(found.values, found.answers, found.pictures, strict=True):
            said = {
                "value": value_name(value),
                "answer": class_title(answer.label),
                "probability": answer.confidence,
            }
            same = answer.label == found.start.label
            with st.container(width=_PICTURE, gap="xxsmall"):
                st.image(picture, width="stretch", alt=t("cover_swap.alt", **said))
                st.caption(t("cover_swap.one" if same else "cover_swap.one_changed", **said))
