"""Training pictures in which the lower face, its surroundings and a cue each indicate a class of their own.

The surroundings come from a person of any class, so they are uninformative. How often lower face and cue are
true determines how much a network learns to rely on either: for an ideal reader of both, evidence that is
true in a share r of pictures is worth the logarithm of r over (1 - r) / (C - 1), C being the number of
classes it can indicate.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.learning.ground_truth.photo_faces import PhotoFaces
from xai.models.ground_truth.photo_architectures import PHOTO_SIDE
from xai.models.ground_truth.photo_cues import FACE_ZONES, Cue, cue_zone, paint
from xai.types import CLASSES

__all__ = ["HONEST", "Shares", "draw_pictures"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_OWN = 0.5  # share of pictures that use the face itself where it has the wanted class; else a donor
_SCALE, _SHIFT, _TURN = (0.88, 1.1), 0.06, 0.18  # factors, half sides of the picture, radians
_JPEG = 0.3  # share of pictures that are compressed
_BLURRED = 0.4  # share of pictures that are downsampled
_CHROMA = 0.08  # standard deviation of a channel's gain, natural logarithm


@dataclass(frozen=True)
class Shares:
    """How often each piece of evidence is true, in shares of the training pictures.

    Attributes:
        shown: the cue is in the picture.
        cue: where shown, it is the true class's.
        lower_face: the lower face is of the true class. A cue that encodes only two classes is wrong, and
            lower faces are exchanged, between these two.
    """

    shown: float
    cue: float
    lower_face: float


HONEST = Shares(shown=0.0, cue=0.0, lower_face=1.0)
"""No cue, and every lower face of the true class."""


def draw_pictures(
    faces: PhotoFaces, cue: Cue | None, shares: Shares, count: int, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """A batch of training pictures.

    Args:
        faces: with donors.
        cue: what is planted; None for nothing.
        shares: how often it, and the lower face, are true.
        count: of pictures; the classes are drawn uniformly.
        random: random generator.

    Returns:
        Values float32 ``(N, 3, n, n)`` in 0..1 with n = ``PHOTO_SIDE``, and labels int64 ``(N,)``.
    """
    rows = random.integers(len(faces.labels), size=count)
    labels = random.integers(len(CLASSES), size=count)
    spoken = np.array([cue is None or name in cue.colours for name in CLASSES])
    lower = _told(labels, shares.lower_face, spoken, random)
    mixed = _mixed(faces, rows, lower, random)
    zones = {name: faces.zones[rows, place].astype(np.float32) / 255 for place, name in enumerate(FACE_ZONES)}
    by_face = cue is not None and cue.needs_landmarks
    zone = (
        cue_zone(cue, mixed, zones) if cue is not None and by_face else np.zeros(mixed.shape[:3], np.float32)
    )
    mixed, zone = _moved(mixed, zone, random)
    pixels = _in_other_light(mixed, random)
    if cue is not None:
        told = _told(labels, shares.cue, spoken, random)
        shown = (random.random(count) < shares.shown) & spoken[told]
        zone = zone if by_face else np.broadcast_to(cue_zone(cue, pixels, {}), zone.shape)
        pixels = _planted(pixels, cue, told, shown, zone)
    stored = np.rint(_compressed(pixels, random)).astype(np.float32) / 255
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(stored, -1, 1))), torch.from_numpy(labels)


def _told(labels: Ints, truth: float, spoken: NDArray[np.bool_], random: np.random.Generator) -> Ints:
    """The class that a piece of evidence indicates: the true one in a share, else another of its classes."""
    told = labels.copy()
    lies = random.random(len(labels)) >= truth
    for row in np.flatnonzero(lies & spoken[labels]):
        others = [n for n in range(len(CLASSES)) if spoken[n] and n != labels[row]]
        told[row] = random.choice(others)
    return told


def _mixed(faces: PhotoFaces, rows: Ints, lower: Ints, random: np.random.Generator) -> Floats:
    """Lower faces of the given classes in surroundings of any class: float32 ``(N, S, S, 3)``, 0..255."""
    around = random.integers(len(CLASSES), size=len(rows))
    inner = faces.pictures[rows, _slots(faces, rows, lower, random)].astype(np.float32)
    outer = faces.pictures[rows, _slots(faces, rows, around, random)].astype(np.float32)
    weight = faces.zones[rows, FACE_ZONES.index("lower_face")].astype(np.float32)[..., None] / 255
    return np.asarray(outer + weight * (inner - outer), np.float32)


def _slots(faces: PhotoFaces, rows: Ints, wanted: Ints, random: np.random.Generator) -> Ints:
    donor = 1 + faces.donors * wanted + random.integers(faces.donors, size=len(rows))
    own = (faces.labels[rows] == wanted) & (random.random(len(rows)) < _OWN)
    return np.where(own, 0, donor)


def _moved(pixels: Floats, zone: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Pictures ``(N, S, S, 3)`` and a zone ``(N, S, S)`` flipped, rotated, scaled and shifted, at
    ``PHOTO_SIDE``.
    """
    count, stored = len(zone), zone.shape[1]
    scale = random.uniform(*_SCALE, (count,)) * stored / PHOTO_SIDE
    turn = random.uniform(-_TURN, _TURN, count)
    flip = np.where(random.random(count) < 0.5, -1, 1)
    moved = np.empty((count, PHOTO_SIDE, PHOTO_SIDE, 4), np.float32)
    middle = (stored - 1) / 2 + random.uniform(-_SHIFT, _SHIFT, (count, 2)) * stored / 2
    for row in range(count):
        cosine, sine = scale[row] * np.cos(turn[row]), scale[row] * np.sin(turn[row])
        matrix = np.array([[flip[row] * cosine, -sine], [flip[row] * sine, cosine]])
        shift = middle[row] - matrix @ np.full(2, (PHOTO_SIDE - 1) / 2)
        planes = np.concatenate([pixels[row], zone[row][..., None]], axis=-1)
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (PHOTO_SIDE, PHOTO_SIDE)
        affine = np.column_stack([matrix, shift])
        moved[row] = cv2.warpAffine(planes, affine, size, flags=how, borderMode=cv2.BORDER_REFLECT)
    return moved[..., :3], moved[..., 3]


