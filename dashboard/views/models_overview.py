"""All models in one table, and how well those that can be asked do."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.model_figures import Dot, dots
from dashboard.record_words import alt_dots, dataset_name, figure_name, study_name
from dashboard.records import Record, telling
from dashboard.views.photo_card import STILL
from dashboard.words import class_word, number, say

__all__ = ["show"]

_FIGURE = "aca"


def show(records: Sequence[Record]) -> None:
    """A chart of the models that can be asked, set by set, and a table of all.

    Args:
        records: of all models, those that can be asked first.
    """
    rows = _dots([record for record in records if record.installed])
    if rows:
        title = say("models.overview", figure=figure_name(_FIGURE))
        st.header(title, anchor=False)
        st.caption(say("models.overview_note"))
        st.plotly_chart(dots(rows), config=STILL, key="overview", alt=alt_dots(title, rows))
    with st.expander(say("models.table", count=len(records))):
        st.table([_row(record) for record in records], hide_index=True)


def _dots(records: Sequence[Record]) -> list[Dot]:
    found = [
        (score.dataset, record.name, score.figures[_FIGURE])
        for record in records
        for score in telling(record.scores)
        if _FIGURE in score.figures
    ]
    order = list(dict.fromkeys(dataset for dataset, _, _ in found))
    found.sort(key=lambda each: order.index(each[0]))
    return [
        Dot(say("models.overview_row", model=model, dataset=dataset_name(dataset)), figure)
        for dataset, model, figure in found
    ]


def _row(record: Record) -> dict[str, str]:
    scores = telling(record.scores)
    cells = {
        "model": record.name,
        "study": study_name(record.source),
        "classes": ", ".join(class_word(name) for name in record.classes),
        "input": say("card.pixels", side=record.input_size),
        "score": "; ".join(
            say("models.cell_score", dataset=score.dataset, value=score.figures[_FIGURE].value, n=score.n)
            for score in scores
            if _FIGURE in score.figures
        ),
        "published": number(record.published[_FIGURE], ".3f") if _FIGURE in record.published else "–",
        "weights": say("models.weights_here" if record.installed else "models.weights_not_here"),
    }
    return {say(f"column.{name}"): value for name, value in cells.items()}
