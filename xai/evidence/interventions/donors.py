"""Donors: other people's faces warped onto a face, so that one part of the picture can come from somebody
else.

A donor's picture is warped so that its mesh coincides with the mesh of the face: by a similarity transform of
the whole, and for the residual at the mesh a thin-plate spline (Bookstein, "Principal Warps", 1989) that
fades out towards the edge of the crop, so that hair and background move along. Its light and skin colour are
matched to those of the face, by the skin below the eyes, which nearly every mask leaves bare. The whole crop
is warped; an edit uses the part in its place: the lower face, or everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator  # type: ignore[import-untyped]

from xai.evidence.interventions.areas import face_unit
from xai.evidence.interventions.bare_face import bare_face_model
from xai.photo.face_shape import TURNED, fit_of
from xai.photo.mesh import MESH_POINTS
from xai.photo.portraits import portrait_face
from xai.photo.samples import PORTRAITS
from xai.photo.synthetic_masks.renderer import LOOKS, draw_mask
from xai.photo.synthetic_masks.wear_styles import class_of
from xai.types import Face

__all__ = ["Donor", "Warp", "gallery_donors", "matched", "mirrored", "pose_of"]

Plane = NDArray[np.float32]
Points = NDArray[np.float32]

SIDE = 224
"""Side in pixels to which a larger donor is reduced."""

_DRESSES = (
    (None, None),
    ("surgical_blue", "correct"),
    ("cloth_black", "correct"),
    ("surgical_white", "correct"),
    ("surgical_blue", "nose_out"),
    ("cloth_grey", "nose_out"),
    ("surgical_white", "below_chin"),
)
_SKIN = (117, 118, 119, 101, 36, 346, 347, 348, 330, 266, 6, 197)  # below the eyes, bridge of the nose
_CELLS = 33  # points per side at which the warp is computed; between them it is smooth
_BEYOND = 0.35  # how far outside the crop the spline ends, as a share of its side
_EVERY = 6  # every n-th mesh point controls the spline, besides those of the oval
_OVAL = (10, 297, 284, 389, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132, 234, 162, 54, 67)
_SMOOTH = 1e-3
_BRIGHTER = (0.35, 2.6)  # limits of the change of a donor's light, as factors
_CHROMA = 0.5  # largest change of a donor's skin colour, natural logarithm
_SKIN_WIDTH = 0.16  # how far from the skin's colour a pixel still counts as skin, natural logarithm
_SKIN_SOFT = 1 / 56  # how softly skin ends, as a share of the crop's side
_FLOOR = 8.0
_SAME = 0.72  # correlation above the nose from which two pictures are the same: others reach .61


@dataclass(frozen=True, eq=False)
class Donor:
    """A face from which parts can be taken.

    Attributes:
        face: with a mesh; its crop at most ``SIDE`` pixels.
        wearing: one of ``CLASSES``: what it truly wears.
        group: photo or person it comes from; a face of the same group is never a donor.
        name: for display: its source and what was drawn on it.
    """

    face: Face
    wearing: str
    group: str
    name: str

    @cached_property
    def skin(self) -> Plane:
        """Colour of its skin below the eyes, natural logarithm, float32 ``(3,)``."""
        return _skin_of(self.face)

    @cached_property
    def view(self) -> Plane:
        """Its appearance above the nose; see ``matched``."""
        return _upper_view(self.face)

    @cached_property
    def pose(self) -> tuple[float, float]:
        """Its yaw and pitch; see ``pose_of``."""
        return pose_of(self.face.landmarks)


class Warp:
    """Warps donors onto one face; what depends on the face alone is computed once.

    Args:
        face: with a mesh.

    Raises:
        ValueError: the face has no mesh.
    """

    def __init__(self, face: Face) -> None:
        if len(face.landmarks) != MESH_POINTS:
            raise ValueError(
                f"a donor is laid on a mesh of {MESH_POINTS} points, not on {len(face.landmarks)}"
            )
        self._side = side = len(face.crop)
        self._mesh = face.landmarks.astype(np.float64)
        self._skin = _skin_of(face)
        held = np.unique([*_OVAL, *range(0, MESH_POINTS, _EVERY)])
        if abs(fit_of(face).yaw) > TURNED:
            # The far side lies over the near one: two places of a donor for one of the face.
            held = held[bare_face_model().frame.facing_vertices(face.landmarks)[held]]
        self._held = held.tolist()
        low, high = -_BEYOND * side, (1 + _BEYOND) * side
        edge = np.linspace(low, high, 4)
        frame = [(x, y) for x in edge for y in edge if x in (low, high) or y in (low, high)]
        knots = np.concatenate([self._mesh[self._held], np.array(frame)]) / side
        at = np.linspace(0, side - 1, _CELLS) / side
        cells = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
        spline = RBFInterpolator(
            knots, np.eye(len(knots)), kernel="thin_plate_spline", smoothing=_SMOOTH, degree=1
        )
        self._cells, self._weights = cells * side, spline(cells)[:, : len(self._held)]

    def lay(self, donor: Donor) -> Plane:
        """The donor warped onto the face, matched to its light and skin colour.

        Returns:
            float32 ``(S, S, 3)``, 0..255, in the face's crop pixels; mirrored at the donor's own edges.
        """
        goal = donor.face.landmarks.astype(np.float64)
        turn = _similarity(self._mesh[self._held], goal[self._held])
        left = goal[self._held] - _apply(turn, self._mesh[self._held])
        where = _apply(turn, self._cells) + self._weights @ left
        grid = where.reshape(_CELLS, _CELLS, 2).astype(np.float32)
        x, y = (_enlarged(grid[..., axis], self._side) for axis in (0, 1))
        scale = float(np.hypot(*turn[:2, 0]))
        source, shrunk = _reduced(donor.face.crop, scale)
        bent = cv2.remap(
            source,
            (x + 0.5) * shrunk - 0.5,
            (y + 0.5) * shrunk - 0.5,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        return _relit(np.asarray(bent, np.float32), donor.skin, self._skin)


@cache
def gallery_donors() -> tuple[Donor, ...]:
    """The gallery's portraits, bare and with drawn masks, each also mirrored. Drawn once per process.

    Raises:
        ThirdPartyMissing: a package with a portrait is not installed.
    """
    donors = []
    for person in PORTRAITS:
        face = _small(portrait_face(person))
        for number, (look, worn) in enumerate(_DRESSES):
            crop = face.crop
            if look and worn:
                crop = draw_mask(face.crop, face.landmarks, LOOKS[look], worn, number)
            wearing = class_of(worn) if worn else "uncovered"
            words = " ".join(word for word in (person, look, worn) if word)
            donor = Donor(replace(face, crop=crop), wearing, person, words)
            donors += [donor, Donor(mirrored(donor.face), wearing, person, f"{words} mirrored")]
    return tuple(donors)


def matched(face: Face, donors: Sequence[Donor], group: str = "") -> list[Donor]:
    """Donors of other groups, those first that are most similar in pose and light, and about as sharp.

    The picture itself is never a donor: where the face is one of the donors', its group is left out.
    """
    pose, skin, unit = pose_of(face.landmarks), _skin_of(face), face_unit(face)

    def strangeness(donor: Donor) -> float:
        turn = np.hypot(donor.pose[0] - pose[0], donor.pose[1] - pose[1]) / 0.15
        light = abs(float(donor.skin.mean() - skin.mean())) / 0.7
        coarse = max(0.0, float(np.log(unit / face_unit(donor.face)))) / 0.5
        return float(turn + light + coarse)

    view = _upper_view(face)
    own = {d.group for d in donors if (d.view * view).sum() > _SAME} | {group or None}
    return sorted((d for d in donors if d.group not in own), key=strangeness)


def pose_of(mesh: Points) -> tuple[float, float]:
    """Head pose from its mesh: yaw, 0 frontal, about -1 and 1 in profile; and pitch, the nose tip's position
    between the middle of the eyes and the chin, about .45 when level.
    """
    left, right, nose, chin = (mesh[i].astype(np.float64) for i in (234, 454, 1, 152))
    eyes = mesh[[33, 133, 362, 263]].mean(axis=0)
    across, down = right - left, chin - eyes
    return (
        2 * float((nose - left) @ across) / max(float(across @ across), 1e-6) - 1,
        float((nose - eyes) @ down) / max(float(down @ down), 1e-6),
    )


def _upper_view(face: Face) -> Plane:
    """The picture above the nose, 24 by 16 pixels between the eyes and beyond, centred and of unit norm."""
    left, right = face.landmarks[33].astype(np.float64), face.landmarks[263].astype(np.float64)
    middle, apart = (left + right) / 2, max(float(np.hypot(*(right - left))), 1.0)
    scale = 10 / apart
    step = np.array([[scale, 0, 12 - scale * middle[0]], [0, scale, 14 - scale * middle[1]]], np.float32)
    soft = cv2.GaussianBlur(face.crop, (0, 0), max(0.1, apart / 20))
    view = cv2.warpAffine(soft, step, (24, 16), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    view -= view.mean(axis=(0, 1))
    return np.asarray(view / max(float(np.sqrt((view**2).sum())), 1e-6), np.float32)


def mirrored(face: Face) -> Face:
    """The face mirrored, with its mesh."""
    points = face.landmarks[_twins()].copy()
    points[:, 0] = face.crop.shape[1] - 1 - points[:, 0]
    return replace(face, crop=np.ascontiguousarray(face.crop[:, ::-1]), landmarks=points)


@cache
def _twins() -> NDArray[np.intp]:
    """For each mesh point its mirror image on the other side of the face."""
    points = bare_face_model().frame.vertices[:MESH_POINTS].astype(np.float64)
    middle = points[[10, 152, 1, 168], 0].mean()
    flipped = np.stack([2 * middle - points[:, 0], points[:, 1]], axis=1)
    return np.asarray(((flipped[:, None] - points[None]) ** 2).sum(axis=2).argmin(axis=1), np.intp)


def _small(face: Face) -> Face:
    scale = SIDE / len(face.crop)
    if scale >= 1:
        return face
    crop = cv2.resize(face.crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return replace(face, crop=np.asarray(crop, np.uint8), landmarks=face.landmarks * np.float32(scale))


def _skin_of(face: Face) -> Plane:
    """Median colour round the points below the eyes, natural logarithm, float32 ``(3,)``."""
    side = len(face.crop)
    reach = max(1, round(0.06 * face_unit(face)))
    middles = face.landmarks[list(_SKIN)].round().astype(int).clip(0, side - 1)
    patches = [
        face.crop[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].reshape(-1, 3)
        for x, y in middles
    ]
    return np.asarray(np.log(np.median(np.concatenate(patches), axis=0) + _FLOOR), np.float32)


def _similarity(source: NDArray[np.float64], goal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Similarity transform that maps source points ``(K, 2)`` closest to goal points: ``(3, 2)``, multiplied
    with ``[x, y, 1]`` from the left (least squares; Umeyama 1991, without reflection).
    """
    a, b = source.mean(axis=0), goal.mean(axis=0)
    x, y = source - a, goal - b
    cosine, sine = (x * y).sum(), (x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]).sum()
    c, s = np.array([cosine, sine]) / (x**2).sum()
    turn = np.array([[c, s], [-s, c]])
    return np.concatenate([turn, (b - a @ turn)[None]])


