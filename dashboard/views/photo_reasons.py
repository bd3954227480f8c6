"""Behind a verdict: each region's effect, the other area, steadiness, price; then the tests of the maps."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import session
from dashboard.evidence_figures import effect_bars
from dashboard.i18n import say
from dashboard.kept_figures import kept_figure
from dashboard.verdict_words import alt_effects, effects_note, other_area, price, steadiness
from dashboard.views import photo_card, photo_trust
from dashboard.worker.jobs import Explained
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
                with st.expander(say("effects.more", model=session.called(model))):
                    _reasons(found[model], level, model)
            with st.expander(say("trust.title", model=session.called(model))):
                photo_trust.show(explained[model], level, model)


def _reasons(evidence: Evidence, level: str, model: str) -> None:
    if evidence.regions:
        st.markdown(say("effects.title"))
        effects = ("effects", evidence.area, *evidence.regions.items())
        st.plotly_chart(
            kept_figure(effects, lambda: effect_bars(evidence)),
            config=photo_card.STILL,
            key=f"effects {model}",
            alt=alt_effects(evidence, level),
        )
        st.caption(effects_note(evidence, level))
    said = [other_area(evidence, level), steadiness(evidence, level), price(evidence, level)]
    for sentence in filter(None, said):
        st.markdown(sentence)
