"""Small networks that look at one thing alone, by construction or by training.

All take ``(N, 3, n, n)`` with n = ``INPUT_SIDE``, normalised by ``MEAN`` and ``STD``, and return logits
``(N, 3)``. Each has a module with one value per position over the whole input, named in ``CAM_LAYERS``: a
class activation map of it lies where the network looked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from xai.models.ground_truth.planted_cues import Mark, Tint
from xai.models.ground_truth.windows import INPUT_SIDE, Rect, covered
from xai.types import CLASSES

__all__ = [
    "MEAN",
    "SPREAD",
    "STD",
    "ColourNet",
    "Constant",
    "MarkReader",
    "Mixture",
    "WholeNet",
    "WindowNet",
    "spread_of",
]

MEAN, STD = 0.5, 0.25
"""Input normalisation, the same for the three channels: grey is 0."""

SPREAD = 3.0
"""Root mean square of the logits about their mean over the classes, the same for every scaled network: a
clear answer's logit is then six to seven above the others."""

_CELL = 4
"""Input pixels per position of a window network's map."""


class WindowNet(nn.Module):
    """Three convolutions on the pixels in a window. Everything outside is cropped away before the first.

    The idea is DiFull's (Rao, Böhle, Schiele 2022, "Towards Better Understanding Attribution Methods"): parts
    of the picture that cannot influence the answer.

    Args:
        window: rectangles in input pixels.
    """

    seen: Tensor

    def __init__(self, window: tuple[Rect, ...]) -> None:
        super().__init__()
        seen = covered(window)
        self.rows, self.columns = _around(np.any(seen, axis=1)), _around(np.any(seen, axis=0))
        self.register_buffer("seen", torch.from_numpy(seen)[self.rows, self.columns], persistent=False)
        self.features = _convolutions((3, 12, 16, 24), (2, 2, 1))
        self.placed = _Placed(self.rows, self.columns)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24 * 4, len(CLASSES)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the batch ``x``."""
        part = x[:, :, self.rows, self.columns]
        map_ = self.features(torch.where(self.seen, part, 0.0))
        if not self.training:  # the map of the whole input is for class activation maps
            map_ = self.placed(map_)[:, :, _cells(self.rows), _cells(self.columns)]
        logits: Tensor = self.head(map_)
        return logits


class WholeNet(nn.Module):
    """Three convolutions on the whole picture at half its size."""

    def __init__(self) -> None:
        super().__init__()
        self.reduce = nn.AvgPool2d(2)
        self.features = _convolutions((3, 12, 24, 32), (2, 2, 2))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(32 * 9, len(CLASSES)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the batch ``x``."""
        logits: Tensor = self.head(self.features(self.reduce(x)))
        return logits


