"""How often a model's right answers follow the lower face and stay otherwise, over a dataset."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n import class_title, t
from dashboard.text.metrics import figure_text
from dashboard.text.verdicts import family_name
from xai.models.card_schema import ClassVerdict, Metric
from xai.models.cards import Card

__all__ = ["show"]


def show(card: Card) -> None:
    """A table for each dataset with verdicts; nothing without any."""
    if not card.class_verdicts:
        return
    st.markdown(t("goes_by.title"))
    for name in dict.fromkeys(found.dataset for found in card.class_verdicts):
        own = [found for found in card.class_verdicts if found.dataset == name]
        st.caption(t(f"dataset.{name}"))
        st.table([_row(found) for found in own], hide_index=True)
    st.caption(t("goes_by.note"))
    st.caption(t("goes_by.command", name=card.name))


def _row(found: ClassVerdict) -> dict[str, str]:
    least = (
        t("goes_by.least", share=_text(found.kept), family=family_name(found.moved_by))
        if found.moved_by
        else ""
    )
    return {
        t("goes_by.answer"): class_title(found.label),
        t("goes_by.word"): t(f"outcome.{found.verdict.replace(' ', '_')}"),
        t("goes_by.follows"): _text(found.followed),
        t("goes_by.place"): _text(found.place),
        t("goes_by.stays"): _text(found.stayed),
        t("goes_by.least_column"): least,
        t("goes_by.judged"): t("goes_by.of", judged=found.judged, faces=found.faces),
    }


def _text(figure: Metric | None) -> str:
    return t("scored.none") if figure is None else figure_text(figure)
