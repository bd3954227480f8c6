"""What the server asks of the model process, and what comes back.

Both sides speak in these values and in those of ``xai.types``; they are pickled over a pipe, so they hold
numbers, names and small pictures and nothing else. Importing this module is cheap: no torch, no OpenCV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xai.types import Explanation, Face, Faces, Prediction

__all__ = [
    "DISPLAY_SIDE",
    "READING",
    "Explain",
    "Explained",
    "Job",
    "Look",
    "ModelStatus",
    "Options",
    "SampleLook",
    "Seen",
    "Stage",
    "Thumbnail",
]

DISPLAY_SIDE = 1280
"""Longest side, in pixels, of the picture that goes back to be shown."""

READING = "reading"
"""The stage in which the bytes of a stranger are decoded; it has a time limit of its own."""

Options = Mapping[str, Mapping[str, float | int | str]]
"""Method name -> parameter name -> value."""


@dataclass(frozen=True)
class Look:
    """Read a photo, find its faces, and ask the models about each.

    Attributes:
        data: the bytes as they were uploaded.
        models: names of the models to ask; with none, no model is waited for.
        whole: take the whole picture as one face instead of looking for faces.
    """

    data: bytes = field(repr=False)
    models: tuple[str, ...]
    whole: bool = False


@dataclass(frozen=True)
class SampleLook:
    """The same as ``Look`` for a picture of the gallery, by its id."""

    sample: str
    models: tuple[str, ...]
    whole: bool = False


@dataclass(frozen=True)
class Thumbnail:
    """Draw a picture of the gallery as a small square; the result is a PNG file, bytes.

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
    """

    face: Face = field(repr=False)
    model: str
    methods: tuple[str, ...]
    target: str | None
    options: Options


Job = Look | SampleLook | Thumbnail | Explain


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
    """

    explanation: Explanation
    regions: NDArray[np.int8] | None


@dataclass(frozen=True)
class Stage:
    """How far a job has come.

    Attributes:
        name: ``waiting``, ``loading``, ``reading``, ``finding``, ``asking`` or ``explaining``.
        done: of ``total``, in the stage's own unit (jobs ahead for ``waiting``, else masked copies).
        total: 0 where there is nothing to count.
    """

    name: str
    done: int = 0
    total: int = 0


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
