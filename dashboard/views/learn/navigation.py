"""From step to step: the list of steps, *Back* and *Next*, projector mode, and the end of the lesson."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import preferences, session
from dashboard.i18n import t
from dashboard.views.learn import shortcut_game
from dashboard.views.learn.handout import handout
from dashboard.widgets.settings_form import main_button
from xai.models.cards import DEFAULT_MODEL

__all__ = ["choose", "finished", "show", "show_finish"]

_FINISHED = "lesson finished"
_PHOTO, _COMPARE = "views/photo/page.py", "views/compare/page.py"


def choose(names: Sequence[str]) -> str:
    """Draw the title and the list of steps, in projector mode neither; returns the step."""
    if preferences.projector():
        return str(session.get_state("step"))
    st.title(t("learn.title"), anchor=False)
    chosen = st.segmented_control(
        t("learn.step"),
        names,
        format_func=lambda name: t("learn.step_name", number=names.index(name) + 1, name=t(f"step.{name}")),
        required=True,
        key="step",
        label_visibility="collapsed",
        on_change=session.set_state,
        args=(_FINISHED, False),
    )
    return chosen or names[0]


def finished(step: str, names: Sequence[str]) -> bool:
    """Whether the lesson was finished, and no step was opened since."""
    return step == names[-1] and bool(session.get_state(_FINISHED))


def show(step: str, names: Sequence[str], *, undone: bool, finished: bool) -> None:
    """Draw the foot of the page.

    Args:
        step: the present one of ``names``.
        names: all steps.
        undone: whether the step asks for something that was not done: it can only be skipped, and the end of
            the lesson is not what the page is about.
        finished: whether the end is shown.
    """
    at = names.index(step)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="lesson-nav"
    ):
        if at or finished:
            target = step if finished else names[at - 1]
            st.button(t("learn.back"), key="back", on_click=_open, args=(target,))
        st.caption(t("learn.step_of", number=at + 1, total=len(names)), width="content")
        if preferences.projector():
            _projector()
        last = step == names[-1]
        if undone and not last:
            st.button(t("learn.skip"), key="skip", on_click=_open, args=(names[at + 1],))
        elif not finished:
            st.button(
                t("learn.finish") if last else t("learn.next", name=t(f"step.{names[at + 1]}")),
                key="next",
                on_click=_finish if last else _open,
                args=() if last else (names[at + 1],),
                type="secondary" if undone else main_button(),
            )
    if not preferences.projector():
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            _projector()
            _handout()


def show_finish(names: Sequence[str]) -> None:
    """The end of the lesson: what was learnt, and what comes next."""
    st.header(t("learn.done_title"), anchor=False)
    for number in range(1, 4):
        st.markdown(t(f"learn.done_{number}"))
    shortcut_game.show_score()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(_PHOTO, label=t("learn.done_photo"), icon=":material/arrow_forward:")
        _before_and_after()
        st.button(t("learn.again"), key="again", on_click=_open, args=(names[0],))


def _before_and_after() -> None:
    """The default beside the model that it was trained from, where that is installed."""
    cards = {card.name: card for card in session.catalogue().cards}
    default = cards.get(DEFAULT_MODEL)
    if default and default.training.start in cards:
        pair = [("models", name) for name in (default.training.start, default.name)]
        st.page_link(_COMPARE, label=t("learn.done_compare"), icon=":material/compare:", query_params=pair)


def _projector() -> None:
    st.toggle(
        t("learn.projector"), key=preferences.PROJECTOR, help=t("learn.projector_help"), width="content"
    )


def _handout() -> None:
    st.download_button(
        t("learn.handout"),
        handout(),
        file_name="handout.html",
        mime="text/html",
        on_click="ignore",
        help=t("learn.handout_help"),
    )


def _open(step: str) -> None:
    session.set_state(_FINISHED, False)
    session.set_state("step", step)


def _finish() -> None:
    session.set_state(_FINISHED, True)
