"""The counterfactual probes by name, and their results. Free of torch and of OpenCV.

A probe edits a face in steps and runs a classifier after each. The page and the command line list ``PROBES``;
the implementation is imported on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.types import Face, Prediction, Progress

if TYPE_CHECKING:
    from xai.models.classifiers import Classifier

__all__ = [
    "COVER_FILLS",
    "GRID",
    "PROBES",
    "Probe",
    "Probed",
    "Rectangle",
    "Subject",
    "find_probe",
    "pieces",
    "whatif",
]

COVER_FILLS = ("grey", "blur", "mean")
"""Fills of a cover: middle grey; the crop, heavily blurred; the crop's mean colour."""

GRID = 8
"""Grid cells per side of ``smallest_cover`` and ``smallest_patch``."""


@dataclass(frozen=True)
class Rectangle:
    """A rectangle in crop pixels, half-open: ``left <= x < right``, ``top <= y < bottom``."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right and 0 <= self.top < self.bottom):
            raise ValueError(
                "a rectangle in crop pixels needs 0 <= left < right and 0 <= top < bottom, not "
                f"{[self.left, self.top, self.right, self.bottom]}"
            )

    @property
    def area(self) -> int:
        """Pixels in it."""
        return (self.right - self.left) * (self.bottom - self.top)

    def touches(self, other: Rectangle) -> bool:
        """Whether the two, which do not overlap, share some length of an edge; a corner is not enough."""
        beside = min(self.right, other.right) - max(self.left, other.left)
        above = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(beside, above) > 0 and min(beside, above) == 0


def pieces(cover: Iterable[Rectangle]) -> int:
    """Number of connected pieces of a cover of disjoint rectangles.

    >>> pieces([Rectangle(0, 0, 2, 2), Rectangle(2, 1, 4, 3), Rectangle(4, 3, 5, 4)])
    2
    """
    left, count = set(cover), 0
    while left:
        count, edge = count + 1, {left.pop()}
        while edge:
            edge = {part for part in left if any(part.touches(one) for one in edge)}
            left -= edge
    return count


@dataclass(frozen=True, eq=False)
class Subject:
    """Input of a probe.

    Attributes:
        face: the face.
        classifier: the model.
        fill: one of ``COVER_FILLS``, for a probe that searches for a cover.
        progress: called with (pictures done, pictures in all) during the work; may raise.
        drawn_as: the class that the face is drawn on as; None for the classifier's own answer. With the same
            class two classifiers are run on the same pictures.
    """

    face: Face
    classifier: Classifier
    fill: str
    progress: Progress
    drawn_as: str | None = None


@dataclass(frozen=True, eq=False)
class Probed:
    """Result of a probe.

    Attributes:
        start: the answer that may flip: for the original face, or for the first picture of a probe that draws
            a mask first.
        values: the edit of each step, in order; numbers or words, see ``PROBES``.
        answers: the classifier's answer after each step.
        pictures: the edited pictures, RGB uint8 ``(S, S, 3)`` each.
        cover: of a probe that searches for a cover, the one that flips the answer, disjoint; else empty.
        edges: of a mask that is pulled down, x and y in crop pixels of the middle of its top edge in each
            picture; else empty.
    """

    start: Prediction
    values: tuple[float | str, ...]
    answers: tuple[Prediction, ...]
    pictures: tuple[NDArray[np.uint8], ...]
    cover: tuple[Rectangle, ...] = ()
    edges: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not len(self.values) == len(self.answers) == len(self.pictures):
            raise ValueError(
                f"every step needs a value, an answer and a picture, not {len(self.values)}, "
                f"{len(self.answers)} and {len(self.pictures)} of them"
            )

    @property
    def flips_at(self) -> float | str | None:
        """The first value at which the answer differs from the start; None without any."""
        steps = zip(self.values, self.answers, strict=True)
        return next((value for value, answer in steps if answer.label != self.start.label), None)


@dataclass(frozen=True)
class Probe:
    """One probe.

    Attributes:
        run_at: ``"module:function"`` of the implementation, from ``Subject`` to ``Probed``.
        values: what its values mean, one phrase.
    """

    run_at: str
    values: str

    def run(self) -> Callable[[Subject], Probed]:
        """The implementation, imported now."""
        module, function = self.run_at.split(":")
        found: Callable[[Subject], Probed] = getattr(import_module(module), function)
        return found


_COVERS, _DRAWN = "xai.evidence.counterfactuals.covers:", "xai.evidence.counterfactuals.synthetic:"
_THING = "number of the drawing"

PROBES: Mapping[str, Probe] = {
    "pull_down": Probe(_DRAWN + "pull_down", "height of a drawn mask: 1 over the nose, 0 under the chin"),
    "recolour": Probe(_DRAWN + "recolour", "colour of one drawn mask"),
    "smallest_cover": Probe(_COVERS + "smallest_cover", "share of the crop that is covered"),
    "smallest_patch": Probe(_COVERS + "smallest_patch", "share of the crop that is covered, in one piece"),
    "hide_nose": Probe(_COVERS + "hide_nose", "fill over the nose"),
    "hide_mouth": Probe(_COVERS + "hide_mouth", "fill over the mouth"),
    "hide_nose_and_mouth": Probe(_COVERS + "hide_nose_and_mouth", "fill over nose and mouth"),
    "hand": Probe(_DRAWN + "hand", _THING),
    "paper": Probe(_DRAWN + "paper", _THING),
    "beard": Probe(_DRAWN + "beard", _THING),
    "scarf": Probe(_DRAWN + "scarf", _THING),
}
"""Every probe, by its name on the command line and the page."""


def find_probe(name: str) -> Probe:
    """The probe ``name``; raises ``UnknownName``, whose message lists those that exist."""
    if name not in PROBES:
        raise UnknownName("probe", name, PROBES)
    return PROBES[name]


def whatif(
    face: Face,
    classifier: Classifier,
    probe: str,
    fill: str = "grey",
    progress: Progress | None = None,
    *,
    drawn_as: str | None = None,
) -> Probed:
    """Edit a face step by step as ``probe`` defines, and run the classifier after each step.

    A flip means that this picture of the face gets another answer. It does not say which part of the edit
    caused it, nor that the answer is right before or after.

    Args:
        face: the face, with landmarks; the mesh is estimated where they are five points.
        classifier: the model.
        probe: one of ``PROBES``.
        fill: one of ``COVER_FILLS``, the fill of ``smallest_cover``.
        progress: called with (pictures done, pictures in all) during the work; may raise to stop.
        drawn_as: as of ``Subject``.

    Raises:
        UnknownName: there is no such probe or fill.
        XaiError: the probe cannot be run on this face; the sentence says why.
    """
    run = find_probe(probe).run()
    if fill not in COVER_FILLS:
        raise UnknownName("fill", fill, COVER_FILLS)
    return run(Subject(face, classifier, fill, progress or _silent, drawn_as))


def _silent(_done: int, _total: int) -> None:
    """Ignore progress."""
