"""The shortcut game: of three models, one reads a mark in a corner of the picture.

Before the guess nothing shown gives the shortcut learner away: all three give the same answer, and
confidences are hidden. Only covering and the maps distinguish it.
"""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.i18n import class_title, t
from dashboard.text.predictions import failed
from dashboard.views.learn.lesson import Lesson, face_width
from dashboard.widgets.progress import Progress
from dashboard.widgets.settings_form import main_button
from dashboard.worker.job_handle import JobError
from dashboard.worker.results import ShortcutRound
from xai.photo.images import encode_jpeg, encode_png
from xai.render import common_scale, overlay

__all__ = ["show_game"]

_ROUND, _SCORE, _VERDICT = "cheat round", "cheat score", "cheat accused"
_NAMES, _NOTHING = "ABC", "nothing"
_OPACITY = 0.7
_METHOD = "occlusion"


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
    left, right = st.columns([2, 3], gap="medium")
    with right:
        covered = st.segmented_control(
            t("learn.cheat_cover"),
            list(game.pictures)[1:],
            format_func=lambda name: t(f"hidden.{name}"),
            key=f"cheat cover {number}",
            wrap=True,
        )
        _answers(game, covered or "")
        _guess(game, number)
    left.image(
        encode_png(game.pictures[covered or ""]),
        width=face_width(),
        alt=t("learn.cheat_alt", place=t(f"hidden.{covered or _NOTHING}")),
    )
    left.caption(t("learn.cheat_truth", truth=class_title(game.truth)))
    if st.toggle(t("learn.cheat_maps"), key=f"cheat maps {number}"):
        _maps(game)


def _answers(game: ShortcutRound, covered: str) -> None:
    """The answers without their confidence, which would give away the reader of the mark."""
    for name, before, now in zip(_NAMES, game.answers[""], game.answers[covered], strict=True):
        answer = class_title(now.label)
        if now.label == before.label:
            st.markdown(t("learn.cheat_same", name=name, answer=answer))
        else:
            st.markdown(t("learn.cheat_changed", name=name, answer=answer))


def _guess(game: ShortcutRound, number: int) -> None:
    accused = session.get_state(f"{_VERDICT} {number}")
    if accused is None:
        st.markdown(t("learn.cheat_who"))
        with st.container(horizontal=True, gap="small"):
            for index, name in enumerate(_NAMES):
                st.button(
                    t("learn.cheat_model", name=name),
                    key=f"accuse {number} {index}",
                    on_click=_decide,
                    args=(number, index, index == game.cheat),
                )
    else:
        _solve(game, int(str(accused)))
        st.button(
            t("learn.cheat_next"), on_click=session.set_state, args=(_ROUND, number + 1), type=main_button()
        )
    right, played = _score()
    if played:
        st.caption(t("learn.cheat_score", right=right, played=played))


def _solve(game: ShortcutRound, accused: int) -> None:
    """Reveal the shortcut learner, and the confidence of each."""
    cheat = _NAMES[game.cheat]
    if accused == game.cheat:
        st.success(t("learn.cheat_right", name=cheat))
    else:
        st.error(t("learn.cheat_wrong", name=cheat, accused=_NAMES[accused]))
    sure = (
        t("learn.cheat_sure_one", name=name, probability=answer.confidence)
        for name, answer in zip(_NAMES, game.answers[""], strict=True)
    )
    st.markdown(t("learn.cheat_sure", each=", ".join(sure)))


def _maps(game: ShortcutRound) -> None:
    """The occlusion maps of all three, on one scale."""
    maps = [each.heatmaps[_METHOD] for each in game.maps]
    scale = common_scale(maps)
    for name, column, made in zip(_NAMES, st.columns(len(_NAMES)), game.maps, strict=True):
        drawn = overlay(made.face.crop, made.heatmaps[_METHOD].values, scale=scale, opacity=_OPACITY)
        shares = made.shares[_METHOD]
        share = shares.of("nose", "mouth")[0] if shares else 0.0
        with column:
            st.image(encode_jpeg(drawn), width="stretch", alt=t("learn.cheat_map", name=name, share=share))
            st.caption(t("learn.cheat_model", name=name))
    st.caption(t("learn.cheat_purple"))


def _decide(number: int, accused: int, right: bool) -> None:
    before = _score()
    session.set_state(f"{_VERDICT} {number}", accused)
    session.set_state(_SCORE, (before[0] + right, before[1] + 1))


def _score() -> tuple[int, int]:
    """Rounds won and rounds played."""
    kept = session.get_state(_SCORE)
    return kept if isinstance(kept, tuple) else (0, 0)
