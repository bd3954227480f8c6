"""The models of the studies: a chart for each study, and a table of all models."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import streamlit as st

from dashboard.charts.metrics import DotRow
from dashboard.i18n import class_title, t
from dashboard.records.evaluations import most_informative, replication_result
from dashboard.text.metrics import (
    dataset_note,
    figure_text,
    glossary,
    is_technical,
    missing_interval_notes,
    percent,
    score_label,
    study_name,
)
from dashboard.text.model_names import network_name, purpose
from dashboard.widgets.dot_plot import dot_plot
from xai.models.card_schema import Evaluation, Metric
from xai.models.cards import Card

__all__ = ["figures", "show", "table"]

_FIGURE = "aca"


def figures(cards: Sequence[Card]) -> Iterator[tuple[Metric, float | None]]:
    """What was measured of each study's model, and what its study printed."""
    for card in cards:
        if score := _of_study(card):
            yield score.metrics[_FIGURE], card.training.published.get(_FIGURE)


def show(cards: Sequence[Card]) -> None:
    """A chart for each study, of how often its models are right, in a box that is closed at first."""
    found = [(card, score) for card in cards if (score := _of_study(card))]
    if not found:
        return
    by_study: dict[str, list[tuple[Card, Evaluation]]] = {}
    for card, score in sorted(found, key=lambda each: each[0].source):
        by_study.setdefault(card.source, []).append((card, score))
    st.header(t("studies.models"), anchor=False)
    st.caption(t("studies.models_note"))
    for line in glossary((_FIGURE,)):
        st.caption(line)
    for study, own in by_study.items():
        with st.expander(t("studies.study", study=study_name(study), count=len(own))):
            _chart(study, own)


def table(cards: Sequence[Card], names: Mapping[str, str], installed: Collection[str]) -> None:
    """All models as a table, and the way to the card of one of them.

    Args:
        cards: of all models, installed ones first.
        names: name on the card -> display name.
        installed: names on the cards of the installed models.
    """
    with st.expander(t("models.table", count=len(cards))):
        st.table([_row(card, names, installed) for card in cards], hide_index=True)
        if is_technical():
            st.caption(t("models.table_note"))
    by_name = {card.name: card for card in cards}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(t("studies.card"), by_name, format_func=lambda each: names[each], width=420)
        st.page_link(
            "views/models/page.py", label=t("studies.open"), query_params={**st.query_params, "model": chosen}
        )


def _of_study(card: Card) -> Evaluation | None:
    """The score of a study's model by its study's metric."""
    score = replication_result(card)
    return score if score and _FIGURE in score.metrics else None


def _chart(study: str, own: Sequence[tuple[Card, Evaluation]]) -> None:
    rows = [
        DotRow(network_name(card.name), score.metrics[_FIGURE], card.training.published.get(_FIGURE))
        for card, score in own
    ]
    sets = dict.fromkeys(score_label(score) for _, score in own)
    st.caption(", ".join(sets), help=dataset_note(*(score.dataset for _, score in own)))
    dot_plot(study_name(study), rows, f"overview study {study}")
    st.caption(t("studies.dots"))
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
