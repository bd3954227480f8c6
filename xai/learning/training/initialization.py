"""Initialisation of a training: random weights, ImageNet's, or those of an earlier model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from xai.errors import ThirdPartyMissing, XaiError
from xai.learning.training.recipe import Recipe
from xai.models.architectures import ARCHITECTURES, Architecture
from xai.models.cards import find_card
from xai.models.classifiers import load_card
from xai.packaged_files import model_file

__all__ = ["starting_network"]


def starting_network(recipe: Recipe) -> nn.Module:
    """The recipe's initial network; random weights follow torch's seed.

    Weights are taken layer by layer where name and shape agree: with ImageNet's the head stays random; from
    an earlier model the head is taken too where it has as many classes.

    Raises:
        ThirdPartyMissing: ImageNet weights are requested and there are none, or they cannot be downloaded.
        UnknownName: the model to start from does not exist; WeightsUnavailable: its weights are invalid.
        XaiError: it is of another architecture.
    """
    architecture = ARCHITECTURES[recipe.architecture]
    network = architecture.build(len(recipe.classes))
    if recipe.start or recipe.pretrained:
        state = _before(recipe) if recipe.start else _imagenet(recipe.architecture, architecture)
        own = network.state_dict()
        fitting = {key: value for key, value in state.items() if key in own and own[key].shape == value.shape}
        network.load_state_dict({**own, **fitting})
    return network


def _before(recipe: Recipe) -> Mapping[str, Any]:
    """Weights of an earlier model, checked against its card."""
    card = find_card(recipe.start)
    if card.architecture != recipe.architecture:
        raise XaiError(
            f"{recipe.name} cannot start from {card.name}, which is a {card.architecture}; "
            f"name a model of the architecture {recipe.architecture}."
        )
    state: Mapping[str, Any] = load_card(card, "cpu").network.state_dict()
    return state


def _imagenet(name: str, architecture: Architecture) -> Mapping[str, Any]:
    if architecture.pretrained:
        state: Mapping[str, Any] = torch.load(model_file(architecture.pretrained), weights_only=True)
        return state
    if architecture.online is None:
        raise ThirdPartyMissing(
            f"Nobody publishes ImageNet weights for {name}; train it without --pretrained."
        )
    return _fetched(architecture.online)


def _fetched(name: str) -> Mapping[str, Any]:
    """torchvision's own weights, downloaded or from the cache."""
    from torchvision.models import get_model_weights  # noqa: PLC0415

    try:
        state: Mapping[str, Any] = get_model_weights(name)["IMAGENET1K_V1"].get_state_dict(
            progress=False, check_hash=True
        )
    except (OSError, RuntimeError) as error:  # no network; a file that is not the published one
        raise ThirdPartyMissing(
            f"The ImageNet weights of {name} cannot be fetched from download.pytorch.org ({error}); "
            "go online or train without --pretrained."
        ) from error
    return state
