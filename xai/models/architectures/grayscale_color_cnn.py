"""The grey and the colour CNN of the 2021 project "Detecting Face Masks".

Published: rescaling of the pixel values as the first layer, then a stack of convolutions with 2 × 2
max-pooling after each, fitted once to grey and once to colour crops. Sizes were not published; here: crops of
64 × 64 pixels, three 3 × 3 convolutions of 16, 32 and 64 channels, and 128 hidden units. The two networks
differ only in the input of the first convolution.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

__all__ = ["Luminance", "RescaledCNN", "colour_cnn", "grey_cnn"]

_SIDE = 64
_WIDTHS = (16, 32, 64)
_LUMA = (0.299, 0.587, 0.114)


class Luminance(nn.Module):
    """RGB ``(N, 3, n, n)`` -> luma ``(N, 1, n, n)`` as of ITU-R BT.601, the usual grey of a photo."""

    weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(_LUMA)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """The weighted sum of the three channels."""
        return (x * self.weights).sum(dim=1, keepdim=True)


class RescaledCNN(nn.Module):
    """Pixel values 0..255, rescaled to 0..1 inside; grey or in colour.

    Input ``(N, 3, 64, 64)`` float, 0..255 (a card says so with mean 0 and deviation 1/255); output logits
    ``(N, classes)``.
    """

    def __init__(self, classes: int, *, grey: bool) -> None:
        super().__init__()
        self.grey = Luminance() if grey else nn.Identity()
        widths = (1 if grey else 3, *_WIDTHS)
        self.features = nn.Sequential(*(_block(a, b) for a, b in pairwise(widths)))
        side = _SIDE >> len(_WIDTHS)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * side * side, 128), nn.ReLU(), nn.Linear(128, classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, classes)`` of the batch ``x``."""
        logits: Tensor = self.classifier(self.features(self.grey(x / 255)))
        return logits


def grey_cnn(classes: int) -> nn.Module:
    """The network that sees luminance alone."""
    return RescaledCNN(classes, grey=True)


def colour_cnn(classes: int) -> nn.Module:
    """The network that sees colour."""
    return RescaledCNN(classes, grey=False)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
