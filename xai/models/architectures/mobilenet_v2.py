"""MobileNetV2 (Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks")."""

from __future__ import annotations

from typing import cast

from torch import nn

__all__ = ["mobilenet_v2", "mobilenet_v2_stride16"]


def mobilenet_v2(classes: int) -> nn.Module:
    """torchvision's MobileNetV2 with a head of ``classes`` logits; total stride 32."""
    from torchvision.models import mobilenet_v2 as build  # noqa: PLC0415 - takes 2 s, too slow for listing

    network: nn.Module = build(weights=None, num_classes=classes)
    return network


def mobilenet_v2_stride16(classes: int) -> nn.Module:
    """MobileNetV2 without its last stride: total stride 16, the same parameters.

    A class activation map then has twice as many cells per axis: 8 × 8 at 128 pixels, where stride 32 gives 4
    × 4. As in Chen et al. 2017, "Rethinking Atrous Convolution for Semantic Image Segmentation", section 3.1,
    but without dilation: the later layers widen the receptive field half as much, to 395 pixels instead of
    491, still more than the face.
    """
    network = mobilenet_v2(classes)
    depthwise = cast("nn.Conv2d", network.get_submodule("features.14.conv.1.0"))
    depthwise.stride = (1, 1)
    return network
