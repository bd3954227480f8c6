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
from torch import Tensor, nn
from torch.nn import functional

from xai.errors import UnknownName, WeightsUnavailable
from xai.models.architectures import ARCHITECTURES
from xai.models.black_box import BlackBox, FunctionNetwork, PictureFunction, why_no_probabilities
from xai.models.cards import Card, find_card, function_card
from xai.models.onnx_network import load_onnx
from xai.models.weights import fill_network
from xai.types import ComputeInfo, Prediction, Provenance

__all__ = [
    "Classifier",
    "black_box",
    "check_finite",
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

    @property
    def is_black_box(self) -> bool:
        """Whether it gives outputs alone: no gradients, layers or weights."""
        return isinstance(self.network, BlackBox)

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
        """Classify each crop (RGB uint8 ``(H, W, 3)``); raises as ``check_finite`` does."""
        rows: list[NDArray[np.float32]] = []
        for start in range(0, len(crops), _BATCH):
            found = self.probabilities(self.prepare(crops[start : start + _BATCH])).cpu()
            check_finite(found, self.name)
            rows.extend(found.numpy())
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
        WeightsUnavailable: the weights are missing, altered, or do not fit the architecture, the architecture
            does not accept the card's input size, or an output for one of some pictures is not a number.
        ValueError: ``device`` is not ``auto``, ``cpu`` or an available ``cuda``.
    """
    return load_card(find_card(name), device)


def load_card(card: Card, device: str = "auto") -> Classifier:
    """Load the classifier that a card describes; errors as of ``load_classifier``.

    A network in an ONNX file is on the CPU, whatever the device.
    """
    place = pick_device(device)
    if card.format == "onnx":
        network: nn.Module = load_onnx(card)
        place = torch.device("cpu")
    else:
        network = ARCHITECTURES[card.architecture].build(len(card.classes))
        fill_network(network, card)
        network = network.to(device=place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    classifier = Classifier(card, network.eval().requires_grad_(requires_grad=False), place)
    _try(classifier)
    return classifier


def black_box(
    function: PictureFunction, classes: Sequence[str], input_size: int, *, name: str = "black box"
) -> Classifier:
    """Any function of pictures as a classifier: ``xai.explain(face, xai.black_box(f, classes, 224))``.

    Occlusion, RISE, effects by region and the verdict need outputs alone. Other methods are refused; an
    explanation has the reason under ``refusals``.

    Args:
        function: called with batches of at most 256 faces, resized to the input: RGB float32
            ``(N, n, n, 3)`` in 0..1. Returns probabilities ``(N, C)``, each row with the sum 1: a numpy
            array, a tensor or lists. The same picture must always get the same answer. What it raises is
            passed on.
        classes: names of the C classes, in the order of its columns.
        input_size: n, the side of its input, 8 to 1024 pixels.
        name: by which explanations and messages call it.

    Raises:
        TypeError: ``function`` cannot be called.
        ValueError: a class, a size or a name that no model may have; or an answer, now to two trial pictures
            or at any time later, is not of that shape, holds NaN or infinity, or is no probabilities.

    >>> import numpy as np
    >>> def bright(pictures):
    ...     level = pictures.mean(axis=(1, 2, 3))
    ...     return np.stack([level, 1 - level], axis=1)
    >>> white = np.full((40, 30, 3), 255, np.uint8)
    >>> black_box(bright, ["covered", "uncovered"], 32).predict([white])[0].label
    'covered'
    """
    if not callable(function):
        raise TypeError(f"a black box is a function of pictures, not {type(function).__name__}")
    card = function_card(name, classes, input_size)
    network = FunctionNetwork(function, card.classes).eval()
    network(_trial_pictures(input_size)[-2:])
    return Classifier(card, network, torch.device("cpu"))


def check_finite(logits: Tensor, name: str) -> None:
    """Refuse logits that are not numbers: the weights overflow on some pictures, or are damaged.

    Args:
        logits: of the classifier, any shape.
        name: the classifier's.

    Raises:
        WeightsUnavailable: one of them is NaN or infinite.
    """
    if not bool(logits.isfinite().all()):
        raise WeightsUnavailable(
            f"The model {name} is left out: it answered a picture with NaN or infinity; train it again."
        )


def _try(classifier: Classifier) -> None:
    """Run some pictures through the network, so that a mismatched card or damaged weights fail now."""
    side = classifier.card.input_size
    try:
        with torch.inference_mode():
            logits = classifier.logits(classifier.normalise(_trial_pictures(side).to(classifier.device)))
    except RuntimeError as error:
        raise WeightsUnavailable(
            f"The model {classifier.name} is left out: a {classifier.card.architecture} does not take "
            f"pictures of {side} × {side} pixels."
        ) from error
    check_finite(logits, classifier.name)
    whole = classifier.card.format == "onnx" and classifier.card.output == "logits"
    if whole and not why_no_probabilities(logits.numpy() * classifier.card.temperature):
        raise WeightsUnavailable(
            f"The model {classifier.name} is left out: its outputs are probabilities already; export it "
            'without its softmax, or write "output": "probabilities" on its card.'
        )


def _trial_pictures(side: int) -> Tensor:
    """Grey, black, white, the primary colours, edges, a gradient, a checkerboard and noise.

    Returns:
        Values 0..1, float32 ``(11, 3, side, side)``.
    """
    plain = torch.tensor(
        [[0.5, 0.5, 0.5], [0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=torch.float32
    )
    along = torch.linspace(0, 1, side).expand(side, side)
    checks = (torch.arange(side)[:, None] + torch.arange(side)) % 2
    patterns = torch.stack([(along > 0.5).float(), (along.T > 0.5).float(), along, checks.float()])
    noise = torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(0))
    flat = plain[:, :, None, None].expand(-1, 3, side, side)
    return torch.cat([flat, patterns[:, None].expand(-1, 3, side, side), noise])


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
