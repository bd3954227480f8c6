"""How the model process explains: maps, with previews on the way; the verdict; the checks of maps.

Brings torch; only ``handlers`` imports it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.jobs import CheckMaps, Examine, Explain, Explained, Part, Stage, Tell
from dashboard.worker.results import CurveCheck, MapCheck, Preview
from xai.attribution.methods import METHODS
from xai.evidence.faithfulness.deletion_insertion import CurveTest
from xai.evidence.faithfulness.suite import Faithfulness, cost, faithfulness
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.verdict.run import examine, turned_face
from xai.evidence.verdict.saliency_flags import witness_flags
from xai.explain import Pair, Wanted, maps_of_all
from xai.models.classifiers import Classifier
from xai.photo.regions import REGION_SUMS, region_masks
from xai.types import REGIONS, Explanation, Face, Heatmap, Prediction

__all__ = ["check", "explain", "judge", "passes_of"]


def explain(job: Explain, classifier: Classifier, tell: Tell) -> Explained:
    """Make the maps that the job asks for; their previews go out as parts named after the model."""
    tell(Stage("explaining"))

    def glimpse(_which: int, prediction: Prediction, heatmap: Heatmap) -> None:
        tell(Part(job.model, Preview(prediction, heatmap)))

    wanted = Wanted(job.methods, job.target, job.options, glimpse=glimpse if job.glimpse else None)
    pair = Pair(FaceEdits(job.face), classifier)
    made = maps_of_all([pair], wanted, lambda done, total: tell(Stage("explaining", done, total)))[0]
    return Explained(made, _regions(job.face), *passes_of(made, classifier))


def _regions(face: Face) -> NDArray[np.int8] | None:
    masks = region_masks(face)
    if masks is None:
        return None
    drawn = np.full(face.crop.shape[:2], REGIONS.index("elsewhere"), np.int8)
    for name, mask in masks.items():
        drawn[mask] = REGIONS.index(name)
    return drawn


def judge(job: Examine, classifiers: Mapping[str, Classifier], tell: Tell) -> None:
    """Examine one model after the other and hand over each one's evidence; what is painted is shared."""
    edits = FaceEdits(job.face)
    for model, maps in job.maps.items():
        tell(Stage("examining"))
        evidence = job.known.get(model)
        if evidence is None:
            evidence = examine(
                edits,
                classifiers[model],
                maps.target,
                progress=lambda done, total: tell(Stage("examining", done, total)),
            )
        tell(Part(model, replace(evidence, flags=witness_flags(evidence, maps))))


def check(job: CheckMaps, classifier: Classifier, tell: Tell) -> dict[str, MapCheck]:
    """Method -> what the checks of its map found."""
    began = time.perf_counter()
    tell(Stage("checking"))
    found = faithfulness(
        job.maps.face,
        classifier,
        job.maps,
        progress=lambda done, total: tell(Stage("checking", done, total)),
        turned=turned_face(FaceEdits(job.maps.face), job.maps.target),
    )
    seconds = time.perf_counter() - began
    return {method: _map_check(each, seconds) for method, each in found.items()}


def passes_of(explanation: Explanation, classifier: Classifier) -> tuple[int, int]:
    """Passes through the network that the maps took, and that ``check`` takes."""
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
