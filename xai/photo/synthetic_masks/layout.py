"""Layout of a mask on a face: outline, own coordinates, ear loops, and its place once it has slipped.

A mask is a sheet with coordinates u from -1 (left edge in the picture) to 1 and v from 0 (top edge) to 1. A
few anchor points tie the sheet to vertices of the 468-point face mesh; between them a thin-plate spline bends
it (Bookstein, "Principal Warps: Thin-Plate Splines and the Decomposition of Deformations", 1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.synthetic_masks.anchors import CORES, KNOTS, MIRROR, AnchorPoint
from xai.photo.synthetic_masks.face_pose import FaceFrame, face_frame
from xai.photo.synthetic_masks.wear_styles import Fit

__all__ = ["MESH_POINTS", "MaskLayout", "ThinPlate", "dangle", "dangling_loops", "fit_layout", "pull_aside"]

Points = NDArray[np.float32]

MESH_POINTS = 468
"""Vertices of the face mesh."""

_SLACK = 1e-6  # keeps the system solvable where two anchor points coincide
_SHEET_GRID = 9
_EAR_HIDDEN = 0.3  # head turn from which the far ear is hidden
_OUTLINE_STEPS = 48
_CORNER = 0.06

_PULLED = 0.36  # face widths to the side
_PULLED_TURN = 0.28  # radians
_HUNG_WIDE, _HUNG_LONG = 0.36, 0.72  # of the face's width and height: seen edge-on, half folded
_HUNG_OUT, _HUNG_RISE = 0.47, 0.12  # its upper edge: out from the mouth in face widths, up in face heights
_EARS = {-1: (127, 234), 1: (356, 454)}


@dataclass(frozen=True, eq=False)
class ThinPlate:
    """A thin-plate spline through given points.

    Attributes:
        points: float64 ``(M, 2)``, its control points, scaled to unit size.
        weights: float64 ``(M + 3, C)``.
        origin: float64 ``(2,)`` and
        size: how coordinates are scaled before use.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    origin: NDArray[np.float64]
    size: float

    @classmethod
    def through(cls, points: Points, values: Points) -> Self:
        """The spline that maps ``points`` ``(M, 2)`` to ``values`` ``(M, C)`` with least bending."""
        origin = points.mean(axis=0).astype(np.float64)
        size = float(np.abs(points - origin).max()) or 1.0
        scaled = (points - origin) / size
        count = len(points)
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _bending(scaled, scaled) + _SLACK * np.eye(count)
        system[:count, count:] = _affine(scaled)
        system[count:, :count] = _affine(scaled).T
        goal = np.vstack([values, np.zeros((3, values.shape[1]))])
        weights = np.linalg.solve(system, goal)
        return cls(scaled, weights, origin, size)

    def __call__(self, points: Points) -> Points:
        """Values float32 ``(N, C)`` at ``points`` ``(N, 2)``."""
        scaled = (points - self.origin) / self.size
        basis = np.hstack([_bending(scaled, self.points), _affine(scaled)])
        return (basis @ self.weights).astype(np.float32)


@dataclass(frozen=True, eq=False)
class MaskLayout:
    """A mask fitted to a face, in photo pixels.

    Attributes:
        frame: the face it is on.
        worn: how it is worn.
        fit: how it sits beyond that.
        outline: float32 ``(N, 2)``, the sheet's edge.
        core: float32 ``(K, 2)``, what the fabric always covers (nose tip to chin).
        to_sheet: photo pixels -> (u, v).
        straps: ear loops, each float32 ``(N, 2)`` from the mask to the ear.
    """

    frame: FaceFrame
    worn: str
    fit: Fit
    outline: Points
    core: Points
    to_sheet: ThinPlate
    straps: tuple[Points, ...]


def fit_layout(landmarks: Points, style: str, worn: str, fit: Fit, rng: np.random.Generator) -> MaskLayout:
    """Fit a mask of ``style`` to the face, worn as ``worn``, with small random tilt, height and size.

    Args:
        landmarks: float32 ``(468, 2)``, photo pixels.
        style: key of ``KNOTS``, first part.
        worn: key of ``KNOTS``, second part.
        fit: the sheet's size, and how much it varies.
        rng: random generator.
    """
    frame = face_frame(landmarks)
    knots = KNOTS[style, worn]
    sheet = np.array([(side * k.u, k.v) for k in knots for side in _sides(k)], np.float32)
    placed = np.array([_place(k, side, landmarks, frame) for k in knots for side in _sides(k)], np.float32)
    placed = _astray(placed, sheet, frame, worn, fit)
    to_picture = ThinPlate.through(sheet, _jostle(placed, frame, worn, fit, rng))
    steps = np.linspace(0, 1, _SHEET_GRID, dtype=np.float32)
    grid = np.array([(2 * u - 1, v) for v in steps for u in steps], np.float32)
    return MaskLayout(
        frame=frame,
        worn=worn,
        fit=fit,
        outline=to_picture(_rounded_sheet()),
        core=_hull(landmarks[list(CORES.get(worn, ()))]),
        to_sheet=ThinPlate.through(to_picture(grid), grid),
        straps=_loops(landmarks, frame, to_picture, (style, worn, fit), rng),
    )


def _astray(placed: Points, sheet: Points, frame: FaceFrame, worn: str, fit: Fit) -> Points:
    """Positions of the anchor points once the mask is pulled off or made in another size."""
    if worn == "hanging":
        return dangle(sheet, frame, fit)
    if worn == "aside":
        return pull_aside(placed, frame, fit)
    if fit.wide == fit.long == 1:
        return placed
    middle = placed.mean(axis=0)
    across, along = (placed - middle) @ frame.right, (placed - middle) @ frame.down
    grown = across[:, None] * (fit.wide - 1) * frame.right + along[:, None] * (fit.long - 1) * frame.down
    return np.asarray(placed + grown, np.float32)


