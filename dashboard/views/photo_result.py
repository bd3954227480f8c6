"""What is in the photo: the picture with its boxes, and what could not be taken in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.controls import main_button
from dashboard.jobs import Look, SampleLook, Seen, Stage
from dashboard.sentences import failed, sample_credit, sample_title
from dashboard.tickets import JobError
from dashboard.views import photo_faces
from dashboard.views.photo_input import Source, Upload
from dashboard.views.photo_progress import Progress
from dashboard.words import from_library, say

__all__ = ["show"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A photo of which it is known what is in it.

    Attributes:
        name: how it is called on the page.
        upload: the photo, or None for a sample.
        seen: what is in it.
    """

    name: str
    upload: Upload | None
    seen: Seen


def show(source: Source, models: tuple[str, ...]) -> None:
    """Look at the photos, let one be chosen, and show it with its faces."""
    bar = st.empty()
    candidates = _look_at_all(source, models[0], Progress(bar).of())
    bar.empty()
    if not candidates:
        return
    chosen = candidates[0]
    if len(candidates) > 1:
        chosen = st.selectbox(say("photo.choose"), candidates, format_func=lambda one: one.name)
    seen = chosen.seen if chosen.seen.faces else _without_faces(source, chosen, models[0])
    if seen:
        truth = source.sample.truth if source.sample else ()
        _say_notices(source, seen)
        photo_faces.show(seen, truth if len(truth) == len(seen.faces) else (), models)


def _look_at_all(source: Source, model: str, show_stage: Callable[[Stage], None]) -> list[Candidate]:
    if source.sample:
        try:
            seen = session.look(SampleLook(source.sample.id, (model,)), source.sample.id, show_stage)
        except JobError as failure:
            st.error(failed(failure))
            return []
        return [Candidate(sample_title(source.sample), None, seen)]
    found: list[Candidate] = []
    for number, upload in enumerate(source.uploads, start=1):
        try:
            seen = session.look(Look(upload.data, (model,)), upload.sha256, show_stage)
        except JobError as failure:
            st.error(say("photo.refused", name=upload.name, sentence=failed(failure)))
        else:
            name = upload.name.strip("`")
            found.append(Candidate(say("photo.which", number=number, name=name), upload, seen))
    return found


def _without_faces(source: Source, chosen: Candidate, model: str) -> Seen | None:
    """The whole picture as one face, if the visitor wants that; until then the picture and the offer."""
    key = f"whole {chosen.seen.sha256}"
    if not session.recall(key):
        st.info(say("photo.no_face"))
        if st.button(say("photo.whole"), key=f"button {key}", type=main_button()):
            session.remember(key, True)
            st.rerun()
        photo_faces.picture(chosen.seen, None, width=480)
        return None
    st.info(say("photo.whole_note"))
    bar = st.empty()
    if chosen.upload:
        job: Look | SampleLook = Look(chosen.upload.data, (model,), whole=True)
    else:
        job = SampleLook(source.key[0], (model,), whole=True)
    try:
        name = chosen.upload.sha256 if chosen.upload else source.key[0]
        seen = session.look(job, name, Progress(bar).of())
    except JobError as failure:
        st.error(failed(failure))
        return None
    bar.empty()
    return seen


def _say_notices(source: Source, seen: Seen) -> None:
    for notice in seen.notices:
        st.info(from_library(notice))
    for problem in seen.problems:
        st.warning(from_library(problem))
    if source.sample:
        title, credit = sample_title(source.sample), sample_credit(source.sample)
        st.caption(say("photo.credit", title=title, credit=credit))
