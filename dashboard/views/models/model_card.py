"""The card of one model, a section at a time: summary, scores, where it looks, errors, and training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import url_state
from dashboard.charts.metrics import class_counts, learning_curves
from dashboard.i18n import class_title, t, translate_notice
from dashboard.records.evaluations import most_informative
from dashboard.text.metrics import dataset_note, is_technical, study_name
from dashboard.text.model_names import purpose
from dashboard.text.model_summary import model_summary
from dashboard.views.models import confusion, scores, subgroups, verdicts
from dashboard.views.models.classes import class_notes
from dashboard.views.models.text import alt_counts, alt_curves, data_line, error_lists
from dashboard.widgets.map_panel import STATIC_CHART
from xai.models.card_schema import Evaluation
from xai.models.cards import Card

__all__ = ["SECTIONS", "choose", "show"]

SECTIONS = ("summary", "scores", "kinds", "focus", "errors", "training")
"""Sections of a card, by their names in the messages."""

_MODEL, _SECTION = "model", "section"
"""Keys of the widgets, and their URL parameters."""

_LOSSES, _SCORES = ("train_loss", "loss"), ("accuracy", "aca")


def choose(cards: Sequence[Card], names: Mapping[str, str]) -> Card:
    """A widget to choose the model whose card is shown; the choice is kept in the URL.

    A study's model is offered only where the URL names it: the page about the studies links to it.

    Args:
        cards: of all models.
        names: name on the card -> display name.
    """
    st.header(t("card.heading"), anchor=False)
    asked = st.query_params.get(_MODEL)
    by_name = {card.name: card for card in cards}
    offered = [name for name, card in by_name.items() if purpose(card) == "use" or name == asked]
    known = offered or list(by_name)
    url_state.select_from_url(
        _MODEL, known
    )  # the URL holds the name on the card, which is the same in every language
    name = st.selectbox(t("card.choose"), known, format_func=lambda each: names[each], key=_MODEL, width=480)
    url_state.set_url_param(_MODEL, name, known[0])
    return by_name[name]


def show(card: Card, *, installed: bool) -> None:
    """One section of the card, and a widget to choose which; the choice is kept in the URL.

    Args:
        card: of the model.
        installed: whether it is installed.
    """
    known = [name for name in SECTIONS if _has(card, name)]
    url_state.select_from_url(_SECTION, known)
    section = st.segmented_control(
        t("card.section"),
        known,
        format_func=lambda name: t(f"card_section.{name}"),
        key=_SECTION,
        label_visibility="collapsed",
        required=True,
    )
    url_state.set_url_param(_SECTION, str(section), known[0])
    if section == "summary":
        _summary(card, installed=installed)
    elif section == "scores":
        scores.show(card)
        scores.published(card)
    elif section == "kinds":
        subgroups.show(card)
    elif section == "focus":
        verdicts.show(card)
    elif section == "errors":
        _errors(card)
        _confusion(card, installed=installed)
    else:
        _training(card, installed=installed)


def _has(card: Card, section: str) -> bool:
    """Whether the card has something to show in a section."""
    if section == "kinds":
        return any(score.subgroups for score in most_informative(card.evaluations))
    if section == "focus":
        return bool(card.class_verdicts)
    if section == "errors":
        return bool(card.errors or _counted(card))
    return section != "scores" or bool(card.evaluations or card.training.published)


def _summary(card: Card, *, installed: bool) -> None:
    if not installed:
        st.info(t("card.not_here"))
    first, *others = model_summary(card)
    st.markdown(" ".join([f"**{first}**", *others]))
    quoted = ", ".join(t("bottom.quoted", name=class_title(name)) for name in card.classes)
    st.markdown(t("card.classes", classes=quoted), help=class_notes(card.classes) or None)
    if is_technical():
        study = study_name(card.source)
        st.markdown(t("card.is", model=card.name, architecture=card.architecture, study=study))
        st.markdown(t("card.input", side=card.input_size))
        st.markdown(t("card.license", license=card.license))
    if card.limits:
        st.markdown(t("card.limits"))
        st.markdown("\n".join(f"- {translate_notice(limit)}" for limit in card.limits))


def _errors(card: Card) -> None:
    if card.errors:
        st.markdown(t("card.errors"))
        for looked_at, lines in error_lists(card.errors).items():
            st.markdown("\n".join((looked_at, "", *(f"- {line}" for line in lines))))


def _confusion(card: Card, *, installed: bool) -> None:
    if counted := _counted(card):
        confusion.show(card, counted, installed=installed)


def _counted(card: Card) -> tuple[Evaluation, ...]:
    return tuple(score for score in most_informative(card.evaluations) if score.confusion)


def _training(card: Card, *, installed: bool) -> None:
    st.markdown(data_line(card), help=dataset_note(*card.training.sets))
    if counts := card.training.counts:
        st.markdown(t("card.counts"))
        key, alt = f"counts {card.name}", alt_counts(counts)
        st.plotly_chart(class_counts(counts), config=STATIC_CHART, key=key, alt=alt)
    if card.training.command and (is_technical() or not installed):
        st.caption(t("card.command"))
        st.code(card.training.command, language=None, wrap_lines=True)
    if card.epochs and is_technical():
        _curves(card)


def _curves(card: Card) -> None:
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