def _loops(
    landmarks: Points,
    frame: FaceFrame,
    to_picture: ThinPlate,
    how: tuple[str, str, Fit],
    rng: np.random.Generator,
) -> tuple[Points, ...]:
    style, worn, fit = how
    if style == "scarf":
        return ()
    if worn == "hanging":
        corners = to_picture(np.array([[-0.95, 0.03], [0.95, 0.03]], np.float32))
        return dangling_loops(landmarks, frame, corners, fit)
    return _straps(landmarks, frame, to_picture, rng)


def _hull(points: Points) -> Points:
    return np.asarray(cv2.convexHull(points)[:, 0], np.float32) if len(points) else points


def _sides(knot: AnchorPoint) -> tuple[int, ...]:
    return (-1, 1) if knot.u else (1,)


def _place(knot: AnchorPoint, side: int, landmarks: Points, frame: FaceFrame) -> Points:
    points = [p if side < 0 else MIRROR.get(p, p) for p in knot.vertices]
    at = landmarks[points].mean(axis=0)
    away = (at - frame.centre) * knot.out + frame.down * knot.drop * frame.height
    return np.asarray(at + away, np.float32)


def _jostle(points: Points, frame: FaceFrame, worn: str, fit: Fit, rng: np.random.Generator) -> Points:
    tilt, lift, size = rng.uniform(-1, 1, 3) * fit.loose
    angle = tilt * (0.025 if worn == "correct" else 0.05)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (points - frame.centre) @ rotation * (1 + 0.02 * size) + frame.centre
    return np.asarray(moved + frame.down * 0.012 * lift * frame.height, np.float32)


def _rounded_sheet() -> Points:
    """The edge of the unit sheet, its corners rounded, as ``(N, 2)`` pairs of u and v."""
    arc = np.linspace(0, np.pi / 2, 8)
    run = np.linspace(0, 1, _OUTLINE_STEPS, endpoint=False)
    inner = np.array([(1, 1), (0, 1), (0, 0), (1, 0)]) * (1 - 2 * _CORNER) + _CORNER
    parts = []
    for quarter, corner in enumerate(inner):
        turn = arc + quarter * np.pi / 2
        bend = corner + _CORNER * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        following = inner[(quarter + 1) % 4]
        out = _CORNER * np.array([np.cos(turn[-1]), np.sin(turn[-1])])
        parts += [bend, corner + out + run[1:, None] * (following - corner)]
    edge = np.vstack(parts)
    return np.stack([2 * edge[:, 0] - 1, edge[:, 1]], axis=1).astype(np.float32)


def _straps(
    landmarks: Points, frame: FaceFrame, to_picture: ThinPlate, rng: np.random.Generator
) -> tuple[Points, ...]:
    """Two loops per side; none on a side whose ear is turned away."""
    made = []
    for side, upper, lower in ((-1, (127, 234, 234), (93, 132)), (1, (356, 454, 454), (323, 361))):
        if side * frame.turn > _EAR_HIDDEN:
            continue
        out = side * frame.right * frame.width * (0.05 + 0.3 * max(0.0, -side * frame.turn))
        for v, ear in ((0.05, upper), (0.95, lower)):
            start = to_picture(np.array([[side * 0.965, v]], np.float32))[0]
            end = landmarks[list(ear)].mean(axis=0) + out
            sag = frame.down * frame.height * rng.uniform(0.0, 0.02)
            made.append(_curve(start, (start + end) / 2 + sag, end))
    return tuple(made)


def _curve(start: Points, bend: Points, end: Points) -> Points:
    t = np.linspace(0, 1, 40)[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end, np.float32)


def _bending(points: NDArray[np.float64], ties: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = ((points[:, None] - ties[None]) ** 2).sum(axis=2)
    return np.asarray(squared * np.log(squared + 1e-12) / 2)


def _affine(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([np.ones((len(points), 1)), points])


def pull_aside(placed: Points, frame: FaceFrame, fit: Fit) -> Points:
    """Positions of the anchor points ``(N, 2)`` after a pull to ``fit.side``, photo pixels."""
    angle = -fit.side * _PULLED_TURN
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (placed - frame.centre) @ turn + frame.centre
    return np.asarray(moved + fit.side * _PULLED * frame.width * frame.right, np.float32)


def dangle(sheet: Points, frame: FaceFrame, fit: Fit) -> Points:
    """Positions ``(N, 2)`` of sheet points ``(N, 2)`` on a mask hanging beside the jaw, photo pixels."""
    aside = fit.side * _HUNG_OUT * frame.width * frame.right
    top = frame.centre + aside - _HUNG_RISE * frame.height * frame.down
    across = 0.5 * _HUNG_WIDE * fit.wide * frame.width * frame.right
    along = _HUNG_LONG * fit.long * frame.height * (frame.down + 0.12 * fit.side * frame.right)
    # A hanging sheet is narrower where the loop holds it together.
    narrow = 0.55 + 0.45 * np.clip(sheet[:, 1:] / 0.6, 0, 1)
    return np.asarray(top + sheet[:, :1] * narrow * across + sheet[:, 1:] * along, np.float32)


def dangling_loops(landmarks: Points, frame: FaceFrame, corners: Points, fit: Fit) -> tuple[Points, ...]:
    """The loop from the upper ``corners`` ``(2, 2)`` to the ear on ``fit.side``: two lines ``(40, 2)``."""
    ear = landmarks[list(_EARS[fit.side])].mean(axis=0) + fit.side * 0.04 * frame.width * frame.right
    t = np.linspace(0, 1, 40)[:, None]
    return tuple(np.asarray(corner + t * (ear - corner), np.float32) for corner in corners)
