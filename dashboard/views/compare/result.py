"""The comparison: the sentence, the maps under one cursor, the verdicts, the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import preferences, session
from dashboard.i18n import class_name, say
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.compare import maps as compare_maps
from dashboard.views.compare import metrics
from dashboard.views.compare.aligned_maps import Layer, layer
from dashboard.views.compare.class_mapping import counterpart
from dashboard.views.compare.selection import Choice
from dashboard.views.compare.text import Pair, heading, reason_lines, verdict_rows
from dashboard.widgets import face_picker, verdict_panel
from dashboard.widgets.face_picker import Listed
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import Explain, Explained
from dashboard.worker.ticket import JobError
from xai.evidence.map_similarity import agreement
from xai.evidence_types import Evidence
from xai.types import Face

__all__ = ["show"]

_ALWAYS = ("occlusion", "gradcam")
"""Maps that every page asks for, so that what was measured on one is at hand on the others."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One model's view of one face.

    Attributes:
        title: model, and which face where there are two.
        face: which of the chosen faces it is.
        explained: what was measured.
    """

    title: str
    face: Listed
    explained: Explained


def show(choice: Choice) -> None:
    """Measure what was chosen, and show it: first what is known at once, then the verdicts as they come."""
    sentence, held = st.empty(), st.empty()
    subjects = _measure(choice, Progress(held, height=420))
    if len(subjects) < 2:
        held.empty()
        return
    frame = subjects[0].explained.explanation.face
    with held.container():
        first, second = _two(subjects)
        pair = _pair(first, second, choice, frame)
        others = [each for each in subjects if each is not first and each is not second]
        more = [_layer(each, choice, frame) for each in others]
        compare_maps.show(pair, more, same_face=len(choice.faces) == 1)
    _say(sentence, pair)
    slots = _answers(subjects)
    metrics.show(pair)
    _judge(subjects, slots, pair, sentence)


def _measure(choice: Choice, progress: Progress) -> list[Subject]:
    """Every chosen model on every chosen face; what fails says so, and the others go on."""
    found: list[Subject] = []
    for number, listed in enumerate(choice.faces):
        try:
            face = face_picker.find(listed, session.catalogue().cards[0].name, progress.of())
        except JobError as failure:
            st.error(failed(failure))
            continue
        if face is None:
            st.error(say("compare.no_such_face", title=listed.title))
            continue
        for model in choice.models:
            explained = _explain(face, model, choice, progress)
            if explained:
                found.append(Subject(_title(model, number, choice), listed, explained))
    return found


def _explain(face: Face, model: str, choice: Choice, progress: Progress) -> Explained | None:
    classes = next(card.classes for card in session.catalogue().cards if card.name == model)
    target = choice.target and counterpart(choice.target, classes)
    if choice.target and not target:
        st.info(say("compare.no_class", model=display_name(model), target=class_name(choice.target)))
        return None
    methods = tuple(dict.fromkeys((*_ALWAYS, choice.method)))
    try:
        return session.explain(Explain(face, model, methods, target, {}), progress.of(model))
    except JobError as failure:
        st.error(say("map.failed", model=display_name(model), sentence=failed(failure)))
        return None


def _title(model: str, number: int, choice: Choice) -> str:
    if len(choice.faces) == 1:
        return display_name(model)
    return say("compare.on_first" if number == 0 else "compare.on_second", model=display_name(model))


def _two(subjects: Sequence[Subject]) -> tuple[Subject, Subject]:
    """Which two are held against each other; asked only where there are more."""
    if len(subjects) == 2:
        return subjects[0], subjects[1]
    by_title = {each.title: each for each in subjects}
    left, right = st.columns(2, gap="medium")
    one = left.selectbox(say("compare.hold"), list(by_title), key="hold")
    rest = [title for title in by_title if title != one]
    two = right.selectbox(say("compare.against"), rest, key=f"against {one}")
    return by_title[one], by_title[two]


def _layer(subject: Subject, choice: Choice, frame: Face, method: str | None = None) -> Layer:
    return layer(subject.explained, method or choice.method, choice.unit, subject.title, frame)


def _pair(first: Subject, second: Subject, choice: Choice, frame: Face) -> Pair:
    one, two = _layer(first, choice, frame), _layer(second, choice, frame)
    shown = agreement((one.values, two.values), (one.shares, two.shares))
    if choice.method == "occlusion":
        return Pair(one, two, shown, shown)
    a, b = _layer(first, choice, frame, "occlusion"), _layer(second, choice, frame, "occlusion")
    return Pair(one, two, shown, agreement((a.values, b.values), (a.shares, b.shares)))


def _say(place: DeltaGenerator, pair: Pair) -> None:
    """The sentence that a reader in a hurry needs, and what it rests on."""
    with place.container():
        st.header(heading(pair), anchor=False)
        for line in reason_lines(pair):
            st.markdown(line)
        if rows := verdict_rows(pair):
            st.table(rows, hide_index=True)
        st.caption(say("compare.waits" if pair.waits else "verdict.not_right"))


def _answers(subjects: Sequence[Subject]) -> dict[str, verdict_panel.Slot]:
    """The answers; title -> the place that is held for its verdict. A model's faces stand side by side."""
    slots: dict[str, verdict_panel.Slot] = {}
    faces = list(dict.fromkeys(each.face for each in subjects))
    beside = len(faces) == len(subjects)
    places = st.columns(len(faces)) if beside else [st.container() for _ in faces]
    for listed, place in zip(faces, places, strict=True):
        own = {each.title: each.explained for each in subjects if each.face == listed}
        with place:
            slots |= verdict_panel.answers(own, listed.truth)
    return slots


def _judge(
    subjects: Sequence[Subject],
    slots: Mapping[str, verdict_panel.Slot],
    pair: Pair,
    sentence: DeltaGenerator,
) -> None:
    """Fill the slots with verdicts as they come, and say the sentence anew with each that it rests on."""
    found: dict[str, Evidence] = {}

    def arrive(title: str, evidence: Evidence) -> None:
        found[title] = evidence
        slots[title].fill(evidence, preferences.level())
        if title in (pair.first.title, pair.second.title):
            _say(sentence, replace(pair, evidence=known()))

    def known() -> tuple[Evidence | None, Evidence | None]:
        return found.get(pair.first.title), found.get(pair.second.title)

    for listed in dict.fromkeys(each.face for each in subjects):
        _judge_face([each for each in subjects if each.face == listed], slots, arrive)
    if None in known():
        _say(sentence, replace(pair, evidence=known(), over=True))


def _judge_face(
    subjects: Sequence[Subject],
    slots: Mapping[str, verdict_panel.Slot],
    arrive: Callable[[str, Evidence], None],
) -> None:
    """The verdicts about one face; what had arrived stays when the measuring fails."""
    maps = {each.explained.explanation.provenance.model: each.explained.explanation for each in subjects}
    titles = dict(zip(maps, (each.title for each in subjects), strict=True))
    left = set(maps)

    def take(model: str, evidence: Evidence) -> None:
        left.discard(model)
        arrive(titles[model], evidence)

    try:
        session.examine(maps, lambda model, stage: slots[titles[model]].wait(stage), take)
    except JobError as failure:
        for model in left:
            slots[titles[model]].fail(say("verdict.failed", sentence=failed(failure)))
