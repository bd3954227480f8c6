"""What outlives one run of a page: the one model process, and what each visitor has seen.

What comes from a visitor's photo is kept in that visitor's own session alone (``session_cache``), under the
digest of the photo's bytes, and is bounded. What all visitors share is nobody's: models, records, samples.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import cast

import streamlit as st

from dashboard.prefetch.scheduler import BEFOREHAND
from dashboard.records.reader import read_records
from dashboard.records.values import Records
from dashboard.session_cache import kept, recall, remember, shelf, visitor
from dashboard.worker.client import Worker
from dashboard.worker.jobs import (
    CheckMaps,
    Examine,
    Explain,
    Explained,
    Job,
    Look,
    Part,
    SampleLook,
    Seen,
    Stage,
    Thumbnail,
)
from dashboard.worker.results import LineUp, MapCheck, Preview, Suspects
from dashboard.worker.ticket import JobError, Ticket
from xai.evidence_types import Evidence
from xai.models.cards import Catalogue, read_cards, weights_folders
from xai.types import Explanation, Face, Prediction

__all__ = [
    "catalogue",
    "check",
    "checked",
    "done_once",
    "examine",
    "explain",
    "gallery",
    "handed_in",
    "kept",
    "look",
    "recall",
    "records",
    "remember",
    "sample_answers",
    "suspects",
    "worker",
]

THUMBNAIL_SIDE = 176
"""Side in pixels of the gallery's pictures: twice what is shown, for dense screens."""

_GLANCE = 0.05
"""Seconds between two looks at a job, so that a piece of its result is shown when it comes."""

_DRAWN = 5
"""How far a job has come is drawn once in so many looks."""


@st.cache_resource(show_spinner=False, on_release=Worker.close)
def worker() -> Worker:
    """The model process of this server, started by the first call."""
    return Worker()


@st.cache_resource(show_spinner=False, ttl=30)
def catalogue() -> Catalogue:
    """The models there are; a pair of files dropped in shows up within half a minute."""
    return read_cards()


@st.cache_resource(show_spinner=False, ttl=30)
def records() -> Records:
    """What is known of every model, of those that were only measured, and of the experiments."""
    return read_records([card.path.with_suffix(".json") for card in catalogue().cards], weights_folders())


def sample_answers(sample: str, model: str, show: Callable[[Stage], None]) -> tuple[Prediction, ...]:
    """What a model says of each face of a sample, left to right; errors as of ``look``."""

    def ask() -> tuple[Prediction, ...]:
        return cast(Seen, _ask(SampleLook(sample, (model,)), show)).predictions.get(model, ())

    return kept("answers", (sample, model), ask)


def suspects(number: int, show: Callable[[Stage], None]) -> Suspects:
    """The models of a round of "spot the cheat"; errors as of ``look``."""
    return kept("suspects", number, lambda: cast(Suspects, _ask(LineUp(number), show)))


def gallery(samples: Iterable[str]) -> Mapping[str, bytes]:
    """Sample id -> small JPEG file, of those that are drawn so far; the first call has them drawn.

    Samples are nobody's, so all visitors share them. A sample that could not be drawn is empty.
    """
    drawn: dict[str, bytes] = {}
    for sample in samples:
        ticket = _thumbnail(sample)
        if ticket.done:
            try:
                drawn[sample] = cast(bytes, ticket.result())
            except JobError:
                drawn[sample] = b""
    return drawn


def look(job: Look | SampleLook, key: Hashable, show: Callable[[Stage], None]) -> Seen:
    """What is in a photo, from this session or from the model process.

    Args:
        job: what to look at.
        key: identifies the photo: the digest of its bytes, or the id of a sample.
        show: called about four times a second while it is waited for.

    Raises:
        JobError: it was refused or could not be done.
    """
    return kept("photo", (key, job.models, job.whole), lambda: cast(Seen, _ask(job, show)))


def handed_in() -> Mapping[int, Seen]:
    """This visitor's own photos in which there is a face; each keeps its number until the session ends."""
    own = {
        seen.sha256: seen
        for key, seen in cast(Mapping[tuple[str, ...], Seen], shelf("photo")).items()
        if key[0] == seen.sha256 and seen.faces
    }
    numbered = cast(list[str], st.session_state.setdefault("numbered photos", []))
    numbered.extend(digest for digest in own if digest not in numbered)
    return {number: own[digest] for number, digest in enumerate(numbered, start=1) if digest in own}


