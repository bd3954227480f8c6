"""The chosen picture: analysed, with its faces to choose from; and what could not be accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import own_photos, session
from dashboard.i18n import t, translate_notice
from dashboard.own_photos import OwnPhoto
from dashboard.text.predictions import failed
from dashboard.views.photo import box_editing, faces, permalink
from dashboard.views.photo.face import NO_GROUND_TRUTH, GroundTruth
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import AnalyzePhoto, AnalyzeSample, JobProgress, PhotoAnalysis
from xai.photo.samples import Sample
from xai.types import Box

__all__ = ["show"]

_PICTURE = 480
"""Width in pixels of a photo without faces."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A picture that has been analysed.

    Attributes:
        picture: the sample or the own photo.
        job: the analysis job.
        seen: the analysis.
    """

    picture: Sample | OwnPhoto
    job: AnalyzePhoto | AnalyzeSample
    seen: PhotoAnalysis

    @property
    def key(self) -> str:
        """Digest of the photo's bytes, or id of the sample."""
        return self.picture.id if isinstance(self.picture, Sample) else self.picture.sha256


def show(
    picture: Sample | OwnPhoto, models: tuple[str, ...], menu: DeltaGenerator, line: DeltaGenerator
) -> None:
    """Analyse the picture, and show it with its faces.

    Args:
        picture: what the visitor chose.
        models: names of all models, the default first.
        menu: place for the choice of models.
        line: place for a sentence about the whole picture; the progress of the analysis until then.
    """
    chosen = _analysed(picture, models[0], Progress(line).of())
    line.empty()
    if chosen is None:
        return
    seen = _faces_of(chosen)
    if isinstance(picture, OwnPhoto) and seen:
        session.keep_own_photo(picture.sha256, seen)
    if seen:
        for problem in seen.problems:
            st.warning(translate_notice(problem))
        number = faces.chosen(seen, permalink.face_asked(picture))
        permalink.keep_face(picture, number)
        known = _known(picture, chosen.seen, seen)
        truth = known[number] if number < len(known) else NO_GROUND_TRUTH
        view = faces.PhotoFaces(picture, chosen.key, seen, len(chosen.seen.faces), number, truth)
        faces.show(view, models, menu, line)


def _analysed(
    picture: Sample | OwnPhoto, model: str, show_stage: Callable[[JobProgress], None]
) -> Candidate | None:
    """The picture analysed; the other own photos too, so that one that is refused is named at once."""
    for sentence in permalink.refused():
        st.error(sentence)
    if isinstance(picture, Sample):
        job = AnalyzeSample(picture.id, (model,), turn=box_editing.turn_asked(picture.id))
        try:
            return Candidate(picture, job, session.analyze_photo(job, picture.id, show_stage))
        except JobError as failure:
            st.error(failed(failure))
            return None
    found, given = {}, own_photos.photos()
    for photo in given:
        own = AnalyzePhoto(photo.data, (model,), turn=box_editing.turn_asked(photo.sha256))
        try:
            found[photo.number] = Candidate(photo, own, session.analyze_photo(own, photo.sha256, show_stage))
        except JobError as failure:
            if failure.reason == "stopped":
                st.info(failed(failure))
                break
            _refuse(photo, failure)
    kept = own_photos.photos()
    if kept != given:
        if picture not in kept:
            permalink.show(kept[0]) if kept else permalink.start_again()
        st.rerun()  # the bar is about what is kept
    return found.get(picture.number)


def _refuse(photo: OwnPhoto, failure: JobError) -> None:
    """Name a photo that could not be analysed; one that never can be is not kept."""
    sentence = t("photo.refused", name=photo.name, sentence=failed(failure))
    if failure.reason in ("refused", "reading_slow"):
        own_photos.remove(photo)
        permalink.refuse(sentence)
    else:
        st.error(sentence)


def _faces_of(chosen: Candidate) -> PhotoAnalysis | None:
    """The photo with the faces to show: detected, manual, or the whole picture; None without faces."""
    boxes = box_editing.set_boxes(chosen.seen.sha256)
    if boxes:
        return _looked_again(chosen, replace(chosen.job, boxes=boxes))
    return chosen.seen if chosen.seen.faces else _without_faces(chosen)


def _looked_again(chosen: Candidate, job: AnalyzePhoto | AnalyzeSample) -> PhotoAnalysis | None:
    bar = st.empty()
    key = (chosen.key, job.models, job.whole, job.turn, job.boxes)
    try:
        seen = cast(PhotoAnalysis, session.run_cached("photo", key, job, Progress(bar).of()))
    except JobError as failure:
        st.error(failed(failure))
        return None
    bar.empty()
    return seen


def _without_faces(chosen: Candidate) -> PhotoAnalysis | None:
    """The whole picture, if the visitor wants that; until then the picture and the options."""
    photo = chosen.seen.sha256
    if faces.is_whole(photo):
        return _looked_again(chosen, replace(chosen.job, whole=True))
    st.info(t("photo.no_face"))
    if box_editing.is_open(photo):
        with st.container(width=_PICTURE):
            box_editing.edit(chosen.seen, 0)
        return None
    with st.container(horizontal=True, gap="small"):
        box_editing.draw_first(photo)
        box_editing.rotate(chosen.key, chosen.seen)
        st.button(t("photo.whole"), key=f"button whole {photo}", on_click=partial(faces.take_whole, photo))
    faces.picture(chosen.seen, None, width=_PICTURE)
    return None


def _known(picture: Sample | OwnPhoto, found: PhotoAnalysis, seen: PhotoAnalysis) -> tuple[GroundTruth, ...]:
    """The ground truth of each face of a sample: none for one whose box was moved elsewhere."""
    wearers = picture.wearers if isinstance(picture, Sample) else ()
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
