"""What models are called, and what they are for: the one place that makes their plain names.

A plain name says the network and its role: "MobileNetV2, the default", "Colour CNN of study 002". The name on
the card stays what files, commands and addresses use.
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
"""What a model is for: to be used, or to make a published study's figures again."""

_ENDINGS = ("_fmd", "_mfn")
"""How the names of models end that were trained for a study: the set they learnt from."""


class Named(Protocol):
    """What a name is made from; a card has it, and a record."""

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
    """What a model is for, one of ``PURPOSES``."""
    return PURPOSES[model.protocol == "seed"]


def model_name(model: Named) -> str:
    """The plain name of a model; one that is not called after a network keeps the name it was given."""
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
    """Name on the card -> plain name; where two would be called alike, the name on the card stands beside."""
    plain = {model.name: model_name(model) for model in models}
    times = Counter(plain.values())
    return {
        name: called if times[called] == 1 else t("model_name.exact", called=called, name=name)
        for name, called in plain.items()
    }


def display_name(model: str) -> str:
    """The plain name of a model; the name on its card where it has gone meanwhile."""
    return model_names(session.catalogue().cards).get(model, model)


def network_name(row: str) -> str:
    """The network of a model, and what sets it apart from others of the same network.

    Args:
        row: name on a card, or of a line in a study's table: a network's, what was varied, the set learnt
            from. It comes back as it is where it does not begin with a network's name.
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
