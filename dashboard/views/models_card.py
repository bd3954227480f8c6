"""The card of one model: what it is, what it learnt from, how well it does, where it errs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import reader
from dashboard.kind_words import error_lines
from dashboard.model_figures import Dot, class_counts, dots, learning_curves
from dashboard.record_words import (
    alt_counts,
    alt_curves,
    alt_dots,
    data_line,
    figure_name,
    score_label,
    setting_line,
    study_name,
)
from dashboard.records import Record, Score, reproduced, telling
from dashboard.views import models_confusion, models_kinds
from dashboard.views.photo_card import STILL
from dashboard.words import class_name, from_library, number, say

__all__ = ["choose", "show"]

_LOSSES, _SCORES = ("train_loss", "loss"), ("accuracy", "aca")


def choose(records: Sequence[Record]) -> Record:
    """A field to choose the model whose card is shown; the choice stands in the address."""
    st.header(say("card.heading"), anchor=False)
    by_name = {record.name: record for record in records}
    name = st.selectbox(say("card.choose"), list(by_name), key="model", bind="query-params", width=420)
    return by_name[name]


def show(record: Record) -> None:
    """The whole card."""
    left, right = st.columns(2, gap="large")
    with left:
        _what(record)
    with right:
        _limits(record)
    _scores(record)
    models_kinds.show(record)
    _published(record)
    left, right = st.columns(2, gap="large")
    with left:
        _confusion(record)
    with right:
        _data(record)
        _training(record)


def _what(record: Record) -> None:
    classes = ", ".join(class_name(name) for name in record.classes)
    st.markdown(
        say("card.is", model=record.name, architecture=record.architecture, study=study_name(record.source))
    )
    st.markdown(say("card.classes", classes=classes))
    st.markdown(say("card.input", side=record.input_size))
    st.markdown(data_line(record))
    st.markdown(say("card.license", license=record.license))
    if not record.installed:
        st.info(say("card.not_here"))
    if record.command and (reader.level() == reader.LEVELS[1] or not record.installed):
        st.caption(say("card.command"))
        st.code(record.command, language=None, wrap_lines=True)


def _limits(record: Record) -> None:
    if record.errors:
        st.markdown(say("card.errors"))
        st.markdown("\n".join(f"- {line}" for line in error_lines(record.errors)))
    if record.limits:
        st.markdown(say("card.limits"))
        st.markdown(_bullets(record.limits))


def _scores(record: Record) -> None:
    shown = telling(record.scores)
    if not shown:
        return
    st.markdown(say("card.scores"))
    for score, column in zip(shown, st.columns(len(shown), gap="large"), strict=True):
        with column:
            _score(score, record)
    st.caption(say("card.scores_note"))
    with st.expander(say("card.every_score", count=len(record.scores))):
        st.table([_row(score, record) for score in record.scores], hide_index=True)


def _score(score: Score, record: Record) -> None:
    """One evaluation as dots: the mean over the classes, then each class."""
    st.caption(score_label(score))
    names = [name for name in ("aca", *record.classes) if name in score.figures]
    rows = [Dot(figure_name(name), score.figures[name]) for name in names]
    key = f"scores {score.dataset} {record.name}"
    st.plotly_chart(dots(rows), config=STILL, key=key, alt=alt_dots(score_label(score), rows))


def _row(score: Score, record: Record) -> dict[str, str]:
    cells = {say("column.setting"): f"{score_label(score)} · {setting_line(score)}"}
    names = ("accuracy", "aca", *record.classes, "f1", "ece")
    for name in names if reader.level() == reader.LEVELS[1] else names[:2]:
        found = score.figures.get(name)
        cells[figure_name(name)] = (
            "–"
            if found is None
            else number(found.value, ".3f")
            if found.low is None
            else say("scored.interval", value=found.value, low=found.low, high=found.high)
        )
    return cells


def _published(record: Record) -> None:
    if not record.published:
        return
    here = reproduced(record)
    title = say("card.published", study=study_name(record.source))
    st.markdown(title)
    if here is None:
        st.caption(say("card.not_measured"))
    rows = [
        Dot(figure_name(name), here.figures.get(name) if here else None, value)
        for name, value in record.published.items()
    ]
    st.plotly_chart(dots(rows), config=STILL, key=f"published {record.name}", alt=alt_dots(title, rows))
    if here:
        st.caption(say("card.published_note", score=score_label(here), setting=setting_line(here)))
    if record.departures:
        with st.expander(say("card.departures")):
            st.markdown(_bullets(record.departures))


def _confusion(record: Record) -> None:
    scores = {index: score for index, score in enumerate(telling(record.scores)) if score.confusion}
    if scores:
        models_confusion.show(record, tuple(scores.values()))


def _data(record: Record) -> None:
    counts = {part: record.counts[part] for part in ("train", "val") if part in record.counts}
    if counts:
        st.markdown(say("card.counts"))
        st.plotly_chart(
            class_counts(counts), config=STILL, key=f"counts {record.name}", alt=alt_counts(counts)
        )


def _training(record: Record) -> None:
    if not record.history:
        return
    st.markdown(say("card.training"))
    for names in (_SCORES, _LOSSES):
        if any(getattr(each, name) is not None for each in record.history for name in names):
            st.plotly_chart(
                learning_curves(record.history, names),
                config=STILL,
                key=f"curves {names[0]} {record.name}",
                alt=alt_curves(record.history, names),
            )


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {from_library(sentence)}" for sentence in sentences)
