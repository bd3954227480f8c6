"""Explanation handlers of the model process: maps with previews, the verdict, the checks of maps.

Loads torch; only ``handlers`` imports it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.jobs import (
    METHODS_SHOWN,
    NO_CROP,
    CheckFaithfulness,
    ExplainClasses,
    ExplainFace,
    ExplainReferences,
    FaceExplanation,
    JobProgress,
    ProgressCallback,
    Refusal,
    ResultPart,
)
from dashboard.worker.model_pool import ModelPool
from dashboard.worker.quiz_questions import CUES as QUIZ_CUES
from dashboard.worker.quiz_questions import ExplainControl
from dashboard.worker.results import CurveCheck, MapCheck
from xai.attribution.methods import METHODS
from xai.errors import MapRefused, XaiError
from xai.evidence.faithfulness.deletion_insertion import CurveTest
from xai.evidence.faithfulness.suite import Faithfulness, cost, faithfulness
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.verdict.run import turned_face
from xai.models.classifiers import Classifier
from xai.models.ground_truth.photo_cues import CUES, plant
from xai.models.ground_truth.photo_networks import photo_networks
from xai.partial_results import Advance, PartialResult
from xai.photo.faces import find_faces
from xai.photo.regions import counted_regions
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES
from xai.pipeline import Pair, Wanted, explain_all, explain_maps, explain_stream, maps_of_all
from xai.types import REGION_SUMS, REGIONS, Explanation, Face, Heatmap

__all__ = ["check", "classes", "control", "explain", "passes_of", "references"]

_HONEST, _CHEAT = "honest_residual", "frame_full"
"""Networks of ``PHOTO_KINDS``: one follows the lower face, the other reads the picture's frame."""

_STAGES = {"maps": "explaining", "test": "examining"}
"""Phase of the library -> stage of the job."""


def explain(job: ExplainFace, models: ModelPool, tell: ProgressCallback) -> None:
    """Send the results of ``ExplainFace``, piece by piece."""
    names: list[str] = []
    edits = FaceEdits(job.face)

    def pairs() -> Iterator[Pair]:
        """Lazily, so that the second model may still be loading when the first has its maps."""
        for request in job.requests:
            if not models.has(request.model):
                tell(JobProgress("loading", model=request.model))
            try:
                classifier = models.get(request.model)
            except XaiError as refusal:
                tell(ResultPart(request.model, _refused(refusal)))
                continue
            names.append(request.model)
            yield Pair(
                edits, classifier, request.target, request.against, maps=request.maps, test=request.test
            )

    def hand_over(which: int, piece: PartialResult) -> None:
        if isinstance(piece, Advance):
            tell(JobProgress(_STAGES[piece.phase], piece.done, piece.total, names[which]))
        elif isinstance(piece, Explanation) and piece.refusals and not piece.heatmaps:
            raise MapRefused(next(iter(piece.refusals.values())))  # which comes back as this model's error
        elif isinstance(piece, Explanation):
            tell(ResultPart(names[which], _explained(piece, models.get(names[which]))))
        else:
            tell(ResultPart(names[which], _refused(piece) if isinstance(piece, XaiError) else piece))

    explain_stream(pairs(), Wanted(job.methods, job.options, previews=job.previews), hand_over)


def classes(
    job: ExplainClasses, classifier: Classifier, tell: ProgressCallback
) -> tuple[Heatmap | Refusal, ...]:
    """The maps of ``ExplainClasses``, in the order of its targets."""
    edits = FaceEdits(job.face)
    pairs = [Pair(edits, classifier, target) for target in job.targets]
    made = maps_of_all(
        pairs,
        Wanted((job.method,)),
        lambda done, total: tell(JobProgress("explaining", done, total, job.model)),
    )
    return tuple(
        each.heatmaps[job.method]
        if job.method in each.heatmaps
        else Refusal(MapRefused.__name__, each.refusals[job.method])
        for each in made
    )


def _refused(error: XaiError) -> Refusal:
    return Refusal(type(error).__name__, str(error))


def _explained(made: Explanation, classifier: Classifier) -> FaceExplanation:
    """The maps without the crop, which the server has."""
    explained = FaceExplanation(made, _regions(made.face), *passes_of(made, classifier))
    return explained.of_face(replace(made.face, crop=NO_CROP))


