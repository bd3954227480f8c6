"""All models at a glance, by what they are for, and in one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from dashboard.charts.metrics import Dot, dots
from dashboard.i18n import class_name, say
from dashboard.text.metrics import figure_text, gap_lines, is_technical, percent, terms
from dashboard.text.model_names import network_name, purpose
from dashboard.views.models.evaluations import most_informative, replication_result
from dashboard.views.models.text import alt_dots, dataset_name, score_label, study_name
from dashboard.widgets.map_panel import STILL
from xai.models.card_schema import Evaluation
from xai.models.cards import Card

__all__ = ["show"]

_FIGURE = "aca"


def show(cards: Sequence[Card], names: Mapping[str, str], installed: Collection[str]) -> None:
    """A chart for each set of the models for use, a chart for each study of its models, a table of all.

    Args:
        cards: of all models, those that can be asked first.
        names: name on the card -> plain name.
        installed: names on the cards of the models that can be asked.
    """
    st.header(say("models.overview"), anchor=False)
    st.caption(say("models.overview_note"))
    for line in terms((_FIGURE,)):
        st.caption(line)
    _for_use([card for card in cards if purpose(card) == "use"], names)
    _of_studies([card for card in cards if purpose(card) == "studies"])
    with st.expander(say("models.table", count=len(cards))):
        rows = [_row(card, names, installed) for card in cards]
        st.table(rows, hide_index=True)
        if is_technical():
            st.caption(say("models.table_note"))


def _for_use(cards: Sequence[Card], names: Mapping[str, str]) -> None:
    by_set: dict[str, list[Dot]] = {}
    for card in cards:
        for score in most_informative(card.evaluations):
            if _FIGURE in score.metrics:
                by_set.setdefault(score.dataset, []).append(Dot(names[card.name], score.metrics[_FIGURE]))
    if not by_set:
        return
    st.subheader(say("purpose.use"), anchor=False)
    st.caption(say("purpose.use_note"))
    for (dataset, rows), column in zip(by_set.items(), st.columns(len(by_set), gap="medium"), strict=True):
        with column:
            _chart(dataset_name(dataset), rows, f"overview {dataset}")
            decided = any(dataset in card.training.sets for card in cards)
            st.caption(say("purpose.chosen_on") if decided else say("purpose.fresh"))
    _gaps([row for rows in by_set.values() for row in rows])


def _of_studies(cards: Sequence[Card]) -> None:
    found = [(card, score) for card in cards if (score := _of_study(card))]
    if not found:
        return
    by_study: dict[str, list[Dot]] = {}
    for card, score in sorted(found, key=lambda each: each[0].source):
        row = Dot(network_name(card.name), score.metrics[_FIGURE])
        by_study.setdefault(card.source, []).append(row)
    st.subheader(say("purpose.studies"), anchor=False)
    st.caption(say("purpose.studies_note"))
    with st.expander(say("models.studies", count=len(found))):
        for study, rows in by_study.items():
            _chart(study_name(study), rows, f"overview study {study}")
        _gaps([row for rows in by_study.values() for row in rows])


def _of_study(card: Card) -> Evaluation | None:
    """What a study's model scored as its study measures."""
    score = replication_result(card)
    return score if score and _FIGURE in score.metrics else None


def _chart(title: str, rows: Sequence[Dot], key: str) -> None:
    st.markdown(say("models.chart", title=title))
    st.plotly_chart(dots(rows), config=STILL, key=key, alt=alt_dots(title, rows))


def _gaps(rows: Sequence[Dot]) -> None:
    for line in gap_lines(row.measured for row in rows if row.measured):
        st.caption(line)


def _row(card: Card, names: Mapping[str, str], installed: Collection[str]) -> dict[str, str]:
    scores = [score for score in most_informative(card.evaluations) if _FIGURE in score.metrics]
    cells = {
        "model": names[card.name],
        "purpose": say(f"purpose.{purpose(card)}_cell"),
        "classes": ", ".join(class_name(name) for name in card.classes),
        "score": "; ".join(_cell(score) for score in scores) or say("scored.none"),
        "weights": say("models.weights_here" if card.name in installed else "models.weights_not_here"),
    }
    return {say(f"column.{name}"): value for name, value in (cells | _technical(card)).items()}


def _cell(score: Evaluation) -> str:
    figure = score.metrics[_FIGURE]
    value = figure_text(figure) if is_technical() else percent(figure.value)
    return say("models.cell_score", score=score_label(score), value=value)


def _technical(card: Card) -> dict[str, str]:
    """More columns for those who asked for them."""
    if not is_technical():
        return {}
    printed = card.training.published.get(_FIGURE)
    return {
        "name": card.name,
        "study": study_name(card.source),
        "input": say("card.pixels", side=card.input_size),
        "published": say("scored.none") if printed is None else percent(printed),
    }
