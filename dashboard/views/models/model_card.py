"""The card of one model: its bottom line, what it is, how well it does, where it errs, how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import url_state
from dashboard.charts.metrics import class_counts, learning_curves
from dashboard.i18n import class_name, from_library, say
from dashboard.records.values import Record, telling
from dashboard.text.metrics import is_technical
from dashboard.views.models import confusion, subgroups, verdicts
from dashboard.views.models import scores as models_scores
from dashboard.views.models.study_text import error_lists
from dashboard.views.models.text import alt_counts, alt_curves, bottom_line, data_line, study_name
from dashboard.widgets.map_panel import STILL

__all__ = ["choose", "show"]

_MODEL = "model"
"""Key of the field, and its name in the address."""

_LOSSES, _SCORES = ("train_loss", "loss"), ("accuracy", "aca")


def choose(records: Sequence[Record], names: Mapping[str, str]) -> Record:
    """A field to choose the model whose card is shown; the choice stands in the address.

    Args:
        records: of the models to choose from.
        names: name on the card -> plain name.
    """
    st.header(say("card.heading"), anchor=False)
    by_name = {record.name: record for record in records}
    known = list(by_name)
    url_state.from_address(_MODEL, known)  # the address holds the name on the card, which no language changes
    name = st.selectbox(
        say("card.choose"), known, format_func=lambda each: names[each], key=_MODEL, width=480
    )
    url_state.to_address(_MODEL, name, known[0])
    return by_name[name]


def show(record: Record, called: str) -> None:
    """The whole card.

    Args:
        record: what is known of the model.
        called: its plain name.
    """
    _bottom_line(record, called)
    left, right = st.columns(2, gap="large")
    with left:
        _what(record)
    with right:
        _limits(record)
    models_scores.show(record)
    verdicts.show(record)
    subgroups.show(record)
    models_scores.published(record)
    left, right = st.columns(2, gap="large")
    with left:
        _confusion(record)
    with right:
        _data(record)
    if is_technical():
        _training(record)


def _bottom_line(record: Record, called: str) -> None:
    first, *others = bottom_line(record)
    with st.container(border=True, gap="xsmall"):
        st.subheader(called, anchor=False)
        st.markdown(" ".join([f"**{first}**", *others]))


def _what(record: Record) -> None:
    st.markdown(say("card.what"))
    quoted = ", ".join(say("bottom.quoted", name=class_name(name)) for name in record.classes)
    st.markdown(say("card.classes", classes=quoted))
    st.markdown(data_line(record))
    if is_technical():
        study = study_name(record.source)
        st.markdown(say("card.is", model=record.name, architecture=record.architecture, study=study))
        st.markdown(say("card.input", side=record.input_size))
        st.markdown(say("card.license", license=record.license))
    if not record.installed:
        st.info(say("card.not_here"))
    if record.command and (is_technical() or not record.installed):
        st.caption(say("card.command"))
        st.code(record.command, language=None, wrap_lines=True)


def _limits(record: Record) -> None:
    if record.errors:
        st.markdown(say("card.errors"))
        for looked_at, lines in error_lists(record.errors).items():
            st.markdown("\n".join((looked_at, "", *(f"- {line}" for line in lines))))
    if record.limits:
        st.markdown(say("card.limits"))
        st.markdown("\n".join(f"- {from_library(limit)}" for limit in record.limits))


def _confusion(record: Record) -> None:
    scores = tuple(score for score in telling(record.scores) if score.confusion)
    if scores:
        confusion.show(record, scores)


def _data(record: Record) -> None:
    if record.counts:
        st.markdown(say("card.counts"))
        st.plotly_chart(
            class_counts(record.counts),
            config=STILL,
            key=f"counts {record.name}",
            alt=alt_counts(record.counts),
        )


def _training(record: Record) -> None:
    if not record.history:
        return
    st.markdown(say("card.training"))
    for names, column in zip((_SCORES, _LOSSES), st.columns(2, gap="large"), strict=True):
        if any(getattr(each, name) is not None for each in record.history for name in names):
            with column:
                st.plotly_chart(
                    learning_curves(record.history, names),
                    config=STILL,
                    key=f"curves {names[0]} {record.name}",
                    alt=alt_curves(record.history, names),
                )
    st.caption(say("card.training_terms"))
