"""Three small convolutional networks for the classifiers trained on real photographs.

All take ``(N, 3, n, n)`` with n = ``PHOTO_SIDE``, normalised by ``MEAN`` and ``STD`` of ``networks``, and
return logits ``(N, 3)``. The output of ``features`` is a map of 10 × 10 positions that a class activation map
can explain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from xai.types import CLASSES

__all__ = ["PHOTO_ARCHITECTURES", "PHOTO_SIDE", "PhotoNet", "build"]

PHOTO_SIDE = 80
"""Side of the input, pixels: the eyes in a typical crop are then some 18 pixels apart."""


class PhotoNet(nn.Module):
    """Convolutions, and a linear layer on their map averaged to 5 × 5 positions.

    Args:
        features: ``(N, 3, 80, 80)`` -> ``(N, channels, 10, 10)``.
        channels: of that map.
    """

    def __init__(self, features: nn.Sequential, channels: int) -> None:
        super().__init__()
        self.features = features
        self.head = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(channels * 25, len(CLASSES)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the batch ``x``."""
        logits: Tensor = self.head(self.features(x))
        return logits


class Residual(nn.Module):
    """Two convolutions with a skip connection (He et al. 2016, "Deep Residual Learning").

    Args:
        inputs: channels of the input.
        outputs: channels of the output, which has half the side.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.convolutions = nn.Sequential(*_convolution(inputs, outputs, 2), second, nn.BatchNorm2d(outputs))
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, 2, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """The block's output, of half the side of ``x``."""
        return torch.relu(self.convolutions(x) + self.shortcut(x))


def build(architecture: str, seed: int) -> PhotoNet:
    """The network of an entry of ``PHOTO_ARCHITECTURES`` with weights drawn from ``seed``.

    The caller's random state is unaffected.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PHOTO_ARCHITECTURES[architecture]()


def _plain() -> PhotoNet:
    shapes = ((3, 16, 2), (16, 32, 2), (32, 32, 1), (32, 48, 2), (48, 48, 1))
    layers = [layer for shape in shapes for layer in _convolution(*shape)]
    return PhotoNet(nn.Sequential(*layers), 48)


def _residual() -> PhotoNet:
    stem = nn.Sequential(*_convolution(3, 16, 2))
    return PhotoNet(nn.Sequential(stem, Residual(16, 32), Residual(32, 48)), 48)


def _separable() -> PhotoNet:
    """Depthwise separable convolutions (Howard et al. 2017, "MobileNets")."""
    shapes = ((24, 48, 2), (48, 64, 1), (64, 96, 2), (96, 128, 1))
    layers = [*_convolution(3, 24, 2)]
    for inputs, outputs, stride in shapes:
        depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False)
        layers += [depthwise, nn.BatchNorm2d(inputs), nn.ReLU()]
        layers += [nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return PhotoNet(nn.Sequential(*layers), 128)


PHOTO_ARCHITECTURES: Mapping[str, Callable[[], PhotoNet]] = {
    "photo_plain": _plain,
    "photo_residual": _residual,
    "photo_separable": _separable,
}
"""Architecture on a card -> how it is built; 37,000 to 54,000 parameters each."""


def _convolution(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
