"""Training views in which a face's surroundings are another person's, so that only the lower face tells the
class.

Randomising what a network should not go by, while the label stays, is domain randomisation (Tobin et al.
2017); exchanging backgrounds so that a label no longer follows from them is the remedy of Xiao et al. 2021
("Noise or Signal", section 5). Donors are aligned by an affine map between the meshes, matched in light by
the skin below the eyes, and blended along a seam of random width. The edits behind a verdict warp by a
thin-plate spline, blend along a fixed seam and take their donors from other sets: training and testing share
no compositor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor

from xai.atomic_write import write_atomically
from xai.classes import wearings_by_class
from xai.errors import DataRejected
from xai.learning.data.splits import Example
from xai.learning.ground_truth.aligned_faces import find_in_crop
from xai.learning.ground_truth.photo_faces import colour_of, in_light_of, pose_shape, warped_onto
from xai.learning.training.batches import AugmentedFaces
from xai.learning.training.recipe import Recipe
from xai.models.ground_truth.photo_cues import face_zones
from xai.photo.mesh import MESH_POINTS, eye_distance, five_of
from xai.photo.regions import region_masks
from xai.types import CLASSES, Box, Face

__all__ = ["AlignedFace", "ExchangedFaces", "admissible", "exchange_faces"]

Crop = NDArray[np.uint8]
Area = NDArray[np.bool_]
Plane = NDArray[np.float32]
Report = Callable[[str], None]

_SPARE = 1.125  # faces are kept this much larger than the network's input, since views are crops
_NEAREST = 24  # donors are drawn among this many faces of a class that are the most similar in pose
_GROWN = 0.12  # largest distance by which the seam lies outside what is kept, in eye distances
_SEAM = (0.06, 0.3)  # width of the seam, in eye distances
_BLOCK = 256  # faces whose donors are looked for at once


@dataclass(frozen=True, eq=False)
class AlignedFace:
    """A training face with a mesh, at the size at which faces are kept.

    Attributes:
        face: its crop RGB uint8 ``(S, S, 3)``, and its mesh.
        lower: the lower face and what a mask covers beyond it, bool ``(S, S)``.
        nose_and_mouth: bool ``(S, S)``.
        skin: colour of its skin, RGB float32 ``(3,)``, 0..255.
    """

    face: Face
    lower: Area
    nose_and_mouth: Area
    skin: Plane

    @classmethod
    def of(cls, crop: Crop, mesh: Plane, side: int) -> AlignedFace:
        """The face of a square crop with its mesh in crop pixels, at ``side`` pixels."""
        scale = side / len(crop)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        whole = Box(0, 0, side, side)
        sized = np.asarray(cv2.resize(crop, (side, side), interpolation=how), np.uint8)
        face = Face("", whole, whole, sized, mesh * np.float32(scale), 1.0)
        masks = region_masks(face)
        if masks is None:
            raise ValueError(f"an aligned face needs its mesh of {MESH_POINTS} points, and there is none")
        zones = face_zones(face.crop, five_of(face.landmarks))
        skin = colour_of(sized, zones["skin"])
        return cls(face, zones["lower_face"] >= 1, masks["nose"] | masks["mouth"], skin)

    @property
    def unit(self) -> float:
        """The eye distance in pixels."""
        return max(eye_distance(five_of(self.face.landmarks)), 1.0)

    def with_donor(self, donor: AlignedFace, crop: Crop, kept: Plane) -> Crop:
        """``crop`` where ``kept`` is 1, and the donor's picture laid on this face where it is 0."""
        bent = warped_onto(self.face.landmarks, len(crop), donor.face)
        other = in_light_of(bent, donor.skin, self.skin).astype(np.float32)
        mixed = other + kept[..., None] * (crop - other)
        return np.asarray(np.rint(mixed).clip(0, 255), np.uint8)


def admissible(rest: str, part: str) -> tuple[str, ...]:
    """What is true of a face whose nose and mouth come from a face that wears ``part``, and all else from
    one that wears ``rest``; all of ``CLASSES``.

    A bare nose and mouth inside the rest of a mask may be called either, like a mask on the chin.

    >>> admissible("covered", "uncovered"), admissible("uncovered", "covered")
    (('incorrect', 'uncovered'), ('covered',))
    """
    return ("incorrect", "uncovered") if part == "uncovered" and rest != part else (part,)


