"""The photo with numbered boxes, a line about all of its faces, and the face that was chosen from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import own_photos, session, styles
from dashboard.i18n import class_short_label, class_title, t, translate_notice
from dashboard.own_photos import OwnPhoto
from dashboard.preferences import language
from dashboard.text.predictions import sample_credit, sample_title
from dashboard.views.photo import box_editing
from dashboard.views.photo import face as photo_face
from dashboard.worker.jobs import PhotoAnalysis
from xai.classes import class_info
from xai.photo.images import encode_jpeg
from xai.photo.samples import Sample
from xai.render import Mark, draw_boxes
from xai.types import Box

__all__ = ["PhotoFaces", "chosen", "is_whole", "picture", "show", "take_whole"]


@dataclass(frozen=True, eq=False)
class PhotoFaces:
    """A picture with at least one face, one of them chosen.

    Attributes:
        picture: the sample or the own photo.
        key: digest of the photo's bytes, or id of the sample.
        seen: its analysis.
        found: how many of the faces the detector found; the others were set by hand.
        number: index of the chosen face.
        truth: ground truth of the chosen face.
    """

    picture: Sample | OwnPhoto
    key: str
    seen: PhotoAnalysis
    found: int
    number: int
    truth: photo_face.GroundTruth


def show(view: PhotoFaces, models: Sequence[str], menu: DeltaGenerator, line: DeltaGenerator) -> None:
    """The photo and the chosen face.

    Args:
        view: the photo.
        models: names of all models, the one that labels the boxes first.
        menu: place for the choice of models.
        line: place for a sentence about the whole picture.
    """
    seen, whole = view.seen, is_whole(view.seen.sha256) and not box_editing.set_boxes(view.seen.sha256)
    line.markdown(t("photo.whole_note") if whole else _summary(view, models[0]))
    if len(seen.faces) > 1:
        _face_chips(view, models[0])
    else:
        st.empty()  # what not every photo has keeps its place: nothing of the last one stands beside this one
    with st.container(key="photo-and-verdicts"):
        left, right = st.columns([1, 2], gap="medium")
    subject = "whole" if whole else "face" if seen.testable[view.number] else "untestable"
    beside = right.container(key=f"verdicts-of-{subject}")
    beside.empty()  # Streamlit draws no container without content; on a phone this one stands above the photo
    with left:
        if box_editing.is_open(seen.sha256):
            box_editing.edit(seen, view.found)
        else:
            picture(seen, None if whole else models[0])
        _notices(view)
        box_editing.box_actions(view.key, seen, view.number, view.found)
        below = st.container(key="cut-out-face")
    places = photo_face.Places(menu, beside, below, subject)
    photo_face.show(seen.faces[view.number], view.truth, models, places)


def chosen(seen: PhotoAnalysis, asked: int | None) -> int:
    """Index of the face to show: ``asked``, else what the visitor chose, else the best to start with."""
    name = _choice(seen)
    if asked is not None or session.get_state(name) is None:
        session.set_state(name, seen.best if asked is None else asked)
    return min(int(str(session.get_state(name))), len(seen.faces) - 1)


def is_whole(photo: str) -> bool:
    """Whether the visitor wants a photo without a face, by its digest, answered as a whole."""
    return bool(session.get_state(f"whole {photo}"))


def take_whole(photo: str) -> None:
    """Have a photo without a face answered as a whole."""
    session.set_state(f"whole {photo}", True)


def picture(seen: PhotoAnalysis, model: str | None, width: int | None = None) -> None:
    """The photo; with boxes and the answers of ``model`` on them where one is named."""
    answers = [answer.label for answer in seen.predictions.get(model or "", ())]
    key = (seen.sha256, seen.turn, "boxed", language(), model, tuple(answers))
    drawn = session.cached("picture", key, lambda: _boxed(seen, answers) if model else seen.picture)
    each = [
        t("photo.photo_alt_face", number=number, answer=class_title(answer))
        for number, answer in enumerate(answers, start=1)
    ]
    alt = t("photo.photo_alt", count=len(seen.faces), faces=" ".join(each)) if model else t("photo.bare_alt")
    height, across = seen.pixels.shape[:2]
    with st.container(key=styles.ratio_key(across, height), width=width or "stretch"):
        st.image(drawn, width=width or "stretch", alt=alt)


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


def _summary(view: PhotoFaces, model: str) -> str:
    """How many faces there are, what ``model`` says of them, and how many can be tested."""
    seen = view.seen
    answers = Counter(answer.label for answer in seen.predictions.get(model, ()))
    counts = [
        t("photo.some", count=count, answer=class_short_label(label))
        for label, count in answers.most_common()
    ]
    faces = t("photo.faces_one") if len(seen.faces) == 1 else t("photo.faces_many", count=len(seen.faces))
    if len(seen.faces) == 1:
        tested = t("photo.one_testable" if seen.testable[0] else "photo.one_untestable")
    else:
        tested = t("photo.testable", count=sum(seen.testable))
    said = ", ".join(counts) if len(seen.faces) > 1 else ""
    if isinstance(view.picture, Sample):
        faces = t("photo.sample", title=sample_title(view.picture), faces=faces)
    return t("photo.line" if said else "photo.line_short", faces=faces, said=said, tested=tested)


def _face_chips(view: PhotoFaces, model: str) -> None:
    """The faces by number and answer, to choose from; a dot marks those that can be tested."""
    seen = view.seen
    answers = seen.predictions.get(model, ())

    def label(index: int) -> str:
        said = class_short_label(answers[index].label) if answers else ""
        hue = class_info(answers[index].label).hue if answers else "gray"
        mark = t("photo.testable_mark") if seen.testable[index] else ""
        return t("photo.face_chip", number=index + 1, answer=f":{hue}[{said}]", mark=mark).strip()

    name = _choice(seen)
    key = f"chips {name} {language()} {view.number}"
    with st.container(key="face-chips"):
        st.pills(
            t("photo.face_pick"),
            range(len(seen.faces)),
            format_func=label,
            default=view.number,
            required=True,
            key=key,
            label_visibility="collapsed",
            on_change=lambda: session.set_state(name, st.session_state[key]),
        )


def _notices(view: PhotoFaces) -> None:
    """What was done to the photo, whose box is whose answer, and where a sample comes from."""
    seen = view.seen
    by_hand = len(box_editing.set_boxes(seen.sha256))
    notices = [translate_notice(notice) for notice in seen.notices]
    if by_hand:
        notices.append(t("boxes.faces", count=len(seen.faces), own=by_hand))
    if isinstance(view.picture, Sample):
        notices += [t(f"trap_note.{trap}") for trap in view.picture.traps]
        notices.append(t("photo.credit", credit=sample_credit(view.picture)))
    if not notices:
        st.empty()  # as above
        return
    with st.container(gap="xsmall"):
        for notice in notices:
            st.caption(notice)


def _choice(seen: PhotoAnalysis) -> str:
    return own_photos.face_key(seen.sha256)
