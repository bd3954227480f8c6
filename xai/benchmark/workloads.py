"""Benchmark workloads: an installed classifier, or an architecture with random weights, and faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from xai.errors import DataRejected, UnknownName, XaiError
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import Card, read_cards
from xai.models.classifiers import Classifier, load_card, pick_device
from xai.types import CLASSES

__all__ = ["SIDE", "is_random", "load_workload", "some_crops"]

SIDE = 224
"""Input side, pixels, of an architecture that accepts any."""

_RANDOM = "random weights"

_BLOTS = 8
"""Pictures to which the normalisation of a network with random weights is fitted."""


def load_workload(name: str, device: str = "auto", side: int | None = None) -> Classifier:
    """The installed classifier ``name``, or the architecture of that name with random weights.

    Where both exist, the classifier is taken; at another side it does the same work as its architecture.

    Args:
        name: of a classifier or an entry of ``ARCHITECTURES``.
        device: ``auto``, ``cpu`` or ``cuda``.
        side: of its input, pixels; None: that of the card, for an architecture ``SIDE`` or its only one.

    Raises:
        UnknownName: there is neither.
        WeightsUnavailable: the weights are altered.
        XaiError: the model is an ONNX file.
        ValueError: the network does not take that side, or there is no such device.
    """
    cards = {card.name: card for card in read_cards().cards}
    if name in cards:
        card = cards[name]
        if card.architecture not in ARCHITECTURES:
            raise XaiError(
                f"{name} is an ONNX file, and the benchmarks compare implementations on torch networks; "
                "choose another model."
            )
        _check_side(card.architecture, side)
        classifier = load_card(card, device)
        return classifier if side is None else replace(classifier, card=replace(card, input_size=side))
    if name not in ARCHITECTURES:
        raise UnknownName("classifier or architecture", name, dict.fromkeys((*cards, *ARCHITECTURES)))
    _check_side(name, side)
    return _untrained(name, pick_device(device), side)


def is_random(classifier: Classifier) -> bool:
    """Whether it is untrained, so that only its speed is meaningful."""
    return classifier.card.protocol == _RANDOM


def some_crops(data: Path | None, count: int) -> list[NDArray[np.uint8]]:
    """At most ``count`` faces, RGB uint8 crops of any size: spread over a labelled set, or the gallery's.

    Raises:
        DataRejected: the set cannot be read.
        XaiError: no face was found.
    """
    crops = list(islice(_gallery() if data is None else _of_set(data, count), count))
    if not crops:
        raise XaiError(f"No face was found in {data or 'the gallery'}; name another set with --data.")
    return crops


def _of_set(folder: Path, count: int) -> Iterator[NDArray[np.uint8]]:
    from xai.learning.data.splits import load_crop, read_examples  # noqa: PLC0415 - only with a set

    skipped: list[str] = []
    examples = read_examples(folder, skipped.append)
    for index in _evenly(len(examples), count):
        try:
            yield load_crop(examples[index])
        except DataRejected as error:
            raise DataRejected(f"{error} Repair the set or name another with --data.") from error


def _evenly(total: int, count: int) -> Sequence[int]:
    """``count`` different whole numbers below ``total``, spread over it; all where there are fewer."""
    return sorted({int(i) for i in np.linspace(0, total - 1, min(total, count)).round()})


def _gallery() -> Iterator[NDArray[np.uint8]]:
    from xai.photo.faces import find_faces  # noqa: PLC0415 - OpenCV
    from xai.photo.sample_rendering import load_sample  # noqa: PLC0415
    from xai.photo.samples import SAMPLES  # noqa: PLC0415

    for name in SAMPLES:
        yield from (face.crop for face in find_faces(load_sample(name)))


def _check_side(architecture: str, side: int | None) -> None:
    entry = ARCHITECTURES[architecture]
    if side is None or side == entry.side:
        return
    if not entry.any_side:
        raise ValueError(f"{architecture} takes pictures of {entry.side} pixels alone, not {side}")
    if side < entry.smallest:
        raise ValueError(f"{architecture} takes pictures of {entry.smallest} pixels and more, not {side}")


def _untrained(name: str, device: torch.device, side: int | None) -> Classifier:
    entry = ARCHITECTURES[name]
    side = side or (SIDE if entry.any_side else entry.side)
    with torch.random.fork_rng(devices=[]):  # later random numbers are unaffected
        torch.manual_seed(0)
        built = entry.build(len(CLASSES))
        temperature = _awake(built, side)
    network = built.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    card = Card(
        name=name,
        architecture=name,
        classes=CLASSES,
        input_size=side,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        margin=0.3,
        temperature=temperature,
        source="own",
        protocol=_RANDOM,
        sha256="",
        recipe={},
        data={},
        metrics={},
        license="",
        limits=("It has learnt nothing.",),
        path=Path(),
    )
    return Classifier(card, network.eval().requires_grad_(requires_grad=False), device)


@torch.no_grad()
def _awake(network: nn.Module, side: int) -> float:
    """Fit the normalisation of a new network to random pictures of blobs, and return the temperature at which
    its outputs for them differ. Otherwise it predicts the same for every picture, and all its maps are flat.
    """
    blots = functional.interpolate(torch.rand(_BLOTS, 3, 7, 7) * 2 - 1, (side, side), mode="bicubic")
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the mean over all batches: after one, that batch's own
    network.train()(blots)
    return max(1e-6, float(network.eval()(blots).std(dim=0).mean()))
