"""A face in three dimensions, fitted to five points: the mesh where the mesh network gives none.

Mean and principal components of meshes in three dimensions (a morphable model of shape alone: Blanz and
Vetter, "A Morphable Model for the Synthesis of 3D Faces", 1999), seen from afar (scaled orthographic
projection). Eye centres, nose tip and mouth corners determine pose, scale and, as far as they can, shape; the
prior keeps what they do not tell near the mean. Made from generated portraits of people who do not exist, by
``xai.evidence.fitting.fit_face_shape``.
"""

from __future__ import annotations

import hashlib
import weakref
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load
from scipy.optimize import least_squares  # type: ignore[import-untyped]
from scipy.spatial.transform import Rotation  # type: ignore[import-untyped]

from xai.errors import WeightsUnavailable
from xai.photo.mesh import eye_distance, five_of, has_mesh
from xai.types import Face

__all__ = ["SHA256", "TURNED", "HeadFit", "fit_head", "fit_of", "mesh_of", "with_mesh"]

Points = NDArray[np.float64]

SHA256 = "b8079ecc9d06b281884abff9907430a230b367c7b25381af71c445ede9a77b77"
"""Digest of ``face_shape.safetensors``."""

TURNED = 35.0
"""Degrees of yaw from which the far side of a head begins to lie behind the near one."""

_FILE = Path(__file__).with_suffix(".safetensors")

_NOISE = 0.04
"""Standard deviation of a detected point, in eye distances: about that against the mesh, bare or masked."""

_PITCH, _YAW = 0.35, 1.2
"""Standard deviations of a head's pitch and yaw, radians. Five points tell pitch badly."""

_DEPTH = 0.9
"""Offset of the nose tip between the eyes, -1..1, over the tangent of the yaw: where the fit starts."""


_FITS: dict[int, HeadFit] = {}
"""Address of a face's landmarks -> its fit, forgotten with them: nothing of a face stays when it is gone."""


@dataclass(frozen=True, eq=False)
class HeadFit:
    """A head fitted to five points.

    Attributes:
        points: float32 ``(468, 2)``, the vertices of the mesh in the frame of the five points; those on the
            far side of a turned head too.
        yaw: degrees by which the head is turned to a side, positive where the nose points to the right of the
            picture.
        residual: farthest that one of the five points lies from the fitted head's, in eye distances.
    """

    points: NDArray[np.float32]
    yaw: float
    residual: float


@dataclass(frozen=True, eq=False)
class _Shape:
    """Mean ``(468, 3)`` and components ``(K, 468, 3)``, each as large as its standard deviation, in eye
    distances: across, down and away from the viewer; and those of the detector's five points.
    """

    mean: Points
    components: Points
    five: Points
    five_components: Points


def mesh_of(face: Face) -> NDArray[np.float32]:
    """The mesh of a face, float32 ``(468, 2)`` in crop pixels: the network's, or else of ``fit_of``.

    Raises:
        ValueError: the face has no landmarks.
    """
    return face.landmarks if has_mesh(face) else fit_of(face).points


def with_mesh(face: Face) -> Face:
    """The face with ``mesh_of`` it as its landmarks; one without landmarks as it is."""
    return replace(face, landmarks=mesh_of(face)) if len(face.landmarks) else face


def fit_of(face: Face) -> HeadFit:
    """The head fitted to a face's five points, those of its mesh where it has one.

    Raises:
        ValueError: the face has no landmarks.
    """
    points = face.landmarks
    if not len(points):
        raise ValueError("a head is fitted to five points, and this face has none")
    if id(points) not in _FITS:
        _FITS[id(points)] = fit_head(five_of(points) if has_mesh(face) else points)
        weakref.finalize(points, _FITS.pop, id(points), None)
    return _FITS[id(points)]


def fit_head(five: NDArray[np.float32]) -> HeadFit:
    """Fit the head to five points (least squares with a Gaussian prior).

    Args:
        five: ``(5, 2)``: left eye, right eye, nose tip, left and right mouth corner as seen in the picture,
            in any frame with y down.

    Raises:
        WeightsUnavailable: the shape's file is missing or altered.
    """
    points = np.asarray(five, np.float64)
    middle, unit = points.mean(axis=0), eye_distance(points.astype(np.float32))
    goal, shape = (points - middle) / unit, _shape()
    start = np.zeros(6 + len(shape.components))
    along = goal[1] - goal[0]
    offset = 2 * float((goal[2] - goal[0]) @ along) / max(float(along @ along), 1e-6) - 1
    start[:2] = np.arctan2(along[1], along[0]), np.arctan(np.clip(offset, -9, 9) / _DEPTH)

    def misfit(values: Points) -> Points:
        five = shape.five + np.tensordot(values[6:], shape.five_components, 1)
        apart = (_seen(five, values) - goal) / _NOISE
        return np.concatenate([apart.ravel(), values[6:], [values[1] / _YAW, values[2] / _PITCH]])

    found = least_squares(misfit, start, max_nfev=60).x
    whole = _seen(shape.mean + np.tensordot(found[6:], shape.components, 1), found)
    farthest = np.linalg.norm(misfit(found)[:10].reshape(5, 2), axis=1).max() * _NOISE
    mesh = (whole * unit + middle).astype(np.float32)
    mesh.flags.writeable = False
    return HeadFit(mesh, float(-np.degrees(found[1])), float(farthest))


def _seen(places: Points, values: Points) -> Points:
    """Places ``(N, 3)`` turned, scaled and shifted, as seen: ``(N, 2)``.

    The values are roll, yaw and pitch in radians, the logarithm of the scale, and the shift.
    """
    turned = Rotation.from_euler("ZYX", values[:3]).apply(places)
    return np.asarray(np.exp(values[3]) * turned[:, :2] + values[4:6])


@cache
def _shape() -> _Shape:
    try:
        data = _FILE.read_bytes()
    except OSError as error:
        raise WeightsUnavailable(f"{_FILE.name} is missing beside the program; install it again.") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise WeightsUnavailable(f"{_FILE.name} is not the file of this version; install it again.")
    told = {name: values.astype(np.float64) for name, values in load(data).items()}
    return _Shape(**told)
