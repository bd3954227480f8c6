"""Prefetches the gallery's samples while the model process is idle, so that a class need not wait later.

A visitor's job always goes first: a running prefetch job is cancelled and submitted again later.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboard.prefetch.disk_cache import DiskCache
from dashboard.worker.job_handle import JobError, JobHandle
from dashboard.worker.jobs import (
    COMPARED,
    METHODS_SHOWN,
    AnalyzeSample,
    CheckFaithfulness,
    ExplainFace,
    FaceExplanation,
    Job,
    ModelRequest,
    PhotoAnalysis,
    ResultPart,
)
from dashboard.worker.quiz_questions import ExplainControl, jobs_of
from dashboard.worker.results import MapCheck
from xai.errors import XaiError
from xai.evidence_types import Evidence
from xai.models.cards import read_cards
from xai.types import Face

__all__ = ["PREFETCHED", "PrefetchedResults", "Prefetcher", "Waiting"]

Submit = Callable[[Job], JobHandle]
"""Submits a background job to the model process."""

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "samples"
"""Where the results are; ``XAI_SAMPLE_ANSWERS`` names another folder, or is ``on`` or ``off``."""

_LOG = logging.getLogger(__name__)
_GLANCE = 0.05
"""Seconds between two checks whether a visitor waits."""


class Waiting:
    """Counts the visitors who wait for the model process."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._count = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Context manager: one more visitor waits while it is active."""
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                self._lock.notify_all()

    @property
    def any(self) -> bool:
        """Whether any visitor waits."""
        return self._count > 0

    def wait_until_idle(self) -> None:
        """Wait until nobody waits."""
        with self._lock:
            self._lock.wait_for(lambda: not self._count)


class Prefetcher:
    """Explains every sample of the gallery and caches the results.

    Args:
        cache: where results are stored.
        submit: submits a job to the model process.
        waiting: visitors, who go first.
    """

    def __init__(self, cache: DiskCache, submit: Submit, waiting: Waiting) -> None:
        self._cache, self._submit, self._waiting = cache, submit, waiting

    def run(self, samples: Sequence[str]) -> None:
        """Compute what is not cached yet, sample by sample; ends early when the model process fails or the
        folder cannot be written, which only makes visitors wait longer.
        """
        try:
            self._cache.remove_stale()
            wanted = samples if self._cache.models else ()
            # Checks last: a visitor waits for a verdict.
            for work in (self._explain, self._prepare_quiz, self._check):
                for sample in wanted:
                    work(sample)
        except JobError as failure:
            _LOG.info("the samples are not all explained beforehand: %s", failure)
        except (XaiError, OSError) as failure:
            _LOG.warning("the samples are not explained beforehand: %s", failure)

    def _faces(self, sample: str) -> Sequence[Face]:
        job = AnalyzeSample(sample, self._cache.models[:1])
        seen = self._cache.get(_seen_key(job))
        if seen is None:
            seen, _ = self._measured(job)
            self._cache.put(_seen_key(job), seen)
        return seen.faces if isinstance(seen, PhotoAnalysis) and not seen.problems else ()

    def _explain(self, sample: str) -> None:
        for face in self._faces(sample):
            self._explain_face(face)

    def _prepare_quiz(self, sample: str) -> None:
        for job in jobs_of(sample):
            if self._cache.get(_control_key(job)) is None:
                made, _ = self._measured(job)
                self._cache.put(_control_key(job), made)

    def _check(self, sample: str) -> None:
        for face in self._faces(sample):
            self._check_face(face)

    def _explain_face(self, face: Face) -> None:
        missing = tuple(
            ModelRequest(model, maps=maps, test=test)
            for model in self._cache.models
            for maps in (self._cache.get(_maps_key(face, model, METHODS_SHOWN)) is None,)
            for test in (self._cache.get(_evidence_key(face, model)) is None,)
            if maps or test
        )
        if not missing:
            return
        _, parts = self._measured(ExplainFace(face, missing, METHODS_SHOWN))
        for part in parts:
            if isinstance(part.value, FaceExplanation):
                self._cache.put(_maps_key(face, part.name, METHODS_SHOWN), part.value)
            elif isinstance(part.value, Evidence):
                self._cache.put(_evidence_key(face, part.name), part.value)

    def _check_face(self, face: Face) -> None:
        for model in self._cache.models:
            maps = self._cache.get(_maps_key(face, model, METHODS_SHOWN))
            if maps is None:
                continue
            made = maps.explanation
            options = {name: heatmap.params for name, heatmap in made.heatmaps.items()}
            job = CheckFaithfulness(face, model, made.target, options)
            if self._cache.get(_check_key(job)) is None:
                checks, _ = self._measured(job)
                self._cache.put(_check_key(job), checks)

    def _measured(self, job: Job) -> tuple[object, list[ResultPart]]:
        """Result of the model process; submitted again each time it is cancelled for a visitor."""
        while True:
            self._waiting.wait_until_idle()
            handle, parts = self._submit(job), list[ResultPart]()
            while not handle.wait(_GLANCE) and not self._waiting.any:
                parts.extend(handle.parts())
            if handle.done:
                parts.extend(handle.parts())
                return handle.result(), parts
            handle.cancel()


