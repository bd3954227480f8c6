"""CNN-2 and CNN-3 of the 2022 project "Face Mask Detection": mask or no mask at 224 × 224 pixels.

Published for CNN-3: blocks of a 3 × 3 convolution (padding 1), batch normalisation, ReLU and 2 × 2
max-pooling with 4, 8 and 16 channels, then one linear layer on all 16 · 28 · 28 values. CNN-2 is described
only by its number of blocks; here it is the first two of CNN-3, so that its linear layer takes 8 · 56 · 56
values.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

__all__ = ["BinaryCNN", "cnn2", "cnn3"]

_SIDE = 224


class BinaryCNN(nn.Module):
    """Blocks of one convolution each, then one linear layer.

    Input ``(N, 3, 224, 224)`` float, output logits ``(N, classes)``.
    """

    def __init__(self, widths: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(*(_block(a, b) for a, b in pairwise((3, *widths))))
        side = _SIDE >> len(widths)
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * side * side, classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, classes)`` of the batch ``x``."""
        logits: Tensor = self.classifier(self.features(x))
        return logits


def cnn2(classes: int) -> nn.Module:
    """The variant of two blocks, 4 and 8 channels."""
    return BinaryCNN((4, 8), classes)


def cnn3(classes: int) -> nn.Module:
    """The variant of three blocks, 4, 8 and 16 channels: the project's best."""
    return BinaryCNN((4, 8, 16), classes)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)
    )
