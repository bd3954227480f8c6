"""Scores of a model by subgroup: a small dot plot for each subgroup axis."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import class_title, t
from dashboard.records.evaluations import most_informative
from dashboard.text.metrics import dataset_note, missing_interval_notes, score_label
from dashboard.views.models.text import few_faces, kind_dots
from dashboard.widgets.dot_plot import dot_plot
from xai.models.card_schema import LEAST_GROUPS, Evaluation
from xai.models.cards import Card

__all__ = ["show"]


def show(card: Card) -> None:
    """The charts of each dataset with subgroups, of the second and further ones in closed boxes."""
    scores = [score for score in most_informative(card.evaluations) if score.subgroups]
    if not scores:
        return
    first, *others = scores
    st.markdown(t("kinds.title"))
    st.caption(score_label(first), help=dataset_note(first.dataset))
    _score(first, card)
    for score in others:
        with st.expander(score_label(score)):
            _score(score, card)
    st.caption(t("kinds.note", classes=" / ".join(map(class_title, card.classes))))
    every = [bins for score in scores for bins in score.subgroups.values()]
    if any(map(few_faces, every)):
        st.caption(t("kinds.few", least=LEAST_GROUPS))
    for line in missing_interval_notes(one.aca for bins in every for one in bins):
        st.caption(line)


def _score(score: Evaluation, card: Card) -> None:
    for (kind, bins), column in zip(
        score.subgroups.items(), st.columns(len(score.subgroups), gap="medium"), strict=True
    ):
        title, rows = t(f"kinds.by_{kind}"), kind_dots(kind, bins, card.classes)
        with column:
            st.markdown(title)
            dot_plot(title, rows, f"kinds {kind} {score.dataset} {card.name}")
