"""Job handlers for the page "Cover it yourself". Only ``handlers`` imports it."""

from __future__ import annotations

import numpy as np

from dashboard.worker.counterfactual_jobs import (
    ClassifyCrop,
    CoverJob,
    FaceFills,
    PrepareFills,
    ProbeResult,
    RunProbe,
)
from dashboard.worker.jobs import JobProgress, ProgressCallback
from xai.evidence.counterfactuals.probes import COVER_FILLS, whatif
from xai.evidence.interventions.fills import neutral_fill
from xai.models.classifiers import Classifier
from xai.photo.images import encode_jpeg
from xai.photo.regions import region_masks
from xai.types import REGIONS, Face

__all__ = ["handle", "prepare"]


def prepare(face: Face) -> FaceFills:
    """The regions of a face, and the pixels of each cover fill."""
    masks = region_masks(face)
    contents = {fill: np.rint(neutral_fill(face, fill)).astype(np.uint8) for fill in COVER_FILLS}
    if masks is None:
        return FaceFills(None, contents)
    regions = np.select([masks[name] for name in REGIONS], range(len(REGIONS)))
    return FaceFills(regions.astype(np.int8), contents)


def handle(job: CoverJob, classifier: Classifier | None, tell: ProgressCallback) -> object:
    """Run one job of the page.

    Args:
        job: what is to be done.
        classifier: of the job; None where it names none.
        tell: as of ``handlers.handle``.

    Raises:
        XaiError: with a sentence for the visitor.
    """
    if isinstance(job, PrepareFills) or classifier is None:
        return prepare(job.face) if isinstance(job, PrepareFills) else None
    if isinstance(job, ClassifyCrop):
        return classifier.predict([job.picture])[0]
    return _try(job, classifier, tell)


def _try(job: RunProbe, classifier: Classifier, tell: ProgressCallback) -> ProbeResult:
    tell(JobProgress("trying"))
    found = whatif(
        job.face,
        classifier,
        job.probe,
        job.fill,
        lambda done, total: tell(JobProgress("trying", done, total)),
        drawn_as=job.drawn_as,
    )
    return ProbeResult(
        start=found.start,
        values=found.values,
        answers=found.answers,
        pictures=tuple(encode_jpeg(picture) for picture in found.pictures),
        cover=found.cover,
        flips_at=found.flips_at,
        edges=found.edges,
    )
