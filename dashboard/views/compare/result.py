"""The comparison: the sentence, the maps under one cursor, the verdicts, the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import face_explanations, preferences, session
from dashboard.face_explanations import FaceListener, MapCollector
from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.compare import maps as compare_maps
from dashboard.views.compare import metrics
from dashboard.views.compare.aligned_maps import AlignedMap, layer
from dashboard.views.compare.selection import Choice
from dashboard.views.compare.text import COVERING, MapPair, heading, reason_lines, verdict_rows
from dashboard.widgets import face_picker, verdict_panel
from dashboard.widgets.face_picker import FaceOption
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import METHODS_SHOWN, ExplainFace, FaceExplanation, JobProgress, ModelRequest
from xai.classes import nearest_class
from xai.evidence.map_similarity import agreement
from xai.evidence_types import Evidence
from xai.types import Face

__all__ = ["show"]


@dataclass(frozen=True, eq=False)
class Subject:
    """One model's view of one face.

    Attributes:
        title: model, and which face where there are two.
        face: index of the face among the chosen ones.
        explained: what was measured.
    """

    title: str
    face: FaceOption
    explained: FaceExplanation


def show(choice: Choice) -> None:
    """Run the comparison and show it: first what is available at once, then the verdicts as they arrive."""
    sentence, held = st.empty(), st.empty()
    bar = Progress(held, height=420)
    asked = [one for number in range(len(choice.faces)) if (one := _asked(number, choice, bar))]
    subjects = [subject for one in asked for subject in _measure(one, choice, bar)]
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
    verdicts = _Verdicts(pair, sentence, slots)
    for one in asked:
        _test(one, [each for each in subjects if each.face == one.listed], verdicts)
    verdicts.over()


@dataclass(frozen=True, eq=False)
class _Asked:
    """One of the chosen faces, with its job.

    Attributes:
        number: index among the chosen faces, from 0.
        listed: the chosen option.
        job: its maps and tests.
    """

    number: int
    listed: FaceOption
    job: ExplainFace


def _asked(number: int, choice: Choice, progress: Progress) -> _Asked | None:
    """The job for a chosen face; None, after showing a message, where there is nothing to run."""
    listed = choice.faces[number]
    try:
        face = face_picker.find(listed, session.catalogue().cards[0].name, progress.of())
    except JobError as failure:
        st.error(failed(failure))
        return None
    if face is None:
        st.error(t("compare.no_such_face", title=listed.title))
        return None
    requests = tuple(request for model in choice.models if (request := _request(model, choice)))
    methods = tuple(dict.fromkeys((*METHODS_SHOWN, choice.method)))
    return _Asked(number, listed, ExplainFace(face, requests, methods)) if requests else None


def _request(model: str, choice: Choice) -> ModelRequest | None:
    classes = next(card.classes for card in session.catalogue().cards if card.name == model)
    target = choice.target and nearest_class(choice.target, classes)
    if choice.target and not target:
        st.info(t("compare.no_class", model=display_name(model), target=class_title(choice.target)))
        return None
    return ModelRequest(model, target)


def _measure(asked: _Asked, choice: Choice, progress: Progress) -> list[Subject]:
    """Run every chosen model on a face; a failure is shown, and the others go on."""
    maps = MapCollector(lambda model, stage: progress.of(model)(stage))
    requests = tuple(replace(request, test=False) for request in asked.job.requests)
    face_explanations.explain(replace(asked.job, requests=requests), maps)
    for model, failure in maps.failures.items():
        st.error(t("map.failed", model=display_name(model), sentence=failed(failure)))
    return [
        Subject(_title(request.model, asked.number, choice), asked.listed, maps.found[request.model])
        for request in requests
        if request.model in maps.found
    ]


def _title(model: str, number: int, choice: Choice) -> str:
    if len(choice.faces) == 1:
        return display_name(model)
    return t("compare.on_first" if number == 0 else "compare.on_second", model=display_name(model))


def _two(subjects: Sequence[Subject]) -> tuple[Subject, Subject]:
    """Which two are compared; a widget asks only where there are more."""
    if len(subjects) == 2:
        return subjects[0], subjects[1]
    by_title = {each.title: each for each in subjects}
    left, right = st.columns(2, gap="medium")
    one = left.selectbox(t("compare.hold"), list(by_title), key="hold")
    rest = [title for title in by_title if title != one]
    two = right.selectbox(t("compare.against"), rest, key=f"against {one}")
    return by_title[one], by_title[two]


def _layer(subject: Subject, choice: Choice, frame: Face, method: str | None = None) -> AlignedMap:
    return layer(subject.explained, method or choice.method, choice.unit, subject.title, frame)


def _pair(first: Subject, second: Subject, choice: Choice, frame: Face) -> MapPair:
    one, two = _layer(first, choice, frame), _layer(second, choice, frame)
    shown = agreement((one.values, two.values), (one.shares, two.shares))
    if choice.method == COVERING:
        return MapPair(one, two, shown, shown)
    a, b = _layer(first, choice, frame, COVERING), _layer(second, choice, frame, COVERING)
    return MapPair(one, two, shown, agreement((a.values, b.values), (a.shares, b.shares)))


def _say(place: DeltaGenerator, pair: MapPair) -> None:
    """The headline, and what it is based on."""
    with place.container():
        st.header(heading(pair), anchor=False)
        for line in reason_lines(pair):
            st.markdown(line)
        if rows := verdict_rows(pair):
            st.table(rows, hide_index=True)
        st.caption(t("compare.waits" if pair.waits else "verdict.not_right"))


def _answers(subjects: Sequence[Subject]) -> dict[str, verdict_panel.VerdictPanel]:
    """Draw the answers; title -> placeholder of its verdict. A model's faces are side by side."""
    slots: dict[str, verdict_panel.VerdictPanel] = {}
    faces = list(dict.fromkeys(each.face for each in subjects))
    beside = len(faces) == len(subjects)
    places = st.columns(len(faces)) if beside else [st.container() for _ in faces]
    for listed, place in zip(faces, places, strict=True):
        own = {each.title: each.explained for each in subjects if each.face == listed}
        with place:
            slots |= verdict_panel.answers(own, listed.truth)
    return slots


