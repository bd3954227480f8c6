"""Labelled faces with donor faces warped onto them, made once and cached.

A donor's whole picture is warped by the affine map that brings its mesh closest to the mesh of a face, and
its light is matched to that of the face. Blending the two by the lower face's zone puts one person's lower
face in another's surroundings. This compositing is deliberately simpler than that of the interventions by
which networks are tested: training and testing should not share a compositor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import DataRejected
from xai.learning.data.splits import Example, load_crop, read_examples, select
from xai.learning.ground_truth.aligned_faces import MIN_SHORT_SIDE, find_in_crop
from xai.models.ground_truth.photo_cues import FACE_ZONES, face_zones
from xai.photo.mesh import MESH_POINTS, five_of
from xai.photo.synthetic_masks.renderer import LOOKS, draw_mask
from xai.photo.synthetic_masks.wear_styles import class_of
from xai.types import CLASSES, Box, Face

__all__ = [
    "STORED_SIDE",
    "LabelledCrop",
    "PhotoFaces",
    "colour_of",
    "in_light_of",
    "laid_on",
    "lay_donors",
    "pose_shape",
    "read_photo_faces",
    "warped_onto",
]

Crop = NDArray[np.uint8]
Floats = NDArray[np.float32]
Report = Callable[[str], None]

STORED_SIDE = 96
"""Side at which faces are kept, pixels: a little more than the networks see, so that they can be shifted."""

_SETS = ("ilc", "ganfaces")
_NEAREST = 15  # donors are drawn among this many of the most similar pose
_GAINS = (0.4, 2.5)  # limits of the change of a donor's light, as factors
_CHROMA = (0.75, 1.35)  # limits of the further change of a channel
_DRAWN = (
    "correct",
    "nose_out",
    "nose_out",
    "below_chin",
    "nose_tip_out",
    "mouth_out",
    "nose_out",
    "below_chin",
)


@dataclass(frozen=True, eq=False)
class LabelledCrop:
    """A face with a mesh whose class is known.

    Attributes:
        face: its crop is ``STORED_SIDE`` pixels.
        label: one of ``CLASSES``.
        group: photo or person; a face of the same group is never a donor.
        drawn: whether a mask was drawn on it.
    """

    face: Face
    label: str
    group: str
    drawn: bool = False


@dataclass(frozen=True, eq=False)
class PhotoFaces:
    """Faces, and donors warped onto them.

    Attributes:
        pictures: uint8 ``(N, 1 + 3 K, S, S, 3)``, RGB: the face itself, then K donors of each of ``CLASSES``.
        zones: uint8 ``(N, 4, S, S)``, 0..255: ``FACE_ZONES`` of each face.
        labels: int64 ``(N,)``, index into ``CLASSES``.
    """

    pictures: NDArray[np.uint8]
    zones: NDArray[np.uint8]
    labels: NDArray[np.int64]

    @property
    def donors(self) -> int:
        """How many donors of each class every face has."""
        return int(self.pictures.shape[1] - 1) // len(CLASSES)


def read_photo_faces(data: Path, part: str, kept: Path, report: Report) -> PhotoFaces:
    """The faces of one part under the product protocol, with two donors of every class each.

    Args:
        data: folder with the set ``ilc``, and for training ``ganfaces`` if present.
        part: ``"train"``, with drawn masks besides the real ones, or ``"test"``, real ones only.
        kept: file (``.npz``) where the result is cached; a second call reads it.
        report: called with progress messages.

    Raises:
        DataRejected: a set cannot be read, or holds too few faces of some class.
    """
    if not kept.is_file():
        names = [name for name in _SETS if (data / name).is_dir()] if part == "train" else _SETS[:1]
        examples = [e for name in names for e in select(read_examples(data / name), "product", part)]
        crops = list(_found([e for e in examples if e.short_side >= MIN_SHORT_SIDE], report))
        if part == "train":
            crops += list(_with_drawn_masks(crops, report))
        faces = lay_donors(crops, 2, report)
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(".unfinished.npz")
        np.savez(unfinished, pictures=faces.pictures, zones=faces.zones, labels=faces.labels)
        unfinished.replace(kept)
    with np.load(kept) as stored:
        return PhotoFaces(stored["pictures"], stored["zones"], stored["labels"])


def lay_donors(crops: Sequence[LabelledCrop], count: int, report: Report) -> PhotoFaces:
    """``count`` donors of every class warped onto every face: other people in a similar pose.

    Raises:
        DataRejected: some class has too few faces of other groups.
    """
    shapes = np.stack([pose_shape(crop.face) for crop in crops])
    labels = np.array([CLASSES.index(crop.label) for crop in crops], np.int64)
    groups = np.array([crop.group for crop in crops])
    side = len(crops[0].face.crop)
    pictures = np.empty((len(crops), 1 + count * len(CLASSES), side, side, 3), np.uint8)
    zones = np.empty((len(crops), len(FACE_ZONES), side, side), np.uint8)
    for row, crop in enumerate(crops):
        if row % 500 == 0:
            report(f"laying donors on face {row} of {len(crops)}")
        own = face_zones(crop.face.crop, crop.face.landmarks)
        zones[row] = [np.rint(255 * own[name]) for name in FACE_ZONES]
        away = ((shapes - shapes[row]) ** 2).sum(axis=1) + 1e9 * (groups == groups[row])
        chosen = _chosen(away, labels, count, np.random.default_rng(row))
        pictures[row] = [crop.face.crop, *(laid_on(crop.face, crops[donor].face) for donor in chosen)]
    return PhotoFaces(pictures, zones, labels)


def laid_on(face: Face, donor: Face) -> Crop:
    """The donor's crop warped onto the face and matched to its light: RGB uint8 ``(S, S, 3)``; see
    ``warped_onto`` and ``in_light_of``.
    """
    bent = warped_onto(face.landmarks, len(face.crop), donor)
    return in_light_of(bent, _skin(donor), _skin(face))


def warped_onto(mesh: Floats, side: int, donor: Face) -> Crop:
    """The donor's crop by the affine map that brings its mesh closest to ``mesh``, by least squares.

    Args:
        mesh: float32 ``(468, 2)``, in pixels of the result.
        side: of the result, pixels.
        donor: with a mesh.

    Returns:
        RGB uint8 ``(side, side, 3)``, mirrored at the donor's own edges.
    """
    points = np.column_stack([mesh, np.ones(len(mesh))]).astype(np.float64)
    fitted = np.linalg.lstsq(points, donor.landmarks.astype(np.float64), rcond=None)[0].T
    # OpenCV counts from the centre of the first pixel, landmarks from its corner.
    centred = np.column_stack([fitted[:, :2], fitted[:, 2] + fitted[:, :2] @ np.full(2, 0.5) - 0.5])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    bent = cv2.warpAffine(donor.crop, centred, (side, side), flags=how, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(bent, np.uint8)


def in_light_of(pixels: Crop, own: Floats, goal: Floats) -> Crop:
    """The picture with each channel scaled so that skin of the colour ``own`` approaches ``goal``.

    Args:
        pixels: RGB uint8 ``(S, S, 3)``.
        own: RGB float32 ``(3,)``, 0..255, of the skin.
        goal: the same.
    """
    gain = (goal + 8) / (own + 8)
    light = gain.mean()
    gain = light.clip(*_GAINS) * (gain / light).clip(*_CHROMA)
    return np.asarray(np.rint(pixels * gain).clip(0, 255), np.uint8)


def _chosen(
    away: NDArray[np.float64], labels: NDArray[np.int64], count: int, random: np.random.Generator
) -> list[int]:
    chosen: list[int] = []
    for number, label in enumerate(CLASSES):
        others = np.flatnonzero((labels == number) & (away < 1e9))
        if len(others) < count:
            raise DataRejected(
                f"Donors need {count} {label} faces of other groups with a mesh; there are {len(others)}."
            )
        nearest = others[np.argsort(away[others], kind="stable")][:_NEAREST]
        chosen += random.choice(nearest, count, replace=False).tolist()
    return chosen


def pose_shape(face: Face) -> NDArray[np.float64]:
    """Every sixth mesh point, centred and scaled to unit root mean square: similar for faces in similar
    poses.
    """
    points = face.landmarks[::6].astype(np.float64)
    apart = points - points.mean(axis=0)
    return np.asarray((apart / max(float(np.sqrt((apart**2).mean())), 1e-6)).ravel())


def _skin(face: Face) -> Floats:
    """Mean colour of the zone ``skin``, float32 ``(3,)``, 0..255."""
    return colour_of(face.crop, face_zones(face.crop, five_of(face.landmarks))["skin"])


def colour_of(crop: Crop, zone: Floats) -> Floats:
    """Mean colour of a crop in a zone of it, float32 ``(S, S)`` in 0..1: RGB float32 ``(3,)``, 0..255."""
    weight = zone[..., None]
    total = (weight * crop).sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
    return np.asarray(total, np.float32)


def _found(examples: Sequence[Example], report: Report) -> Iterator[LabelledCrop]:
    for number, example in enumerate(examples):
        if number % 500 == 0:
            report(f"finding landmarks: face {number} of {len(examples)}")
        crop = load_crop(example)
        if crop.shape[0] != crop.shape[1]:
            continue
        inside = example.extent if example.extent is not None and not example.cut else None
        whole = Box(0, 0, len(crop), len(crop))
        face = find_in_crop(crop, Box(*(round(edge) for edge in inside)) if inside else whole)
        if face is not None and len(face.landmarks) == MESH_POINTS:
            # A folder of generated people is one group there; here the picture's name identifies the person.
            group = example.path.name if example.set_name == "ganfaces" else example.group
            yield LabelledCrop(_sized(face), example.label, f"{example.set_name}/{group}")


def _with_drawn_masks(crops: Sequence[LabelledCrop], report: Report) -> Iterator[LabelledCrop]:
    """Each bare face once more, with a drawn mask; mostly worn incorrectly, since few real ones are."""
    report("drawing masks on bare faces")
    looks = list(LOOKS.values())
    for number, bare in enumerate(crop for crop in crops if crop.label == "uncovered"):
        worn = _DRAWN[number % len(_DRAWN)]
        look = looks[(number * 7 + number // len(_DRAWN)) % len(looks)]
        crop = draw_mask(bare.face.crop, bare.face.landmarks, look, worn, number)
        yield LabelledCrop(replace(bare.face, crop=crop), class_of(worn), bare.group, drawn=True)


def _sized(face: Face) -> Face:
    scale = STORED_SIDE / len(face.crop)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    crop = np.asarray(cv2.resize(face.crop, (STORED_SIDE, STORED_SIDE), interpolation=how), np.uint8)
    return replace(face, crop=crop, landmarks=face.landmarks * np.float32(scale))
