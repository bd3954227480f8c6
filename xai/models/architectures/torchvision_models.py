"""torchvision's own networks, with random weights and a head of the given number of logits.

The parameters keep torchvision's names wherever a layer is torchvision's, so that its published weights
fit.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torchvision.models import get_model

__all__ = ["PooledNetwork", "build", "densenet", "resnet18_2fc", "resnet50_dropout"]

_NO_AUXILIARY_HEAD = {"inception_v3": {"aux_logits": False, "init_weights": True}}


class PooledNetwork(nn.Module):
    """Feature maps, ReLU, global average pooling, one linear layer: torchvision's DenseNets unchanged.

    torchvision applies the ReLU in place and without a module, which leaves no output to explain: what a hook
    on the layer before it records is overwritten. Here the ReLU is the module ``last``. Input
    ``(N, 3, n, n)`` float, output logits ``(N, classes)``.
    """

    def __init__(self, features: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.features, self.last, self.classifier = features, nn.ReLU(), classifier

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, classes)`` of the batch ``x``."""
        logits: Tensor = self.classifier(self.last(self.features(x)).mean(dim=(2, 3)))
        return logits


def build(name: str, classes: int) -> nn.Module:
    """torchvision's network ``name``; Inception-v3 without its second, training-only head."""
    settings: dict[str, Any] = _NO_AUXILIARY_HEAD.get(name, {})
    network: nn.Module = get_model(name, weights=None, num_classes=classes, **settings)
    return network


def densenet(name: str, classes: int) -> nn.Module:
    """torchvision's DenseNet ``name`` (Huang et al. 2017), its last ReLU a module."""
    network = get_model(name, weights=None, num_classes=classes)
    return PooledNetwork(network.features, network.classifier)


def resnet50_dropout(classes: int) -> nn.Module:
    """torchvision's ResNet-50 (He et al. 2016) with 30 % dropout before its last layer.

    The project that used it does not say where its dropout was; before the last layer is usual.
    """
    network = get_model("resnet50", weights=None, num_classes=classes)
    network.fc = nn.Sequential(nn.Dropout(0.3), network.fc)
    made: nn.Module = network
    return made


def resnet18_2fc(classes: int) -> nn.Module:
    """torchvision's ResNet-18 with two fully connected layers: 512 -> 256, ReLU, 256 -> ``classes``.

    The study that used it does not publish the width of the first; 256 is ours.
    """
    network = get_model("resnet18", weights=None, num_classes=classes)
    network.fc = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, classes))
    made: nn.Module = network
    return made
