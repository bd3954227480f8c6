"""How often a model's right answers follow the lower face and stay at everything else, over a set."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import class_name, say
from dashboard.text.metrics import figure_text
from dashboard.text.verdicts import family_name
from xai.models.card_schema import ClassVerdict, Metric
from xai.models.cards import Card

__all__ = ["show"]


def show(card: Card) -> None:
    """A table for each set that was judged; nothing where none was."""
    if not card.class_verdicts:
        return
    st.markdown(say("goes_by.title"))
    for name in dict.fromkeys(found.dataset for found in card.class_verdicts):
        own = [found for found in card.class_verdicts if found.dataset == name]
        st.caption(say(f"dataset.{name}"))
        st.table([_row(found) for found in own], hide_index=True)
    st.caption(say("goes_by.note"))
    st.caption(say("goes_by.command", name=card.name))


def _row(found: ClassVerdict) -> dict[str, str]:
    least = (
        say("goes_by.least", share=_text(found.kept), family=family_name(found.moved_by))
        if found.moved_by
        else ""
    )
    return {
        say("goes_by.answer"): class_name(found.label),
        say("goes_by.word"): say(f"outcome.{found.verdict.replace(' ', '_')}"),
        say("goes_by.follows"): _text(found.followed),
        say("goes_by.place"): _text(found.place),
        say("goes_by.stays"): _text(found.stayed),
        say("goes_by.least_column"): least,
        say("goes_by.judged"): say("goes_by.of", judged=found.judged, faces=found.faces),
    }


def _text(figure: Metric | None) -> str:
    return say("scored.none") if figure is None else figure_text(figure)
