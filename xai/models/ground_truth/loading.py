"""Loads control models: real classifiers with cards, their weights checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from xai.errors import UnknownName, WeightsUnavailable
from xai.models.cards import Card
from xai.models.classifiers import Classifier, pick_device
from xai.models.ground_truth.designs import ControlModel
from xai.models.ground_truth.families import INSTANCES, KINDS, Kind
from xai.models.ground_truth.networks import MEAN, STD
from xai.models.ground_truth.windows import INPUT_SIDE, covered
from xai.types import CLASSES

__all__ = [
    "WEIGHTS",
    "WEIGHTS_SHA256",
    "KnownAnswer",
    "assemble",
    "known_card",
    "load_family",
    "read_pinned",
]

WEIGHTS = Path(__file__).with_name("weights.safetensors")
"""Trained weights of all kinds, half precision; from ``python -m xai.learning.ground_truth.train``."""

WEIGHTS_SHA256 = "aa2bb183e52df301ea1440b31ac0fb9e55ceb29749e62ae95e249ebb7baf68c8"
"""Hex digest of that file; it changes only together with the file."""

_LIMITS = ("Made to look at one known thing, right or wrong; it measures verdicts and is for nothing else.",)


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """One control model, whose right verdict is known.

    Attributes:
        kind: key of ``KINDS``.
        number: which of its instances, 0..9.
        classifier: usable like any classifier. It is meant for faces aligned with ``aligned_face``; its card
            names an entry of ``CAM_LAYERS`` as architecture.
        design: how it is built.
    """

    kind: str
    number: int
    classifier: Classifier
    design: ControlModel

    @property
    def about(self) -> Kind:
        """The expectations of its kind."""
        return KINDS[self.kind]

    def plant(self, crop: NDArray[np.uint8], label: str) -> NDArray[np.uint8]:
        """What is done to an aligned crop (RGB uint8 ``(S, S, 3)``) before inference.

        Args:
            crop: the face.
            label: class that a mark or a tint gives away; the true one, unless the shortcut learner is to be
                misled. Most kinds plant nothing and return the crop.

        Raises:
            UnknownName: ``label`` is not one of the classes.
        """
        return self.design.plant(crop, label)

    @property
    def seen(self) -> NDArray[np.bool_] | None:
        """Where its evidence lies: bool ``(n, n)`` in input pixels; None where it may lie anywhere."""
        return None if self.design.seen is None else covered(self.design.seen)


def load_family(kind: str, device: str = "auto") -> tuple[KnownAnswer, ...]:
    """The ten models of a kind.

    Raises:
        UnknownName: there is no such kind.
        WeightsUnavailable: the weights file is missing or not the pinned one.
        ValueError: ``device`` is not ``auto``, ``cpu`` or an available ``cuda``.
    """
    if kind not in KINDS:
        raise UnknownName("kind of known answer", kind, KINDS)
    tensors = read_pinned(WEIGHTS, WEIGHTS_SHA256)
    return tuple(assemble(kind, number, tensors, device) for number in range(INSTANCES))


def assemble(kind: str, number: int, tensors: Mapping[str, Tensor], device: str = "auto") -> KnownAnswer:
    """One model with its weights taken from ``tensors``, named ``<kind>.<number>.<parameter>``."""
    design = KINDS[kind].design(number)
    if design.weights is not None:
        start = f"{design.weights}.{number}."
        own = {k.removeprefix(start): v.float() for k, v in tensors.items() if k.startswith(start)}
        design.network.get_submodule(design.into).load_state_dict(own)
    place = pick_device(device)
    card = known_card(
        f"{kind}_{number}", design.architecture, INPUT_SIDE, design.settings, WEIGHTS, WEIGHTS_SHA256
    )
    network = design.network.to(place).eval().requires_grad_(requires_grad=False)
    return KnownAnswer(kind, number, Classifier(card, network, place), design)


def known_card(
    name: str, architecture: str, input_size: int, recipe: Mapping[str, Any], file: Path, sha256: str
) -> Card:
    """The card of a model that is only for measuring verdicts.

    Args:
        name: of the model; the card's begins with ``known_answer_``.
        architecture: key of ``CAM_LAYERS``.
        input_size: side of its input, pixels.
        recipe: what distinguishes it from the others.
        file: its weights.
        sha256: hex digest of them.
    """
    return Card(
        name=f"known_answer_{name}",
        architecture=architecture,
        classes=CLASSES,
        input_size=input_size,
        mean=(MEAN,) * 3,
        std=(STD,) * 3,
        margin=0.3,
        temperature=1.0,
        source="own",
        protocol="product",
        sha256=sha256,
        recipe=recipe,
        data={},
        metrics={},
        license="MIT",
        limits=_LIMITS,
        path=file,
    )


@cache
def read_pinned(file: Path, sha256: str) -> Mapping[str, Tensor]:
    """The tensors of a weights file, read once.

    Raises:
        WeightsUnavailable: it is missing, or not the one with this hex digest.
    """
    if not file.is_file():
        raise WeightsUnavailable(
            f"The models with a known answer need {file.name}, which is missing; restore it from the "
            "repository."
        )
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != sha256:
        raise WeightsUnavailable(
            f"{file.name} has sha256 {found[:12]}… but should have {sha256[:12]}…; restore the file from the "
            "repository."
        )
    tensors: Mapping[str, Tensor] = load_file(file)
    return tensors
