"""Overview of all models, by purpose, and in one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from dashboard.charts.metrics import DotRow, dots
from dashboard.i18n import class_title, t
from dashboard.text.metrics import figure_text, glossary, is_technical, missing_interval_notes, percent
from dashboard.text.model_names import network_name, purpose
from dashboard.views.models.evaluations import most_informative, replication_result
from dashboard.views.models.text import alt_dots, dataset_name, score_label, study_name
from dashboard.widgets.map_panel import STATIC_CHART
from xai.models.card_schema import Evaluation
from xai.models.cards import Card

__all__ = ["show"]

_FIGURE = "aca"


def show(cards: Sequence[Card], names: Mapping[str, str], installed: Collection[str]) -> None:
    """A chart for each dataset of the models for use, a chart for each study of its models, a table of all.

    Args:
        cards: of all models, installed ones first.
        names: name on the card -> display name.
        installed: names on the cards of the installed models.
    """
    st.header(t("models.overview"), anchor=False)
    st.caption(t("models.overview_note"))
    for line in glossary((_FIGURE,)):
        st.caption(line)
    _for_use([card for card in cards if purpose(card) == "use"], names)
    _of_studies([card for card in cards if purpose(card) == "studies"])
    with st.expander(t("models.table", count=len(cards))):
        rows = [_row(card, names, installed) for card in cards]
        st.table(rows, hide_index=True)
        if is_technical():
            st.caption(t("models.table_note"))


def _for_use(cards: Sequence[Card], names: Mapping[str, str]) -> None:
    by_set: dict[str, list[DotRow]] = {}
    for card in cards:
        for score in most_informative(card.evaluations):
            if _FIGURE in score.metrics:
                by_set.setdefault(score.dataset, []).append(DotRow(names[card.name], score.metrics[_FIGURE]))
    if not by_set:
        return
    st.subheader(t("purpose.use"), anchor=False)
    st.caption(t("purpose.use_note"))
    for (dataset, rows), column in zip(by_set.items(), st.columns(len(by_set), gap="medium"), strict=True):
        with column:
            _chart(dataset_name(dataset), rows, f"overview {dataset}")
            decided = any(dataset in card.training.sets for card in cards)
            st.caption(t("purpose.chosen_on") if decided else t("purpose.fresh"))
    _gaps([row for rows in by_set.values() for row in rows])


def _of_studies(cards: Sequence[Card]) -> None:
    found = [(card, score) for card in cards if (score := _of_study(card))]
    if not found:
        return
    by_study: dict[str, list[DotRow]] = {}
    for card, score in sorted(found, key=lambda each: each[0].source):
        row = DotRow(network_name(card.name), score.metrics[_FIGURE])
        by_study.setdefault(card.source, []).append(row)
    st.subheader(t("purpose.studies"), anchor=False)
    st.caption(t("purpose.studies_note"))
    with st.expander(t("models.studies", count=len(found))):
        for study, rows in by_study.items():
            _chart(study_name(study), rows, f"overview study {study}")
        _gaps([row for rows in by_study.values() for row in rows])


def _of_study(card: Card) -> Evaluation | None:
    """The score of a study's model by its study's metric."""
    score = replication_result(card)
    return score if score and _FIGURE in score.metrics else None


def _chart(title: str, rows: Sequence[DotRow], key: str) -> None:
    st.markdown(t("models.chart", title=title))
    st.plotly_chart(dots(rows), config=STATIC_CHART, key=key, alt=alt_dots(title, rows))


def _gaps(rows: Sequence[DotRow]) -> None:
    for line in missing_interval_notes(row.measured for row in rows if row.measured):
        st.caption(line)


def _row(card: Card, names: Mapping[str, str], installed: Collection[str]) -> dict[str, str]:
    scores = [score for score in most_informative(card.evaluations) if _FIGURE in score.metrics]
    cells = {
        "model": names[card.name],
        "purpose": t(f"purpose.{purpose(card)}_cell"),
        "classes": ", ".join(class_title(name) for name in card.classes),
        "score": "; ".join(_cell(score) for score in scores) or t("scored.none"),
        "weights": t("models.weights_here" if card.name in installed else "models.weights_not_here"),
    }
    return {t(f"column.{name}"): value for name, value in (cells | _technical(card)).items()}


def _cell(score: Evaluation) -> str:
    figure = score.metrics[_FIGURE]
    value = figure_text(figure) if is_technical() else percent(figure.value)
    return t("models.cell_score", score=score_label(score), value=value)


def _technical(card: Card) -> dict[str, str]:
    """More columns at the technical level."""
    if not is_technical():
        return {}
    printed = card.training.published.get(_FIGURE)
    return {
        "name": card.name,
        "study": study_name(card.source),
        "input": t("card.pixels", side=card.input_size),
        "published": t("scored.none") if printed is None else percent(printed),
    }