def _apply(turn: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ turn[:2] + turn[2], np.float64)


def _enlarged(grid: Plane, side: int) -> Plane:
    """Values at ``_CELLS`` points from the first to the last pixel -> at every pixel."""
    at = np.linspace(0, _CELLS - 1, side, dtype=np.float32)
    x, y = np.meshgrid(at, at)
    return np.asarray(cv2.remap(grid, x, y, cv2.INTER_LINEAR), np.float32)


def _reduced(crop: NDArray[np.uint8], scale: float) -> tuple[Plane, float]:
    """The donor at about the face's resolution: a mouth sharper than the face would be a cue of its own."""
    side = len(crop)
    goal = max(8, round(side / max(scale, 1.0)))
    small = cv2.resize(crop, (goal, goal), interpolation=cv2.INTER_AREA) if goal < side else crop
    return small.astype(np.float32), goal / side


def _relit(pixels: Plane, own: Plane, goal: Plane) -> Plane:
    """Match all to the goal's light, and pixels of the donor's skin colour also to the goal's skin colour."""
    change = goal - own
    light = float(np.clip(change.mean(), *np.log(_BRIGHTER)))
    chroma = (change - change.mean()).clip(-_CHROMA, _CHROMA)
    logs = np.log(pixels + _FLOOR)
    colour = logs - logs.mean(axis=2, keepdims=True) - (own - own.mean())
    likeness = np.exp(-(colour**2).sum(axis=2) / (2 * _SKIN_WIDTH**2))
    skin = cv2.GaussianBlur(likeness, (0, 0), max(0.5, _SKIN_SOFT * len(pixels)))[..., None]
    return np.asarray((np.exp(logs + light + skin * chroma) - _FLOOR).clip(0, 255), np.float32)
