"""How often a model's right answers follow the lower face and stay otherwise, over a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import session
from dashboard.i18n import class_title, t
from dashboard.records.focus import sets_of
from dashboard.text.metrics import dataset_name, dataset_note, figure_text
from dashboard.text.model_names import display_name
from dashboard.text.verdicts import family_name, word
from xai.models.card_schema import ClassVerdict, Metric
from xai.models.cards import Card

__all__ = ["show"]


def show(card: Card) -> None:
    """A table for each dataset with verdicts, beside them those of the model that it was trained from and of
    the control networks; nothing without any.
    """
    if not card.class_verdicts:
        return
    st.markdown(t("goes_by.title"))
    st.caption(t("goes_by.note"))
    _tables(card.class_verdicts)
    st.caption(t("goes_by.command", name=card.name))
    for earlier in session.catalogue().cards:
        if earlier.name == card.training.start and earlier.class_verdicts:
            with st.expander(t("goes_by.earlier", model=display_name(earlier.name))):
                _tables(earlier.class_verdicts)
    for reference in session.records().references:
        if shared := [name for name in sets_of(reference.verdicts) if name in sets_of(card.class_verdicts)]:
            title = t("glance.honest_long" if reference.honest else "glance.shortcut_long")
            with st.expander(t("goes_by.reference", title=title, right=reference.right, n=reference.answers)):
                st.table(_rows(reference.verdicts, shared[0]), hide_index=True)


def _tables(verdicts: Sequence[ClassVerdict]) -> None:
    for name in sets_of(verdicts):
        st.caption(dataset_name(name), help=dataset_note(name))
        st.table(_rows(verdicts, name), hide_index=True)


def _rows(verdicts: Sequence[ClassVerdict], dataset: str) -> list[dict[str, str]]:
    return [_row(found) for found in verdicts if found.dataset == dataset]


def _row(found: ClassVerdict) -> dict[str, str]:
    least = (
        t("goes_by.least", share=_text(found.kept), family=family_name(found.moved_by))
        if found.moved_by
        else ""
    )
    return {
        t("goes_by.answer"): class_title(found.label),
        t("goes_by.word"): word(found.verdict),
        t("goes_by.follows"): _text(found.followed),
        t("goes_by.place"): _text(found.place),
        t("goes_by.stays"): _text(found.stayed),
        t("goes_by.least_column"): least,
        t("goes_by.judged"): t("goes_by.of", judged=found.judged, faces=found.faces),
    }


def _text(figure: Metric | None) -> str:
    return t("scored.none") if figure is None else figure_text(figure)
