"""One face: what it is asked, what two models answer, and where each of them looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls, session
from dashboard.downloads import face_zip
from dashboard.jobs import Explain, Explained, Options
from dashboard.sentences import finding, right_or_wrong
from dashboard.tickets import JobError
from dashboard.views import photo_card
from dashboard.views.photo_progress import Progress
from dashboard.words import class_name, say
from xai.photo.images import encode_jpeg
from xai.render import common_scale, excess_scale, outline_regions
from xai.types import CLASSES, REGIONS, Explanation, Face

__all__ = ["METHODS_SHOWN", "show"]

METHODS_SHOWN = ("occlusion", "gradcam")
"""The maps of this page, by name in ``METHODS``."""


@dataclass(frozen=True)
class Question:
    """What the visitor wants to know about a face.

    Attributes:
        target: class to explain, or None for the answer each model gives.
        truth: the true answer, or None.
        options: settings of the maps.
    """

    target: str | None
    truth: str | None
    options: Options


def show(face: Face, truth: str | None, models: Sequence[str], beside: DeltaGenerator) -> None:
    """Everything about one face.

    Args:
        face: the face.
        truth: its true answer where that is known.
        models: names of all models, the default first.
        beside: place next to the photo, for what a reader in a hurry needs.
    """
    name = f"{face.photo_sha256} {face.box.as_list()}"
    with beside:
        question = _question(name, truth)
        summary = st.empty()
    st.subheader(say("map.heading"), anchor=False)
    chosen = _models(models)
    progress, maps = st.empty(), st.empty()
    waiting = Progress(progress, {summary: 220, maps: 900})
    explained = _explain(face, question, chosen, waiting)
    progress.empty()
    with summary.container():
        _summary(explained, question)
    with maps.container():
        _maps([each.explanation for each in explained.values()], name)


def _question(name: str, truth: str | None) -> Question:
    left, right = st.columns(2)
    target = left.selectbox(
        say("ask.target"),
        (None, *_answers()),
        format_func=lambda one: class_name(one) if one else say("ask.target_own"),
        key=f"target {name}",
    )
    known = right.selectbox(
        say("ask.truth"),
        (None, *CLASSES),
        index=CLASSES.index(truth) + 1 if truth else 0,
        format_func=lambda one: class_name(one) if one else say("ask.truth_unknown"),
        key=f"truth {name}",
    )
    with st.expander(say("ask.settings")):
        options = controls.settings(METHODS_SHOWN, "settings")
    return Question(target, known, options)


def _answers() -> list[str]:
    """Every answer that any model can give, those of the three classes first."""
    known = [name for card in session.catalogue().cards for name in card.classes]
    return list(dict.fromkeys((*CLASSES, *known)))


def _models(models: Sequence[str]) -> list[str]:
    """The models to compare; the second may be none."""
    left, right = st.columns(2, gap="medium")
    first = left.selectbox(say("models.left"), models, key="first model")
    others = [model for model in models if model != first]
    second = right.selectbox(
        say("models.right"),
        (*others, None),
        format_func=lambda one: one or say("models.only_one"),
        key="second model",
    )
    return [first, second] if second else [first]


def _explain(
    face: Face, question: Question, models: Sequence[str], progress: Progress
) -> dict[str, Explained]:
    """Model -> explanation; a model that fails says so, and the others go on."""
    explained: dict[str, Explained] = {}
    for model in models:
        job = Explain(face, model, METHODS_SHOWN, question.target, question.options)
        try:
            explained[model] = session.explain(job, progress.of(model))
        except JobError as failure:
            reason = say(f"failure.{failure.reason}", **failure.values)
            st.error(say("map.failed", model=model, sentence=reason))
    return explained


def _summary(explained: Mapping[str, Explained], question: Question) -> None:
    """The answers and what was seen, in words, with the face they are about."""
    if not explained:
        return
    crop, words = st.columns([1, 2])
    with crop:
        _crop(next(iter(explained.values())))
    with words:
        for model, each in explained.items():
            explanation = each.explanation
            photo_card.answer(explanation.prediction, model)
            st.markdown(right_or_wrong(explanation.prediction, question.truth))
            st.markdown(finding(explanation, "occlusion"))
    st.caption(say("answer.apart"))


def _crop(explained: Explained) -> None:
    face, regions = explained.explanation.face, explained.regions
    if regions is None:
        st.image(encode_jpeg(face.crop), width="stretch", alt=say("map.crop_plain_alt"))
        st.caption(say("regions.unknown"))
        return
    masks = {name: regions == index for index, name in enumerate(REGIONS)}
    key = (face.photo_sha256, tuple(face.crop_box.as_list()), "outlines")
    drawn = session.kept("picture", key, lambda: encode_jpeg(outline_regions(face.crop, masks)))
    st.image(drawn, width="stretch", alt=say("map.crop_alt"))
    st.caption(say("map.crop"))


@st.fragment
def _maps(explanations: Sequence[Explanation], name: str) -> None:
    """The maps side by side. The strength of the overlay draws this part anew and measures nothing."""
    if not explanations:
        return
    look = _legend(explanations)
    columns = st.columns(len(explanations), border=True, gap="medium")
    for column, explanation in zip(columns, explanations, strict=True):
        with column:
            photo_card.show(explanation, look, f"{name} {explanation.provenance.model}")
    st.caption(say("legend.caution"))
    st.download_button(
        say("take.button"),
        lambda: face_zip(explanations),
        file_name="face.zip",
        mime="application/zip",
        key=f"take {name}",
        on_click="ignore",
        help=say("take.note"),
    )


def _legend(explanations: Sequence[Explanation]) -> photo_card.Look:
    """The scales, which are one for both models, in colour and in words, and the strength of the overlay."""
    occlusion = common_scale([each.heatmaps["occlusion"] for each in explanations])
    beyond = excess_scale([each.heatmaps["gradcam"] for each in explanations])
    left, middle, right = st.columns(3, gap="medium")
    with left:
        photo_card.bar(say("legend.bar_alt", scale=occlusion), signed=True)
        st.caption(say("legend.occlusion", scale=occlusion))
    with middle:
        photo_card.bar(say("legend.bar_half_alt", scale=beyond + 1), signed=False)
        st.caption(say("legend.gradcam", scale=beyond + 1))
    opacity = right.slider(say("ask.opacity"), 0.0, 1.0, 0.7, 0.05, key="opacity")
    return photo_card.Look({"occlusion": occlusion, "gradcam": beyond}, opacity, _share_limit(explanations))


def _share_limit(explanations: Sequence[Explanation]) -> float:
    """The largest share or area of any region on the page, with some air."""
    counted = [shares for each in explanations for shares in each.shares.values() if shares]
    largest = max((value for c in counted for value in (*c.share.values(), *c.area.values())), default=1.0)
    return min(1.0, 1.05 * largest)
