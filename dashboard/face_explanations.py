"""Explanations of one face: requested once, delivered piece by piece, cached in the visitor's session."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from functools import partial
from typing import cast

from dashboard import session
from dashboard.prefetch.scheduler import PREFETCHED
from dashboard.session_cache import cache_of, cached
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import (
    CheckFaithfulness,
    ExplainClasses,
    ExplainFace,
    ExplainReferences,
    FaceExplanation,
    JobProgress,
    ModelRequest,
    Options,
    Refusal,
    ResultPart,
)
from dashboard.worker.results import MapCheck
from xai.evidence.verdict.saliency_flags import saliency_disagreements
from xai.evidence_types import Evidence
from xai.partial_results import Preview
from xai.types import Explanation, Face, Heatmap

__all__ = [
    "FaceListener",
    "MapCollector",
    "check_faithfulness",
    "check_map",
    "explain",
    "explain_classes",
    "explain_references",
    "has_check",
    "has_references",
    "is_known",
    "known_check",
    "known_class_map",
    "known_evidence",
]


class FaceListener:
    """Receives the results for a face, model by model; a page overrides the callbacks it needs."""

    def progress(self, model: str, stage: JobProgress) -> None:
        """How far the work on a model has come; called about four times a second."""

    def preview(self, model: str, preview: Preview) -> None:
        """A preview of a map."""

    def maps(self, model: str, explained: FaceExplanation) -> None:
        """A model's answer with its maps."""

    def evidence(self, model: str, evidence: Evidence) -> None:
        """What a model's answer rests on."""

    def failed(self, model: str, failure: JobError) -> None:
        """A model failed: no more results will come from it."""


class MapCollector(FaceListener):
    """Keeps the maps of one face, and the failures, by model.

    Args:
        show: called with a model and how far its work has come.
    """

    def __init__(self, show: Callable[[str, JobProgress], None]) -> None:
        self.found: dict[str, FaceExplanation] = {}
        self.failures: dict[str, JobError] = {}
        self._show = show

    def progress(self, model: str, stage: JobProgress) -> None:
        """Pass it on."""
        self._show(model, stage)

    def maps(self, model: str, explained: FaceExplanation) -> None:
        """Keep the maps."""
        self.found[model] = explained

    def failed(self, model: str, failure: JobError) -> None:
        """Keep the failure for the page to show."""
        self.failures[model] = failure


def explain(job: ExplainFace, listener: FaceListener) -> None:
    """Where models look on a face and whether that is why, from this session or from the model process.

    Cached results are delivered at once, the maps of all models before their evidence. What arrived before a
    failure is kept.

    Args:
        job: what is wanted.
        listener: receives each piece. No ``JobError`` is raised: it receives each model's failure too.
    """
    arrivals = _Arrivals(job, listener)
    left = arrivals.tell_known()
    if not left:
        return
    try:
        session.run_job(replace(job, requests=left), arrivals.advance, arrivals.take)
    except JobError as failure:
        for request in left:
            arrivals.fail(request.model, failure)


def is_known(job: ExplainFace) -> bool:
    """Whether ``explain`` would deliver everything at once."""
    return not _Arrivals(job, FaceListener()).tell_known()


class _Arrivals:
    """Which results for a face have arrived and which are pending; every piece is cached in the session."""

    def __init__(self, job: ExplainFace, listener: FaceListener) -> None:
        self._job, self._listener = job, listener
        self._requests = {request.model: request for request in job.requests}
        self._open: dict[str, ModelRequest] = {}
        self._maps: dict[str, FaceExplanation] = {}
        self._early: dict[str, Evidence] = {}

    def tell_known(self) -> tuple[ModelRequest, ...]:
        """Deliver what is cached; returns the requests that are left."""
        for request in self._job.requests:
            self._open[request.model] = request
        for request in self._job.requests:
            maps, evidence = self._known(request)
            if evidence and request.test:
                self._early[request.model] = evidence
                self._close(request.model, test=True)
            if maps:
                self._add_maps(request.model, maps)
        left = tuple(self._open.values())
        self._tell_early()
        return left

    def advance(self, stage: JobProgress) -> None:
        """Progress of the model process; a model that has delivered everything makes no more."""
        model = stage.model or next(iter(self._open), "")
        if model in self._open:
            self._listener.progress(model, stage)

    def take(self, part: ResultPart) -> None:
        """A piece has arrived."""
        match part.value:
            case Preview() as preview:
                self._listener.preview(part.name, preview)
            case FaceExplanation() as maps:
                self._add_maps(part.name, maps)
                self._tell_early()
            case Evidence() as evidence:
                self._close(part.name, test=True)
                self._tell(part.name, evidence)
            case Refusal(error, sentence):
                self.fail(part.name, JobError("refused", error=error, sentence=sentence))

    def fail(self, model: str, failure: JobError) -> None:
        """No more results will come from a model; reported once."""
        if self._open.pop(model, None):
            self._early.pop(model, None)
            self._listener.failed(model, failure)
            self._tell_early()

    def _known(self, request: ModelRequest) -> tuple[FaceExplanation | None, Evidence | None]:
        maps = cache_of("explanation").get(self._maps_key(request.model))
        evidence = cache_of("evidence").get(_evidence_key(self._job.face, request))
        return (
            maps or PREFETCHED.maps(self._job, request),
            evidence or PREFETCHED.evidence(self._job, request),
        )

    def _add_maps(self, model: str, maps: FaceExplanation) -> None:
        whole = cached("explanation", self._maps_key(model), lambda: maps.of_face(self._job.face))
        self._maps[model] = whole
        if model in self._open and self._open[model].maps:
            self._close(model, maps=True)
            self._listener.maps(model, whole)

    def _tell_early(self) -> None:
        """Deliver cached evidence once no more maps are pending, as new evidence is."""
        if not any(request.maps for request in self._open.values()):
            for model in tuple(self._early):
                self._tell(model, self._early.pop(model))

    def _tell(self, model: str, evidence: Evidence) -> None:
        request = self._requests[model]
        cached("evidence", _evidence_key(self._job.face, request), lambda: evidence)
        if maps := self._maps.get(model):
            evidence = replace(evidence, flags=saliency_disagreements(evidence, maps.explanation))
        self._listener.evidence(model, evidence)

    def _close(self, model: str, *, maps: bool = False, test: bool = False) -> None:
        """Mark a model's maps or test as received."""
        left = self._open[model]
        left = replace(left, maps=left.maps and not maps, test=left.test and not test)
        self._open[model] = left
        if not (left.maps or left.test):
            del self._open[model]

    def _maps_key(self, model: str) -> Hashable:
        job, request = self._job, self._requests[model]
        asked = (request.target, request.against)
        return (_face_key(job.face), model, *asked, job.methods, _settings(job.options))


