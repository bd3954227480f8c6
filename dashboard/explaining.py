"""How the model process makes maps: previews on the way where they are wanted, then the maps.

Brings torch; only ``dashboard.work`` imports it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dashboard.jobs import Explain, Explained, Part, Stage, Tell
from dashboard.judging import passes_of
from dashboard.map_previews import Preview
from xai.evidence.interventions.face_edits import FaceEdits
from xai.explain import Pair, Wanted, maps_of_all
from xai.models.classifiers import Classifier
from xai.photo.regions import region_masks
from xai.types import REGIONS, Face, Heatmap, Prediction

__all__ = ["explain"]


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
