"""Does the map depend on the network's weights? The cascading model-parameter randomisation check.

Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3: layers are re-initialised from the output
backwards and the map is recomputed; a map that stays the same does not show what the network learnt.

Layers are re-initialised by their own ``reset_parameters``. A departure: batch statistics of the
re-initialised layers are re-estimated on the picture and its mirrored negative. A new MobileNetV2 with its
initial statistics gives the same answer for every picture, and there is nothing to compare.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from xai.attribution.method_reliability import FOLLOWS_BELOW
from xai.evidence.map_similarity import Map, mean_of, spearman
from xai.models.classifiers import Classifier

__all__ = [
    "REFERENCES",
    "CascadingRandomization",
    "Randomisation",
    "compare_stages",
    "has_batch_statistics",
]

REFERENCES = 2
"""Pictures on which batch statistics are re-estimated."""


@dataclass(frozen=True)
class Randomisation:
    """Similarity of a map to the maps of networks with ever more random weights.

    Attributes:
        stages: Spearman's correlation with the original map after each stage, from the output backwards; the
            last has no trained layer left. None where a map was constant.
        stages_absolute: the same for absolute values.
        layers: how many layers have been re-initialised after each stage.
        random: correlation for each fully randomised network; the first is the last stage.
        random_absolute: the same for absolute values.
    """

    stages: tuple[float | None, ...]
    stages_absolute: tuple[float | None, ...]
    layers: tuple[int, ...]
    random: tuple[float | None, ...]
    random_absolute: tuple[float | None, ...]

    @property
    def likeness(self) -> float | None:
        """Mean correlation with the fully randomised networks, signed or absolute, whichever is larger.

        None where no map can be compared, or the network has no layer to re-initialise. A map of few cells
        can be similar to another by chance; the mean over several networks is not.
        """
        means = (mean_of(self.random), mean_of(self.random_absolute))
        known = [mean for mean in means if mean is not None]
        return max(known) if known and self.layers[-1] else None

    @property
    def follows_weights(self) -> bool | None:
        """Whether ``likeness`` is below ``FOLLOWS_BELOW``; None where there is no similarity."""
        return None if self.likeness is None else self.likeness < FOLLOWS_BELOW


class CascadingRandomization:
    """Randomised copies of one classifier, made one after the other in one copy of its network.

    Args:
        classifier: what is copied; neither its weights nor its statistics are touched.
        values: float32 ``(3, n, n)`` in 0..1, the picture: it determines the order of the layers, and batch
            statistics are estimated on it.
        stages: how many stages the layers are split into, as evenly as possible.
        seed: of the random weights; torch's own random state is unaffected.

    Creation takes one forward, and each network that it yields ``REFERENCES`` more if it has batch
    statistics.
    """

    def __init__(self, classifier: Classifier, values: Tensor, stages: int, seed: int) -> None:
        self._classifier = replace(classifier, network=copy.deepcopy(classifier.network))
        values = values.to(classifier.device)
        views = torch.stack([values, 1 - values.flip(-1)])
        self._views = classifier.normalise(views).contiguous(memory_format=torch.channels_last)
        layers = _in_order(self._classifier.network, self._views[:1])[::-1]
        parts = np.array_split(np.arange(len(layers)), stages)
        self._parts = [[layers[i] for i in part] for part in parts]
        self._seed = seed

    @property
    def layers(self) -> tuple[int, ...]:
        """How many layers have been re-initialised after each stage."""
        return tuple(int(n) for n in np.cumsum([len(part) for part in self._parts]))

    def stages(self) -> Iterator[Classifier]:
        """The network after each stage, from the output backwards; each is valid until the next is made."""
        done: list[nn.Module] = []
        for number, part in enumerate(self._parts):
            _restart(part, self._seed + number)
            done += part
            yield self._measured(done)

    def random(self, number: int) -> Classifier:
        """A fully randomised network, another for each number from 1 on; valid until the next is made."""
        layers = [layer for part in self._parts for layer in part]
        _restart(layers, self._seed + 1000 * number)
        return self._measured(layers)

    def _measured(self, layers: list[nn.Module]) -> Classifier:
        _measure_statistics(self._classifier.network, layers, self._views)
        return self._classifier


def has_batch_statistics(network: nn.Module) -> bool:
    """Whether the network has layers with batch statistics."""
    return any(isinstance(module, _BatchNorm) for module in network.modules())


def compare_stages(
    original: Map, stages: list[Map], random: list[Map], layers: tuple[int, ...]
) -> Randomisation:
    """The results of the check.

    Args:
        original: the trained network's map.
        stages: the maps after each stage.
        random: the maps of further fully randomised networks.
        layers: layers re-initialised after each stage.
    """
    wholly = [stages[-1], *random]
    return Randomisation(
        tuple(spearman(original, m) for m in stages),
        tuple(spearman(abs(original), abs(m)) for m in stages),
        layers,
        tuple(spearman(original, m) for m in wholly),
        tuple(spearman(abs(original), abs(m)) for m in wholly),
    )


@torch.inference_mode()
def _in_order(network: nn.Module, batch: Tensor) -> list[nn.Module]:
    """The modules with parameters of their own, in execution order."""
    ran: list[nn.Module] = []

    def note(module: nn.Module, *_: object) -> None:
        if module not in ran:
            ran.append(module)

    owners = [m for m in network.modules() if next(m.parameters(recurse=False), None) is not None]
    hooks = [module.register_forward_hook(note) for module in owners]
    try:
        network(batch)
    finally:
        for hook in hooks:
            hook.remove()
    return ran


@torch.no_grad()
def _restart(layers: list[nn.Module], seed: int) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in layers:
            place = next(layer.parameters(recurse=False)).device
            layer.cpu()  # drawn on the CPU, so that the numbers are the same on every device
            _draw(layer)
            layer.to(place)


def _draw(layer: nn.Module) -> None:
    reset = getattr(layer, "reset_parameters", None)
    if callable(reset):
        reset()
        return
    for values in layer.parameters(recurse=False):
        size = float(values.square().mean().sqrt()) or 1.0
        values.normal_(0, size)


@torch.inference_mode()
def _measure_statistics(network: nn.Module, layers: list[nn.Module], batch: Tensor) -> None:
    measured = [layer for layer in layers if isinstance(layer, _BatchNorm)]
    if not has_batch_statistics(network):
        return
    momenta = [layer.momentum for layer in measured]
    for layer in measured:
        layer.momentum = 1.0  # reset the earlier statistics
        layer.train()
    network(batch)
    for layer, momentum in zip(measured, momenta, strict=True):
        layer.momentum = momentum
        layer.eval()
