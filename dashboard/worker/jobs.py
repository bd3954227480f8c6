"""What the server asks of the model process, and what comes back.

Both sides speak in these values and in those of ``xai.types``; they are pickled over a pipe, so they hold
numbers, names and small pictures and nothing else. Importing this module is cheap: no torch, no OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.counterfactual_jobs import CoverJob
from dashboard.worker.results import LineUp
from xai.evidence_types import Evidence
from xai.types import Box, Explanation, Face, Faces, Prediction

__all__ = [
    "DISPLAY_SIDE",
    "METHODS_SHOWN",
    "READING",
    "CheckMaps",
    "Examine",
    "Explain",
    "Explained",
    "HandBox",
    "Job",
    "Look",
    "ModelStatus",
    "Options",
    "Part",
    "SampleLook",
    "Seen",
    "Stage",
    "Tell",
    "Thumbnail",
]

METHODS_SHOWN = ("occlusion", "gradcam")
"""The maps of the first page, by name in ``METHODS``."""

DISPLAY_SIDE = 1280
"""Longest side, in pixels, of the picture that goes back to be shown."""

READING = "reading"
"""The stage in which the bytes of a stranger are decoded; it has a time limit of its own."""

Options = Mapping[str, Mapping[str, float | int | str]]
"""Method name -> parameter name -> value."""


@dataclass(frozen=True)
class HandBox:
    """A face whose box a visitor set.

    Attributes:
        number: which of the found faces it stands for, from 0; one that follows the last is added.
        box: round the face, in photo pixels.
    """

    number: int
    box: Box


@dataclass(frozen=True)
class Look:
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
    boxes: tuple[HandBox, ...] = ()


@dataclass(frozen=True)
class SampleLook:
    """The same as ``Look`` for a picture of the gallery, by its id."""

    sample: str
    models: tuple[str, ...]
    whole: bool = False
    boxes: tuple[HandBox, ...] = ()


@dataclass(frozen=True)
class Thumbnail:
    """Draw a picture of the gallery small: the bytes of a JPEG; a square, or two squares for several people.

    Attributes:
        sample: its id.
        side: in pixels.
    """

    sample: str
    side: int


@dataclass(frozen=True, eq=False)
class Explain:
    """Find out where one model looks on one face; the result is ``Explained``.

    Attributes:
        face: the face, with its crop.
        model: name of the model.
        methods: names in ``METHODS``.
        target: class to explain, or None for the model's own answer.
        options: parameters that differ from the methods' defaults.
        glimpse: whether a ``Preview`` is to come as a ``Part`` before the maps are done.
    """

    face: Face = field(repr=False)
    model: str
    methods: tuple[str, ...]
    target: str | None
    options: Options
    glimpse: bool = False


@dataclass(frozen=True, eq=False)
class Examine:
    """Test what the answers of several models about one face rest on.

    Each model's ``Evidence`` comes as a ``Part`` named after it as soon as it is there; the result is None.
    One job for all, because what is painted on the face is made once and gone when the job is over.

    Attributes:
        face: the face, with its crop.
        maps: model -> its maps of this face, the second witness; their target is the class under test.
        known: model -> evidence that was found before, to which only the second witness is to be heard.
    """

    face: Face = field(repr=False)
    maps: Mapping[str, Explanation]
    known: Mapping[str, Evidence]


@dataclass(frozen=True, eq=False)
class CheckMaps:
    """Check whether maps are faithful to their model; the result is method -> ``MapCheck``.

    Attributes:
        maps: the maps, with their face and the name of their model.
    """

    maps: Explanation = field(repr=False)


Job = CoverJob | LineUp | Look | SampleLook | Thumbnail | Explain | Examine | CheckMaps


@dataclass(frozen=True, eq=False)
class Seen:
    """What is in a photo.

    Attributes:
        sha256: digest of the photo's bytes.
        picture: RGB uint8 ``(H, W, 3)``, the photo reduced to at most ``DISPLAY_SIDE``.
        scale: pixels of ``picture`` per pixel of the photo, 0 < scale <= 1.
        faces: the faces, boxes in pixels of the photo.
        notices: sentences about how the photo was read and its faces were found.
        predictions: model -> one prediction per face. A model that could not answer is absent.
        problems: one sentence for each model that could not answer.
    """

    sha256: str
    picture: NDArray[np.uint8]
    scale: float
    faces: Faces
    notices: tuple[str, ...]
    predictions: Mapping[str, tuple[Prediction, ...]]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Explained:
    """An explanation, with the regions its shares were counted in.

    Attributes:
        explanation: what was measured.
        regions: int8 ``(S, S)`` on the crop, index into ``xai.types.REGIONS``; None without landmarks.
        passes: through the network that the maps took.
        check_passes: through a network that ``CheckMaps`` would take.
    """

    explanation: Explanation
    regions: NDArray[np.int8] | None
    passes: int
    check_passes: int

    @property
    def check_seconds(self) -> float:
        """How long ``CheckMaps`` would take at the speed at which the maps were made."""
        return self.check_passes * sum(self.explanation.provenance.seconds.values()) / self.passes


@dataclass(frozen=True)
class Stage:
    """How far a job has come.

    Attributes:
        name: ``waiting``, ``loading``, ``reading``, ``finding``, ``asking``, ``explaining``, ``examining``,
            ``checking`` or ``trying``.
        done: of ``total``, in the stage's own unit (jobs ahead for ``waiting``, else changed copies).
        total: 0 where there is nothing to count.
    """

    name: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, eq=False)
class Part:
    """One piece of a result that comes in pieces.

    Attributes:
        name: whose it is, a model's name.
        value: the piece.
    """

    name: str
    value: object


Tell = Callable[[Stage | Part], None]
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
