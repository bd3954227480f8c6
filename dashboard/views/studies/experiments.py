"""Experiments: a question, a small chart with intervals, the command that reproduces it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.i18n import t
from dashboard.records.reader import Experiment
from dashboard.text.metrics import glossary, missing_interval_notes, study_name
from dashboard.views.studies.text import experiment_dots, measured_name, note, question
from dashboard.widgets.dot_plot import dot_plot

__all__ = ["show"]


def show(experiments: Sequence[Experiment]) -> None:
    """All experiments, two per row."""
    st.header(t("experiment.heading"), anchor=False)
    st.caption(t("experiment.note"))
    for index in range(0, len(experiments), 2):
        for experiment, column in zip(
            experiments[index : index + 2], st.columns(2, gap="large"), strict=False
        ):
            with column:
                _one(experiment)


def _one(experiment: Experiment) -> None:
    asked = question(experiment)
    st.markdown(f"**{asked}**")
    measured = dict.fromkeys(row.figure for row in experiment.rows)
    most = max((row.n or 0 for row in experiment.rows), default=0)
    figures = ", ".join(map(measured_name, measured))
    st.caption(t("experiment.about", study=study_name(experiment.source), figures=figures, n=most))
    dot_plot(asked, experiment_dots(experiment.rows), f"experiment {experiment.name}")
    if experiment.note:
        st.markdown(note(experiment))
    for line in (*glossary(list(measured)), *missing_interval_notes(row.measured for row in experiment.rows)):
        st.caption(line)
    with st.expander(t("experiment.again")):
        st.code(experiment.command, language=None, wrap_lines=True)
