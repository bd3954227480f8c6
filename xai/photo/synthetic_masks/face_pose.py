"""Size and pose of a face, from its mesh: the frame for everything drawn on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FaceFrame", "face_frame"]

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FaceFrame:
    """Size and pose of a face in the picture.

    Attributes:
        centre: float32 ``(2,)``, between the lips, photo pixels.
        right: float32 ``(2,)``, unit vector from the left to the right cheek in the picture.
        down: float32 ``(2,)``, unit vector from the nose bridge to the chin.
        width: widest extent of the mesh along ``right``, pixels.
        height: nose bridge to chin, pixels.
        turn: sine of the head's turn, -0.9..0.9; positive where the nose points to the picture's right.
    """

    centre: Points
    right: Points
    down: Points
    width: float
    height: float
    turn: float


def face_frame(landmarks: Points) -> FaceFrame:
    """Size and pose of the face whose 468 mesh points are ``landmarks`` ``(468, 2)``."""
    eyes = landmarks[[263, 362]].mean(axis=0) - landmarks[[33, 133]].mean(axis=0)
    right = eyes / (np.linalg.norm(eyes) + 1e-6)
    across = np.array([-right[1], right[0]], np.float32)
    long = landmarks[152] - landmarks[168]
    down = long / (np.linalg.norm(long) + 1e-6)
    down = down if down @ across > 0 else across
    spread = landmarks @ right
    middle = (spread.max() + spread.min()) / 2
    width = float(spread.max() - spread.min())
    turn = float(np.clip((landmarks[4] @ right - middle) / (0.5 * width), -0.9, 0.9))
    centre = landmarks[[13, 14]].mean(axis=0)
    return FaceFrame(centre, right, down.astype(np.float32), width, float(np.linalg.norm(long)), turn)