class _Verdicts:
    """Placeholders of the verdicts, filled as they arrive; each that the headline depends on updates it.

    Args:
        pair: the two that the headline is about.
        sentence: its placeholder.
        slots: title -> placeholder of the verdict.
    """

    def __init__(
        self, pair: MapPair, sentence: DeltaGenerator, slots: Mapping[str, verdict_panel.VerdictPanel]
    ) -> None:
        self.slots = slots
        self._pair, self._sentence = pair, sentence
        self._found: dict[str, Evidence] = {}

    def add(self, title: str, evidence: Evidence) -> None:
        """A verdict has arrived."""
        self._found[title] = evidence
        self.slots[title].fill(evidence, preferences.level())
        if title in (self._pair.first.title, self._pair.second.title):
            _say(self._sentence, replace(self._pair, evidence=self._known()))

    def over(self) -> None:
        """No more verdicts will arrive."""
        if None in self._known():
            _say(self._sentence, replace(self._pair, evidence=self._known(), over=True))

    def _known(self) -> tuple[Evidence | None, Evidence | None]:
        return self._found.get(self._pair.first.title), self._found.get(self._pair.second.title)


def _test(asked: _Asked, subjects: Sequence[Subject], verdicts: _Verdicts) -> None:
    """Get the verdicts for one face; those that have arrived stay when the job fails."""
    titles = {each.explained.explanation.provenance.model: each.title for each in subjects}
    requests = tuple(request for request in asked.job.requests if request.model in titles)
    if requests:
        face_explanations.explain(replace(asked.job, requests=requests), _Tests(titles, verdicts))


class _Tests(FaceListener):
    """The verdicts for one face."""

    def __init__(self, titles: Mapping[str, str], verdicts: _Verdicts) -> None:
        self._titles, self._verdicts = titles, verdicts

    def progress(self, model: str, stage: JobProgress) -> None:
        """Update the progress bar in the verdict's placeholder."""
        self._verdicts.slots[self._titles[model]].wait(stage)

    def evidence(self, model: str, evidence: Evidence) -> None:
        """A verdict has arrived."""
        self._verdicts.add(self._titles[model], evidence)

    def failed(self, model: str, failure: JobError) -> None:
        """Show why there is no verdict."""
        sentence = t("verdict.failed", sentence=failed(failure))
        self._verdicts.slots[self._titles[model]].fail(sentence)
