"""The comparison of one pair: the headline, the verdicts, the maps, the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import face_explanations, preferences, session
from dashboard.face_explanations import FaceListener, MapCollector
from dashboard.i18n import class_title, t, translate_notice
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.compare import all_faces, grid, metrics
from dashboard.views.compare import maps as compare_maps
from dashboard.views.compare.aligned_maps import AlignedMap, layer
from dashboard.views.compare.selection import Choice, Slot
from dashboard.views.compare.text import COVERING, MapPair, basis, heading
from dashboard.widgets import face_picker, verdict_panel
from dashboard.widgets.face_picker import FaceOption
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import METHODS_SHOWN, ExplainFace, FaceExplanation, JobProgress, ModelRequest
from xai.classes import nearest_class
from xai.evidence.map_similarity import agreement
from xai.evidence_types import Evidence
from xai.types import Explanation, Face

__all__ = ["show"]


@dataclass(frozen=True, eq=False)
class _Subject:
    """One model's view of one face.

    Attributes:
        title: model, and which face where there are two.
        slot: the model and the face.
        explained: what was measured.
        contrast: the chosen map against a second class; None without one.
    """

    title: str
    slot: Slot
    explained: FaceExplanation
    contrast: Explanation | None = None


def show(choice: Choice) -> None:
    """Run the comparison and show it: first what is available at once, then the verdicts as they arrive."""
    sentence, everywhere, held = st.empty(), st.container(), st.empty()
    cards, below = st.container(), st.container()
    bar = Progress(held, height=420)
    jobs = [(listed, job) for listed in choice.faces if (job := _job(listed, choice, bar))]
    measured = {slot: found for one in jobs for slot, found in _measure(*one, choice, bar).items()}
    contrasts = _contrasts(measured, choice, bar) if choice.against else {}
    held.empty()
    both = (choice.first, choice.second)
    if not set(both) <= set(contrasts if choice.against else measured):
        return
    first, second = (
        _Subject(_title(slot, choice), slot, measured[slot], contrasts.get(slot)) for slot in both
    )
    pair = replace(_pair(first, second, choice), evidence=_known(jobs))
    _say(sentence, pair)
    if choice.one_face:
        with everywhere:
            all_faces.show(choice.models)
    with cards:
        slots = _answers(first, second, one_face=choice.one_face)
    with below:
        compare_maps.show(pair)
        metrics.show(pair)
    verdicts = _Verdicts(pair, sentence, slots)
    for listed, job in jobs:
        face_explanations.explain(job, _Tests(_titles(listed, (first, second)), verdicts))
    verdicts.over()
    made = first.explained.explanation
    grid.show(made.face, choice, made.prediction.label)


def _job(listed: FaceOption, choice: Choice, progress: Progress) -> ExplainFace | None:
    """The maps and tests of a chosen face; None, after showing a message, where there is nothing to run."""
    try:
        face = face_picker.find(listed, session.catalogue().cards[0].name, progress.of())
    except JobError as failure:
        st.error(failed(failure))
        return None
    if face is None:
        st.error(t("compare.no_such_face", title=listed.title))
        return None
    requests = tuple(request for model in choice.models if (request := _request(model, choice)))
    methods = METHODS_SHOWN if choice.against else tuple(dict.fromkeys((*METHODS_SHOWN, choice.method)))
    return ExplainFace(face, requests, methods) if requests else None


def _request(model: str, choice: Choice) -> ModelRequest | None:
    classes = next(card.classes for card in session.catalogue().cards if card.name == model)
    target = choice.target and nearest_class(choice.target, classes)
    if choice.target and not target:
        st.info(t("compare.no_class", model=display_name(model), target=class_title(choice.target)))
        return None
    return ModelRequest(model, target)


def _known(jobs: Sequence[tuple[FaceOption, ExplainFace]]) -> tuple[Evidence | None, Evidence | None]:
    """The verdicts of the first and the second that were measured before."""
    one, two = (
        face_explanations.known_evidence(job.face, request) for _, job in jobs for request in job.requests
    )
    return one, two


def _measure(
    listed: FaceOption, job: ExplainFace, choice: Choice, progress: Progress
) -> Mapping[Slot, FaceExplanation]:
    """The maps of every model on a face; a failure is shown, and the others go on."""
    maps = MapCollector(lambda model, stage: progress.of(model)(stage))
    requests = tuple(replace(request, test=False) for request in job.requests)
    face_explanations.explain(replace(job, requests=requests), maps)
    for model, failure in maps.failures.items():
        st.error(t("map.failed", model=display_name(model), sentence=failed(failure)))
    wanted = choice.method if choice.method in job.methods else COVERING
    return {Slot(model, listed): found for model, found in maps.found.items() if _has(found, wanted, model)}


def _has(found: FaceExplanation, method: str, model: str) -> bool:
    """Whether there is a map of a method; else the reason is shown."""
    refused = found.explanation.refusals.get(method)
    if refused:
        st.error(t("map.failed", model=display_name(model), sentence=translate_notice(refused)))
    return not refused


def _contrasts(
    measured: Mapping[Slot, FaceExplanation], choice: Choice, progress: Progress
) -> Mapping[Slot, Explanation]:
    """The chosen map of every model and face against the second class; what stands against it is shown."""
    found: dict[Slot, Explanation] = {}
    for slot, explained in measured.items():
        made, name = explained.explanation, display_name(slot.model)
        against = nearest_class(str(choice.against), made.prediction.classes)
        if against is None:
            st.info(t("compare.no_class", model=name, target=class_title(str(choice.against))))
        elif against == made.target:
            st.info(t("compare.contrast_same", model=name, target=class_title(made.target)))
        else:
            request = ModelRequest(slot.model, made.target, test=False, against=against)
            job = ExplainFace(made.face, (request,), (choice.method,))
            found |= {
                each: one.explanation for each, one in _measure(slot.face, job, choice, progress).items()
            }
    return found


def _title(slot: Slot, choice: Choice) -> str:
    if choice.one_face:
        return display_name(slot.model)
    return t(
        "compare.on_first" if slot == choice.first else "compare.on_second", model=display_name(slot.model)
    )


def _titles(listed: FaceOption, subjects: Sequence[_Subject]) -> Mapping[str, str]:
    """Model -> title, of those that see a face."""
    return {each.slot.model: each.title for each in subjects if each.slot.face == listed}


def _pair(first: _Subject, second: _Subject, choice: Choice) -> MapPair:
    frame = first.explained.explanation.face
    one, two = (_layer(each, choice, frame) for each in (first, second))
    shown = covering = agreement((one.values, two.values), (one.shares, two.shares))
    if choice.method != COVERING or choice.against:
        a, b = (_layer(each, choice, frame, COVERING) for each in (first, second))
        covering = agreement((a.values, b.values), (a.shares, b.shares))
    return MapPair(
        one,
        two,
        shown,
        covering,
        name=t("compare.pair", first=first.title, second=second.title)
        if choice.one_face
        else t("compare.pair_faces", model=display_name(first.slot.model)),
        truths=(first.slot.face.truth, second.slot.face.truth),
        faces=not choice.one_face,
    )


def _layer(subject: _Subject, choice: Choice, frame: Face, method: str | None = None) -> AlignedMap:
    if method:
        return layer(subject.explained, method, choice.unit, subject.title, frame)
    return layer(subject.explained, choice.method, choice.unit, subject.title, frame, subject.contrast)


def _say(place: DeltaGenerator, pair: MapPair) -> None:
    """The headline, and what it is based on."""
    with place.container(gap="xxsmall"):
        st.header(heading(pair), anchor=False)
        st.caption(basis(pair))


def _answers(
    first: _Subject, second: _Subject, *, one_face: bool
) -> Mapping[str, verdict_panel.VerdictPanel]:
    """Draw the answers side by side; title -> placeholder of its verdict."""
    if one_face:
        both = {each.title: each.explained for each in (first, second)}
        return verdict_panel.answers(both, first.slot.face.truth)
    slots: dict[str, verdict_panel.VerdictPanel] = {}
    for each, column in zip((first, second), st.columns(2), strict=True):
        with column:
            slots |= verdict_panel.answers({each.title: each.explained}, each.slot.face.truth)
    return slots


class _Verdicts:
    """Placeholders of the verdicts, filled as they arrive; each updates the headline.

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
        both = zip((pair.first.title, pair.second.title), pair.evidence, strict=True)
        self._found = {title: evidence for title, evidence in both if evidence}

    def add(self, title: str, evidence: Evidence) -> None:
        """A verdict has arrived."""
        self._found[title] = evidence
        self.slots[title].fill(evidence, preferences.level())
        _say(self._sentence, replace(self._pair, evidence=self._known()))

    def over(self) -> None:
        """No more verdicts will arrive."""
        if None in self._known():
            _say(self._sentence, replace(self._pair, evidence=self._known(), over=True))

    def _known(self) -> tuple[Evidence | None, Evidence | None]:
        return self._found.get(self._pair.first.title), self._found.get(self._pair.second.title)


class _Tests(FaceListener):
    """The verdicts for one face; those that have arrived stay when the job fails."""

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