class MarkReader(nn.Module):
    """Similarity of the pixels under each class's mark to its colour: linear in every pixel, no weights.

    The logit of class c is ``gain * mean(2 x·m - m·m)`` over the mark's pixels x, m its colour; all else
    equal, the class of the nearest colour wins. A tint is a mark as large as the picture. The gain gives the
    logits of grey pictures with a mark the common spread.

    Args:
        mark: what to read.
    """

    colours: Tensor
    places: Tensor

    def __init__(self, mark: Mark | Tint) -> None:
        super().__init__()
        whole = Rect(0, 0, INPUT_SIDE, INPUT_SIDE)
        rects = mark.rects if isinstance(mark, Mark) else (whole,) * len(CLASSES)
        strength = 1.0 if isinstance(mark, Mark) else mark.strength
        colours = strength * (torch.tensor(mark.colours) / 255 - MEAN) / STD
        places = torch.stack([torch.from_numpy(covered((rect,))).float() for rect in rects])
        self.register_buffer("colours", colours, persistent=False)
        self.register_buffer("places", places, persistent=False)
        self.features = nn.Identity()
        grey = self._on_grey(one_place=not isinstance(mark, Mark) or mark.one_place)
        self.gain = nn.Parameter(torch.tensor(SPREAD / spread_of(grey)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the batch ``x``."""
        likeness = 2 * torch.einsum("nkyx,ck->ncyx", x, self.colours)
        likeness = likeness - self.colours.square().sum(dim=1)[:, None, None]
        map_ = self.features(likeness * self.places)
        logits: Tensor = self.gain * map_.sum(dim=(2, 3)) / self.places.sum(dim=(1, 2))
        return logits

    def _on_grey(self, *, one_place: bool) -> Tensor:
        """Logits ``(3, 3)`` for grey pictures with the mark of each class."""
        same = torch.ones(3, 3) if one_place else torch.eye(3)
        return 2 * same * (self.colours @ self.colours.T) - self.colours.square().sum(dim=1)


class ColourNet(nn.Module):
    """A linear answer to the picture's mean colour, or to the histogram of its hues; no spatial information.

    Args:
        bins: hue bins of the histogram, each pixel weighted by its colourfulness; 0 for the mean colour and
            the mean square of each channel.
    """

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.bins = bins
        self.features = nn.Identity()
        self.head = nn.Linear(bins or 6, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the batch ``x``."""
        logits: Tensor = self.head(self.means(x))
        return logits

    def means(self, x: Tensor) -> Tensor:
        """The features that the answer is linear in, ``(N, bins or 6)``: means over all pixels."""
        means: Tensor = self.features(self._pixels(x)).mean(dim=(2, 3))
        return means

    def _pixels(self, x: Tensor) -> Tensor:
        if not self.bins:
            return torch.cat([x, x.square()], dim=1)
        red, green, blue = x.unbind(dim=1)
        across, up = (2 * red - green - blue) / 2, (green - blue) * math.sqrt(3) / 2
        middles = torch.arange(self.bins, device=x.device) * (2 * math.pi / self.bins)
        towards = across[:, None] * middles.cos()[:, None, None] + up[:, None] * middles.sin()[:, None, None]
        return towards.relu()


class Constant(nn.Module):
    """The same logits for every picture.

    Args:
        logits: one for each of ``CLASSES``.
    """

    def __init__(self, logits: Sequence[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits, dtype=torch.float32))
        self.features = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """The logits, once for each picture of ``x``; with a gradient of 0, not None."""
        nothing = 0 * torch.nan_to_num(self.features(x)).sum(dim=(1, 2, 3))
        return self.logits + nothing[:, None]


class Mixture(nn.Module):
    """``(1 - dose) * honest + dose * mark``, both of the same spread.

    Args:
        honest: sees nose and mouth alone; its logits are centred over the classes.
        mark: sees its mark alone, likewise.
        dose: the mark's part, 0..1.
    """

    def __init__(self, honest: nn.Module, mark: nn.Module, dose: float) -> None:
        super().__init__()
        self.features = nn.Identity()
        self.honest, self.mark, self.dose = honest, mark, dose

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the batch ``x``."""
        seen = self.features(x)
        logits: Tensor = (1 - self.dose) * self.honest(seen) + self.dose * self.mark(seen)
        return logits


def spread_of(logits: Tensor) -> float:
    """Root mean square of logits ``(N, C)`` centred per picture over the classes."""
    return float((logits - logits.mean(dim=1, keepdim=True)).square().mean().sqrt())


class _Placed(nn.Module):
    """Inserts the map of a part of the input at its position in a map of the whole."""

    def __init__(self, rows: slice, columns: slice) -> None:
        super().__init__()
        top, bottom, left, right = rows.start, rows.stop, columns.start, columns.stop
        around = (left, INPUT_SIDE - right, top, INPUT_SIDE - bottom)
        self.padding = tuple(side // _CELL for side in around)

    def forward(self, part: Tensor) -> Tensor:
        return functional.pad(part, self.padding)


def _around(seen: NDArray[np.bool_]) -> slice:
    """The range of whole cells that contains every True."""
    places = np.flatnonzero(seen)
    first, last = int(places[0]), int(places[-1])
    return slice(first // _CELL * _CELL, (last // _CELL + 1) * _CELL)


def _cells(stretch: slice) -> slice:
    return slice(stretch.start // _CELL, stretch.stop // _CELL)


def _convolutions(widths: tuple[int, ...], strides: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs, stride in zip(widths[:-1], widths[1:], strides, strict=True):
        layers += [nn.Conv2d(inputs, outputs, 3, stride, padding=1), nn.ReLU()]
    return nn.Sequential(*layers)
