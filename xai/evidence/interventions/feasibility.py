"""Whether an edit is feasible on a face, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from xai.evidence.interventions.areas import area_under_test, face_unit
from xai.evidence.interventions.bare_face import BareFit
from xai.evidence.interventions.fills import fit_bare_face
from xai.photo.face_shape import fit_of, with_mesh
from xai.photo.mesh import has_mesh
from xai.photo.occluders.hands import hand_area
from xai.types import Face

__all__ = ["LIMITS", "Feasibility", "Limits", "check_feasibility"]

_SENTENCES = {
    "": "",
    "no_mesh": "Eyes, nose and mouth could not be located, so nothing can be painted in their place.",
    "small": "The eyes are {value:.0f} pixels apart; at least {limit:.0f} are needed.",
    "turned": "The head is turned too far to the side.",
    "hand": "A hand covers part of the lower face.",
    "unseen": "Too little of the upper face can be seen.",
    "odd": "Something hides the upper face, or it does not look like a face.",
}


class Feasibility(NamedTuple):
    """Whether an edit is feasible.

    Attributes:
        holds: whether it is.
        code: why not, one word; empty where it holds.
        value: what was measured.
        limit: the limit it was compared with.
    """

    holds: bool
    code: str = ""
    value: float = 0.0
    limit: float = 0.0

    @property
    def reason(self) -> str:
        """Why not, in a sentence; empty where it holds."""
        return _SENTENCES[self.code].format(value=self.value, limit=self.limit)


@dataclass(frozen=True)
class Limits:
    """Limits of feasible edits; chosen by visual inspection.

    Attributes:
        eye_distance: least distance between the eyes in crop pixels.
        turn: largest angle by which the head is turned to a side, degrees.
        misfit: farthest that one of five points may lie from a head's, in eye distances, where the mesh is
            estimated from them.
        score: least score of the detector there: fists, necks and backs of heads have less.
        hand: largest share of the lower face that hands may cover, 0..1.
        seen: least visible share of the upper face, 0..1.
        likeness: least correlation of the upper face with the mean face.
        unexplained: largest share of the upper face that may not look like a face (glasses, hair, a hand),
            0..1.
    """

    eye_distance: float = 11.0
    turn: float = 60.0
    misfit: float = 0.15
    score: float = 0.5
    hand: float = 0.1
    seen: float = 0.7
    likeness: float = 0.1
    unexplained: float = 0.45


LIMITS = Limits()
"""The limits in force."""


def check_feasibility(
    face: Face, limits: Limits = LIMITS, *, reveal: bool = True, fit: BareFit | None = None
) -> Feasibility:
    """Whether an edit on this face is feasible.

    Args:
        face: a crop.
        limits: of feasibility.
        reveal: True for bare skin, which must match the upper face; False for a drawn mask, which needs only
            the mesh.
        fit: avoids a second fit of the same face.

    Raises:
        WeightsUnavailable: a model's file is missing or altered.
        ThirdPartyMissing: that of the networks that find hands is.
    """
    if not len(face.landmarks):
        return Feasibility(False, "no_mesh")
    head = fit_of(face)
    if not has_mesh(face) and (head.residual > limits.misfit or face.score < limits.score):
        return Feasibility(False, "no_mesh")
    if (size := face_unit(face)) < limits.eye_distance:
        return Feasibility(False, "small", size, limits.eye_distance)
    if (turn := abs(head.yaw)) > limits.turn:
        return Feasibility(False, "turned", turn, limits.turn)
    if (hand := _covered_by_hands(face)) > limits.hand:
        return Feasibility(False, "hand", hand, limits.hand)
    return _of_fit(fit or fit_bare_face(with_mesh(face)), limits) if reveal else Feasibility(True)


def _covered_by_hands(face: Face) -> float:
    hands = hand_area(face.crop)
    lower = area_under_test(face, "wide") if hands.any() else None
    return float((hands & lower).sum() / max(1, lower.sum())) if lower is not None else 0.0


def _of_fit(fit: BareFit, limits: Limits) -> Feasibility:
    if fit.seen < limits.seen:
        return Feasibility(False, "unseen", fit.seen, limits.seen)
    if fit.unexplained > limits.unexplained:
        return Feasibility(False, "odd", fit.unexplained, limits.unexplained)
    if fit.likeness < limits.likeness:
        return Feasibility(False, "odd", fit.likeness, limits.likeness)
    return Feasibility(True)
