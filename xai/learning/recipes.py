"""How each classifier is trained: every setting, by name, as data.

A recipe is copied onto the card of the model that it made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xai.errors import UnknownName

__all__ = ["RECIPES", "Recipe", "recipe_for"]

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Recipe:
    """Settings of one training.

    Attributes:
        architecture: entry of ``ARCHITECTURES``.
        source: number of the published project, or ``"own"``.
        input_size: side of the input, pixels.
        epochs, batch_size, learning_rate, weight_decay: as usual; the optimiser is AdamW.
        one_cycle: True: one-cycle schedule (Smith & Topin 2019); False: constant rate.
        pretrained: start from the architecture's pinned backbone.
        strong_augmentation: see ``augmentation``.
        label_smoothing: share of the target given to the other classes (Szegedy et al. 2016).
        class_weight_power: class weights are frequency to minus this power; 1 balances, 0.5 half-way.
        ema_decay: decay per step of the averaged weights that are kept (Polyak); 0 keeps the last.
        choose_by: ``"aca"`` (highest) or ``"loss"`` (lowest) on the validation part.
        seed: of every random number.
        mean, std: input normalisation.
    """

    architecture: str
    source: str
    input_size: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 1e-2
    one_cycle: bool = True
    pretrained: bool = False
    strong_augmentation: bool = True
    label_smoothing: float = 0.05
    class_weight_power: float = 0.5
    ema_decay: float = 0.99
    choose_by: str = "aca"
    seed: int = 0
    mean: tuple[float, float, float] = _IMAGENET_MEAN
    std: tuple[float, float, float] = _IMAGENET_STD


_CUSTOM = Recipe("custom_cnn_relu_bn", "003", input_size=35, epochs=60, batch_size=128, learning_rate=2e-3)

RECIPES: dict[tuple[str, str], Recipe] = {
    ("mobilenet_v2", "product"): Recipe(
        "mobilenet_v2", "own", input_size=128, epochs=14, batch_size=64, learning_rate=1e-3, pretrained=True
    ),
    ("custom_cnn_relu_bn", "product"): _CUSTOM,
    ("custom_cnn_relu_bn", "seed"): replace(
        _CUSTOM,
        epochs=40,
        learning_rate=1e-3,
        one_cycle=False,
        strong_augmentation=False,
        label_smoothing=0.0,
        class_weight_power=1.0,
        choose_by="loss",
    ),
}
"""(architecture, protocol) -> recipe. The published study's rate of 1e-5 leaves a network without
pretrained weights untrained after its 40 epochs, so the seed recipe takes one that converges."""


def recipe_for(architecture: str, protocol: str) -> Recipe:
    """The recipe of ``architecture`` under ``protocol``.

    Raises:
        UnknownName: nobody has written one; the message lists those that exist.
    """
    key = (architecture, protocol)
    if key not in RECIPES:
        raise UnknownName("recipe", f"{architecture}/{protocol}", (f"{a}/{p}" for a, p in RECIPES))
    return RECIPES[key]
