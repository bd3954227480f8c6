"""The card of one model: summary, description, scores, errors, and how it was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import url_state
from dashboard.charts.metrics import class_counts, learning_curves
from dashboard.i18n import class_title, t, translate_notice
from dashboard.text.metrics import is_technical
from dashboard.views.models import confusion, subgroups, verdicts
from dashboard.views.models import scores as models_scores
from dashboard.views.models.evaluations import most_informative
from dashboard.views.models.study_text import error_lists
from dashboard.views.models.text import alt_counts, alt_curves, data_line, model_summary, study_name
from dashboard.widgets.map_panel import STATIC_CHART
from xai.models.cards import Card

__all__ = ["choose", "show"]

_MODEL = "model"
"""Key of the widget, and its URL parameter."""

_LOSSES, _SCORES = ("train_loss", "loss"), ("accuracy", "aca")


def choose(cards: Sequence[Card], names: Mapping[str, str]) -> Card:
    """A widget to choose the model whose card is shown; the choice is kept in the URL.

    Args:
        cards: of the models to choose from.
        names: name on the card -> display name.
    """
    st.header(t("card.heading"), anchor=False)
    by_name = {card.name: card for card in cards}
    known = list(by_name)
    url_state.select_from_url(
        _MODEL, known
    )  # the URL holds the name on the card, which is the same in every language
    name = st.selectbox(t("card.choose"), known, format_func=lambda each: names[each], key=_MODEL, width=480)
    url_state.set_url_param(_MODEL, name, known[0])
    return by_name[name]


def show(card: Card, called: str, *, installed: bool) -> None:
    """The whole card.

    Args:
        card: of the model.
        called: its display name.
        installed: whether it is installed.
    """
    _bottom_line(card, called)
    left, right = st.columns(2, gap="large")
    with left:
        _what(card, installed)
    with right:
        _limits(card)
    models_scores.show(card)
    verdicts.show(card)
    subgroups.show(card)
    models_scores.published(card)
    left, right = st.columns(2, gap="large")
    with left:
        _confusion(card, installed)
    with right:
        _data(card)
    if is_technical():
        _training(card)


def _bottom_line(card: Card, called: str) -> None:
    first, *others = model_summary(card)
    with st.container(border=True, gap="xsmall"):
        st.subheader(called, anchor=False)
        st.markdown(" ".join([f"**{first}**", *others]))


def _what(card: Card, installed: bool) -> None:
    st.markdown(t("card.what"))
    quoted = ", ".join(t("bottom.quoted", name=class_title(name)) for name in card.classes)
    st.markdown(t("card.classes", classes=quoted))
    st.markdown(data_line(card))
    if is_technical():
        study = study_name(card.source)
        st.markdown(t("card.is", model=card.name, architecture=card.architecture, study=study))
        st.markdown(t("card.input", side=card.input_size))
        st.markdown(t("card.license", license=card.license))
    if not installed:
        st.info(t("card.not_here"))
    if card.training.command and (is_technical() or not installed):
        st.caption(t("card.command"))
        st.code(card.training.command, language=None, wrap_lines=True)


def _limits(card: Card) -> None:
    if card.errors:
        st.markdown(t("card.errors"))
        for looked_at, lines in error_lists(card.errors).items():
            st.markdown("\n".join((looked_at, "", *(f"- {line}" for line in lines))))
    if card.limits:
        st.markdown(t("card.limits"))
        st.markdown("\n".join(f"- {translate_notice(limit)}" for limit in card.limits))


def _confusion(card: Card, installed: bool) -> None:
    scores = tuple(score for score in most_informative(card.evaluations) if score.confusion)
    if scores:
        confusion.show(card, scores, installed=installed)


def _data(card: Card) -> None:
    if counts := card.training.counts:
        st.markdown(t("card.counts"))
        key, alt = f"counts {card.name}", alt_counts(counts)
        st.plotly_chart(class_counts(counts), config=STATIC_CHART, key=key, alt=alt)


def _training(card: Card) -> None:
    if not card.epochs:
        return
    st.markdown(t("card.training"))
    for names, column in zip((_SCORES, _LOSSES), st.columns(2, gap="large"), strict=True):
        if any(getattr(each, name) is not None for each in card.epochs for name in names):
            with column:
                st.plotly_chart(
                    learning_curves(card.epochs, names),
                    config=STATIC_CHART,
                    key=f"curves {names[0]} {card.name}",
                    alt=alt_curves(card.epochs, names),
                )
    st.caption(t("card.training_terms"))
