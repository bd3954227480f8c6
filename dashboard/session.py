"""What outlives one run of a page: the model process, and each visitor's results.

Results from a visitor's photo are cached in that visitor's own session alone (``session_cache``), under the
digest of the photo's bytes, and are bounded. Visitors share only what is not personal: models, records,
samples.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import cast

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import own_photos
from dashboard.prefetch.scheduler import PREFETCHED
from dashboard.records.reader import Records, read_records
from dashboard.session_cache import cache_of, cached, forget_results, get_state, session_id, set_state
from dashboard.worker.client import Worker
from dashboard.worker.job_handle import JobError, JobHandle
from dashboard.worker.jobs import (
    AnalyzePhoto,
    AnalyzeSample,
    FaceExplanation,
    Job,
    JobProgress,
    PhotoAnalysis,
    ResultPart,
    Thumbnail,
)
from dashboard.worker.model_jobs import TryModels
from dashboard.worker.quiz_questions import ExplainControl
from dashboard.worker.results import ShortcutRound, ShortcutRoundRequest
from xai.models.cards import Catalogue, read_cards, weights_folders
from xai.types import Prediction

__all__ = [
    "analyze_photo",
    "begin_fragment",
    "begin_run",
    "cached",
    "catalogue",
    "control",
    "get_state",
    "installed",
    "keep_own_photo",
    "models_changed",
    "records",
    "run_cached",
    "run_job",
    "sample_answers",
    "sample_thumbnails",
    "set_state",
    "shortcut_round",
    "stop",
    "uploaded_photos",
    "worker",
]

THUMBNAIL_SIDE = 176
"""Side in pixels of the gallery's thumbnails: twice the displayed size, for high-density screens."""

_STOP, _STOPPED = "stop asked", "stop taken"
"""State: a stop was asked for; this run of the page is the one after it."""

_GLANCE = 0.05
"""Polling interval of a job in seconds, so that a partial result is shown when it arrives."""

_DRAWN = 5
"""Progress is redrawn once in this many polls."""


@st.cache_resource(show_spinner=False, on_release=Worker.close)
def worker() -> Worker:
    """The model process of this server, started on the first call."""
    return Worker()


def catalogue() -> Catalogue:
    """The installed models, without those that the model process could not load."""
    found, refused = installed(), worker().status.problems
    if not refused:
        return found
    cards = tuple(card for card in found.cards if card.digest not in refused)
    problems = (refused[card.digest] for card in found.cards if card.digest in refused)
    return Catalogue(cards, (*found.problems, *problems))


@st.cache_resource(show_spinner=False, ttl=30)
def installed() -> Catalogue:
    """The models in the folders; a pair of files added there shows up within half a minute, and is tried."""
    found, status = read_cards(), worker().status
    known = {*status.ready, *(card.name for card in found.cards if card.digest in status.problems)}
    new = tuple(card.name for card in found.cards if card.name not in known)
    if new and not status.loading:
        worker().submit("models", TryModels(new), background=True)
    return found


@st.cache_resource(show_spinner=False, ttl=30)
def records() -> Records:
    """Records of all models, measured ones without weights among them, and of the experiments."""
    return read_records([card.path.with_suffix(".json") for card in catalogue().cards], weights_folders())


def models_changed() -> None:
    """A model was added or removed: every page lists the models anew, and this session keeps no results."""
    installed.clear()
    records.clear()
    forget_results()


def sample_answers(sample: str, model: str, show: Callable[[JobProgress], None]) -> tuple[Prediction, ...]:
    """A model's prediction for each face of a sample, left to right; errors as of ``analyze_photo``."""

    def ask() -> tuple[Prediction, ...]:
        return _seen(AnalyzeSample(sample, (model,)), show).predictions.get(model, ())

    return cached("answers", (sample, model), ask)


def shortcut_round(number: int, show: Callable[[JobProgress], None]) -> ShortcutRound:
    """One round of the shortcut game; errors as of ``analyze_photo``."""
    return cached(
        "shortcut rounds", number, lambda: cast(ShortcutRound, run_job(ShortcutRoundRequest(number), show))
    )


