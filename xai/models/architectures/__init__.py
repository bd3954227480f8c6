"""The networks, by name.

``ARCHITECTURES`` is the one list: the networks of the five published projects and our own. An entry names its
builder, the module whose output Grad-CAM explains, the input sides it accepts, and the weights its training
may start from. Builders import torch when called, so that reading the list costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ARCHITECTURES", "Architecture"]


@dataclass(frozen=True)
class Architecture:
    """How a network is built and explained.

    Attributes:
        build: number of classes -> network with random weights; input ``(N, 3, n, n)``, output logits
            ``(N, C)``.
        cam_layer: dotted name of the last module with spatial output: what Grad-CAM explains (Selvaraju et
            al. 2017, section 3).
        pretrained: entry of ``MODEL_FILES`` that training may start from, or None.
        side: input side it was published with, pixels; where none was published, our choice.
        smallest: smallest side at which ``cam_layer`` still has two positions per axis.
        any_side: False: it accepts only ``side``.
        online: torchvision's name for the network whose ImageNet weights fit, or None.
        torchvision_keys: beginning of a key in torchvision's state dict -> ours; None where the network has
            no such part.
    """

    build: Callable[[int], nn.Module]
    cam_layer: str
    pretrained: str | None = None
    side: int = 224
    smallest: int = 33
    any_side: bool = True
    online: str | None = None
    torchvision_keys: Mapping[str, str | None] = field(default_factory=dict)


def _at(where: str, name: str | None = None) -> Callable[[int], nn.Module]:
    """The builder ``module:function``, imported when called; one that makes several gets ``name`` first."""
    module, function = where.split(":")

    def build(classes: int) -> nn.Module:
        builder = getattr(import_module(f"{__name__}.{module}"), function)
        network: nn.Module = builder(classes) if name is None else builder(name, classes)
        return network

    return build


def _torchvision(name: str, cam_layer: str, side: int = 224, smallest: int = 33) -> Architecture:
    return Architecture(
        _at("torchvision_models:build", name), cam_layer, side=side, smallest=smallest, online=name
    )


def _custom(function: str, cam_layer: str) -> Architecture:
    return Architecture(_at(f"custom_cnn:{function}"), cam_layer, side=35, smallest=35, any_side=False)


def _fixed(where: str, cam_layer: str, side: int) -> Architecture:
    return Architecture(_at(where), cam_layer, side=side, smallest=side, any_side=False)


ARCHITECTURES: dict[str, Architecture] = {
    "mobilenet_v2": Architecture(
        _at("mobilenet_v2:mobilenet_v2"), cam_layer="features.18", pretrained="mobilenet_v2_imagenet",
        online="mobilenet_v2",
    ),
    "mobilenet_v2_stride16": Architecture(
        _at("mobilenet_v2:mobilenet_v2_stride16"), cam_layer="features.18",
        pretrained="mobilenet_v2_imagenet", side=128, smallest=17, online="mobilenet_v2",
    ),
    "mobilenet_v3_small": _torchvision("mobilenet_v3_small", "features.12"),
    "resnet18": _torchvision("resnet18", "layer4", side=35),
    "resnet18_2fc": Architecture(
        _at("torchvision_models:resnet18_2fc"), "layer4", side=35, online="resnet18"
    ),
    "resnet34": _torchvision("resnet34", "layer4", side=35),
    "resnet50": Architecture(
        _at("torchvision_models:resnet50_dropout"), "layer4", online="resnet50",
        torchvision_keys={"fc.": "fc.1."},
    ),
    "vgg16": _torchvision("vgg16", "features.29", side=35, smallest=32),
    "vgg16_bn": _torchvision("vgg16_bn", "features.42", side=35, smallest=32),
    "vgg19": _torchvision("vgg19", "features.35", side=35, smallest=32),
    "vgg19_bn": _torchvision("vgg19_bn", "features.51", side=35, smallest=32),
    "densenet121": Architecture(
        _at("torchvision_models:densenet", "densenet121"), "last", side=64, smallest=61, online="densenet121"
    ),
    "densenet161": Architecture(
        _at("torchvision_models:densenet", "densenet161"), "last", side=64, smallest=61, online="densenet161"
    ),
    "densenet201": Architecture(
        _at("torchvision_models:densenet", "densenet201"), "last", side=64, smallest=61, online="densenet201"
    ),
    "alexnet": _torchvision("alexnet", "features.11", smallest=63),
    "inception_v3": Architecture(
        _at("torchvision_models:build", "inception_v3"), "Mixed_7c", side=299, smallest=107,
        online="inception_v3", torchvision_keys={"AuxLogits.": None},
    ),
    "inception_resnet_v1": Architecture(
        _at("inception_resnet_v1:inception_resnet_v1"), "block8", side=256, smallest=107
    ),
    "custom_cnn_relu_bn": _custom("custom_cnn_relu_bn", "features.2.5"),
    "custom_cnn_relu": _custom("custom_cnn_relu", "features.2.3"),
    "custom_cnn_tanh_bn": _custom("custom_cnn_tanh_bn", "features.2.5"),
    "custom_cnn_tanh": _custom("custom_cnn_tanh", "features.2.3"),
    "cnn2": _fixed("cnn2_cnn3:cnn2", "features.1.2", side=224),
    "cnn3": _fixed("cnn2_cnn3:cnn3", "features.2.2", side=224),
    "grey_cnn": _fixed("grayscale_color_cnn:grey_cnn", "features.2.1", side=64),
    "colour_cnn": _fixed("grayscale_color_cnn:colour_cnn", "features.2.1", side=64),
}  # fmt: skip
"""Every architecture, by the name on the cards.

The 35-pixel study's DenseNets are at 64 pixels here: at 35 their last block has one position left, and a map
of one cell explains nothing."""
