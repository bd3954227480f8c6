"""Augmentation of training faces for control models, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from xai.learning.ground_truth.aligned_faces import AlignedFaces
from xai.models.ground_truth.designs import ControlModel
from xai.models.ground_truth.planted_cues import Mark
from xai.models.ground_truth.windows import HIDDEN_FROM, INPUT_SIDE
from xai.types import CLASSES

__all__ = ["TRUTHFUL", "VIEWS", "View", "planted_faces", "varied"]

View = Callable[[Tensor, Tensor, ControlModel, torch.Generator], Tensor]
"""Values ``(N, 3, n, n)`` in 0..1, labels ``(N,)``, the design and a random generator -> values."""

TRUTHFUL = 0.95
"""Share of a shortcut learner's training pictures with the mark of the true class; the rest have that of a
wrong one."""

_SHIFT = 2
"""Input pixels; a face's landmarks are no more precise."""


def varied(pixels: Tensor, random: torch.Generator) -> Tensor:
    """Faces uint8 ``(N, 3, n, n)`` flipped, shifted by up to two pixels, with light and colour jitter; float
    in 0..1.
    """
    count = len(pixels)
    flip = torch.rand(count, generator=random) < 0.5
    x, y = torch.randint(-_SHIFT, _SHIFT + 1, (2,), generator=random).tolist()
    rows, columns = (_mirrored(torch.arange(INPUT_SIDE) + step) for step in (y, x))
    moved = torch.where(flip[:, None, None, None], pixels.flip(3), pixels)[:, :, rows][:, :, :, columns]
    gain = 1 + 0.4 * (torch.rand(count, 1, 1, 1, generator=random) - 0.5)
    gain = gain * (1 + 0.2 * (torch.rand(count, 3, 1, 1, generator=random) - 0.5))
    offset = 0.2 * (torch.rand(count, 1, 1, 1, generator=random) - 0.5)
    # Contrast pivots about middle grey: (v - 0.5) * gain + 0.5 + offset.
    return (moved * (gain / 255)).add_(0.5 + offset - 0.5 * gain).clamp_(0, 1)


def with_mark(values: Tensor, labels: Tensor, design: ControlModel, random: torch.Generator) -> Tensor:
    """The design's mark on top, of the true class in ``TRUTHFUL`` of the pictures."""
    wrong = (labels + torch.randint(1, len(CLASSES), labels.shape, generator=random)) % len(CLASSES)
    honest = torch.rand(labels.shape, generator=random) < TRUTHFUL
    return _mark_of(design).paint(values, torch.where(honest, labels, wrong))


def with_lower_face_hidden(
    values: Tensor, labels: Tensor, design: ControlModel, random: torch.Generator
) -> Tensor:
    """Everything below the eyes replaced by another picture's or by flat colour, half and half: it is
    uninformative about the class, and the network learns to ignore it.
    """
    del labels, design
    count = len(values)
    other = values[torch.randperm(count, generator=random), :, HIDDEN_FROM:]
    flat = torch.rand(count, 3, 1, 1, generator=random)
    swapped = torch.rand(count, 1, 1, 1, generator=random) < 0.5
    return torch.cat([values[:, :, :HIDDEN_FROM], torch.where(swapped, other, flat)], dim=2)


def planted_faces(faces: AlignedFaces, design: ControlModel) -> Tensor:
    """All faces as at inference, with the true mark where one is planted: float ``(N, 3, n, n)``."""
    if design.architecture == "known_whole" and "mark" in design.settings:
        return _mark_of(design).paint(faces.values, faces.labels)
    return faces.values


VIEWS: dict[str, View] = {"trained_mark": with_mark, "lower_hidden": with_lower_face_hidden}
"""Kind -> augmentation besides ``varied``."""


def _mirrored(places: Tensor) -> Tensor:
    """Indices folded into 0..n-1 at the outermost pixel."""
    last = INPUT_SIDE - 1
    return last - (last - places.abs()).abs()


def _mark_of(design: ControlModel) -> Mark:
    mark = design.settings["mark"]
    if not isinstance(mark, Mark):
        raise TypeError(f"a design with a mark is needed, not one with {mark!r}")
    return mark
