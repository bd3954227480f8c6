"""A classifier: a network with its card. The only place where crops become tensors, and where an
explanation's provenance is recorded.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from xai.errors import UnknownName, WeightsUnavailable
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import Card, find_card
from xai.types import ComputeInfo, Prediction, Provenance

__all__ = [
    "Classifier",
    "load_card",
    "load_classifier",
    "machine_of",
    "pick_device",
    "provenance_of",
    "to_input",
]

_BATCH = 64

_PACKAGES = ("torch", "torchvision", "grad-cam", "numpy", "pillow", "opencv-python-headless")


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network ready for inference: in evaluation mode, on its device, with its own preprocessing.

    Attributes:
        card: classes, preprocessing, provenance.
        network: input ``(N, 3, n, n)`` as ``prepare`` makes it, output logits ``(N, C)``.
        device: where the network is.
    """

    card: Card
    network: nn.Module
    device: torch.device

    @property
    def name(self) -> str:
        """The classifier's name."""
        return self.card.name

    def prepare(self, crops: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Crops (RGB uint8, any sizes) -> float32 ``(N, 3, n, n)``, normalised, on the device."""
        side = self.card.input_size
        batch = torch.stack([to_input(crop, side, self.device) for crop in crops])
        return self.normalise(batch).contiguous(memory_format=torch.channels_last)

    def normalise(self, values: Tensor) -> Tensor:
        """Values 0..1 of shape ``(..., 3, n, n)`` -> the network's normalised input."""
        mean = torch.tensor(self.card.mean, device=values.device)[:, None, None]
        std = torch.tensor(self.card.std, device=values.device)[:, None, None]
        return (values - mean) / std

    def logits(self, batch: Tensor) -> Tensor:
        """Logits ``(N, C)`` divided by the card's temperature; differentiable."""
        scaled: Tensor = self.network(batch) / self.card.temperature
        return scaled

    @torch.inference_mode()
    def probabilities(self, batch: Tensor) -> Tensor:
        """Probabilities float32 ``(N, C)`` of a prepared batch, on the device."""
        return self.logits(batch).float().softmax(dim=1)

    def predict(self, crops: Sequence[NDArray[np.uint8]]) -> tuple[Prediction, ...]:
        """Classify each crop (RGB uint8 ``(H, W, 3)``)."""
        rows: list[NDArray[np.float32]] = []
        for start in range(0, len(crops), _BATCH):
            rows.extend(self.probabilities(self.prepare(crops[start : start + _BATCH])).cpu().numpy())
        return tuple(Prediction(self.card.classes, row) for row in rows)

    def class_index(self, name: str) -> int:
        """The output index of the class ``name``. The one place where a name becomes an index.

        Raises:
            UnknownName: the model does not have that class.
        """
        if name not in self.card.classes:
            raise UnknownName(f"class of {self.name}", name, self.card.classes)
        return self.card.classes.index(name)


def load_classifier(name: str, device: str = "auto") -> Classifier:
    """Load the classifier ``name``, its weights checked against the card.

    Raises:
        UnknownName: there is no such model.
        WeightsUnavailable: the weights are missing, altered, or do not fit the architecture, or the
            architecture does not accept the card's input size.
        ValueError: ``device`` is not ``auto``, ``cpu`` or an available ``cuda``.
    """
    return load_card(find_card(name), device)


def load_card(card: Card, device: str = "auto") -> Classifier:
    """Load the classifier that a card describes; errors as of ``load_classifier``."""
    name, place = card.name, pick_device(device)
    network = ARCHITECTURES[card.architecture].build(len(card.classes))
    try:
        state = {
            key: value.float() if value.is_floating_point() else value
            for key, value in load_file(card.path).items()
        }
        network.load_state_dict(state)
    except (RuntimeError, SafetensorError, OSError) as error:
        raise WeightsUnavailable(
            f"The model {name} is left out: {card.path.name} does not hold a {card.architecture} "
            f"with {len(card.classes)} classes."
        ) from error
    network = network.to(device=place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    classifier = Classifier(card, network.eval().requires_grad_(requires_grad=False), place)
    _try(classifier)
    return classifier


def _try(classifier: Classifier) -> None:
    """Run one grey picture through the network, so that a mismatched card or weights of NaN fail now."""
    side = classifier.card.input_size
    try:
        answer = classifier.probabilities(torch.full((1, 3, side, side), 0.5, device=classifier.device))
    except RuntimeError as error:
        raise WeightsUnavailable(
            f"The model {classifier.name} is left out: a {classifier.card.architecture} does not take "
            f"pictures of {side} × {side} pixels."
        ) from error
    if not torch.isfinite(answer).all():
        raise WeightsUnavailable(
            f"The model {classifier.name} is left out: its answer to a grey picture is not a number; "
            "train it again or restore its weights."
        )


def pick_device(device: str) -> torch.device:
    """``auto`` -> the GPU where there is one, else the CPU; ``cpu`` and ``cuda`` as given.

    Raises:
        ValueError: another word, or ``cuda`` where torch sees no GPU.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device must be auto, cpu or cuda, not {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device cuda was asked for, but torch sees no GPU here; use auto or cpu")
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


def to_input(crop: NDArray[np.uint8], side: int, device: torch.device | str = "cpu") -> Tensor:
    """A crop (RGB uint8 ``(H, W, 3)``) -> float32 ``(3, side, side)`` with values 0..1.

    Bilinear with antialiasing, so that a large crop is averaged, not subsampled.
    """
    pixels = torch.tensor(crop, device=device)
    values = pixels.permute(2, 0, 1)[None].float() / 255
    sized: Tensor = functional.interpolate(values, (side, side), mode="bilinear", antialias=True)
    return sized[0].clamp(0, 1)


def machine_of(device: torch.device) -> str:
    """The kind of machine behind a device: on one kind the same inputs give the same bits.

    ``cpu (x86_64, AVX512, 2 threads)``, with the widest instructions and the threads that torch uses: sums
    over several threads are rounded otherwise; or ``cuda (NVIDIA H200)``.
    """
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    threads = torch.get_num_threads()
    counted = f"{threads} thread{'' if threads == 1 else 's'}"
    return f"{device} ({platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, {counted})"


def provenance_of(
    classifier: Classifier, seconds: Mapping[str, float], computed: Mapping[str, ComputeInfo]
) -> Provenance:
    """The provenance: classifier, device and package versions.

    Args:
        classifier: what was explained.
        seconds: method -> seconds of its map.
        computed: method -> runtime and precision, of those where they can differ.
    """
    packages = (*_PACKAGES, "openvino") if find_spec("openvino") else _PACKAGES
    return Provenance(
        model=classifier.name,
        weights_sha256=classifier.card.sha256,
        device=str(classifier.device),
        versions={name: metadata.version(name) for name in packages},
        seconds=seconds,
        computed=computed,
    )
