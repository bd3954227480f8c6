"""Aligned faces for training control models, made once and cached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.learning.data.splits import Example, load_crop, read_examples
from xai.models.classifiers import to_input
from xai.models.ground_truth.alignment import aligned_face
from xai.models.ground_truth.windows import INPUT_SIDE
from xai.photo.centerface import detect
from xai.photo.mesh import find_landmarks
from xai.types import CLASSES, Box, Face

__all__ = ["MIN_SHORT_SIDE", "AlignedFaces", "find_in_crop", "read_aligned"]

MIN_SHORT_SIDE = 40
"""Shorter side in the photo, pixels, below which a face is not used to train or evaluate these models."""

_SEARCH_SIDE = 112
"""Crops are searched at this side: one scale of the detector is enough, since the face fills the crop."""


@dataclass(frozen=True, eq=False)
class AlignedFaces:
    """Aligned, labelled faces.

    Attributes:
        pixels: uint8 ``(N, 3, n, n)`` with n = ``INPUT_SIDE``, RGB.
        labels: int64 ``(N,)``, index into ``CLASSES``.
    """

    pixels: Tensor
    labels: Tensor

    @property
    def values(self) -> Tensor:
        """The pixels as float32 in 0..1, the input of ``Classifier.normalise``."""
        return self.pixels.float() / 255


def read_aligned(folder: Path, part: str, cache: Path, report: Callable[[str], None]) -> AlignedFaces:
    """The aligned faces of one part of a labelled set; those without detected landmarks are left out.

    Args:
        folder: a set as ``read_examples`` takes it.
        part: ``"train"`` or ``"val"``.
        cache: folder where the result is cached; a second call reads it.
        report: called with progress messages.

    Raises:
        DataRejected: the set cannot be read.
    """
    kept = cache / f"faces-{part}.pt"
    if not kept.is_file():
        wanted = [e for e in read_examples(folder) if e.split == part and e.short_side >= MIN_SHORT_SIDE]
        pairs = list(_aligned(wanted, report))
        pixels = torch.stack([crop for crop, _ in pairs])
        labels = torch.tensor([CLASSES.index(label) for _, label in pairs])
        cache.mkdir(parents=True, exist_ok=True)
        torch.save({"pixels": pixels, "labels": labels}, kept)
    return AlignedFaces(**torch.load(kept, weights_only=True))


def find_in_crop(crop: NDArray[np.uint8], extent: Box) -> Face | None:
    """The face of a training crop with its landmarks, or None where the detector finds none in the middle.

    Args:
        crop: RGB uint8 ``(S, S, 3)``, of one face.
        extent: the face's box in the crop.
    """
    side = crop.shape[0]
    scale = min(1.0, _SEARCH_SIDE / side)
    small = round(side * scale)
    reduced = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
    found = detect(np.asarray(reduced, np.uint8)).moved((0, 0), side / small)
    if not len(found):
        return None
    middle = np.array([extent.left + extent.right, extent.top + extent.bottom], np.float32) / 2
    away = np.linalg.norm(found.centres - middle, axis=1)
    best = int(away.argmin())
    if away[best] > 0.25 * max(extent.width, extent.height):
        return None
    landmarks = find_landmarks(crop, found.points[best])
    return Face("0" * 64, extent, Box(0, 0, side, side), crop, landmarks, float(found.scores[best]))


def _aligned(examples: Sequence[Example], report: Callable[[str], None]) -> Iterator[tuple[Tensor, str]]:
    for number, example in enumerate(examples):
        if number % 200 == 0:
            report(f"aligning face {number} of {len(examples)}")
        crop = load_crop(example)
        face = find_in_crop(crop, _extent(example, crop))
        if face is not None:
            values = to_input(aligned_face(face).crop, INPUT_SIDE)
            yield (values * 255).round().byte(), example.label


def _extent(example: Example, crop: NDArray[np.uint8]) -> Box:
    if example.extent is None:
        return Box(0, 0, crop.shape[1], crop.shape[0])
    return Box(*(round(edge) for edge in example.extent))
