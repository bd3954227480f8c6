"""Jobs that cover and edit a face, shared by the server and the model process. Cheap to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xai.evidence.counterfactuals.probes import Rectangle
from xai.types import Face, Prediction

__all__ = ["ClassifyCrop", "CoverJob", "FaceFills", "PrepareFills", "ProbeResult", "RunProbe"]


@dataclass(frozen=True, eq=False)
class PrepareFills:
    """Prepare the fills for covers of a face; the result is ``FaceFills``."""

    face: Face = field(repr=False)


@dataclass(frozen=True, eq=False)
class FaceFills:
    """What covers of a face are made from, so that the server can composite them itself.

    Attributes:
        regions: int8 ``(S, S)``, index into ``xai.types.REGIONS``; None where there are no landmarks.
        contents: fill -> RGB uint8 ``(S, S, 3)``, what a cover of that fill shows at each pixel.
    """

    regions: NDArray[np.int8] | None
    contents: Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class ClassifyCrop:
    """Classify one covered crop with one model; the result is ``Prediction``.

    Attributes:
        picture: RGB uint8 ``(S, S, 3)``.
        model: name of the model.
    """

    picture: NDArray[np.uint8] = field(repr=False)
    model: str


@dataclass(frozen=True, eq=False)
class RunProbe:
    """Run one probe on one face; the result is ``ProbeResult``.

    Attributes:
        face: the face.
        model: name of the model.
        probe: name in ``PROBES``.
        fill: one of ``COVER_FILLS``.
        drawn_as: as of ``Subject``.
    """

    face: Face = field(repr=False)
    model: str
    probe: str
    fill: str
    drawn_as: str | None = None


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """The result of a probe, small enough to cache; fields as of ``Probed``.

    Attributes:
        start: the answer that may flip.
        values: what was changed in each step.
        answers: the model's answer after each step.
        pictures: the pictures it was run on, as JPEG files.
        cover: the cover that flips the answer; else empty.
        flips_at: the first value with another answer, or None.
    """

    start: Prediction
    values: tuple[float | str, ...]
    answers: tuple[Prediction, ...]
    pictures: tuple[bytes, ...]
    cover: tuple[Rectangle, ...]
    flips_at: float | str | None
    edges: tuple[tuple[float, float], ...] = ()


CoverJob = PrepareFills | ClassifyCrop | RunProbe
