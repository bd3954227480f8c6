"""How the model process judges: the verdict on a model's answer, and the checks of its maps.

Brings torch; only ``dashboard.work`` imports it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dashboard.jobs import CheckMaps, Examine, Part, Stage, Tell
from dashboard.map_checks import CurveCheck, MapCheck
from xai.attribution.methods import METHODS
from xai.evidence.faithfulness.deletion_insertion import CurveTest
from xai.evidence.faithfulness.suite import Faithfulness, cost, faithfulness
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.verdict.run import examine, turned_face
from xai.evidence.verdict.saliency_flags import witness_flags
from xai.models.classifiers import Classifier
from xai.photo.regions import REGION_SUMS
from xai.types import Explanation

__all__ = ["check", "judge", "passes_of"]


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
