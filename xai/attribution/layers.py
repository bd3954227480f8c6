"""The layers of a network that a class activation map can explain."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xai.errors import MapRefused, UnknownName
from xai.models.architectures import ARCHITECTURES
from xai.models.classifiers import Classifier

__all__ = ["default_layer", "find_layer", "spatial_layers"]

_KNOWN: WeakKeyDictionary[nn.Module, Mapping[str, tuple[int, int]]] = WeakKeyDictionary()

_LEAST = 2
"""Cells per axis below which a map says nothing about places."""


def default_layer(classifier: Classifier) -> str:
    """Dotted name of the last layer with spatial output, which class activation maps explain by default.

    Raises:
        MapRefused: the classifier is a black box.
    """
    if classifier.is_black_box:
        raise MapRefused(f"{classifier.name} gives outputs alone, so no layer of it can be explained.")
    architecture = classifier.card.architecture
    if architecture in ARCHITECTURES:
        return ARCHITECTURES[architecture].cam_layer
    from xai.models.ground_truth import CAM_LAYERS  # noqa: PLC0415 - calibration and teaching only

    return CAM_LAYERS[architecture]


def spatial_layers(classifier: Classifier) -> Mapping[str, tuple[int, int]]:
    """Dotted name of a layer -> rows and columns of its output, the finest first.

    Of one resolution the default layer is listed, or else the last of the outermost modules.
    """
    network = classifier.network
    if network not in _KNOWN:
        _KNOWN[network] = _found(classifier)
    return _KNOWN[network]


def find_layer(classifier: Classifier, name: str) -> str:
    """The layer ``name``; the default one where it is empty.

    Raises:
        UnknownName: it is not listed; the message lists those that are.
    """
    if not name:
        return default_layer(classifier)
    known = spatial_layers(classifier)
    if name not in known:
        raise UnknownName(f"layer of {classifier.name}", name, known)
    return name


def _found(classifier: Classifier) -> dict[str, tuple[int, int]]:
    network, side = classifier.network, classifier.card.input_size
    usual, ran = default_layer(classifier), dict[tuple[int, int], str]()

    def note(name: str, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) >= _LEAST:
            cells = (int(output.shape[2]), int(output.shape[3]))
            before = ran.get(cells)
            if before is None or (
                before != usual and (name == usual or name.count(".") <= before.count("."))
            ):
                ran[cells] = name

    hooks = [
        module.register_forward_hook(lambda _module, _given, made, name=name: note(name, made))
        for name, module in network.named_modules()
        if name
    ]
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, side, side, device=classifier.device))
    finally:
        for hook in hooks:
            hook.remove()
    finest_first = sorted(ran.items(), reverse=True)
    return {name: cells for cells, name in finest_first if cells[0] < side or name == usual}
