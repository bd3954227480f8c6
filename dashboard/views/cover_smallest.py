"""The smallest cover that changes the answer, looked for when it is asked for."""

from __future__ import annotations

import streamlit as st

from dashboard import reader, session
from dashboard.controls import main_button
from dashboard.cover_jobs import TryProbe
from dashboard.cover_words import smallest_sentence, technical_search, where_sentence
from dashboard.figures import class_bars
from dashboard.sentences import alt_answer, failed
from dashboard.tickets import JobError
from dashboard.views import cover_choice, photo_card
from dashboard.views.cover_choice import Chosen
from dashboard.words import class_name, say

__all__ = ["show"]

_PICTURE = 420


def show(chosen: Chosen) -> None:
    """Offer the search, or show what it found."""
    st.header(say("cover_smallest.title"), anchor=False)
    st.markdown(say("cover_smallest.what"))
    if reader.level() != reader.LEVELS[0]:
        st.caption(technical_search())
    job = TryProbe(chosen.face, chosen.model, "smallest_cover", cover_choice.fill())
    asked = " ".join(("wanted", *chosen.key, job.model, job.fill))
    if not session.recall(asked):
        st.button(
            say("cover_smallest.button"),
            type=main_button(),
            on_click=session.remember,
            args=(asked, True),
            key="smallest",
        )
        return
    _found(chosen, job)


def _found(chosen: Chosen, job: TryProbe) -> None:
    try:
        found = chosen.found(job)
    except JobError as failure:
        st.error(say("cover.failed", sentence=failed(failure)))
        return
    left, right = st.columns(2, gap="large")
    last = found.answers[-1]
    alt = say(
        "cover_smallest.alt",
        share=found.values[-1],
        answer=class_name(last.label),
        probability=last.confidence,
    )
    left.image(found.pictures[-1], width=_PICTURE, alt=alt)
    with right:
        photo_card.answer(last, say("cover.now", model=job.model))
        st.plotly_chart(
            class_bars(last), config=photo_card.STILL, key="smallest answer", alt=alt_answer(job.model, last)
        )
        st.markdown(smallest_sentence(job.model, found, job.fill))
        if found.cover:
            if chosen.ground.regions is not None:
                st.markdown(where_sentence(found, chosen.ground.regions))
            st.caption(say("cover_smallest.bound"))
