"""Both models on every face at hand: how often they agree, how often each is right, where they differ."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import face_explanations, session
from dashboard.i18n import class_title, t
from dashboard.session_cache import cache_of
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed, is_right, is_wrong
from dashboard.views.compare.class_mapping import answer_relation
from dashboard.views.compare.text import verdict_relation
from dashboard.widgets import face_picker
from dashboard.widgets.face_picker import FaceOption
from dashboard.worker.counterfactual_jobs import ClassifyCrop
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import AnalyzeSample, JobProgress, ModelRequest, PhotoAnalysis
from xai.types import Prediction

__all__ = ["show"]

_SMALL = ":small[{}]"


@dataclass(frozen=True, eq=False)
class _Row:
    """One face and both answers.

    Attributes:
        face: which one.
        answers: of the first and the second model.
        reasons: of ``verdict_relation``; None where a verdict is missing.
    """

    face: FaceOption
    answers: tuple[Prediction, Prediction]
    reasons: str | None

    @property
    def same(self) -> bool:
        """Whether the answers can mean the same."""
        return answer_relation(*self.answers) == "same"


def show(models: tuple[str, ...]) -> None:
    """Offer to ask both models about every face; then what they said.

    Answers alone are asked for. Verdicts are compared where they are known already.
    """
    faces = tuple(face_picker.listed().values())
    offer, running, started = st.empty(), st.empty(), f"all faces {models}"
    left = [each for each in faces if any(_known(each, model) is None for model in models)]
    if left and _is_wanted(offer, left):
        offer.empty()
        session.set_state(started, value=True)
        left = _ask(running, left, models)
    if not left or session.get_state(started):
        _summary([row for each in faces if (row := _row(each, models))], models)


def _is_wanted(place: DeltaGenerator, left: Sequence[FaceOption]) -> bool:
    """The button with its cost, and whether it was clicked."""
    own = any(each.sample is None for each in left)
    with place.container(horizontal=True, vertical_alignment="center", gap="small"):
        clicked = st.button(t("compare_all.ask_own" if own else "compare_all.ask"), key="ask all")
        st.caption(t("compare_all.cost", count=len(left)), width="content")
    return clicked


def _ask(place: DeltaGenerator, left: Sequence[FaceOption], models: tuple[str, ...]) -> list[FaceOption]:
    """Ask about every face; returns what is left after a failure, which is shown."""
    with place.container():
        line, stop = st.columns([5, 1], vertical_alignment="bottom")
        bar = line.empty()
        stop.button(t("compare_all.stop"), key="stop all", width="stretch")  # a click ends this run
    for number, each in enumerate(left):

        def draw(_stage: JobProgress | None = None, number: int = number) -> None:
            said = t("compare_all.progress", done=number, total=len(left))
            bar.progress(number / len(left), said)

        draw()
        try:
            _classify(each, models, draw)
        except JobError as failure:
            place.error(failed(failure))
            return list(left[number:])
    place.empty()
    return []


def _classify(listed: FaceOption, models: tuple[str, ...], show: Callable[[JobProgress], None]) -> None:
    """Ask both models about all faces of the picture of ``listed``, where they were not asked yet."""
    left = tuple(model for model in models if _known(listed, model) is None)
    if not left:
        return
    if photo := face_picker.own_photo(listed):
        for model in left:
            jobs = (ClassifyCrop(face.crop, model) for face in photo.faces)
            answers = tuple(cast(Prediction, session.run_job(job, show)) for job in jobs)
            _keep(_photo_key(photo, model), answers)
    elif listed.sample:
        seen = cast(PhotoAnalysis, session.run_job(AnalyzeSample(listed.sample, left), show))
        for model in left:
            _keep((listed.sample, model), seen.predictions.get(model, ()))


def _keep(key: Hashable, answers: tuple[Prediction, ...]) -> None:
    session.cached("answers", key, lambda: answers)


def _known(listed: FaceOption, model: str) -> tuple[Prediction, ...] | None:
    """A model's answers about all faces of the picture of ``listed``; None where it was not asked yet."""
    kept: Mapping[Hashable, tuple[Prediction, ...]] = cache_of("answers")
    if listed.sample:
        return kept.get((listed.sample, model))
    photo = face_picker.own_photo(listed)
    return (photo.predictions.get(model) or kept.get(_photo_key(photo, model))) if photo else ()


def _photo_key(photo: PhotoAnalysis, model: str) -> Hashable:
    return (photo.sha256, tuple(tuple(face.crop_box.as_list()) for face in photo.faces), model)


def _row(listed: FaceOption, models: tuple[str, ...]) -> _Row | None:
    """None where a model was not asked, or the face was not found in its picture."""
    one, two = (_known(listed, model) or () for model in models)
    if listed.index >= min(len(one), len(two)):
        return None
    return _Row(listed, (one[listed.index], two[listed.index]), _reasons(listed, models))


def _reasons(listed: FaceOption, models: tuple[str, ...]) -> str | None:
    """Whether known verdicts name the same reasons; kept for a sample: prefetched ones are on disk."""
    kept, key = cache_of("answers"), ("reasons", listed.id, *models)
    if listed.sample and key in kept:
        return cast(str, kept[key])
    face = face_picker.known_face(listed, session.catalogue().cards[0].name)
    if face is None:
        return None
    one, two = (face_explanations.known_evidence(face, ModelRequest(model)) for model in models)
    found = verdict_relation(one, two)
    return session.cached("answers", key, lambda: found) if found and listed.sample else found


def _summary(rows: Sequence[_Row], models: tuple[str, ...]) -> None:
    first, second = (display_name(model) for model in models)
    same = sum(row.same for row in rows)
    said = [t("compare_all.agree", first=first, second=second, same=same, of=len(rows))]
    slots = (t("compare.first"), t("compare.second"))
    for number, slot in enumerate(slots):
        right = sum(is_right(row.answers[number], row.face.truth) for row in rows)
        wrong = sum(is_wrong(row.answers[number], row.face.truth) for row in rows)
        if right + wrong:
            said.append(t("compare_all.right", slot=slot, right=right, of=right + wrong))
    told = [row.reasons for row in rows if row.reasons not in (None, "unknown")]
    if told:
        said.append(t("compare_all.reasons", same=told.count("same"), of=len(told)))
    st.markdown(" ".join(said))
    if differ := [row for row in rows if not row.same]:
        title = t("compare_all.differ", count=len(differ))
        with st.expander(title, expanded=True), st.container(gap="xsmall"):
            for row in differ:
                _line(row, slots)


def _line(row: _Row, slots: Sequence[str]) -> None:
    """A face on which the answers differ; its button shows it."""
    button, *cells = st.columns([2, 3, 3], gap="small", vertical_alignment="center")
    button.button(
        row.face.title,
        key=f"open {row.face.id}",
        help=t("compare_all.open"),
        on_click=session.set_state,
        args=(face_picker.FACE, row.face.id),
        disabled=row.face.id == session.get_state(face_picker.FACE),
        width="stretch",
    )
    for slot, answer, cell in zip(slots, row.answers, cells, strict=True):
        right, wrong = is_right(answer, row.face.truth), is_wrong(answer, row.face.truth)
        key = "right" if right else "wrong" if wrong else "unknown"
        values = {"answer": class_title(answer.label), "probability": answer.of(answer.label)}
        cell.markdown(_SMALL.format(t(f"compare_answer.{key}", slot=slot, **values)))