class PrefetchedResults:
    """The prefetched results of one server; none until ``start``.

    Attributes:
        waiting: who waits for the model process; their jobs go first.
    """

    def __init__(self) -> None:
        self.waiting = Waiting()
        self._cache: DiskCache | None = None

    def seen(self, job: AnalyzeSample) -> PhotoAnalysis | None:
        """The analysis of a sample, where the visitor changed no setting."""
        known = self._knows(*job.models) and not (job.whole or job.boxes or job.turn)
        return self._get(_seen_key(job)) if known else None

    def maps(self, job: ExplainFace, request: ModelRequest) -> FaceExplanation | None:
        """A model's maps of a sample's face, without the crop, likewise."""
        own = request.target is None and request.against is None
        known = self._knows(request.model) and own and not job.options
        return self._get(_maps_key(job.face, request.model, job.methods)) if known else None

    def evidence(self, job: ExplainFace, request: ModelRequest) -> Evidence | None:
        """The evidence for a model's own answer about a sample's face."""
        known = self._knows(request.model) and request.target is None
        return self._get(_evidence_key(job.face, request.model)) if known else None

    def checks(self, job: CheckFaithfulness) -> Mapping[str, MapCheck] | None:
        """The checks of a model's maps of a sample's face, likewise."""
        return self._get(_check_key(job)) if self._knows(job.model) else None

    def control(self, job: ExplainControl) -> FaceExplanation | None:
        """A control model on a face of the quiz, with its crop."""
        made: FaceExplanation | None = self._get(_control_key(job))
        return made

    def start(self, submit: Submit, samples: Sequence[str]) -> None:
        """Open the cache folder and prefetch the samples, in a daemon thread.

        Args:
            submit: submits a job to the model process.
            samples: ids, in order of priority.
        """
        wanted = os.environ.get("XAI_SAMPLE_ANSWERS", "on")
        if wanted != "off":
            run = (FOLDER if wanted in ("", "on") else Path(wanted), submit, samples)
            threading.Thread(target=self._run, args=run, name="samples", daemon=True).start()

    def _run(self, folder: Path, submit: Submit, samples: Sequence[str]) -> None:
        self._cache = DiskCache(folder, read_cards().cards[:COMPARED])
        Prefetcher(self._cache, submit, self.waiting).run(samples)

    def _knows(self, *models: str) -> bool:
        return self._cache is not None and set(models) <= set(self._cache.models)

    def _get(self, key: Sequence[object]) -> Any:
        return self._cache.get(key) if self._cache else None


def _seen_key(job: AnalyzeSample) -> Sequence[object]:
    return ("seen", job.sample, *job.models)


def _maps_key(face: Face, model: str, methods: tuple[str, ...]) -> Sequence[object]:
    return ("maps", *_face(face), model, *methods)


def _check_key(job: CheckFaithfulness) -> Sequence[object]:
    options = [(method, sorted(values.items())) for method, values in sorted(job.options.items())]
    return ("check", *_face(job.face), job.model, job.target, options)


def _evidence_key(face: Face, model: str) -> Sequence[object]:
    return ("evidence", *_face(face), model)


def _control_key(job: ExplainControl) -> Sequence[object]:
    return ("control", job.sample, job.network)


def _face(face: Face) -> Sequence[object]:
    return (face.photo_sha256, face.turn, face.box.as_list(), face.crop_box.as_list())


PREFETCHED = PrefetchedResults()
"""The prefetched results of this process."""
