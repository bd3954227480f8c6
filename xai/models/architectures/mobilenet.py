"""MobileNetV2 (Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks")."""

from __future__ import annotations

from torch import nn

__all__ = ["mobilenet_v2"]


def mobilenet_v2(classes: int) -> nn.Module:
    """torchvision's MobileNetV2 with a head of ``classes`` logits; total stride 32."""
    from torchvision.models import mobilenet_v2 as build  # noqa: PLC0415 - 2 s that listing must not cost

    network: nn.Module = build(weights=None, num_classes=classes)
    return network
