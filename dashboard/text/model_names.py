"""Names and purposes of models: the one place that makes their display names.

A display name says the network and its role: "MobileNetV2, the default", "Colour CNN of study 002". Files,
commands and URLs use the name on the card.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

from dashboard import session
from dashboard.i18n import has_key, t
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import DEFAULT_MODEL

__all__ = ["PURPOSES", "Named", "display_name", "model_name", "model_names", "network_name", "purpose"]

PURPOSES = ("use", "studies")
"""Purpose of a model: for use, or to reproduce a published study's figures."""

_ENDINGS = ("_fmd", "_mfn")
"""Suffixes of the names of study models: the set they were trained on."""


class Named(Protocol):
    """The fields a display name is made from; cards and records have them."""

    @property
    def name(self) -> str:
        """The name on the card."""

    @property
    def architecture(self) -> str:
        """Entry of ``ARCHITECTURES``."""

    @property
    def source(self) -> str:
        """Number of the published study, or ``"own"``."""

    @property
    def protocol(self) -> str:
        """``"seed"`` or ``"product"``."""


def purpose(model: Named) -> str:
    """Purpose of a model, one of ``PURPOSES``."""
    return PURPOSES[model.protocol == "seed"]


def model_name(model: Named) -> str:
    """Display name of a model; one not named after a network keeps its own name."""
    network = network_name(model.name)
    if network == model.name:
        return network
    if model.name == DEFAULT_MODEL:
        return t("model_name.default", network=network)
    if purpose(model) == "use":
        return t("model_name.use", network=network)
    if model.source == "own":
        return t("model_name.trial", network=network)
    return t("model_name.study", network=network, number=model.source)


def model_names(models: Iterable[Named]) -> Mapping[str, str]:
    """Name on the card -> display name; where two would be equal, the name on the card is added."""
    plain = {model.name: model_name(model) for model in models}
    times = Counter(plain.values())
    return {
        name: called if times[called] == 1 else t("model_name.exact", called=called, name=name)
        for name, called in plain.items()
    }


def display_name(model: str) -> str:
    """Display name of a model; the name on its card where the model no longer exists."""
    return model_names(session.catalogue().cards).get(model, model)


def network_name(row: str) -> str:
    """The network of a model, and what distinguishes it from others of the same network.

    Args:
        row: name on a card, or of a row in a study's table: network, what was varied, training set. It is
            returned unchanged where it does not begin with a network's name.
    """
    bare = next((row.removesuffix(ending) for ending in _ENDINGS if row.endswith(ending)), row)
    fitting = [name for name in ARCHITECTURES if f"{bare}_".startswith(f"{name}_")]
    if not fitting:
        return row
    base = max(fitting, key=len)
    network = t(f"network.{base}") if has_key(f"network.{base}") else base
    varied = bare[len(base) + 1 :]
    if not varied:
        return network
    said = t(f"variant.{varied}") if has_key(f"variant.{varied}") else varied
    return t("model_name.varied", network=network, varied=said)
