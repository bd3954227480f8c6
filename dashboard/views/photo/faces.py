"""The photo with numbered boxes, the strip of faces, and the face that was chosen from it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import session
from dashboard.i18n import class_short_label, class_title, t
from dashboard.preferences import language
from dashboard.text.model_names import display_name
from dashboard.views.photo import box_editing
from dashboard.views.photo import face as photo_face
from dashboard.worker.jobs import PhotoAnalysis
from xai.photo.images import encode_jpeg
from xai.render import Mark, draw_boxes
from xai.types import Box

__all__ = ["chosen", "picture", "show"]


def show(
    seen: PhotoAnalysis, found: int, known: Sequence[photo_face.GroundTruth], models: tuple[str, ...]
) -> None:
    """The photo and one of its faces.

    Args:
        seen: a photo with at least one face.
        found: how many of its faces the detector found; the others were set by hand.
        known: ground truth of the detected faces; may be empty.
        models: names of all models, the one that labels the boxes first.
    """
    left, right = st.columns([2, 3], gap="medium")
    with left:
        if box_editing.is_open(seen.sha256):
            box_editing.edit(seen, found)
        else:
            picture(seen, models[0])
        number = _strip(seen, models[0])
        box_editing.box_actions(seen, number, found)
        below = st.empty()
    told = known[number] if number < len(known) else photo_face.NO_GROUND_TRUTH
    photo_face.show(seen.faces[number], told, models, photo_face.Places(right, below))


def chosen(seen: PhotoAnalysis, first: int = 0) -> int:
    """Index of the face that the visitor chose in this photo; ``first`` before a choice."""
    name = _choice(seen)
    if session.get_state(name) is None:
        session.set_state(name, first if first < len(seen.faces) else 0)
    return min(int(str(session.get_state(name))), len(seen.faces) - 1)


def picture(seen: PhotoAnalysis, model: str | None, width: int | None = None) -> None:
    """The photo; with the answers of ``model`` on the boxes where there are any."""
    answers = [answer.label for answer in seen.predictions.get(model or "", ())]
    key = (seen.sha256, "boxed", language(), tuple(answers))
    boxed = session.cached("picture", key, lambda: _boxed(seen, answers))
    each = [
        t("photo.photo_alt_face", number=number, answer=class_title(answer))
        for number, answer in enumerate(answers, start=1)
    ]
    st.image(
        boxed,
        width=width or "stretch",
        alt=t("photo.photo_alt", count=len(seen.faces), faces=" ".join(each)),
    )
    called = display_name(model) if model else None
    by_hand = len(box_editing.set_boxes(seen.sha256))
    if by_hand and answers:
        st.caption(t("boxes.faces", count=len(answers), own=by_hand, model=called))
    elif len(answers) == 1:
        st.caption(t("photo.faces_one", model=called))
    elif answers:
        st.caption(t("photo.faces_many", count=len(answers), model=called))
    elif seen.faces:
        st.caption(t("photo.faces_unasked", count=len(seen.faces)))


def _boxed(seen: PhotoAnalysis, answers: list[str]) -> bytes:
    labels = answers or [""] * len(seen.faces)
    marks = [
        Mark(_scaled(face.box, seen.scale), number, class_short_label(label), label)
        for number, (face, label) in enumerate(zip(seen.faces, labels, strict=True), start=1)
    ]
    return encode_jpeg(draw_boxes(seen.pixels, marks))


def _scaled(box: Box, scale: float) -> Box:
    left, top, right, bottom = (round(side * scale) for side in box.as_list())
    return Box(left, top, max(right, left + 1), max(bottom, top + 1))


def _strip(seen: PhotoAnalysis, model: str) -> int:
    """The faces side by side, to choose from; returns the index of the chosen one."""
    if len(seen.faces) == 1:
        return 0
    picked = chosen(seen)
    answers = seen.predictions.get(model, ())
    with st.container(horizontal=True, gap="small"):
        for index, face in enumerate(seen.faces):
            answer = class_title(answers[index].label) if answers else ""
            with st.container(width=84, gap="xxsmall"):
                key = (seen.sha256, "face", index)
                small = session.cached("picture", key, partial(encode_jpeg, face.crop))
                st.image(small, width="stretch", alt=t("photo.face_alt", number=index + 1, answer=answer))
                st.button(
                    t("photo.face_pick", number=index + 1),
                    key=f"pick {seen.sha256} {index}",
                    on_click=session.set_state,
                    args=(_choice(seen), index),
                    icon=":material/check:" if index == picked else None,
                    width="stretch",
                )
    return picked


def _choice(seen: PhotoAnalysis) -> str:
    return f"face {seen.sha256}"
