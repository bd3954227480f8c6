"""The same face with another mask, or with an occluder in front of it that is not a mask."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.i18n import class_short_label, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.counterfactuals import selection
from dashboard.views.counterfactuals.selection import Chosen
from dashboard.views.counterfactuals.text import changes_sentence, value_name
from dashboard.worker.counterfactual_jobs import ProbeResult
from dashboard.worker.job_handle import JobError

__all__ = ["PROBES_SHOWN", "show"]

PROBES_SHOWN = ("recolour", "hand", "paper", "beard", "scarf")
"""What can be changed, by name in ``PROBES``."""

_PICTURE = 210


def show(chosen: Chosen) -> None:
    """Let the visitor choose an edit, and show the edited face and the models' answers."""
    words = {name: t(f"cover_probe.{name}") for name in PROBES_SHOWN}
    probe = selection.one_of("change", words, t("cover_swap.probe"))
    try:
        found = {display_name(model): chosen.found(chosen.probe(model, probe)) for model in chosen.models}
    except JobError as failure:
        st.info(failed(failure))
        return
    for model, each in found.items():
        st.markdown(changes_sentence(model, each, drawn=probe == "recolour"))
    _pictures(found)
    st.caption(t("cover_swap.drawn"))


def _pictures(found: Mapping[str, ProbeResult]) -> None:
    """Each edited face once, and under it what each model says; a changed answer is bold."""
    first = next(iter(found.values()))
    with st.container(horizontal=True, gap="small"):
        for at, (value, picture) in enumerate(zip(first.values, first.pictures, strict=True)):
            with st.container(width=_PICTURE, gap="xxsmall"):
                st.image(picture, width="stretch", alt=t("cover_swap.alt", value=value_name(value)))
                st.markdown(value_name(value))
                for model, each in found.items():
                    answer = each.answers[at]
                    same = answer.label == each.start.label
                    said = {"answer": class_short_label(answer.label), "probability": answer.confidence}
                    st.caption(t("cover_swap.one" if same else "cover_swap.one_changed", model=model, **said))
