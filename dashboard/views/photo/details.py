"""Details of a verdict: its numbers, for an expert; then the faithfulness checks of the maps."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import face_explanations, preferences
from dashboard.charts.curves import curves
from dashboard.i18n import t
from dashboard.text.faithfulness import (
    alt_curve,
    curve_line,
    failed_check,
    shares_line,
    steady_line,
    weights_line,
)
from dashboard.text.map_units import method_title
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.text.verdict_numbers import family_header, family_rows, number_lines
from dashboard.views.photo.maps import FailedMaps
from dashboard.widgets import map_panel
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import FaceExplanation
from dashboard.worker.results import MapCheck
from xai.evidence_types import Evidence

__all__ = ["show"]


def show(
    explained: Mapping[str, FaceExplanation],
    found: Mapping[str, Evidence],
    level: str,
    withheld: FailedMaps,
) -> None:
    """For each model collapsed sections: the numbers of its verdict, for an expert, and the checks of its
    maps, which run now.

    Args:
        explained: model -> maps.
        found: model -> evidence; a model may be missing.
        level: one of ``LEVELS``.
        withheld: receives the maps that fail.
    """
    if level == preferences.LEVELS[1]:
        for model, evidence in found.items():
            with st.expander(t("numbers.more", model=display_name(model))):
                _numbers(evidence)
    line = st.container(key="checks-of-maps").empty()
    known = {model: face_explanations.has_check(each.explanation) for model, each in explained.items()}
    places = {}
    for model, column in zip(explained, st.columns(len(explained)), strict=True):
        folded = column.expander(t("trust.title", model=display_name(model)))
        places[model] = folded.container() if known[model] else folded.empty()  # see ``PageSlots.known``
    for model, place in places.items():
        try:
            checks = face_explanations.check_faithfulness(
                explained[model].explanation, Progress(line).of(model)
            )
        except JobError as failure:
            place.error(t("trust.failed", sentence=failed(failure)))
            continue
        for method, check in checks.items():
            if reason := failed_check(check):
                withheld.add(explained[model].explanation, method, reason)
        with place if known[model] else place.container():
            _faithfulness(explained[model], checks, level, model)
    line.empty()


def _numbers(evidence: Evidence) -> None:
    """A table of all families of edits, and the other numbers."""
    header = family_header()
    if evidence.families:
        rows = [dict(zip(header, row, strict=True)) for row in family_rows(evidence)]
        st.table(rows, hide_index=True)
    for line in number_lines(evidence):
        st.caption(line)


def _faithfulness(explained: FaceExplanation, checks: Mapping[str, MapCheck], level: str, key: str) -> None:
    """The results of the checks.

    Args:
        explained: the maps.
        checks: method -> its check.
        level: one of ``LEVELS``.
        key: makes the charts' keys unique on the page.
    """
    st.caption(t("trust.what"))
    for method, check in checks.items():
        _map_checks(method, check, level, f"{key} {method}")
    st.caption(t("trust.curve_legend"))
    first = next(iter(checks.values()))
    st.caption(t("trust.taken_turned" if first.turned else "trust.taken_grey"))
    st.caption(t("trust.done", passes=explained.check_passes, seconds=first.seconds))


def _map_checks(method: str, check: MapCheck, level: str, key: str) -> None:
    st.markdown(f"**{method_title(method)}**")
    for kind, curve, column in zip(
        ("deletion", "insertion"), (check.deletion, check.insertion), st.columns(2), strict=True
    ):
        with column:
            st.caption(t(f"tested.{kind}"))
            st.plotly_chart(
                curves(curve), config=map_panel.STATIC_CHART, key=f"{kind} {key}", alt=alt_curve(kind, curve)
            )
            st.markdown(curve_line(kind, curve, level))
    for line in (weights_line(check, level), steady_line(check, level), shares_line(check, level)):
        st.markdown(line)
