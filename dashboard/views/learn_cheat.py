"""The game "spot the cheat": three models, one of them reads a mark in a corner of the picture."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.controls import main_button
from dashboard.sentences import failed
from dashboard.suspects import Suspects
from dashboard.tickets import JobError
from dashboard.views.learn_lesson import Lesson, tell
from dashboard.views.photo_progress import Progress
from dashboard.words import class_name, say
from xai.photo.images import encode_png

__all__ = ["play"]

_ROUND, _SCORE, _VERDICT = "cheat round", "cheat score", "cheat accused"
_NAMES, _NOTHING = "ABC", "nothing"
_PICTURE = 300


def play(_lesson: Lesson) -> None:
    """One round; the score lasts as long as the page is open."""
    number = int(str(session.recall(_ROUND) or 0))
    place = st.empty()
    try:
        suspects = session.suspects(number, Progress(place).of())
    except JobError as failure:
        place.error(failed(failure))
        return
    place.empty()
    left, right = st.columns(2, gap="large")
    with right:
        covered = st.segmented_control(
            say("learn.cheat_cover"),
            list(suspects.pictures)[1:],
            format_func=lambda name: say(f"hidden.{name}"),
            key=f"cheat cover {number}",
            wrap=True,
        )
        _answers(suspects, covered or "")
    left.image(
        encode_png(suspects.pictures[covered or ""]),
        width=_PICTURE,
        alt=say("learn.cheat_alt", place=say(f"hidden.{covered or _NOTHING}")),
    )
    left.caption(say("learn.cheat_truth", truth=class_name(suspects.truth)))
    _accuse(suspects, number)


def _answers(suspects: Suspects, covered: str) -> None:
    for name, before, now in zip(_NAMES, suspects.answers[""], suspects.answers[covered], strict=True):
        tell(
            say(
                "learn.cheat_same" if now.label == before.label else "learn.cheat_changed",
                name=name,
                answer=class_name(now.label),
                probability=now.confidence,
            )
        )


def _accuse(suspects: Suspects, number: int) -> None:
    accused = session.recall(f"{_VERDICT} {number}")
    if accused is None:
        st.markdown(say("learn.cheat_who"))
        with st.container(horizontal=True, gap="small"):
            for index, name in enumerate(_NAMES):
                st.button(
                    say("learn.cheat_model", name=name),
                    key=f"accuse {number} {index}",
                    on_click=_decide,
                    args=(number, index, index == suspects.cheat),
                )
    else:
        cheat = _NAMES[suspects.cheat]
        if accused == suspects.cheat:
            st.success(say("learn.cheat_right", name=cheat))
        else:
            st.error(say("learn.cheat_wrong", name=cheat, accused=_NAMES[int(str(accused))]))
        st.button(
            say("learn.cheat_next"), on_click=session.remember, args=(_ROUND, number + 1), type=main_button()
        )
    right, played = _score()
    if played:
        st.caption(say("learn.cheat_score", right=right, played=played))


def _decide(number: int, accused: int, right: bool) -> None:
    before = _score()
    session.remember(f"{_VERDICT} {number}", accused)
    session.remember(_SCORE, (before[0] + right, before[1] + 1))


def _score() -> tuple[int, int]:
    """Rounds that were won, and rounds that were played."""
    kept = session.recall(_SCORE)
    return kept if isinstance(kept, tuple) else (0, 0)