class ExchangedFaces(AugmentedFaces):
    """Training faces whose surroundings, or whose nose and mouth, are another person's in some views.

    Args:
        faces: as loaded for the usual views.
        aligned: for each of them, or None where no mesh was found: it is then shown as it is.
        recipe: ``surroundings``, ``exchanged``, ``place`` and ``consistency``.

    Raises:
        DataRejected: the meaning of a class is not known, or a class has no face that can be a donor.
    """

    def __init__(self, faces: AugmentedFaces, aligned: Sequence[AlignedFace | None], recipe: Recipe) -> None:
        super().__init__(faces.crops, faces.labels, faces.examples, recipe)
        self._recipe, self._aligned = recipe, aligned
        self._wearing = _wearings(recipe.classes)
        self._donors = _donors_by_class(self)
        self._per_face = 2 if recipe.consistency else 1

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Views float32 ``(K, 3, n, n)`` in 0..1, K being 2 with consistency and else 1, and the share of
        each class in the target, float32 ``(C,)``.
        """
        pictures, truth = self.pictures(index)
        target = torch.zeros(len(self._recipe.classes))
        target[list(truth)] = 1 / len(truth)
        return torch.stack([self.view(Pillow.fromarray(each)) for each in pictures]), target

    def batches(self, size: int) -> Iterable[tuple[Tensor, Tensor]]:
        """As ``AugmentedFaces.batches``, with targets float32 ``(size, C)``; with consistency the views of
        one face are neighbours.
        """
        per_face = self._per_face
        for values, targets in self.loader(size // per_face, self.views // per_face):
            yield values.flatten(0, 1), targets.repeat_interleave(per_face, dim=0)

    def pictures(self, index: int) -> tuple[list[Crop], tuple[int, ...]]:
        """The pictures behind the views of one face, RGB uint8, and the classes that are true of them."""
        own, label = self._aligned[index], int(self.labels[index])
        if own is None:
            return [np.asarray(self.crops[index], np.uint8)] * self._per_face, (label,)
        crop: Crop = own.face.crop
        truth: tuple[int, ...] = (label,)
        if _chance() < self._recipe.place:
            parts = self._parts(label)
            part = parts[_below(len(parts))]
            kept = 1 - _soft(own.nose_and_mouth, own.unit)
            crop = own.with_donor(self._donor(index, part), crop, kept)
            truth = self._truth(label, part)
        return [self._surrounded(index, own, crop) for _ in range(self._per_face)], truth

    def _surrounded(self, index: int, own: AlignedFace, crop: Crop) -> Crop:
        if _chance() >= self._recipe.exchanged:
            return crop
        area = own.lower if self._recipe.surroundings == "exchange" else _random_area(own.lower)
        donor = self._donor(index, _below(len(self._recipe.classes)))
        return own.with_donor(donor, crop, _soft(area, own.unit))

    def _donor(self, index: int, label: int) -> AlignedFace:
        near = self._donors[label][index]
        donor = self._aligned[int(near[_below(len(near))])]
        if donor is None:
            raise ValueError("a donor has a mesh")
        return donor

    def _parts(self, rest: int) -> list[int]:
        """The classes whose nose and mouth may replace those of a face of the class ``rest``.

        A mask worn incorrectly may leave both bare: in the middle of a bare face nothing of it would be seen.
        """
        bare = self._wearing[rest][0] == "uncovered"
        return [n for n, wearings in enumerate(self._wearing) if not (bare and wearings[0] == "incorrect")]

    def _truth(self, rest: int, part: int) -> tuple[int, ...]:
        true = admissible(self._wearing[rest][0], self._wearing[part][0])
        return tuple(n for n, wearings in enumerate(self._wearing) if set(true) & set(wearings))


def exchange_faces(faces: AugmentedFaces, recipe: Recipe, kept: Path, report: Report) -> ExchangedFaces:
    """Find the meshes of some training faces, and prepare their exchange.

    Args:
        faces: as loaded for the usual views.
        recipe: with ``surroundings`` other than ``own``.
        kept: file (``.npz``) where meshes are cached by a digest of their crop; it holds no picture.
        report: called with progress messages.

    Raises:
        DataRejected: as ``ExchangedFaces``.
        XaiError: the file cannot be written.
    """
    side = round(recipe.input_size * _SPARE)
    known = _read_meshes(kept)
    aligned: list[AlignedFace | None] = []
    for number, (picture, example) in enumerate(zip(faces.crops, faces.examples, strict=True)):
        if number % 500 == 0:
            report(f"finding landmarks: face {number} of {len(faces)}")
        crop, extent = _squared(np.asarray(picture, np.uint8), example)
        key = hashlib.sha256(crop.tobytes()).hexdigest()
        if key not in known:
            found = find_in_crop(crop, extent)
            has_mesh = found is not None and len(found.landmarks) == MESH_POINTS
            known[key] = found.landmarks if found is not None and has_mesh else np.zeros((0, 2), np.float32)
        aligned.append(AlignedFace.of(crop, known[key], side) if len(known[key]) else None)
    write_atomically(kept, lambda path: _write_meshes(path, known))
    without = sum(each is None for each in aligned)
    report(f"{len(aligned) - without} of {len(aligned)} faces have landmarks; the others stay as they are.")
    return ExchangedFaces(faces, aligned, recipe)


def _wearings(classes: Sequence[str]) -> list[tuple[str, ...]]:
    meaning = wearings_by_class(classes)
    unknown = [name for name in classes if not meaning[name]]
    if unknown:
        raise DataRejected(
            f"Surroundings are exchanged between classes whose meaning is known ({', '.join(CLASSES)}, "
            f"with_mask, without_mask); {', '.join(unknown)} is none of these. Rename it in the labels."
        )
    return [meaning[name] for name in classes]


def _donors_by_class(faces: ExchangedFaces) -> list[NDArray[np.int64]]:
    """For each class the donors of every face: int64 ``(N, K)``, of other groups and in a similar pose.

    Rows of faces without a mesh are zeros.
    """
    own = np.array([n for n, each in enumerate(faces._aligned) if each is not None], np.int64)
    groups = np.array([f"{e.set_name}/{e.group}" for e in faces.examples])[own]
    labels = faces.labels.numpy()[own]
    shapes = np.zeros((0, 1), np.float32)
    if len(own):
        shapes = np.stack([pose_shape(each.face) for each in faces._aligned if each is not None])
    found = []
    for number, name in enumerate(faces._recipe.classes):
        lent = np.flatnonzero(labels == number)
        count = min(_NEAREST, len(lent))
        if not count or len(set(groups[lent].tolist())) < 2:
            raise DataRejected(
                f"Surroundings are exchanged with faces of other photos, and of the class {name} only "
                f"{len(lent)} training faces have landmarks, of {len(set(groups[lent].tolist()))} photos; "
                "name more --data folders."
            )
        rows = np.zeros((len(faces), count), np.int64)
        for start in range(0, len(own), _BLOCK):
            block = slice(start, start + _BLOCK)
            away = -2 * shapes[block] @ shapes[lent].T + (shapes[lent] ** 2).sum(axis=1)
            away += np.where(groups[block, None] == groups[None, lent], np.inf, 0)
            nearest = np.argpartition(away, count - 1, axis=1)[:, :count]
            # Where too few are of other groups, the nearest of those fill the row.
            best = np.take_along_axis(nearest, np.take_along_axis(away, nearest, 1).argsort(axis=1), 1)
            usable = np.isfinite(np.take_along_axis(away, best, 1))
            rows[own[block]] = own[lent[np.where(usable, best, best[:, :1])]]
        found.append(rows)
    return found


def _soft(area: Area, unit: float) -> Plane:
    """Opacity float32 ``(S, S)``: 1 in the area, falling to 0 along a seam of random place and width."""
    if not area.any():
        return np.zeros(area.shape, np.float32)
    away = cv2.distanceTransform((~area).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    grown = _GROWN * _chance() * unit
    width = (_SEAM[0] + (_SEAM[1] - _SEAM[0]) * _chance()) * unit
    return np.asarray((1 - (away - grown) / max(width, 1.0)).clip(0, 1), np.float32)


def _random_area(like: Area) -> Area:
    """An ellipse about as large as an area, anywhere inside the crop: bool ``(S, S)``."""
    side, size = len(like), float(like.sum())
    stretch = 0.7 + 0.6 * _chance()
    radius = min(np.sqrt(size / np.pi), side / 2)
    middle = tuple(round(radius + _chance() * (side - 2 * radius)) for _ in range(2))
    axes = (max(1, round(radius * stretch)), max(1, round(radius / stretch)))
    drawn = np.zeros(like.shape, np.uint8)
    cv2.ellipse(drawn, middle, axes, 180 * _chance(), 0, 360, 1, -1)
    return drawn.astype(bool)


def _squared(crop: Crop, example: Example) -> tuple[Crop, Box]:
    """The crop padded to a square by mirroring, and the face's box in it."""
    height, width = crop.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    margins = ((top, side - height - top), (left, side - width - left), (0, 0))
    squared = np.pad(crop, margins, mode="symmetric") if height != width else crop
    if example.extent is None or example.cut:
        return squared, Box(0, 0, side, side)
    x0, y0, x1, y1 = (round(edge) for edge in example.extent)
    return squared, Box(x0 + left, y0 + top, x1 + left, y1 + top)


def _read_meshes(path: Path) -> dict[str, Plane]:
    if not path.is_file():
        return {}
    with np.load(path) as stored:
        meshes = dict(zip(stored["keys"].tolist(), stored["meshes"], strict=True))
    return {key: mesh if np.isfinite(mesh).all() else mesh[:0] for key, mesh in meshes.items()}


def _write_meshes(path: Path, known: Mapping[str, Plane]) -> None:
    none = np.full((MESH_POINTS, 2), np.nan, np.float32)
    meshes = np.stack([mesh if len(mesh) else none for mesh in known.values()])
    with path.open("wb") as file:
        np.savez(file, keys=np.array(list(known)), meshes=meshes.astype(np.float32))


def _chance() -> float:
    """A random number in 0..1 by torch's generator, which every epoch seeds anew."""
    return float(torch.rand(()))


def _below(count: int) -> int:
    return int(torch.randint(count, ()))
