"""The page "How it works": a lesson on one drawn sample, step by step."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import preferences, url_state
from dashboard.components import step_keys
from dashboard.i18n import t
from dashboard.views.learn import guess, navigation, quiz, shortcut_game, steps
from dashboard.views.learn.lesson import Lesson, write_styles
from dashboard.widgets import header

STEPS: Mapping[str, Callable[[Lesson], None]] = {
    "answer": steps.answer,
    "guess": guess.show,
    "cover": steps.cover,
    "attention": steps.attention,
    "verdict": steps.verdict,
    "limits": steps.limits,
    "cheat": shortcut_game.show_game,
    "quiz": quiz.show,
}
"""Step -> function that shows it. Its text is in the sections ``step``, ``step_title`` and ``step_text``."""

cards = header.installed_models(problems=False)
write_styles()
names = tuple(STEPS)
url_state.select_from_url("step", names)
step = navigation.choose(names)
url_state.set_url_param("step", step, names[0])
lesson = Lesson(tuple(card.name for card in cards[:2]))
finished = navigation.finished(step, names)
with st.container(key="lesson-keys"):
    step_keys.follow("finish" if finished else step, keys=preferences.projector())
with st.container(key="lesson"):
    if finished:
        navigation.show_finish(names)
    else:
        st.header(t(f"step_title.{step}"), anchor=False)
        st.markdown(t(f"step_text.{step}"))
        STEPS[step](lesson)
undone = (step == "guess" and not guess.made(lesson)) or (step == "quiz" and not quiz.done())
navigation.show(step, names, undone=undone, finished=finished)