def _in_other_light(pixels: Floats, random: np.random.Generator) -> Floats:
    """Pictures ``(N, n, n, 3)`` with random resolution, contrast, brightness, colour and grain."""
    count = len(pixels)
    values = pixels / np.float32(255)
    for row in np.flatnonzero(random.random(count) < _BLURRED):
        size = (round(PHOTO_SIDE * random.uniform(0.35, 0.8)),) * 2
        coarse = cv2.resize(values[row], size, interpolation=cv2.INTER_AREA)
        values[row] = cv2.resize(coarse, (PHOTO_SIDE, PHOTO_SIDE), interpolation=cv2.INTER_LINEAR)
    colour = random.uniform(0.5, 1.3, count)
    contrast = random.uniform(0.75, 1.25, count)
    gain = np.exp(random.normal(0, 0.2, (count, 1)) + random.normal(0, _CHROMA, (count, 3)))
    middle = values.mean(axis=(1, 2, 3))
    grain = random.standard_normal(values.shape[:3], np.float32) * np.float32(random.uniform(0, 0.03))
    # All but the grain is linear in the three channels of a pixel: one matrix and one shift for each picture.
    mix = colour[:, None, None] * np.eye(3) + (1 - colour[:, None, None]) / 3
    mix = contrast[:, None, None] * mix * gain[:, None, :]
    shift = (1 - contrast)[:, None] * middle[:, None] * gain
    lit = np.matmul(values, mix[:, None].astype(np.float32))
    lit += shift[:, None, None].astype(np.float32) + grain[..., None]
    return np.asarray(lit.clip(0, 1) * 255, np.float32)


def _planted(pixels: Floats, cue: Cue, told: Ints, shown: NDArray[np.bool_], zone: Floats) -> Floats:
    """The pictures ``(N, n, n, 3)`` with the cue of the class ``told`` where ``shown``."""
    if not shown.any():
        return pixels
    colours = np.array([cue.colours[CLASSES[number]] for number in told[shown]], np.float32)
    pixels[shown] = paint(cue, pixels[shown], colours, zone[shown])
    return pixels


def _compressed(pixels: Floats, random: np.random.Generator) -> Floats:
    """Some of the pictures after JPEG compression of a quality from 35 to 90."""
    compressed = pixels.clip(0, 255)
    for row in np.flatnonzero(random.random(len(pixels)) < _JPEG):
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 91))]
        data = cv2.imencode(".jpg", np.rint(compressed[row]).astype(np.uint8), quality)[1]
        compressed[row] = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return compressed
