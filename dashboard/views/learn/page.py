"""The page "How it works": a lesson on one drawn sample, step by step."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import preferences, session, url_state
from dashboard.i18n import t
from dashboard.views.learn import shortcut_game, steps
from dashboard.views.learn.handout import handout
from dashboard.views.learn.lesson import Lesson, write_large
from dashboard.widgets.settings_form import main_button

STEPS: Mapping[str, Callable[[Lesson], None]] = {
    "answer": steps.answer,
    "guess": steps.guess,
    "cover": steps.cover,
    "attention": steps.attention,
    "verdict": steps.verdict,
    "limits": steps.limits,
    "cheat": shortcut_game.show_game,
}
"""Step -> function that shows it. Its text is in the sections ``step``, ``step_title`` and ``step_text``."""

cards = session.catalogue().cards
if not cards:
    st.error(t("photo.no_model"))
    st.stop()
write_large()
names = list(STEPS)
url_state.select_from_url("step", names)
if preferences.projector():
    step = str(session.get_state("step"))
else:
    st.title(t("learn.title"), anchor=False)
    st.markdown(t("learn.lead"))
    chosen = st.segmented_control(
        t("learn.step"),
        names,
        format_func=lambda name: t("learn.step_name", number=names.index(name) + 1, name=t(f"step.{name}")),
        required=True,
        key="step",
        label_visibility="collapsed",
    )
    step = chosen or names[0]
url_state.set_url_param("step", step, names[0])
at = names.index(step)
st.header(t(f"step_title.{step}"), anchor=False)
st.markdown(t(f"step_text.{step}"))
STEPS[step](Lesson(tuple(card.name for card in cards[:2])))

with st.container(horizontal=True, gap="small"):
    for shift, word in ((-1, "back"), (1, "next")):
        if 0 <= at + shift < len(names):
            target = names[at + shift]
            st.button(
                t("learn.next" if shift > 0 else "learn.back", name=t(f"step.{target}")),
                key=word,
                on_click=session.set_state,
                args=("step", target),
                type=main_button() if shift > 0 else "secondary",
            )

with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    st.toggle(
        t("learn.projector"), key=preferences.PROJECTOR, help=t("learn.projector_help"), width="content"
    )
    if preferences.projector():
        st.caption(t("learn.step_of", number=at + 1, total=len(names)))
    else:
        st.download_button(
            t("learn.handout"),
            handout(),
            file_name="handout.html",
            mime="text/html",
            on_click="ignore",
            help=t("learn.handout_help"),
        )
