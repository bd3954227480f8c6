"""From a weights file to the parameters of a network: other names for them, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from xai.errors import WeightsUnavailable
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import Card

__all__ = ["fill_network"]

_WRAPPERS = ("module.", "_orig_mod.", "model.")
"""Prefixes of every key, from ``DataParallel``, ``torch.compile`` and trainers that hold a model."""

_COUNTER = "num_batches_tracked"
"""Buffer of a batch norm that inference does not read; older files lack it."""


def fill_network(network: nn.Module, card: Card) -> None:
    """Load the weights of a card into its network, in single precision.

    Keys may begin with ``module.`` and its like, and may be torchvision's own where the network differs from
    torchvision's in its head alone.

    Raises:
        WeightsUnavailable: the file cannot be read, or does not fit; the message names the first key that is
            missing, unexpected, of another shape or not finite.
    """
    expected = network.state_dict()
    try:
        found = _renamed(load_file(card.path), expected, card.architecture)
    except (SafetensorError, OSError) as error:
        raise _unfit(card, "it is no safetensors file, or a damaged one") from error
    missing = [key for key in expected if key not in found and not key.endswith(_COUNTER)]
    unexpected = [key for key in found if key not in expected]
    if missing or unexpected:
        named = (("missing", missing), ("unexpected", unexpected))
        raise _unfit(card, " and ".join(f"the first {kind} key is {keys[0]}" for kind, keys in named if keys))
    for key, value in found.items():
        if value.shape != expected[key].shape:
            raise _unfit(card, f"{key} is of shape {_shape(value)}, expected {_shape(expected[key])}")
        if value.is_floating_point() and not value.isfinite().all():
            raise WeightsUnavailable(
                f"The model {card.name} is left out: {key} in {card.path.name} holds NaN or infinity; "
                "train it again."
            )
    network.load_state_dict({**expected, **found})


def _renamed(
    state: Mapping[str, Tensor], expected: Mapping[str, Tensor], architecture: str
) -> dict[str, Tensor]:
    """The tensors in single precision, by the network's own keys as far as they are known."""
    found = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    for wrapper in _WRAPPERS * 2:
        if found and all(key.startswith(wrapper) for key in found):
            found = {key.removeprefix(wrapper): value for key, value in found.items()}
    entry = ARCHITECTURES[architecture]
    for theirs, ours in entry.torchvision_keys.items():
        moved = [key for key in found if key.startswith(theirs) and key not in expected]
        for key in moved:
            value = found.pop(key)
            if ours is not None:
                found[ours + key.removeprefix(theirs)] = value
    return found


def _unfit(card: Card, why: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The model {card.name} is left out: {card.path.name} does not hold a {card.architecture} "
        f"with {len(card.classes)} classes ({why})."
    )


def _shape(value: Tensor) -> str:
    return " × ".join(map(str, value.shape)) or "one number"
