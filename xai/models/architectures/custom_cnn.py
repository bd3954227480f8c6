"""The custom CNN of the 35 × 35 study ("Face Mask Classification via Deep Learning").

The layers are given only in that study's figure, so the details are our choice: three blocks of two 3 × 3
convolutions with 32, 64 and 128 channels, each followed by the activation (and batch normalisation before
it), each block closed by 2 × 2 max-pooling (35 → 17 → 8 → 4); then 256 hidden units with 50 % dropout.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

__all__ = ["CustomCNN", "custom_cnn_relu", "custom_cnn_relu_bn", "custom_cnn_tanh", "custom_cnn_tanh_bn"]

_SIDE = 35


class CustomCNN(nn.Module):
    """Convolution blocks and two linear layers for 35 × 35 faces.

    Input ``(N, 3, 35, 35)`` float, output logits ``(N, classes)``.
    """

    def __init__(self, classes: int, activation: type[nn.Module], *, batch_norm: bool) -> None:
        super().__init__()
        widths = (3, 32, 64, 128)
        self.features = nn.Sequential(*(_block(a, b, activation, batch_norm) for a, b in pairwise(widths)))
        side = _SIDE // 2 // 2 // 2
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(widths[-1] * side * side, 256),
            activation(),
            nn.Dropout(0.5),
            nn.Linear(256, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, classes)`` of the batch ``x``."""
        logits: Tensor = self.classifier(self.features(x))
        return logits


def custom_cnn_relu_bn(classes: int) -> nn.Module:
    """The variant with ReLU and batch normalisation, the best of the study."""
    return CustomCNN(classes, nn.ReLU, batch_norm=True)


def custom_cnn_relu(classes: int) -> nn.Module:
    """The variant with ReLU alone."""
    return CustomCNN(classes, nn.ReLU, batch_norm=False)


def custom_cnn_tanh_bn(classes: int) -> nn.Module:
    """The variant with the hyperbolic tangent and batch normalisation."""
    return CustomCNN(classes, nn.Tanh, batch_norm=True)


def custom_cnn_tanh(classes: int) -> nn.Module:
    """The variant with the hyperbolic tangent alone."""
    return CustomCNN(classes, nn.Tanh, batch_norm=False)


def _block(inputs: int, outputs: int, activation: type[nn.Module], batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (inputs, outputs):
        layers.append(nn.Conv2d(width, outputs, 3, padding=1, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm2d(outputs))
        layers.append(activation())
    layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)
