"""Fits the bare face: ``python -m xai.evidence.fitting.fit_bare_face --data DIR --out FILE``.

``DIR`` holds pictures of people without a mask and a ``labels.csv`` with ``file`` and ``split``; only the
rows of the split ``train`` are read. The shipped file was made from generated portraits of people who do not
exist. It is deterministic: the same pictures give the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh  # type: ignore[import-untyped]
from scipy.spatial import Delaunay  # type: ignore[import-untyped]

from xai.evidence.fitting.portraits import run_fit, training_portraits
from xai.evidence.interventions.bare_face import to_light
from xai.evidence.interventions.face_atlas import FaceFrame, with_rim
from xai.photo.faces import find_faces
from xai.photo.images import encode_png, read_image
from xai.photo.mesh import MESH_POINTS, five_of
from xai.types import Face

__all__ = ["COMPONENTS", "FRAME_HEIGHT", "build", "portraits"]

FRAME_HEIGHT = 124
"""Rows of the frame, with the rim: the face has about as many as in the portraits."""

COMPONENTS = 120
"""Principal components that are kept; more would make the file larger and the lower face no more likely."""

Stack = NDArray[np.float32]


def portraits(folder: Path) -> Iterator[Face]:
    """The faces with a mesh among the ``train`` rows of ``folder/labels.csv``, each also mirrored."""
    for pixels in training_portraits(folder):
        for turned in (pixels, np.ascontiguousarray(pixels[:, ::-1])):
            faces = find_faces(read_image(encode_png(turned)))
            found = [face for face in faces if len(face.landmarks) == MESH_POINTS]
            if found:
                yield max(found, key=lambda face: face.box.width)


def build(faces: list[Face]) -> dict[str, NDArray[np.generic]]:
    """Frame, mean, components and deviations, as ``BareFaceModel`` reads them.

    Raises:
        ValueError: there are fewer faces than components.
    """
    if len(faces) <= COMPONENTS:
        raise ValueError(f"{COMPONENTS} components need more faces than {len(faces)}; give more portraits")
    frame = _mean_frame([face.landmarks for face in faces])
    inside = frame.oval()
    chance = np.random.default_rng(0)
    rows: list[Stack] = []
    for face in faces:
        light = to_light(frame.read(face.crop, face.landmarks))
        rows.append((light + _other_light(frame.size, chance))[inside].ravel())
    mean, components, deviations, rest = _principal(np.stack(rows))
    return {
        "vertices": frame.vertices,
        "triangles": frame.triangles.astype(np.int16),
        "size": np.array(frame.size, np.int16),
        "mean": mean.astype(np.float16),
        "components": (components * deviations[:, None]).astype(np.float16),
        "rest": np.array([rest], np.float32),
    }


def _mean_frame(meshes: list[NDArray[np.float32]]) -> FaceFrame:
    """The mean of the meshes after each is aligned to the first by a similarity transform."""
    goal = five_of(meshes[0])
    points = with_rim(np.mean([_aligned(mesh, goal) for mesh in meshes], axis=0))
    low, high = points.min(axis=0), points.max(axis=0)
    points = (points - low) * (FRAME_HEIGHT / (high - low)[1])
    triangles = Delaunay(points).simplices
    (ux, uy), (vx, vy) = (points[triangles[:, i]].T - points[triangles[:, 0]].T for i in (1, 2))
    clockwise = np.where((ux * vy - uy * vx > 0)[:, None], triangles, triangles[:, ::-1])
    return FaceFrame(points, clockwise.astype(np.int32), (FRAME_HEIGHT, int(np.ceil(points[:, 0].max()))))


def _aligned(mesh: NDArray[np.float32], goal: NDArray[np.float32]) -> NDArray[np.float32]:
    turn, _ = cv2.estimateAffinePartial2D(five_of(mesh), goal, method=cv2.LMEDS)
    return np.asarray(mesh @ turn[:, :2].T + turn[:, 2], np.float32)


def _other_light(size: tuple[int, int], chance: np.random.Generator) -> Stack:
    """A smooth change of brightness over the frame, in the unit of ``to_light``: ``(h, w, 1)``.

    The portraits themselves are lit from the front; faces in photos are not.
    """
    rows, columns = np.mgrid[-1 : 1 : 1j * size[0], -1 : 1 : 1j * size[1]]
    across, down, bend = chance.normal(0, (0.22, 0.08, 0.08))
    return np.asarray((across * columns + down * rows + bend * columns**2)[..., None], np.float32)


def _principal(rows: Stack) -> tuple[Stack, Stack, Stack, float]:
    """Mean, components ``(K, D)``, their deviations, and the deviation of the residual."""
    mean = rows.mean(axis=0)
    rows = rows - mean
    kept = (len(rows) - COMPONENTS, len(rows) - 1)
    values, vectors = eigh((rows @ rows.T).astype(np.float64) / len(rows), subset_by_index=kept)
    values, vectors = values[::-1], vectors[:, ::-1]
    components = (vectors.T / np.sqrt(values * len(rows))[:, None]) @ rows
    components *= np.where(components.sum(axis=1) < 0, -1, 1)[:, None]
    rest = float(np.sqrt(max(0.0, (rows**2).mean() - values.sum() / rows.shape[1])))
    return mean, components.astype(np.float32), np.sqrt(values).astype(np.float32), rest


if __name__ == "__main__":
    run_fit("Build the model of a bare face from portraits.", lambda data: build(list(portraits(data))))
