"""The networks, by name.

``ARCHITECTURES`` is the one list. An entry says how to build the network, which module's output Grad-CAM
explains, and which pinned file its training may start from. Builders import torch when called, so that
reading the list costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ARCHITECTURES", "Architecture"]


@dataclass(frozen=True)
class Architecture:
    """How a network is made and where it can be looked into.

    Attributes:
        build: number of classes -> network with random weights; input ``(N, 3, n, n)``, output logits
            ``(N, C)``.
        cam_layer: dotted name of the module whose output is the last one with a position for every
            value: what Grad-CAM explains (Selvaraju et al. 2017, section 3).
        pretrained: entry of ``MODEL_FILES`` that training may start from, or None.
    """

    build: Callable[[int], nn.Module]
    cam_layer: str
    pretrained: str | None = None


def _mobilenet_v2(classes: int) -> nn.Module:
    from xai.models.architectures.mobilenet import mobilenet_v2  # noqa: PLC0415

    return mobilenet_v2(classes)


def _custom_cnn_relu_bn(classes: int) -> nn.Module:
    from xai.models.architectures.custom_cnn import custom_cnn_relu_bn  # noqa: PLC0415

    return custom_cnn_relu_bn(classes)


ARCHITECTURES: dict[str, Architecture] = {
    "mobilenet_v2": Architecture(_mobilenet_v2, cam_layer="features.18", pretrained="mobilenet_v2_imagenet"),
    "custom_cnn_relu_bn": Architecture(_custom_cnn_relu_bn, cam_layer="features.2.5"),
}
