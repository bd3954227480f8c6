"""The faces of a training in memory, and the batches that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from PIL import Image as Pillow
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from xai.errors import DataRejected
from xai.learning.augmentation import augmentation, batch_view
from xai.learning.dataset import Example, load_crop
from xai.learning.recipe import Recipe
from xai.models.classifiers import to_input

__all__ = ["Faces", "Held", "Seen", "hold", "see"]


@dataclass(frozen=True, eq=False)
class Held:
    """Faces at the network's own size.

    Attributes:
        values: uint8 ``(N, 3, n, n)``, 0..255.
        labels: int64 ``(N,)``.
        examples: which faces they are, in order.
        view: what a batch goes through, float32 0..1 in and out.
    """

    values: Tensor
    labels: Tensor
    examples: tuple[Example, ...]
    view: Callable[[Tensor], Tensor]

    def batches(self, size: int) -> Iterable[tuple[Tensor, Tensor]]:
        """Full batches in random order: float32 ``(size, 3, n, n)`` in 0..1 and labels; the rest is left."""
        order = torch.randperm(len(self.labels))
        for some in torch.split(order, size):
            if len(some) == size:
                yield self.view(self.values[some].float() / 255), self.labels[some]


class Seen(Dataset[tuple[Tensor, Tensor]]):
    """Faces as pictures of any size, each in a new random view whenever it is asked for."""

    def __init__(
        self, crops: Sequence[Pillow.Image], labels: Tensor, examples: tuple[Example, ...], side: int
    ) -> None:
        self.crops, self.labels, self.examples = crops, labels, examples
        self.view = augmentation(side)

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.view(self.crops[index]), self.labels[index]

    def batches(self, size: int) -> Iterable[tuple[Tensor, Tensor]]:
        """Full batches in random order, as ``Held.batches``.

        The views are made in two processes beside the network's own work, unless torch may use one core
        only (``OMP_NUM_THREADS=1``).
        """
        workers = 2 if torch.get_num_threads() > 1 else 0
        return DataLoader(self, size, shuffle=True, num_workers=workers, drop_last=True)


Faces = Held | Seen


def hold(examples: Sequence[Example], recipe: Recipe, skip: Callable[[str], None]) -> Held:
    """Read ``examples`` at the recipe's size, as ``predict`` would; nothing is changed about them.

    A picture that cannot be read is left out and ``skip`` called with one sentence that names it.
    """
    view = batch_view("plain" if recipe.views == "strong" else recipe.views)
    kept: list[Example] = []
    values: list[Tensor] = []
    for example in examples:
        try:
            crop = load_crop(example)
        except DataRejected as error:
            skip(str(error))
            continue
        kept.append(example)
        values.append((to_input(crop, recipe.input_size) * 255).round().byte())
    side = recipe.input_size
    stacked = torch.stack(values) if values else torch.zeros(0, 3, side, side, dtype=torch.uint8)
    return Held(stacked, _indices(kept, recipe.classes), tuple(kept), view)


def see(examples: Sequence[Example], recipe: Recipe, skip: Callable[[str], None]) -> Faces:
    """Read ``examples`` for learning: whole pictures where the recipe's views are made one by one.

    Faults are treated as by ``hold``.
    """
    if recipe.views != "strong":
        return hold(examples, recipe, skip)
    kept: list[Example] = []
    crops: list[Pillow.Image] = []
    for example in examples:
        try:
            crops.append(Pillow.fromarray(load_crop(example)))
        except DataRejected as error:
            skip(str(error))
            continue
        kept.append(example)
    return Seen(crops, _indices(kept, recipe.classes), tuple(kept), recipe.input_size)


def _indices(examples: Sequence[Example], classes: Sequence[str]) -> Tensor:
    return torch.tensor([classes.index(e.label) for e in examples], dtype=torch.int64)