def explain_references(face: Face, show: Callable[[JobProgress], None]) -> tuple[FaceExplanation, ...]:
    """A known-honest and a known-cheating model on a face; ``show`` and errors as of ``analyze_photo``."""
    job = ExplainReferences(face)
    return cached(
        "references",
        _face_key(face),
        lambda: cast(tuple[FaceExplanation, ...], session.run_job(job, show)),
    )


def has_references(face: Face) -> bool:
    """Whether the result of ``explain_references`` is cached."""
    return _face_key(face) in cache_of("references")


def check_faithfulness(maps: Explanation, show: Callable[[JobProgress], None]) -> Mapping[str, MapCheck]:
    """Whether maps are faithful to their model; ``show`` and errors as of ``session.analyze_photo``."""
    job = CheckFaithfulness(maps.face, maps.provenance.model, maps.target, _options_of(maps))

    def ask() -> Mapping[str, MapCheck]:
        return PREFETCHED.checks(job) or cast(Mapping[str, MapCheck], session.run_job(job, show))

    return cached("check", _check_key(maps), ask)


def explain_classes(
    job: ExplainClasses, show: Callable[[JobProgress], None]
) -> tuple[Heatmap | Refusal, ...]:
    """One method's maps for several classes; ``show`` and errors as of ``session.analyze_photo``."""
    left = tuple(each for each in job.targets if known_class_map(job, each) is None)
    if left:
        found = cast(tuple[Heatmap | Refusal, ...], session.run_job(replace(job, targets=left), show))
        made = dict(zip(left, found, strict=True))
        for target in left:
            cached("class map", _class_map_key(job, target), partial(made.__getitem__, target))
    return tuple(one for each in job.targets if (one := known_class_map(job, each)) is not None)


def known_class_map(job: ExplainClasses, target: str | None) -> Heatmap | Refusal | None:
    """The map for one class, or why there is none, where that is cached in this session."""
    kept = cache_of("class map").get(_class_map_key(job, target))
    return cast("Heatmap | Refusal | None", kept)


def check_map(face: Face, model: str, heatmap: Heatmap, show: Callable[[JobProgress], None]) -> MapCheck:
    """Whether one map is faithful to its model; ``show`` and errors as of ``session.analyze_photo``."""
    job = CheckFaithfulness(face, model, heatmap.target, {heatmap.method: heatmap.params})

    def ask() -> MapCheck:
        return cast(Mapping[str, MapCheck], session.run_job(job, show))[heatmap.method]

    return cached("check", _map_check_key(face, model, heatmap), ask)


def known_check(face: Face, model: str, heatmap: Heatmap) -> MapCheck | None:
    """The result of ``check_map``, where that is cached in this session."""
    return cast("MapCheck | None", cache_of("check").get(_map_check_key(face, model, heatmap)))


def has_check(maps: Explanation) -> bool:
    """Whether the result of ``check_faithfulness`` is cached in this session."""
    return _check_key(maps) in cache_of("check")


def known_evidence(face: Face, request: ModelRequest) -> Evidence | None:
    """What a model's answer about a face rests on, where that was measured already; runs nothing."""
    kept = cache_of("evidence").get(_evidence_key(face, request))
    return kept or PREFETCHED.evidence(ExplainFace(face, (request,), ()), request)


def _face_key(face: Face) -> Hashable:
    """Cache key: the same for the same crop of the same photo."""
    return (face.photo_sha256, face.turn, tuple(face.crop_box.as_list()))


def _evidence_key(face: Face, request: ModelRequest) -> Hashable:
    return (_face_key(face), request.model, request.target)


def _class_map_key(job: ExplainClasses, target: str | None) -> Hashable:
    return (_face_key(job.face), job.model, job.method, target)


def _map_check_key(face: Face, model: str, heatmap: Heatmap) -> Hashable:
    return ("one map", _face_key(face), model, heatmap.target, _settings({heatmap.method: heatmap.params}))


def _settings(options: Options) -> Hashable:
    return tuple((method, *sorted(values.items())) for method, values in sorted(options.items()))


def _options_of(maps: Explanation) -> Options:
    return {name: heatmap.params for name, heatmap in maps.heatmaps.items()}


def _check_key(maps: Explanation) -> Hashable:
    return (_face_key(maps.face), maps.provenance.model, maps.target, _settings(_options_of(maps)))
