"""A photo put right by hand: face boxes corrected, added and reset; the photo rotated."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

import numpy as np
import streamlit as st
from PIL import Image as Pictures

from dashboard import session
from dashboard.components import box_editor
from dashboard.components.box_editor import Frame
from dashboard.components.paint_canvas import inline
from dashboard.i18n import t
from dashboard.session_cache import forget
from dashboard.worker.jobs import ManualBox, PhotoAnalysis
from xai.types import MAX_FACES, Box

__all__ = ["box_actions", "draw_first", "edit", "is_open", "open_box", "rotate", "set_boxes", "turn_asked"]

_SIDE = 800
"""Longest side in pixels of the picture on which a box is drawn."""


def set_boxes(photo: str) -> tuple[ManualBox, ...]:
    """The boxes that this visitor set on a photo, by its digest; in the order of their numbers."""
    kept = session.get_state(f"boxes {photo}")
    return cast(tuple[ManualBox, ...], kept) if kept else ()


def is_open(photo: str) -> bool:
    """Whether a box is being set on a photo, by its digest."""
    return session.get_state(f"open box {photo}") is not None


def open_box(photo: str, number: int | None) -> None:
    """Begin to set the box of face ``number`` on a photo; None ends it."""
    session.set_state(f"open box {photo}", number)


def edit(seen: PhotoAnalysis, found: int) -> None:
    """The photo with the one box being edited, in place of the photo with all boxes.

    Args:
        seen: the photo with its faces.
        found: how many of the faces the detector found.
    """
    number = int(str(session.get_state(f"open box {seen.sha256}")))
    small = session.cached("picture", (seen.sha256, seen.turn, "small"), partial(_small, seen))
    height, width = (round(side / seen.scale) for side in seen.pixels.shape[:2])
    own = {each.number: each.box for each in set_boxes(seen.sha256)}
    usual = seen.faces[number].box if number < found else _middle(width, height)
    start = own.get(number, usual)
    words = t("boxes.alt", number=number + 1)
    key = f"box {seen.sha256} {number}"
    frame = Frame(small, words, width, height, start, f"{key} {start.as_list()}")
    box_editor.draw(
        frame, key, partial(_use, seen.sha256, number, (width, height)), partial(open_box, seen.sha256, None)
    )


def turn_asked(key: str) -> int:
    """The quarter turns clockwise that the visitor asked for (``AnalyzePhoto.turn``); 0 without any."""
    return int(str(session.get_state(f"turn {key}") or 0))


def rotate(key: str, seen: PhotoAnalysis) -> None:
    """A button that turns the photo by a quarter clockwise.

    Args:
        key: digest of the photo's bytes, or id of the sample.
        seen: the photo as it is turned now.
    """
    _button(t("boxes.rotate"), "rotate", partial(_turn, key, seen))


def _turn(key: str, seen: PhotoAnalysis) -> None:
    """Turn the photo; boxes, choices and results belong to the photo as it was turned before."""
    forget(seen.sha256)
    session.set_state(f"turn {key}", (seen.turn + 1) % 4 or 4)


def box_actions(key: str, seen: PhotoAnalysis, number: int, found: int) -> None:
    """Under the photo: whether the box of the chosen face was set by hand, and the actions on boxes.

    Args:
        key: digest of the photo's bytes, or id of the sample.
        seen: the photo with its faces.
        number: of the chosen face, from 0.
        found: how many of the faces the detector found.
    """
    by_hand = any(each.number == number for each in set_boxes(seen.sha256))
    if by_hand:
        st.caption(t("boxes.confirmed" if seen.faces[number].score else "boxes.unconfirmed"))
    place = st.empty()  # cleared at once, not when the verdicts are done
    if is_open(seen.sha256):
        return
    with place.container(horizontal=True, gap="small"):
        if not found and not by_hand:
            draw_first(seen.sha256)
            rotate(key, seen)
            return
        _button(t("boxes.move"), "move", partial(open_box, seen.sha256, number))
        if len(seen.faces) < MAX_FACES:
            _button(t("boxes.add"), "add", partial(open_box, seen.sha256, len(seen.faces)))
        if by_hand:
            label = t("boxes.back") if number < found else t("boxes.remove")
            _button(label, "back", partial(_take_back, seen.sha256, number, found))
        rotate(key, seen)


def draw_first(photo: str) -> None:
    """A button that starts the first box of a photo on which no face was found, by its digest."""
    _button(t("boxes.draw"), "draw", partial(open_box, photo, 0))


def _button(label: str, name: str, act: partial[None]) -> None:
    st.button(label, key=f"{name} box", on_click=act)


def _use(photo: str, number: int, size: tuple[int, int]) -> None:
    """Store the box that was sent; an invalid one is ignored, since the component sends none."""
    try:
        box = box_editor.parse_box(box_editor.sent_by(f"box {photo} {number}"), *size)
    except ValueError:
        return
    others = [each for each in set_boxes(photo) if each.number != number]
    _keep(photo, [*others, ManualBox(number, box)])
    session.set_state(f"face {photo}", number)
    open_box(photo, None)


def _take_back(photo: str, number: int, found: int) -> None:
    """Remove a box; added ones after it move up."""
    others = [each for each in set_boxes(photo) if each.number != number]
    if number >= found:
        others = [ManualBox(each.number - (each.number > number), each.box) for each in others]
        session.set_state(f"face {photo}", 0)
    _keep(photo, others)


def _keep(photo: str, boxes: Sequence[ManualBox]) -> None:
    session.set_state(f"boxes {photo}", tuple(sorted(boxes, key=lambda each: each.number)))


def _middle(width: int, height: int) -> Box:
    """Initial position of a new box: a square in the middle, a third of the shorter side."""
    side = max(1, min(width, height) // 3)
    left, top = (width - side) // 2, (height - side) // 2
    return Box(left, top, left + side, top + side)


def _small(seen: PhotoAnalysis) -> str:
    picture = Pictures.fromarray(seen.pixels)
    picture.thumbnail((_SIDE, _SIDE))
    return inline(np.asarray(picture))
