"""Covering and changing a face, as the server and the model process speak of it. Importing it is cheap."""

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
    """Make ready what covers of a face need; the result is ``FaceFills``."""

    face: Face = field(repr=False)


@dataclass(frozen=True, eq=False)
class FaceFills:
    """What covers of a face are made from, so that the server can lay them without the model process.

    Attributes:
        regions: int8 ``(S, S)``, index into ``xai.types.REGIONS``; None where there are no landmarks.
        contents: fill -> RGB uint8 ``(S, S, 3)``, what a cover of that fill shows at each place.
    """

    regions: NDArray[np.int8] | None
    contents: Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class ClassifyCrop:
    """Ask one model about one covered crop; the result is ``Prediction``.

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
    """

    face: Face = field(repr=False)
    model: str
    probe: str
    fill: str


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """What a probe found, small enough to keep; fields as of ``Probed``.

    Attributes:
        start: the answer that may flip.
        values: what was changed in each step.
        answers: what the model says after each step.
        pictures: what it was shown, as JPEG files.
        cover: the cover that flips the answer; else empty.
        flips_at: the first value with another answer, or None.
    """

    start: Prediction
    values: tuple[float | str, ...]
    answers: tuple[Prediction, ...]
    pictures: tuple[bytes, ...]
    cover: tuple[Rectangle, ...]
    flips_at: float | str | None


CoverJob = PrepareFills | ClassifyCrop | RunProbe
