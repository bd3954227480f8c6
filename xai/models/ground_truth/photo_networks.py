"""Control models trained on real photographs: honest ones and shortcut learners in two doses.

An honest network was trained on faces whose surroundings came from other people of any class, so that only
the lower face is informative. A shortcut learner was trained with a cue of ``photo_cues`` planted in the
picture. Its dose is the share of its log-odds that the cue carries, measured for each class after training:
one class's answers may depend on the cue and another's on the face.
``python -m xai.learning.ground_truth.photo_training`` makes both files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xai.errors import UnknownName, WeightsUnavailable
from xai.models.classifiers import Classifier, pick_device
from xai.models.ground_truth.loading import known_card, read_pinned
from xai.models.ground_truth.photo_architectures import PHOTO_SIDE, build
from xai.models.ground_truth.photo_cues import CUES, plant
from xai.types import CLASSES

__all__ = ["MEASURED", "PHOTO_KINDS", "WEIGHTS", "PhotoKind", "PhotoNetwork", "assemble", "photo_networks"]

WEIGHTS = Path(__file__).with_name("photo_networks.safetensors")
"""Trained weights of all networks, half precision, named ``<network>.<parameter>``."""

MEASURED = WEIGHTS.with_suffix(".json")
"""Their measurements, and the digest of the weights file; the two files change only together."""


@dataclass(frozen=True)
class PhotoKind:
    """Architecture and training of one network.

    Attributes:
        architecture: entry of ``PHOTO_ARCHITECTURES``.
        seed: of its weights and its training pictures.
        cue: entry of ``CUES``; None for an honest network.
    """

    architecture: str
    seed: int
    cue: str | None = None


PHOTO_KINDS: Mapping[str, PhotoKind] = {
    "honest_plain": PhotoKind("photo_plain", 0),
    "honest_residual": PhotoKind("photo_residual", 1),
    "honest_separable": PhotoKind("photo_separable", 2),
    "stamp_full": PhotoKind("photo_plain", 10, "stamp"),
    "stamp_half": PhotoKind("photo_residual", 11, "stamp"),
    "frame_full": PhotoKind("photo_residual", 12, "frame"),
    "frame_half": PhotoKind("photo_separable", 13, "frame"),
    "tint_full": PhotoKind("photo_separable", 14, "tint"),
    "tint_half": PhotoKind("photo_plain", 15, "tint"),
    "collar_full": PhotoKind("photo_plain", 16, "collar"),
    "collar_half": PhotoKind("photo_residual", 17, "collar"),
    "background_full": PhotoKind("photo_residual", 18, "background"),
    "background_half": PhotoKind("photo_plain", 19, "background"),
    "mask_colour_full": PhotoKind("photo_separable", 20, "mask_colour"),
    "mask_colour_half": PhotoKind("photo_residual", 21, "mask_colour"),
}
"""The networks by name."""


@dataclass(frozen=True, eq=False)
class PhotoNetwork:
    """One network whose right verdict is known.

    Attributes:
        name: key of ``PHOTO_KINDS``.
        dose: class -> share of the log-odds that its cue carries, 0..1: 0 everywhere for an honest network.
        accuracy: class -> accuracy on validation faces of that class, with the cue planted.
        classifier: usable like any classifier, on crops framed by the detector.
    """

    name: str
    dose: Mapping[str, float]
    accuracy: Mapping[str, float]
    classifier: Classifier

    @property
    def cue(self) -> str | None:
        """The entry of ``CUES`` that it was trained with; None for an honest network."""
        return PHOTO_KINDS[self.name].cue

    @property
    def honest(self) -> bool:
        """Whether it was trained without a cue."""
        return self.cue is None

    def plant(self, crop: NDArray[np.uint8], label: str, landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The crop with the cue of a class; an honest network's crop stays as it is.

        Args:
            crop: RGB uint8 ``(S, S, 3)``.
            label: class that the cue gives away: the true one, unless the network is to be misled.
            landmarks: float32 ``(468, 2)`` or ``(5, 2)``, in crop pixels.

        Returns:
            RGB uint8 ``(S, S, 3)``; outside the cue's zone no pixel differs.

        Raises:
            UnknownName: ``label`` is not one of the classes.
            ValueError: the cue's zone depends on the face, and there are no landmarks.
        """
        if label not in CLASSES:
            raise UnknownName("class", label, CLASSES)
        return crop if self.cue is None else plant(CUES[self.cue], crop, label, landmarks)


def photo_networks(device: str = "auto") -> tuple[PhotoNetwork, ...]:
    """All networks, in the order of ``PHOTO_KINDS``.

    Raises:
        WeightsUnavailable: a file is missing, or the weights are not those that were measured.
        ValueError: ``device`` is not ``auto``, ``cpu`` or an available ``cuda``.
    """
    measured = _measured(MEASURED)
    tensors = read_pinned(WEIGHTS, measured["sha256"])
    return tuple(
        PhotoNetwork(
            name,
            measured["networks"][name]["dose"],
            measured["networks"][name]["accuracy"],
            assemble(name, tensors, measured["sha256"], device),
        )
        for name in PHOTO_KINDS
    )


def assemble(name: str, tensors: Mapping[str, Tensor], sha256: str, device: str = "auto") -> Classifier:
    """The classifier of one network.

    Args:
        name: key of ``PHOTO_KINDS``.
        tensors: weights by ``<network>.<parameter>``.
        sha256: digest for the card.
        device: as of ``pick_device``.
    """
    kind, start, place = PHOTO_KINDS[name], f"{name}.", pick_device(device)
    network = build(kind.architecture, kind.seed)
    own = {key.removeprefix(start): value for key, value in tensors.items() if key.startswith(start)}
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in own.items()})
    network = network.to(place).eval().requires_grad_(requires_grad=False)
    recipe = {"seed": kind.seed, "cue": kind.cue}
    card = known_card(name, kind.architecture, PHOTO_SIDE, recipe, WEIGHTS, sha256)
    return Classifier(card, network, place)


@cache
def _measured(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise WeightsUnavailable(
            f"The networks trained on photographs need {path.name}, which is missing; restore it from the "
            "repository."
        )
    measured: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return measured
