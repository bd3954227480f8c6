"""The shortcut game: of three models, one reads something beside the face.

Before the guess nothing shown gives the shortcut learner away: all three give the same answer, confidences
are hidden, and every picture carries every cue. Only covering distinguishes it.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session
from dashboard.i18n import class_title, t
from dashboard.text.predictions import failed
from dashboard.views.learn.lesson import FACE, Lesson
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.results import ShortcutRound
from dashboard.worker.shortcut_rounds import COVERS
from xai.photo.images import encode_png
from xai.render import outline_regions
from xai.types import Prediction

__all__ = ["show_game", "show_score"]

_ROUND, _SCORE, _VERDICT = "cheat round", "cheat score", "cheat accused"
_NAMES, _NOTHING, _HONEST = "ABC", "nothing", "nose_and_mouth"
_FADED = 0.8
"""How far what a model does not read is faded to white, 0..1."""


def show_game(_lesson: Lesson) -> None:
    """One round; the score lasts as long as the page is open."""
    number = int(str(session.get_state(_ROUND) or 0))
    place = st.empty()
    try:
        game = session.shortcut_round(number, Progress(place).of())
    except JobError as failure:
        place.error(failed(failure))
        return
    place.empty()
    accused = session.get_state(f"{_VERDICT} {number}")
    if accused is None:
        _ask(game)
    else:
        _solve(game, int(str(accused)))
        st.button(
            t("learn.cheat_next"),
            key="another round",
            on_click=session.set_state,
            args=(_ROUND, number + 1),
        )
    show_score()


def show_score() -> None:
    """Rounds won of rounds played, once there is one."""
    right, played = _score()
    if played:
        st.caption(t("learn.cheat_score", right=right, played=played))


def _ask(game: ShortcutRound) -> None:
    """The picture, what can be covered, and the three answers, each with its accusation."""
    number = game.played.number
    left, right = st.columns([2, 3], gap="medium")
    with right:
        covered = st.segmented_control(
            t("learn.cheat_cover"),
            COVERS,
            format_func=lambda name: t(f"hidden.{name}"),
            key=f"cheat cover {number}",
            wrap=True,
        )
        for index in range(len(_NAMES)):
            _answer(game, index, covered or "")
        if covered == _HONEST:
            st.info(t("learn.cheat_should"))
    left.image(
        encode_png(game.pictures[covered or ""]),
        width=FACE,
        alt=t("learn.cheat_alt", place=t(f"hidden.{covered or _NOTHING}")),
    )
    left.caption(t("learn.cheat_truth", truth=class_title(game.truth)))


def _answer(game: ShortcutRound, index: int, covered: str) -> None:
    """One model's answer without its confidence, which would give the shortcut learner away."""
    number, name = game.played.number, _NAMES[index]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_said(name, game.answers[""][index], game.answers[covered][index]), width="stretch")
        st.button(
            t("learn.cheat_accuse", name=name),
            key=f"accuse {number} {index}",
            on_click=_decide,
            args=(number, index, index == game.played.cheat),
        )


def _said(name: str, before: Prediction, now: Prediction) -> str:
    answer = class_title(now.label)
    if now.label == before.label:
        return t("learn.cheat_same", name=name, answer=answer)
    return t("learn.cheat_changed", name=name, answer=answer)


def _solve(game: ShortcutRound, accused: int) -> None:
    """Reveal the shortcut learner, what each model reads, and how confident each was."""
    cheat = game.played.cheat
    reads = t(f"cue_read.{game.played.cue}")
    if accused == cheat:
        st.success(t("learn.cheat_right", name=_NAMES[cheat], reads=reads))
    else:
        st.error(t("learn.cheat_wrong", name=_NAMES[cheat], accused=_NAMES[accused], reads=reads))
    with st.container(key="lesson-small"):
        columns = st.columns(len(_NAMES))
    for index, column in enumerate(columns):
        name, where = _NAMES[index], game.read_by(index)
        with column:
            st.markdown(t("learn.cheat_is" if index == cheat else "learn.cheat_honest", name=name))
            st.image(
                encode_png(_lit(game.pictures[""], where)),
                width=FACE,
                alt=t("learn.cheat_read" if where is not None else "learn.cheat_unread", name=name),
            )
    st.caption(t("learn.cheat_legend"))
    sure = (
        t("learn.cheat_sure_one", name=name, probability=answer.confidence)
        for name, answer in zip(_NAMES, game.answers[""], strict=True)
    )
    st.markdown(t("learn.cheat_sure", each=", ".join(sure)))


def _lit(picture: NDArray[np.uint8], where: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
    """The picture with one place outlined and all else faded, whatever its colours; None: all is faded."""
    place = np.zeros(picture.shape[:2], np.bool_) if where is None else where
    faded = np.rint(picture + _FADED * (255 - picture.astype(np.float32))).astype(np.uint8)
    return outline_regions(np.where(place[..., None], picture, faded), {"place": place})


def _decide(number: int, accused: int, right: bool) -> None:
    before = _score()
    session.set_state(f"{_VERDICT} {number}", accused)
    session.set_state(_SCORE, (before[0] + right, before[1] + 1))


def _score() -> tuple[int, int]:
    """Rounds won and rounds played."""
    kept = session.get_state(_SCORE)
    return kept if isinstance(kept, tuple) else (0, 0)
