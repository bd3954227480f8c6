"""The recipes: ours, and those of the published projects.

The latter are in ``study_recipes``, each with its published figures and our departures. Two rows of our own
are trained under the seed protocol, to see what ImageNet's weights add where they are available.
"""

from __future__ import annotations

from dataclasses import replace

from xai.errors import UnknownName
from xai.learning.training.recipe import Recipe
from xai.learning.training.study_recipes import seed_recipes
from xai.models.cards import DEFAULT_MODEL, Card

__all__ = ["RECIPES", "Recipe", "recipe_for", "repair_recipe"]

_PLAIN = Recipe(
    "mobilenet_v2_stride16", "own", row="mobilenet_v2_plain", input_size=128, epochs=10, batch_size=64,
    learning_rate=1e-3, pretrained=True, find_faces=True, choose_on=("ilc",), choose_by="loss",
    shares={"ilc": 1.5, "chandrika": 0.4, "drawn": 0.35},
)  # fmt: skip
"""The first part of the default model's training."""


def _for_the_right_reasons(earlier: Recipe) -> Recipe:
    """A training from an earlier one's weights, with other people's surroundings around the lower face."""
    return replace(
        earlier, pretrained=False, start=earlier.name, learning_rate=5e-4, choose_by="loss",
        surroundings="exchange", exchanged=0.6, place=0.25,
    )  # fmt: skip


_DEFAULT = replace(_for_the_right_reasons(_PLAIN), row=DEFAULT_MODEL, epochs=2, start_share=0.5)

_PRODUCT = (
    _DEFAULT,
    _PLAIN,
    Recipe("custom_cnn_relu_bn", "003", input_size=35, epochs=60, batch_size=128, learning_rate=2e-3),
)

_SCRATCH = Recipe(
    "mobilenet_v2", "own", row="mobilenet_v2_random", input_size=64, epochs=12, batch_size=64,
    learning_rate=1e-3, views="moved", label_smoothing=0.0, class_weight_power=1.0, choose_by="loss",
)  # fmt: skip
"""Study 003's settings for the one backbone whose ImageNet weights come in a package."""

_STARTS = (_SCRATCH, replace(_SCRATCH, row="mobilenet_v2_imagenet", pretrained=True))

RECIPES: dict[tuple[str, str], Recipe] = {
    **{(recipe.name, "product"): recipe for recipe in _PRODUCT},
    **{(recipe.name, "seed"): recipe for recipe in (*seed_recipes(), *_STARTS)},
}
"""(row, protocol) -> recipe. A row is named after its architecture unless there are several of one."""


def recipe_for(name: str, protocol: str) -> Recipe:
    """The recipe of the row ``name`` under ``protocol``.

    Raises:
        UnknownName: there is none; the message lists those that exist.
    """
    key = (name, protocol)
    if key not in RECIPES:
        raise UnknownName("recipe", f"{name}/{protocol}", (f"{a}/{p}" for a, p in RECIPES))
    return RECIPES[key]


def repair_recipe(card: Card) -> Recipe:
    """How any model is trained again for the right reasons: from its own weights, with its own classes,
    input size and normalisation, and other people's surroundings around the lower face.
    """
    (red, green, blue), std = card.mean, card.std
    own = Recipe(
        card.architecture, "own", row=card.name, input_size=card.input_size, epochs=3, batch_size=64,
        learning_rate=5e-4, mean=(red, green, blue), std=(std[0], std[1], std[2]), classes=card.classes,
    )  # fmt: skip
    return replace(_for_the_right_reasons(own), row=f"{card.name}_repaired")
