"""The jobs of the model process, and their results.

Both processes exchange these values and those of ``xai.types``; they are pickled over a pipe, so they hold
only numbers, names and small pictures. Cheap to import: no torch, no OpenCV.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures

from dashboard.worker.audit_jobs import AuditJob
from dashboard.worker.counterfactual_jobs import CoverJob
from dashboard.worker.model_jobs import ModelJob
from dashboard.worker.quiz_questions import ExplainControl
from dashboard.worker.results import ShortcutRoundRequest
from xai.attribution.methods import DEFAULT_METHODS
from xai.types import Box, Explanation, Face, Faces, Prediction

__all__ = [
    "COMPARED",
    "DISPLAY_SIDE",
    "METHODS_SHOWN",
    "NO_CROP",
    "READING",
    "AnalyzePhoto",
    "AnalyzeSample",
    "CheckFaithfulness",
    "ExplainClasses",
    "ExplainFace",
    "ExplainReferences",
    "FaceExplanation",
    "Job",
    "JobProgress",
    "ManualBox",
    "ModelRequest",
    "ModelStatus",
    "Options",
    "PhotoAnalysis",
    "ProgressCallback",
    "Refusal",
    "ResultPart",
    "Thumbnail",
]

METHODS_SHOWN = DEFAULT_METHODS
"""The maps of the first page, by name in ``METHODS``."""

COMPARED = 2
"""Models that the first page compares."""

DISPLAY_SIDE = 1280
"""Longest side, in pixels, of the picture returned for display."""

READING = "reading"
"""The stage in which untrusted bytes are decoded; it has a time limit of its own."""

Options = Mapping[str, Mapping[str, float | int | str]]
"""Method name -> parameter name -> value."""


@dataclass(frozen=True)
class ManualBox:
    """A face whose box a visitor set.

    Attributes:
        number: which of the detected faces it replaces, from 0; one past the last is added.
        box: of the face, in photo pixels.
    """

    number: int
    box: Box


@dataclass(frozen=True)
class AnalyzePhoto:
    """Read a photo, find its faces, and classify each.

    Attributes:
        data: the bytes as they were uploaded.
        models: names of the models to run; with none, no model is waited for.
        whole: take the whole picture as one face instead of looking for faces.
        boxes: faces whose boxes were set by hand, in the order of their numbers.
        turn: quarter turns clockwise that the visitor asked for, 1..4 (4: as it was read); 0 turns a photo
            whose faces lie on their side upright.
    """

    data: bytes = field(repr=False)
    models: tuple[str, ...]
    whole: bool = False
    boxes: tuple[ManualBox, ...] = ()
    turn: int = 0


@dataclass(frozen=True)
class AnalyzeSample:
    """The same as ``AnalyzePhoto`` for a picture of the gallery, by its id."""

    sample: str
    models: tuple[str, ...]
    whole: bool = False
    boxes: tuple[ManualBox, ...] = ()
    turn: int = 0


@dataclass(frozen=True)
class Thumbnail:
    """Render a thumbnail of a sample: the bytes of a JPEG; a square, or 2:1 for several people.

    Attributes:
        sample: its id.
        side: in pixels.
    """

    sample: str
    side: int


@dataclass(frozen=True)
class ModelRequest:
    """What one model is to compute for a face.

    Attributes:
        model: its name.
        target: class to explain, or None for the model's own answer.
        maps: whether its maps are wanted.
        test: whether to test what its answer depends on.
        against: a second class: its maps say why the target and not this one; None: why the target at all.
    """

    model: str
    target: str | None = None
    maps: bool = True
    test: bool = True
    against: str | None = None


@dataclass(frozen=True, eq=False)
class ExplainFace:
    """Find out where models look on one face, and whether that is why; the result is None.

    Results are sent as ``ResultPart`` values named after their model as soon as they are ready: a
    ``Prediction``, a ``Preview``, ``FaceExplanation`` without the crop, ``Evidence``; or a ``Refusal``, after
    which nothing more comes from this model. First the maps of all models, then the tests. The face's edits
    are made once.

    Attributes:
        face: the face, with its crop.
        requests: one per model, in order of priority.
        methods: names in ``METHODS``, of the maps.
        options: parameters that differ from the methods' defaults.
        previews: whether previews of maps are sent.
    """

    face: Face = field(repr=False)
    requests: tuple[ModelRequest, ...]
    methods: tuple[str, ...]
    options: Options = field(default_factory=dict)
    previews: bool = False


@dataclass(frozen=True, eq=False)
class ExplainClasses:
    """Make one method's maps of one model for several classes; the result is a ``Heatmap`` for each, or a
    ``Refusal``.

    Attributes:
        face: the face, with its crop.
        model: name of the model.
        method: name in ``METHODS``; its parameters are the defaults.
        targets: classes to explain; None: the model's own answer.
    """

    face: Face = field(repr=False)
    model: str
    method: str
    targets: tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class CheckFaithfulness:
    """Check whether maps are faithful to their model; the result is method -> ``MapCheck``.

    Attributes:
        face: the face, with its crop.
        model: name of the model.
        target: class that the maps explain.
        options: method -> parameters of its map, all of them.
    """

    face: Face = field(repr=False)
    model: str
    target: str
    options: Options


@dataclass(frozen=True)
class ExplainReferences:
    """Explain two control models on one face; the result is a ``FaceExplanation`` of each, with evidence.

    First an honest one; then a shortcut learner, on the same face with the cue it reads, which gives away the
    answer of the first. Their crops are part of the result.

    Attributes:
        face: the face, with its crop.
    """

    face: Face = field(repr=False)


Job = (
    CoverJob
    | AuditJob
    | ModelJob
    | ShortcutRoundRequest
    | ExplainControl
    | AnalyzePhoto
    | AnalyzeSample
    | Thumbnail
    | ExplainFace
    | ExplainClasses
    | CheckFaithfulness
    | ExplainReferences
)


@dataclass(frozen=True, eq=False)
class PhotoAnalysis:
    """The analysis of a photo.

    Attributes:
        sha256: digest of the photo's bytes.
        picture: a JPEG file, the photo reduced to at most ``DISPLAY_SIDE``.
        scale: pixels of ``picture`` per pixel of the photo, 0 < scale <= 1.
        faces: the faces, boxes in pixels of the photo (turned, where ``turn`` is not 0).
        notices: sentences about how the photo was read and its faces were found.
        predictions: model -> one prediction per face. A model that failed is absent.
        problems: one sentence for each model that failed.
        turn: quarter turns clockwise, 0..3, by which the photo was turned, whether asked for or found out.
        testable: one per face: whether it can be edited for a verdict, whatever the model.
    """

    sha256: str
    picture: bytes = field(repr=False)
    scale: float
    faces: Faces
    notices: tuple[str, ...]
    predictions: Mapping[str, tuple[Prediction, ...]]
    problems: tuple[str, ...] = ()
    turn: int = 0
    testable: tuple[bool, ...] = ()

    @property
    def best(self) -> int:
        """Index of the face to start with: the largest testable one, else the largest; 0 without faces."""
        numbers = [i for i, testable in enumerate(self.testable) if testable] or range(len(self.faces))
        return max(numbers, key=lambda i: self.faces[i].box.width * self.faces[i].box.height, default=0)

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """``picture`` as RGB uint8 ``(H, W, 3)``."""
        return np.asarray(Pictures.open(io.BytesIO(self.picture)))


@dataclass(frozen=True, eq=False)
class FaceExplanation:
    """An explanation, with the regions of its shares.

    Attributes:
        explanation: what was measured.
        regions: int8 ``(S, S)`` on the crop, index into ``xai.types.REGIONS``; None without an accepted mesh.
        passes: forward passes that the maps took.
        check_passes: forward passes that ``CheckFaithfulness`` would take.
    """

    explanation: Explanation
    regions: NDArray[np.int8] | None
    passes: int
    check_passes: int

    def of_face(self, face: Face) -> FaceExplanation:
        """The same with ``face`` as the face. The crop need not travel back to the server that sent it."""
        return replace(self, explanation=replace(self.explanation, face=face))


NO_CROP = np.zeros((1, 1, 3), np.uint8)
"""Placeholder for the crop in results sent to the server."""


@dataclass(frozen=True)
class Refusal:
    """Why there is no result from one model.

    Attributes:
        error: class of the library's error.
        sentence: its message.
    """

    error: str
    sentence: str


@dataclass(frozen=True)
class JobProgress:
    """How far a job has come.

    Attributes:
        name: ``waiting``, ``loading``, ``reading``, ``finding``, ``asking``, ``explaining``, ``examining``,
            ``checking``, ``trying`` or ``auditing``.
        done: of ``total``, in the stage's own unit (jobs ahead for ``waiting``, else edited copies).
        total: 0 where there is nothing to count.
        model: whose work it is, for a job with several.
    """

    name: str
    done: int = 0
    total: int = 0
    model: str = ""


@dataclass(frozen=True, eq=False)
class ResultPart:
    """A partial result.

    Attributes:
        name: the model's name.
        value: the partial result.
    """

    name: str
    value: object


ProgressCallback = Callable[[JobProgress | ResultPart], None]
"""How the model process reports progress and partial results; the callee may raise ``Cancelled``."""


@dataclass(frozen=True)
class ModelStatus:
    """Which models are in memory.

    Attributes:
        ready: names of the loaded models.
        loading: whether more are being loaded.
        problems: digest of a card (``Card.digest``) -> why its model could not be loaded, one sentence.
    """

    ready: tuple[str, ...] = ()
    loading: bool = True
    problems: Mapping[str, str] = field(default_factory=dict)
