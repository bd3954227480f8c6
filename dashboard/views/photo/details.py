"""Behind a verdict: each region's effect, the other area, steadiness, price; then the tests of the maps, run
when they are asked for, after their price is said.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import session
from dashboard.charts.cached import kept_figure
from dashboard.charts.evidence import curves, effect_bars
from dashboard.i18n import say
from dashboard.text.faithfulness import alt_curve, curve_line, shares_line, steady_line, weights_line
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.text.verdicts import alt_effects, effects_note, other_area, price, steadiness
from dashboard.widgets import map_panel
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import Explained
from dashboard.worker.results import MapCheck
from dashboard.worker.ticket import JobError
from xai.evidence_types import Evidence

__all__ = ["show"]


def show(explained: Mapping[str, Explained], found: Mapping[str, Evidence], level: str) -> None:
    """For each model two closed boxes: the reasons of its verdict, and the tests of its maps.

    Args:
        explained: model -> maps.
        found: model -> evidence; a model may be missing.
        level: one of ``LEVELS``.
    """
    for model, column in zip(explained, st.columns(len(explained), gap="medium"), strict=True):
        with column, st.container(gap="xsmall"):
            if model in found:
                with st.expander(say("effects.more", model=display_name(model))):
                    _reasons(found[model], level, model)
            with st.expander(say("trust.title", model=display_name(model))):
                _faithfulness(explained[model], level, model)


def _reasons(evidence: Evidence, level: str, model: str) -> None:
    if evidence.regions:
        st.markdown(say("effects.title"))
        effects = ("effects", evidence.area, *evidence.regions.items())
        st.plotly_chart(
            kept_figure(effects, lambda: effect_bars(evidence)),
            config=map_panel.STILL,
            key=f"effects {model}",
            alt=alt_effects(evidence, level),
        )
        st.caption(effects_note(evidence, level))
    said = [other_area(evidence, level), steadiness(evidence, level), price(evidence, level)]
    for sentence in filter(None, said):
        st.markdown(sentence)


@st.fragment
def _faithfulness(explained: Explained, level: str, key: str) -> None:
    """The offer to test the maps, or what the tests found.

    Args:
        explained: the maps.
        level: one of ``LEVELS``.
        key: makes the widgets' keys unique on the page.
    """
    maps = explained.explanation
    st.caption(say("trust.what"))
    place = st.empty()
    if not session.checked(maps):
        cost = say("trust.button", passes=explained.check_passes, seconds=max(1.0, explained.check_seconds))
        if not place.button(cost, key=f"trust {key}"):
            return
    try:
        checks = session.check(maps, Progress(place).of(key))
    except JobError as failure:
        place.error(say("trust.failed", sentence=failed(failure)))
        return
    place.empty()
    for method, check in checks.items():
        _map_checks(method, check, level, f"{key} {method}")
    st.caption(say("trust.curve_legend"))
    first = next(iter(checks.values()))
    st.caption(say("trust.taken_turned" if first.turned else "trust.taken_grey"))
    st.caption(say("trust.done", passes=explained.check_passes, seconds=first.seconds))


def _map_checks(method: str, check: MapCheck, level: str, key: str) -> None:
    st.markdown(f"**{say(f'method_title.{method}')}**")
    for kind, curve, column in zip(
        ("deletion", "insertion"), (check.deletion, check.insertion), st.columns(2), strict=True
    ):
        with column:
            st.caption(say(f"tested.{kind}"))
            st.plotly_chart(
                curves(curve), config=map_panel.STILL, key=f"{kind} {key}", alt=alt_curve(kind, curve)
            )
            st.markdown(curve_line(kind, curve, level))
    for line in (weights_line(check, level), steady_line(check, level), shares_line(check, level)):
        st.markdown(line)
