"""The confusion matrix of a model, and drawn examples of each cell."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import session
from dashboard.components.confusion_matrix import table
from dashboard.i18n import class_title, t
from dashboard.preferences import language
from dashboard.text.metrics import dataset_note, score_label, setting_line
from dashboard.text.predictions import failed, sample_title
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from xai.classes import wearings_by_class
from xai.models.card_schema import Evaluation
from xai.models.cards import Card
from xai.photo.samples import SAMPLES, Sample

__all__ = ["show"]

_THUMBNAIL = 96


@st.fragment
def show(card: Card, scores: Sequence[Evaluation], *, installed: bool) -> None:
    """The matrix of one evaluation, and samples for the selected cell.

    Args:
        card: the model.
        scores: its evaluations to choose from, at least one.
        installed: whether it can be run on samples.
    """
    st.markdown(t("confusion.title"))
    score = st.selectbox(
        t("confusion.which"),
        scores,
        format_func=score_label,
        key=f"which {card.name} {language()}",
        width=420,
    )
    st.caption(setting_line(score), help=dataset_note(score.dataset))
    labelled = all(wearings_by_class(card.classes, card.incorrect).values())
    can_open = installed and labelled
    cell = table(score, card.classes, f"confusion {card.name} {score.dataset}", can_open=can_open)
    st.caption(t("confusion.read"))
    if can_open:
        _examples(card, cell)
        return
    st.caption(t("confusion.closed_away") if labelled else t("confusion.closed_answers"))


def _examples(card: Card, cell: tuple[str, str] | None) -> None:
    """The samples that fall into the selected cell."""
    if cell is None:
        st.caption(t("confusion.offer"))
        return
    place = st.empty()
    try:
        found = _falling(card, cell, Progress(place))
    except JobError as failure:
        place.error(failed(failure))
        return
    place.empty()
    truth, answer = class_title(cell[0]), class_title(cell[1])
    st.caption(t("confusion.found", count=len(found), truth=truth, answer=answer, of=len(SAMPLES)))
    pictures = session.sample_thumbnails(SAMPLES)
    with st.container(horizontal=True, gap="small"):
        for sample in found:
            if picture := pictures.get(sample.id):
                title = sample_title(sample)
                st.image(picture, width=_THUMBNAIL, alt=t("photo.sample_alt", title=title), caption=title)


def _falling(card: Card, cell: tuple[str, str], progress: Progress) -> list[Sample]:
    """The samples with a face that belongs to that true class of the model and has that predicted class."""
    found, (label, answer) = [], cell
    wearings = wearings_by_class(card.classes, card.incorrect)[label]
    for sample in SAMPLES.values():
        answers = session.sample_answers(sample.id, card.name, progress.of(card.name))
        pairs = zip(sample.truth, answers, strict=False)
        if any(truth in wearings and given.label == answer for truth, given in pairs):
            found.append(sample)
    return found