def control(job: ExplainControl, show: Callable[[JobProgress], None]) -> FaceExplanation:
    """A control model on a face of the quiz; errors as of ``analyze_photo``."""

    def ask() -> FaceExplanation:
        return PREFETCHED.control(job) or cast(FaceExplanation, run_job(job, show))

    return cached("quiz", job, ask)


def sample_thumbnails(samples: Iterable[str]) -> Mapping[str, bytes]:
    """Sample id -> thumbnail as a JPEG file, of those rendered so far; the first call starts the rendering.

    All visitors share them. A sample that could not be rendered is empty.
    """
    drawn: dict[str, bytes] = {}
    for sample in samples:
        handle = _thumbnail(sample)
        if handle.done:
            try:
                drawn[sample] = cast(bytes, handle.result())
            except JobError:
                drawn[sample] = b""
    return drawn


def analyze_photo(
    job: AnalyzePhoto | AnalyzeSample, key: Hashable, show: Callable[[JobProgress], None]
) -> PhotoAnalysis:
    """The faces in a photo, from this session's cache or from the model process.

    Args:
        job: the photo and what to do with it.
        key: identifies the photo: the digest of its bytes, or the id of a sample.
        show: called about four times a second while it is waited for.

    Raises:
        JobError: it was refused or could not be done.
    """
    return cached("photo", (key, job.models, job.whole, job.turn), lambda: _seen(job, show))


def uploaded_photos() -> Mapping[int, PhotoAnalysis]:
    """This visitor's own photos that contain a face, by number, as *Check a photo* showed them last."""
    seen = cast(Mapping[str, PhotoAnalysis], cache_of("own"))
    return {
        photo.number: seen[photo.sha256]
        for photo in own_photos.photos()
        if photo.sha256 in seen and seen[photo.sha256].faces
    }


def keep_own_photo(digest: str, seen: PhotoAnalysis) -> None:
    """Keep the analysis of an own photo for the other pages."""
    cache_of("own")[digest] = seen


def run_cached(kind: str, key: Hashable, job: Job, show: Callable[[JobProgress], None]) -> object:
    """The result of a job, cached in this session under ``kind`` and ``key``; as ``analyze_photo``."""
    return cached(kind, key, lambda: run_job(job, show))


def _seen(job: AnalyzePhoto | AnalyzeSample, show: Callable[[JobProgress], None]) -> PhotoAnalysis:
    ready = PREFETCHED.seen(job) if isinstance(job, AnalyzeSample) else None
    return ready or cast(PhotoAnalysis, run_job(job, show))


def run_job(
    job: Job, show: Callable[[JobProgress], None], take: Callable[[ResultPart], None] | None = None
) -> object:
    """The result of a job from the model process.

    Args:
        job: what is to be done.
        show: called about four times a second while it is waited for.
        take: called with each partial result as it arrives.

    Raises:
        JobError: it was refused or could not be done.
    """
    if get_state(_STOPPED):
        raise JobError("stopped")
    take = take or (lambda _part: None)
    with PREFETCHED.waiting.waiting():
        handle = worker().submit(session_id(), job)
        try:
            over, looks = False, 0
            while not over:
                over, looks = handle.wait(_GLANCE), looks + 1
                for part in handle.parts():
                    take(part)
                if not over and looks % _DRAWN == 0:
                    show(handle.stage)  # Streamlit raises in here when the visitor has clicked or left
            return handle.result()
        finally:
            handle.cancel()


def stop() -> None:
    """Stop what is being computed: the click ends a run of the page or fragment, the next starts no job."""
    set_state(_STOP, True)


def begin_run() -> None:
    """A run of a page begins: only the one after ``stop`` is stopped."""
    set_state(_STOPPED, get_state(_STOP))
    set_state(_STOP, None)


def begin_fragment() -> None:
    """A fragment that starts jobs begins: as ``begin_run`` where it is run without its page."""
    context = get_script_run_ctx(suppress_warning=True)
    if context and context.fragment_ids_this_run:
        begin_run()


@st.cache_resource(show_spinner=False)
def _thumbnail(sample: str) -> JobHandle:
    return worker().submit(f"gallery {sample}", Thumbnail(sample, THUMBNAIL_SIDE), background=True)
