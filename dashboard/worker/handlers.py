"""Job handlers of the model process. Only ``process`` imports it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageOps

from dashboard.worker.audit_jobs import AuditJob
from dashboard.worker.counterfactual_jobs import ClassifyCrop, CoverJob, PrepareFills, RunProbe
from dashboard.worker.jobs import (
    COMPARED,
    DISPLAY_SIDE,
    METHODS_SHOWN,
    READING,
    AnalyzePhoto,
    AnalyzeSample,
    CheckFaithfulness,
    ExplainClasses,
    ExplainFace,
    ExplainReferences,
    FaceExplanation,
    Job,
    JobProgress,
    ModelRequest,
    PhotoAnalysis,
    ProgressCallback,
    Refusal,
    Thumbnail,
)
from dashboard.worker.model_jobs import ModelJob
from dashboard.worker.model_pool import ModelPool
from dashboard.worker.quiz_questions import ExplainControl
from dashboard.worker.results import MapCheck, ShortcutRound, ShortcutRoundRequest
from xai.errors import XaiError
from xai.photo.images import encode_jpeg, read_image
from xai.photo.samples import SAMPLES
from xai.types import Faces, Heatmap, Image, Prediction

__all__ = ["handle", "warm_up"]


def warm_up(models: ModelPool, tell: ProgressCallback) -> None:
    """Run once what the first page needs, then announce that all is ready.

    The first face and the first map of every network take longer: memory is allocated, kernels are selected,
    detectors are loaded. Skipped where a visitor's job has done it already.
    """
    try:
        if not models.explained:
            look = AnalyzeSample(next(iter(SAMPLES)), models.names[:1])
            faces = cast(PhotoAnalysis, handle(look, models, tell)).faces
            wanted = tuple(ModelRequest(name, test=False) for name in models.names[:COMPARED])
            for face in faces[:1]:
                handle(ExplainFace(face, wanted, METHODS_SHOWN), models, tell)
    finally:
        models.say(loading=False)


def handle(job: Job, models: ModelPool, tell: ProgressCallback) -> object:
    """Run one job.

    Args:
        job: what is to be done.
        models: where the classifiers are.
        tell: called with the stages and with partial results; raises ``Cancelled`` when the job is no longer
            wanted.

    Raises:
        XaiError: with a sentence for the visitor.
    """
    return _HANDLERS[type(job)](job, models, tell)


def _look_at_photo(job: AnalyzePhoto, models: ModelPool, tell: ProgressCallback) -> PhotoAnalysis:
    tell(JobProgress(READING))
    return _look(read_image(job.data), job, models, tell)


def _look_at_sample(job: AnalyzeSample, models: ModelPool, tell: ProgressCallback) -> PhotoAnalysis:
    from xai.photo.sample_rendering import load_sample  # noqa: PLC0415 - loads OpenCV

    return _look(load_sample(job.sample), job, models, tell)


def _look(
    image: Image, job: AnalyzePhoto | AnalyzeSample, models: ModelPool, tell: ProgressCallback
) -> PhotoAnalysis:
    from xai.evidence.interventions.feasibility import check_feasibility  # noqa: PLC0415 - loads OpenCV

    tell(JobProgress("finding"))
    image, faces = _find(image, job)
    predictions, problems = _ask(job.models if faces else (), faces, models, tell)
    picture, scale = _reduced(image.pixels)
    return PhotoAnalysis(
        sha256=image.sha256,
        picture=encode_jpeg(picture),
        scale=scale,
        faces=faces,
        notices=(*image.notices, *faces.notices),
        predictions=predictions,
        problems=problems,
        turn=image.turn,
        testable=tuple(check_feasibility(face, reveal=False).holds for face in faces),
    )


def _find(image: Image, job: AnalyzePhoto | AnalyzeSample) -> tuple[Image, Faces]:
    """The photo as it is turned in the end, and its faces."""
    from xai.photo.faces import set_by_hand, whole_photo  # noqa: PLC0415 - loads OpenCV
    from xai.photo.orientation import find_faces_upright, turn_photo  # noqa: PLC0415 - loads OpenCV

    if job.whole:
        image = turn_photo(image, job.turn % 4)
        return image, Faces([whole_photo(image)])
    image, found = find_faces_upright(image, job.turn % 4 if job.turn else None)
    return image, set_by_hand(image, found, {each.number: each.box for each in job.boxes})


def _ask(
    names: tuple[str, ...], faces: Faces, models: ModelPool, tell: ProgressCallback
) -> tuple[Mapping[str, tuple[Prediction, ...]], tuple[str, ...]]:
    predictions: dict[str, tuple[Prediction, ...]] = {}
    problems: list[str] = []
    for name in names:
        tell(JobProgress("asking" if models.has(name) else "loading"))
        try:
            predictions[name] = models.get(name).predict([face.crop for face in faces])
        except XaiError as problem:
            problems.append(str(problem))
    return predictions, tuple(problems)


def _reduced(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """The picture reduced to at most ``DISPLAY_SIDE``, and the scale factor."""
    scale = min(1.0, DISPLAY_SIDE / max(pixels.shape[:2]))
    if scale == 1.0:
        return pixels, scale
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = Pictures.fromarray(pixels).resize(size, Pictures.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(small), scale


def _thumbnail(job: Thumbnail, _models: ModelPool, _tell: ProgressCallback) -> bytes:
    from xai.photo.sample_rendering import load_sample  # noqa: PLC0415 - loads OpenCV

    stream = io.BytesIO()
    # Streamlit serves a JPEG as it is; any other format it would convert at every run.
    _small(Pictures.fromarray(load_sample(job.sample).pixels), job.side).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _line_up(job: ShortcutRoundRequest, _models: ModelPool, tell: ProgressCallback) -> ShortcutRound:
    tell(JobProgress("loading"))
    from dashboard.worker.tasks.shortcut_game import build_round  # noqa: PLC0415 - loads torch

    tell(JobProgress("asking"))
    return build_round(job)


def _cover(job: CoverJob, models: ModelPool, tell: ProgressCallback) -> object:
    model = None if isinstance(job, PrepareFills) else job.model
    tell(JobProgress("loading" if model is None or not models.has(model) else "asking"))
    from dashboard.worker.tasks import counterfactuals  # noqa: PLC0415 - loads torch

    return counterfactuals.handle(job, None if model is None else models.get(model), tell)


def _explain(job: ExplainFace, models: ModelPool, tell: ProgressCallback) -> None:
    models.explained = True
    tell(JobProgress("explaining" if models.has(job.requests[0].model) else "loading"))
    from dashboard.worker.tasks import explain  # noqa: PLC0415 - loads torch

    explain.explain(job, models, tell)


def _explain_classes(
    job: ExplainClasses, models: ModelPool, tell: ProgressCallback
) -> tuple[Heatmap | Refusal, ...]:
    tell(JobProgress("explaining" if models.has(job.model) else "loading", model=job.model))
    from dashboard.worker.tasks import explain  # noqa: PLC0415 - loads torch

    return explain.classes(job, models.get(job.model), tell)


def _check(job: CheckFaithfulness, models: ModelPool, tell: ProgressCallback) -> Mapping[str, MapCheck]:
    from dashboard.worker.tasks import explain  # noqa: PLC0415 - loads torch

    return explain.check(job, models.get(job.model), tell)


def _references(
    job: ExplainReferences, _models: ModelPool, tell: ProgressCallback
) -> tuple[FaceExplanation, ...]:
    from dashboard.worker.tasks import explain  # noqa: PLC0415 - loads torch

    return explain.references(job, tell)


def _control(job: ExplainControl, _models: ModelPool, tell: ProgressCallback) -> FaceExplanation:
    from dashboard.worker.tasks import explain  # noqa: PLC0415 - loads torch

    return explain.control(job, tell)


def _audit(job: AuditJob, models: ModelPool, tell: ProgressCallback) -> object:
    tell(JobProgress("auditing"))
    from dashboard.worker.tasks import audit  # noqa: PLC0415 - loads torch

    return audit.handle(job, models, tell)


def _change_models(job: ModelJob, models: ModelPool, tell: ProgressCallback) -> str:
    tell(JobProgress("loading"))
    from dashboard.worker.tasks import models as tasks  # noqa: PLC0415 - loads torch

    return tasks.handle(job, models)


def _small(picture: Pictures.Image, side: int) -> Pictures.Image:
    """Portraits are cropped to a square from the top; people side by side to a 2:1 strip."""
    wide = picture.width > 1.3 * picture.height
    return ImageOps.fit(picture, (2 * side if wide else side, side), centering=(0.5, 0.0))


Handler = Callable[[Any, ModelPool, ProgressCallback], object]

_HANDLERS: Mapping[type, Handler] = {
    AnalyzePhoto: _look_at_photo,
    AnalyzeSample: _look_at_sample,
    Thumbnail: _thumbnail,
    ShortcutRoundRequest: _line_up,
    ExplainFace: _explain,
    ExplainClasses: _explain_classes,
    CheckFaithfulness: _check,
    ExplainReferences: _references,
    ExplainControl: _control,
    PrepareFills: _cover,
    ClassifyCrop: _cover,
    RunProbe: _cover,
    **dict.fromkeys(get_args(AuditJob), _audit),
    **dict.fromkeys(get_args(ModelJob), _change_models),
}
"""Type of job -> its handler."""
