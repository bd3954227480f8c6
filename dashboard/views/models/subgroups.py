"""How well a model does by kind of face: a small chart of dots for each way of telling faces apart."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.metrics import dots
from dashboard.i18n import class_name, say
from dashboard.text.metrics import gap_lines
from dashboard.views.models.evaluations import most_informative
from dashboard.views.models.study_text import few_faces, kind_dots
from dashboard.views.models.text import alt_dots, score_label
from dashboard.widgets.map_panel import STILL
from xai.models.card_schema import LEAST_GROUPS, Evaluation
from xai.models.cards import Card

__all__ = ["show"]


def show(card: Card) -> None:
    """The charts of each set whose faces were told apart; nothing where none was."""
    scores = [score for score in most_informative(card.evaluations) if score.subgroups]
    if not scores:
        return
    st.markdown(say("kinds.title"))
    for score in scores:
        _score(score, card)
    st.caption(say("kinds.note", classes=" / ".join(map(class_name, card.classes))))
    every = [bins for score in scores for bins in score.subgroups.values()]
    if any(map(few_faces, every)):
        st.caption(say("kinds.few", least=LEAST_GROUPS))
    for line in gap_lines(one.aca for bins in every for one in bins):
        st.caption(line)


def _score(score: Evaluation, card: Card) -> None:
    st.caption(score_label(score))
    for (kind, bins), column in zip(
        score.subgroups.items(), st.columns(len(score.subgroups), gap="medium"), strict=True
    ):
        title, rows = say(f"kinds.by_{kind}"), kind_dots(kind, bins, card.classes)
        with column:
            st.markdown(title)
            key = f"kinds {kind} {score.dataset} {card.name}"
            st.plotly_chart(dots(rows), config=STILL, key=key, alt=alt_dots(title, rows))