def explain(
    job: Explain, show: Callable[[Stage], None], glimpse: Callable[[Preview], None] | None = None
) -> Explained:
    """Where a model looks on a face, from this session or from the model process. As ``look``; ``glimpse`` is
    called with the previews of a job that asks for them.
    """
    options = tuple((method, *sorted(values.items())) for method, values in sorted(job.options.items()))
    key = (_face_key(job.face), job.model, job.methods, job.target, options)

    def take(part: Part) -> None:
        if glimpse:
            glimpse(cast(Preview, part.value))

    return kept("explanation", key, lambda: cast(Explained, _ask(job, show, take)))


def examine(
    maps: Mapping[str, Explanation],
    show: Callable[[str, Stage], None],
    arrive: Callable[[str, Evidence], None],
) -> None:
    """What the answers of several models about one face rest on, from this session or from the model process.

    Args:
        maps: model -> its maps of the face, the second witness.
        show: called with the model at work and its stage, about four times a second.
        arrive: called with each model's evidence as soon as it is there.

    Raises:
        JobError: it could not be done; what had arrived is kept.
    """
    witnessed, evidence = shelf("witnessed"), shelf("evidence")
    missing: dict[str, Explanation] = {}
    for model, each in maps.items():
        if _maps_key(each) in witnessed:
            arrive(model, witnessed[_maps_key(each)])
        else:
            missing[model] = each
    if not missing:
        return
    known = {m: evidence[_answer_key(each)] for m, each in missing.items() if _answer_key(each) in evidence}
    job = Examine(next(iter(missing.values())).face, dict(missing), known)
    waited = list(missing)

    def take(part: Part) -> None:
        found = cast(Evidence, part.value)
        kept("evidence", _answer_key(maps[part.name]), lambda: found)
        waited.remove(part.name)
        arrive(part.name, kept("witnessed", _maps_key(maps[part.name]), lambda: found))

    _ask(job, lambda stage: show(waited[0], stage) if waited else None, take)


def check(maps: Explanation, show: Callable[[Stage], None]) -> Mapping[str, MapCheck]:
    """Whether maps are faithful to their model, from this session or from the model process. As ``look``."""
    return kept("check", _maps_key(maps), lambda: cast(Mapping[str, MapCheck], _ask(CheckMaps(maps), show)))


def checked(maps: Explanation) -> bool:
    """Whether the answer of ``check`` is at hand."""
    return _maps_key(maps) in shelf("check")


def done_once(kind: str, key: Hashable, job: Job, show: Callable[[Stage], None]) -> object:
    """The result of a job of ``kind``, from this session or from the model process. As ``look``."""
    return kept(kind, key, lambda: _ask(job, show))


def _face_key(face: Face) -> Hashable:
    return (face.photo_sha256, tuple(face.crop_box.as_list()))


def _answer_key(maps: Explanation) -> Hashable:
    return (_face_key(maps.face), maps.provenance.model, maps.provenance.weights_sha256, maps.target)


def _maps_key(maps: Explanation) -> Hashable:
    settings = tuple((name, *sorted(heatmap.params.items())) for name, heatmap in maps.heatmaps.items())
    return (_answer_key(maps), settings)


def _ask(job: Job, show: Callable[[Stage], None], take: Callable[[Part], None] | None = None) -> object:
    take = take or (lambda _part: None)
    if ready := BEFOREHAND.find(job):
        for part in ready.parts:
            take(part)
        return ready.result
    with BEFOREHAND.visitors.waiting():
        ticket = worker().submit(visitor(), job)
        try:
            over, looks = False, 0
            while not over:
                over, looks = ticket.wait(_GLANCE), looks + 1
                for part in ticket.parts():
                    take(part)
                if not over and looks % _DRAWN == 0:
                    show(ticket.stage)  # Streamlit raises in here when the visitor has clicked on or gone
            return ticket.result()
        finally:
            ticket.cancel()


@st.cache_resource(show_spinner=False)
def _thumbnail(sample: str) -> Ticket:
    return worker().submit(f"gallery {sample}", Thumbnail(sample, THUMBNAIL_SIDE), background=True)
