"""Detection: the picture with its boxes, and what could not be accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.text.predictions import failed, sample_credit, sample_title
from dashboard.views.photo import box_editing, faces, permalink
from dashboard.views.photo.face import NO_GROUND_TRUTH, GroundTruth
from dashboard.views.photo.upload import Source
from dashboard.widgets.progress import Progress
from dashboard.widgets.settings_form import main_button
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import AnalyzePhoto, AnalyzeSample, JobProgress, PhotoAnalysis
from xai.types import Box

__all__ = ["show"]

_PICTURE = 480
"""Width in pixels of a photo without faces."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A photo that has been analysed.

    Attributes:
        name: its name on the page.
        key: digest of its bytes, or id of the sample.
        job: the analysis job.
        seen: the analysis.
    """

    name: str
    key: str
    job: AnalyzePhoto | AnalyzeSample
    seen: PhotoAnalysis


def show(source: Source, models: tuple[str, ...]) -> None:
    """Analyse the photos, let the visitor choose one, and show it with its faces."""
    bar = st.empty()
    candidates = _look_at_all(source, models[0], Progress(bar).of())
    bar.empty()
    if not candidates:
        return
    chosen = candidates[0]
    if len(candidates) > 1:
        chosen = st.selectbox(t("photo.choose"), candidates, format_func=lambda one: one.name)
    seen = _faces_of(chosen)
    if seen:
        _say_notices(source, seen)
        permalink.keep_face(source.sample, faces.chosen(seen, permalink.face_asked(source.sample)))
        faces.show(seen, len(chosen.seen.faces), _known(source, chosen.seen, seen), models)


def _look_at_all(source: Source, model: str, show_stage: Callable[[JobProgress], None]) -> list[Candidate]:
    if source.sample:
        sample = AnalyzeSample(source.sample.id, (model,))
        try:
            seen = session.analyze_photo(sample, sample.sample, show_stage)
        except JobError as failure:
            st.error(failed(failure))
            return []
        return [Candidate(sample_title(source.sample), sample.sample, sample, seen)]
    found: list[Candidate] = []
    for number, upload in enumerate(source.uploads, start=1):
        job = AnalyzePhoto(upload.data, (model,))
        try:
            seen = session.analyze_photo(job, upload.sha256, show_stage)
        except JobError as failure:
            st.error(t("photo.refused", name=upload.name, sentence=failed(failure)))
        else:
            name = upload.name.strip("`")
            title = t("photo.which", number=number, name=name)
            found.append(Candidate(title, upload.sha256, job, seen))
    return found


def _faces_of(chosen: Candidate) -> PhotoAnalysis | None:
    """The photo with the faces to show: detected, manual, or the whole picture; None without faces."""
    boxes = box_editing.set_boxes(chosen.seen.sha256)
    if boxes:
        return _looked_again(chosen, replace(chosen.job, boxes=boxes))
    return chosen.seen if chosen.seen.faces else _without_faces(chosen)


def _looked_again(chosen: Candidate, job: AnalyzePhoto | AnalyzeSample) -> PhotoAnalysis | None:
    bar = st.empty()
    key = (chosen.key, job.models, job.whole, job.boxes)
    try:
        seen = cast(PhotoAnalysis, session.run_cached("photo", key, job, Progress(bar).of()))
    except JobError as failure:
        st.error(failed(failure))
        return None
    bar.empty()
    return seen


def _without_faces(chosen: Candidate) -> PhotoAnalysis | None:
    """The whole picture as one face, if the visitor wants that; until then the picture and the options."""
    photo = chosen.seen.sha256
    if session.get_state(f"whole {photo}"):
        st.info(t("photo.whole_note"))
        return _looked_again(chosen, replace(chosen.job, whole=True))
    st.info(t("photo.no_face"))
    if box_editing.is_open(photo):
        with st.container(width=_PICTURE):
            box_editing.edit(chosen.seen, 0)
        return None
    with st.container(horizontal=True, gap="small"):
        whole = partial(session.set_state, f"whole {photo}", True)
        st.button(t("photo.whole"), key=f"button whole {photo}", type=main_button(), on_click=whole)
        box_editing.draw_first(photo)
    faces.picture(chosen.seen, None, width=_PICTURE)
    return None


def _known(source: Source, found: PhotoAnalysis, seen: PhotoAnalysis) -> tuple[GroundTruth, ...]:
    """The ground truth of each face of a sample: none for one whose box was moved elsewhere."""
    wearers = source.sample.wearers if source.sample else ()
    if len(wearers) != len(found.faces):
        return ()
    there = [_holds_middle(now.box, then.box) for now, then in zip(seen.faces, found.faces, strict=False)]
    return tuple(
        GroundTruth(wearer.truth, wearer.held) if same else NO_GROUND_TRUTH
        for wearer, same in zip(wearers, there, strict=True)
    )


def _holds_middle(box: Box, other: Box) -> bool:
    across, down = (other.left + other.right) / 2, (other.top + other.bottom) / 2
    return box.left <= across < box.right and box.top <= down < box.bottom


def _say_notices(source: Source, seen: PhotoAnalysis) -> None:
    for notice in seen.notices:
        st.info(translate_notice(notice))
    for problem in seen.problems:
        st.warning(translate_notice(problem))
    if source.sample:
        title, credit = sample_title(source.sample), sample_credit(source.sample)
        st.caption(t("photo.credit", title=title, credit=credit))
        for trap in source.sample.traps:
            st.caption(t(f"trap_note.{trap}"))
