"""The faces of a training in memory, and the batches made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, RandomSampler, Sampler, WeightedRandomSampler

from xai.errors import DataRejected
from xai.learning.data.splits import Example, load_crop, load_picture
from xai.learning.training.augmentation import augmentation, batch_view
from xai.learning.training.recipe import Recipe
from xai.models.classifiers import to_input
from xai.photo.faces import find_faces
from xai.types import Image

__all__ = ["AugmentedFaces", "Faces", "FixedFaces", "load_augmented", "load_fixed"]


@dataclass(frozen=True, eq=False)
class FixedFaces:
    """Faces at the network's own size.

    Attributes:
        values: uint8 ``(N, 3, n, n)``, 0..255.
        labels: int64 ``(N,)``.
        examples: which faces they are, in order.
        view: augmentation of a batch, float32 0..1 in and out.
    """

    values: Tensor
    labels: Tensor
    examples: tuple[Example, ...]
    view: Callable[[Tensor], Tensor]

    @property
    def views(self) -> int:
        """How many views one epoch holds."""
        return len(self.labels)

    def batches(self, size: int) -> Iterable[tuple[Tensor, Tensor]]:
        """Full batches in random order: float32 ``(size, 3, n, n)`` in 0..1 and labels; drops the rest."""
        order = torch.randperm(len(self.labels))
        for some in torch.split(order, size):
            if len(some) == size:
                yield self.view(self.values[some].float() / 255), self.labels[some]


class AugmentedFaces(Dataset[tuple[Tensor, Tensor]]):
    """Faces as pictures of any size, each in a new random view on every access.

    Args:
        crops: the pictures.
        labels: int64 ``(N,)``.
        examples: which faces they are.
        recipe: sets the size, and how often an epoch shows the faces of each set.
    """

    def __init__(
        self, crops: Sequence[Pillow.Image], labels: Tensor, examples: tuple[Example, ...], recipe: Recipe
    ) -> None:
        self.crops, self.labels, self.examples = crops, labels, examples
        self.view = augmentation(recipe.input_size)
        self.shares = [recipe.shares.get(e.set_name, 1.0) for e in examples] if recipe.shares else []

    @property
    def views(self) -> int:
        """How many views one epoch holds."""
        return round(sum(self.shares)) if self.shares else len(self)

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.view(self.crops[index]), self.labels[index]

    def batches(self, size: int) -> Iterable[tuple[Tensor, Tensor]]:
        """Full batches in random order, as ``FixedFaces.batches``.

        The views are made in two worker processes, unless torch may use only one core
        (``OMP_NUM_THREADS=1``).
        """
        return self.loader(size, self.views)

    def loader(self, size: int, count: int) -> DataLoader[tuple[Tensor, Tensor]]:
        """Full batches of ``size`` faces in random order, of ``count`` faces in all."""
        workers = 2 if torch.get_num_threads() > 1 else 0
        order: Sampler[int] = RandomSampler(self, num_samples=min(count, len(self)))
        if self.shares:
            order = WeightedRandomSampler(self.shares, count)
        return DataLoader(self, size, sampler=order, num_workers=workers, drop_last=True)


Faces = FixedFaces | AugmentedFaces


def load_fixed(examples: Sequence[Example], recipe: Recipe, skip: Callable[[str], None]) -> FixedFaces:
    """Read ``examples`` at the recipe's size, as ``predict`` would, without augmentation.

    A picture that cannot be read is left out and ``skip`` called with one sentence that names it.
    """
    view = batch_view("plain" if recipe.views == "strong" else recipe.views)
    kept: list[Example] = []
    values: list[Tensor] = []
    for example in examples:
        try:
            crop = _crop(example, recipe)
        except DataRejected as error:
            skip(str(error))
            continue
        kept.append(example)
        values.append((to_input(crop, recipe.input_size) * 255).round().byte())
    side = recipe.input_size
    stacked = torch.stack(values) if values else torch.zeros(0, 3, side, side, dtype=torch.uint8)
    return FixedFaces(stacked, _indices(kept, recipe.classes), tuple(kept), view)


def load_augmented(examples: Sequence[Example], recipe: Recipe, skip: Callable[[str], None]) -> Faces:
    """Read ``examples`` for training: whole pictures where the recipe's views are made one by one.

    Errors are handled as in ``load_fixed``.
    """
    if recipe.views != "strong":
        return load_fixed(examples, recipe, skip)
    kept: list[Example] = []
    crops: list[Pillow.Image] = []
    for example in examples:
        try:
            crops.append(Pillow.fromarray(_crop(example, recipe)))
        except DataRejected as error:
            skip(str(error))
            continue
        kept.append(example)
    return AugmentedFaces(crops, _indices(kept, recipe.classes), tuple(kept), recipe)


def _crop(example: Example, recipe: Recipe) -> NDArray[np.uint8]:
    """The example's crop; where it has no face box and the recipe says so, cropped to its largest face.

    Raises:
        DataRejected: the picture cannot be read, or no face is found in it.
    """
    if example.extent is not None or not recipe.find_faces:
        return load_crop(example)
    faces = find_faces(Image(load_picture(example), sha256=""))
    if not faces:
        raise DataRejected(f"No face was found in {example.path}.")
    return max(faces, key=lambda face: face.box.width * face.box.height).crop


def _indices(examples: Sequence[Example], classes: Sequence[str]) -> Tensor:
    return torch.tensor([classes.index(e.label) for e in examples], dtype=torch.int64)