def _regions(face: Face) -> NDArray[np.int8] | None:
    masks = counted_regions(face)
    if masks is None:
        return None
    drawn = np.full(face.crop.shape[:2], REGIONS.index("elsewhere"), np.int8)
    for name, mask in masks.items():
        drawn[mask] = REGIONS.index(name)
    return drawn


def check(job: CheckFaithfulness, classifier: Classifier, tell: ProgressCallback) -> dict[str, MapCheck]:
    """Method -> results of its map's checks. The maps are computed again: they are large, and would have to
    be sent back by the server.
    """
    began = time.perf_counter()
    tell(JobProgress("checking"))
    edits = FaceEdits(job.face)
    maps = explain_maps(edits, classifier, tuple(job.options), job.target, options=job.options)
    found = faithfulness(
        job.face,
        classifier,
        maps,
        progress=lambda done, total: tell(JobProgress("checking", done, total)),
        turned=turned_face(edits, job.target),
    )
    seconds = time.perf_counter() - began
    return {method: _map_check(each, seconds) for method, each in found.items()}


def references(job: ExplainReferences, tell: ProgressCallback) -> tuple[FaceExplanation, ...]:
    """The two control models on one face: the honest one, and the shortcut learner with its cue planted."""
    tell(JobProgress("explaining"))
    known = {network.name: network for network in photo_networks()}
    honest, cheat = known[_HONEST], known[_CHEAT]
    label = honest.classifier.predict([job.face.crop])[0].label
    planted = replace(job.face, crop=cheat.plant(job.face.crop, label, job.face.landmarks))
    return _with_evidence([(job.face, honest.classifier), (planted, cheat.classifier)], tell)


def control(job: ExplainControl, tell: ProgressCallback) -> FaceExplanation:
    """A control model on a sample that carries every cue of the quiz, each of the true class."""
    tell(JobProgress("explaining"))
    network = next(network for network in photo_networks() if network.name == job.network)
    face, truth = find_faces(load_sample(job.sample))[0], SAMPLES[job.sample].truth[0]
    for cue in QUIZ_CUES:
        face = replace(face, crop=plant(CUES[cue], face.crop, truth, face.landmarks))
    return _with_evidence([(face, network.classifier)], tell)[0]


def _with_evidence(
    asked: Sequence[tuple[Face, Classifier]], tell: ProgressCallback
) -> tuple[FaceExplanation, ...]:
    """Maps and evidence of control models, each on its face; the crops are part of the result."""
    made = explain_all(
        [Pair(FaceEdits(face), classifier) for face, classifier in asked],
        Wanted(METHODS_SHOWN),
        lambda done, total: tell(JobProgress("examining", done, total)),
    )
    return tuple(FaceExplanation(each, _regions(each.face), 1, 0) for each in made)


def passes_of(explanation: Explanation, classifier: Classifier) -> tuple[int, int]:
    """Forward passes that the maps took, and that ``check`` takes."""
    side = classifier.card.input_size
    maps = sum(METHODS[name].forwards(heatmap.params, side) for name, heatmap in explanation.heatmaps.items())
    return maps, cost(classifier, list(explanation.heatmaps))


def _map_check(found: Faithfulness, seconds: float) -> MapCheck:
    shares, parts = found.shares, REGION_SUMS["nose_and_mouth"]
    return MapCheck(
        deletion=_curve_check(found.deletion),
        insertion=_curve_check(found.insertion),
        likeness=found.randomisation.likeness,
        follows_weights=found.randomisation.follows_weights,
        noise=_least(found.stability.noise),
        shift=_least(found.stability.shift),
        share=shares.own.of(*parts)[0] if shares else None,
        expected=shares.expected(*parts) if shares else None,
        spread=shares.spread(*parts) if shares else None,
        turned=found.turned,
        seconds=seconds,
    )


def _curve_check(test: CurveTest) -> CurveCheck:
    return CurveCheck(
        changed=test.own.changed,
        own=test.own.probabilities,
        edges=test.edges.probabilities,
        random=np.mean([curve.probabilities for curve in test.random], axis=0),
        own_area=test.own.area,
        edge_area=test.edges.area,
        random_area=test.random_area,
        orders=len(test.random),
        beats_random=test.beats_random,
        beats_edges=None if test.beats_random is None else test.gain_over_edges > 0,
    )


def _least(likeness: tuple[float | None, ...]) -> float | None:
    return min((value for value in likeness if value is not None), default=None)
