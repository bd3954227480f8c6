"""What the server asks of the model process, and what comes back.

Both sides speak in these values and in those of ``xai.types``; they are pickled over a pipe, so they hold
numbers, names and small pictures and nothing else. Importing this module is cheap: no torch, no OpenCV.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures

from dashboard.worker.counterfactual_jobs import CoverJob
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
    "ExplainFace",
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
"""Longest side, in pixels, of the picture that goes back to be shown."""

READING = "reading"
"""The stage in which the bytes of a stranger are decoded; it has a time limit of its own."""

Options = Mapping[str, Mapping[str, float | int | str]]
"""Method name -> parameter name -> value."""


@dataclass(frozen=True)
class ManualBox:
    """A face whose box a visitor set.

    Attributes:
        number: which of the found faces it stands for, from 0; one that follows the last is added.
        box: round the face, in photo pixels.
    """

    number: int
    box: Box


@dataclass(frozen=True)
class AnalyzePhoto:
    """Read a photo, find its faces, and ask the models about each.

    Attributes:
        data: the bytes as they were uploaded.
        models: names of the models to ask; with none, no model is waited for.
        whole: take the whole picture as one face instead of looking for faces.
        boxes: faces whose boxes were set by hand, in the order of their numbers.
    """

    data: bytes = field(repr=False)
    models: tuple[str, ...]
    whole: bool = False
    boxes: tuple[ManualBox, ...] = ()


@dataclass(frozen=True)
class AnalyzeSample:
    """The same as ``AnalyzePhoto`` for a picture of the gallery, by its id."""

    sample: str
    models: tuple[str, ...]
    whole: bool = False
    boxes: tuple[ManualBox, ...] = ()


@dataclass(frozen=True)
class Thumbnail:
    """Draw a picture of the gallery small: the bytes of a JPEG; a square, or two squares for several people.

    Attributes:
        sample: its id.
        side: in pixels.
    """

    sample: str
    side: int


@dataclass(frozen=True)
class ModelRequest:
    """What is wanted of one model about a face.

    Attributes:
        model: its name.
        target: class to explain, or None for the model's own answer.
        maps: whether its maps are wanted.
        test: whether it is to be tested what its answer rests on.
    """

    model: str
    target: str | None = None
    maps: bool = True
    test: bool = True


@dataclass(frozen=True, eq=False)
class ExplainFace:
    """Find out where models look on one face, and whether that is why; the result is None.

    Everything comes as a ``ResultPart`` named after its model as soon as it is there: a ``Prediction``, a
    ``Preview``, ``FaceExplanation`` without the crop, ``Evidence``; or a ``Refusal``, and then nothing more
    of this model. First the maps of all models, then the tests. What is painted on the face is made once.

    Attributes:
        face: the face, with its crop.
        requests: one per model, in the order in which they are wanted.
        methods: names in ``METHODS``, of the maps.
        options: parameters that differ from the methods' defaults.
        previews: whether maps are shown on their way.
    """

    face: Face = field(repr=False)
    requests: tuple[ModelRequest, ...]
    methods: tuple[str, ...]
    options: Options = field(default_factory=dict)
    previews: bool = False


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


Job = (
    CoverJob
    | ShortcutRoundRequest
    | AnalyzePhoto
    | AnalyzeSample
    | Thumbnail
    | ExplainFace
    | CheckFaithfulness
)


@dataclass(frozen=True, eq=False)
class PhotoAnalysis:
    """What is in a photo.

    Attributes:
        sha256: digest of the photo's bytes.
        picture: a JPEG file, the photo reduced to at most ``DISPLAY_SIDE``.
        scale: pixels of ``picture`` per pixel of the photo, 0 < scale <= 1.
        faces: the faces, boxes in pixels of the photo.
        notices: sentences about how the photo was read and its faces were found.
        predictions: model -> one prediction per face. A model that could not answer is absent.
        problems: one sentence for each model that could not answer.
    """

    sha256: str
    picture: bytes = field(repr=False)
    scale: float
    faces: Faces
    notices: tuple[str, ...]
    predictions: Mapping[str, tuple[Prediction, ...]]
    problems: tuple[str, ...] = ()

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """``picture`` as RGB uint8 ``(H, W, 3)``."""
        return np.asarray(Pictures.open(io.BytesIO(self.picture)))


@dataclass(frozen=True, eq=False)
class FaceExplanation:
    """An explanation, with the regions its shares were counted in.

    Attributes:
        explanation: what was measured.
        regions: int8 ``(S, S)`` on the crop, index into ``xai.types.REGIONS``; None without landmarks.
        passes: through the network that the maps took.
        check_passes: through a network that ``CheckFaithfulness`` would take.
    """

    explanation: Explanation
    regions: NDArray[np.int8] | None
    passes: int
    check_passes: int

    @property
    def check_seconds(self) -> float:
        """How long ``CheckFaithfulness`` would take at the speed at which the maps were made."""
        return self.check_passes * sum(self.explanation.provenance.seconds.values()) / self.passes

    def of_face(self, face: Face) -> FaceExplanation:
        """The same with ``face`` as the face. The crop need not travel back to the server that sent it."""
        return replace(self, explanation=replace(self.explanation, face=face))


NO_CROP = np.zeros((1, 1, 3), np.uint8)
"""Stands for the crop of a face on its way back to the server."""


@dataclass(frozen=True)
class Refusal:
    """Why there is nothing of one model.

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
            ``checking`` or ``trying``.
        done: of ``total``, in the stage's own unit (jobs ahead for ``waiting``, else changed copies).
        total: 0 where there is nothing to count.
        model: whose work it is, where a job is about several.
    """

    name: str
    done: int = 0
    total: int = 0
    model: str = ""


@dataclass(frozen=True, eq=False)
class ResultPart:
    """One piece of a result that comes in pieces.

    Attributes:
        name: whose it is, a model's name.
        value: the piece.
    """

    name: str
    value: object


ProgressCallback = Callable[[JobProgress | ResultPart], None]
"""How the model process reports; what it calls may raise ``Cancelled``."""


@dataclass(frozen=True)
class ModelStatus:
    """Which models are in memory.

    Attributes:
        ready: names of the models that can answer at once.
        loading: whether more are on their way.
        problems: one sentence for each model that was left out.
    """

    ready: tuple[str, ...] = ()
    loading: bool = True
    problems: tuple[str, ...] = ()
