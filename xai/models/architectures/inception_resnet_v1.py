"""Inception-ResNet-v1 as face recognition uses it.

Szegedy et al. 2016, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
figures 10 to 14 and 15, with residuals scaled as in its section 3.3; the 512-value embedding in place of the
classes is FaceNet's (Schroff et al. 2015) and has no bias but batch normalisation. Departures of that variant
from the paper, kept here for compatibility with its users: residual scales 0.17, 0.10 and 0.20 by stage, and
a last block of the third stage without scaling and without ReLU. The logits are one linear layer on the
embedding.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ConvUnit", "InceptionResnetV1", "Reduction", "Residual", "inception_resnet_v1"]

_EMBEDDING = 512


class ConvUnit(nn.Sequential):
    """Convolution without bias, batch normalisation, ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, *, same: bool = True
    ) -> None:
        sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (sides[0] // 2, sides[1] // 2) if same else (0, 0)
        super().__init__(
            nn.Conv2d(inputs, outputs, sides, stride, padding, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3),
            nn.ReLU(),
        )


class Residual(nn.Module):
    """Parallel branches, joined by a 1 × 1 convolution with bias, scaled and added to the input.

    Input and output ``(N, C, h, w)``.
    """

    def __init__(
        self, branches: list[nn.Module], joined: int, channels: int, scale: float, *, activated: bool = True
    ) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.join = nn.Conv2d(joined, channels, 1)
        self.scale = scale
        self.activation = nn.ReLU() if activated else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """The input plus the scaled residual, after the activation."""
        residual = self.join(torch.cat([branch(x) for branch in self.branches], dim=1))
        total: Tensor = self.activation(x + self.scale * residual)
        return total


class Reduction(nn.Module):
    """Branches of stride 2 and a 3 × 3 max-pooling, concatenated: half the side, more channels."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList([*branches, nn.MaxPool2d(3, 2)])

    def forward(self, x: Tensor) -> Tensor:
        """The concatenated channels of all branches."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class InceptionResnetV1(nn.Module):
    """The whole network: stem, 5 + 10 + 5 residual blocks with reductions between, embedding, logits.

    Input ``(N, 3, n, n)`` float, n at least 75 (published: 256); output logits ``(N, classes)``. The last
    spatial output is that of ``block8``.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = _stem()
        self.stage_a = nn.Sequential(*(_block35() for _ in range(5)))
        self.reduction_a = _reduction_a()
        self.stage_b = nn.Sequential(*(_block17() for _ in range(10)))
        self.reduction_b = _reduction_b()
        self.stage_c = nn.Sequential(*(_block8(0.20) for _ in range(5)))
        self.block8 = _block8(1.0, activated=False)
        self.embedding = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.6),
            nn.Linear(1792, _EMBEDDING, bias=False),
            nn.BatchNorm1d(_EMBEDDING, eps=1e-3),
        )
        self.classifier = nn.Linear(_EMBEDDING, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, classes)`` of the batch ``x``."""
        x = self.stage_b(self.reduction_a(self.stage_a(self.stem(x))))
        x = self.block8(self.stage_c(self.reduction_b(x)))
        logits: Tensor = self.classifier(self.embedding(x))
        return logits


def inception_resnet_v1(classes: int) -> nn.Module:
    """The network with ``classes`` logits on its 512-value embedding."""
    return InceptionResnetV1(classes)


def _stem() -> nn.Sequential:
    return nn.Sequential(
        ConvUnit(3, 32, 3, 2, same=False),
        ConvUnit(32, 32, 3, same=False),
        ConvUnit(32, 64, 3),
        nn.MaxPool2d(3, 2),
        ConvUnit(64, 80, 1),
        ConvUnit(80, 192, 3, same=False),
        ConvUnit(192, 256, 3, 2, same=False),
    )


def _block35() -> Residual:
    branches: list[nn.Module] = [
        ConvUnit(256, 32, 1),
        nn.Sequential(ConvUnit(256, 32, 1), ConvUnit(32, 32, 3)),
        nn.Sequential(ConvUnit(256, 32, 1), ConvUnit(32, 32, 3), ConvUnit(32, 32, 3)),
    ]
    return Residual(branches, 96, 256, 0.17)


def _block17() -> Residual:
    branches: list[nn.Module] = [
        ConvUnit(896, 128, 1),
        nn.Sequential(ConvUnit(896, 128, 1), ConvUnit(128, 128, (1, 7)), ConvUnit(128, 128, (7, 1))),
    ]
    return Residual(branches, 256, 896, 0.10)


def _block8(scale: float, *, activated: bool = True) -> Residual:
    branches: list[nn.Module] = [
        ConvUnit(1792, 192, 1),
        nn.Sequential(ConvUnit(1792, 192, 1), ConvUnit(192, 192, (1, 3)), ConvUnit(192, 192, (3, 1))),
    ]
    return Residual(branches, 384, 1792, scale, activated=activated)


def _reduction_a() -> Reduction:
    return Reduction(
        [
            ConvUnit(256, 384, 3, 2, same=False),
            nn.Sequential(ConvUnit(256, 192, 1), ConvUnit(192, 192, 3), ConvUnit(192, 256, 3, 2, same=False)),
        ]
    )


def _reduction_b() -> Reduction:
    return Reduction(
        [
            nn.Sequential(ConvUnit(896, 256, 1), ConvUnit(256, 384, 3, 2, same=False)),
            nn.Sequential(ConvUnit(896, 256, 1), ConvUnit(256, 256, 3, 2, same=False)),
            nn.Sequential(ConvUnit(896, 256, 1), ConvUnit(256, 256, 3), ConvUnit(256, 256, 3, 2, same=False)),
        ]
    )
