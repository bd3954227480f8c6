"""Scores of a model: by dataset, and beside its study's published figures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.charts.metrics import DotRow
from dashboard.i18n import t, translate_notice
from dashboard.records.evaluations import most_informative, replication_result
from dashboard.text.metrics import (
    class_label,
    dataset_note,
    figure_name,
    figure_text,
    glossary,
    is_technical,
    missing_interval_notes,
    score_label,
    setting_line,
    study_name,
)
from dashboard.widgets.dot_plot import dot_plot
from xai.models.card_schema import Evaluation
from xai.models.cards import Card

__all__ = ["published", "show"]

_TABLE = ("accuracy", "aca")


def show(card: Card) -> None:
    """A dot plot for each dataset, and a table of all evaluations; nothing without any."""
    shown = most_informative(card.evaluations)
    if not shown:
        return
    st.markdown(t("card.scores"))
    for score, column in zip(shown, st.columns(len(shown), gap="medium"), strict=True):
        with column:
            _score(score, card)
    st.caption(t("card.scores_note") if is_technical() else t("card.scores_note_plain"))
    of_classes = [score.metrics[name] for score in shown for name in card.classes if name in score.metrics]
    for line in missing_interval_notes(of_classes):
        st.caption(line)
    if any(figure.gap == "few" for figure in of_classes):
        st.caption(t("card.small_class"))
    with st.expander(t("card.every_score", count=len(card.evaluations))):
        _table(card)


def published(card: Card) -> None:
    """The study's published figures beside those measured here; nothing where it published none."""
    if not card.training.published:
        return
    here = replication_result(card)
    title = t("card.published", study=study_name(card.source))
    st.markdown(title)
    if here is None:
        st.caption(t("card.not_measured"))
    rows = [
        DotRow(figure_name(name), here.metrics.get(name) if here else None, value)
        for name, value in card.training.published.items()
    ]
    dot_plot(title, rows, f"published {card.name}")
    if here:
        said = t("card.published_note", score=score_label(here), setting=setting_line(here))
        st.caption(said, help=dataset_note(here.dataset))
    _explain(list(card.training.published))
    if card.training.departures and is_technical():
        with st.expander(t("card.departures")):
            st.markdown("\n".join(f"- {translate_notice(sentence)}" for sentence in card.training.departures))


def _score(score: Evaluation, card: Card) -> None:
    """One evaluation as rows of a dot plot: the mean over the classes, then each class."""
    st.caption(score_label(score), help=dataset_note(score.dataset))
    figures = score.metrics
    rows = [DotRow(figure_name("aca"), figures["aca"])] if "aca" in figures else []
    rows += [
        DotRow(class_label(name, score, figures[name]), figures[name])
        for name in card.classes
        if name in figures
    ]
    dot_plot(score_label(score), rows, f"scores {score.dataset} {card.name}")
    st.caption(t("purpose.chosen_on") if score.dataset in card.training.sets else t("purpose.fresh"))


def _table(card: Card) -> None:
    columns = (*_TABLE, *card.classes, "f1", "ece") if is_technical() else _TABLE
    st.table([_row(score, columns) for score in card.evaluations], hide_index=True)
    _explain(columns)
    for line in missing_interval_notes(
        score.metrics[name] for score in card.evaluations for name in columns if name in score.metrics
    ):
        st.caption(line)


def _row(score: Evaluation, columns: Sequence[str]) -> dict[str, str]:
    found = {
        name: figure_text(score.metrics[name]) if name in score.metrics else t("scored.none")
        for name in columns
    }
    where = t("scored.where", score=score_label(score), setting=setting_line(score))
    return {t("column.setting"): where, **{figure_name(name): text for name, text in found.items()}}


def _explain(names: Sequence[str]) -> None:
    """The technical names shown here, each explained."""
    if lines := glossary(names):
        st.caption("\n".join(f"- {line}" for line in lines))
