"""Training a classifier from a recipe. A killed run goes on from its last epoch."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from xai.errors import DataRejected
from xai.learning.augmentation import augmentation
from xai.learning.dataset import Example, load_crop
from xai.learning.measures import summary
from xai.learning.recipes import Recipe
from xai.models.architectures import ARCHITECTURES
from xai.models.classifiers import pick_device, to_input
from xai.thirdparty import model_file
from xai.types import CLASSES

__all__ = ["Split", "Trained", "train"]

Report = Callable[[str], None]


@dataclass(frozen=True)
class Split:
    """The faces of one training: those learnt from and those the best epoch is chosen on."""

    train: Sequence[Example]
    val: Sequence[Example]


@dataclass(frozen=True)
class Trained:
    """The outcome of one training.

    Attributes:
        epochs: how many were run in all, resumed ones included.
        seconds: spent in training, resumed ones included.
        best: ``{"epoch", "loss", "accuracy", "aca"}`` of the epoch that was kept.
        history: the same for every epoch, with ``train_loss``.
        weights: the safetensors file that was written.
    """

    epochs: int
    seconds: float
    best: Mapping[str, float]
    history: Sequence[Mapping[str, float]]
    weights: Path


def train(
    name: str, recipe: Recipe, split: Split, out: Path, report: Report, device: str = "auto"
) -> Trained:
    """Train ``recipe`` on ``split`` and write ``<name>.safetensors`` and ``<name>.history.json`` to ``out``.

    After every epoch ``out/<name>.checkpoint.pt`` is replaced; a later call with the same recipe and
    folder goes on from it.

    Raises:
        DataRejected: a part has no faces or a class is missing from the training part.
    """
    _check(split)
    out.mkdir(parents=True, exist_ok=True)
    run = _Run(recipe, split, pick_device(device))
    checkpoint = out / f"{name}.checkpoint.pt"
    if run.resume(checkpoint):
        report(f"going on after epoch {len(run.history)} of {recipe.epochs}")
    while len(run.history) < recipe.epochs:
        row = run.epoch()
        run.save(checkpoint)
        report(" ".join(f"{key} {value:.4g}" for key, value in row.items()))
    weights = out / f"{name}.safetensors"
    save_file(_half(run.best_state), weights)
    (out / f"{name}.history.json").write_text(json.dumps(run.history, indent=1), encoding="utf-8")
    best = max(run.history, key=lambda row: row["score"])
    return Trained(len(run.history), sum(row["seconds"] for row in run.history), best, run.history, weights)


class _Faces(Dataset[tuple[Tensor, Tensor]]):
    """Training faces, each in a new random view whenever it is asked for."""

    def __init__(
        self, crops: list[Pillow.Image], labels: Tensor, view: Callable[[Pillow.Image], Tensor]
    ) -> None:
        self.crops, self.labels, self.view = crops, labels, view

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.view(self.crops[index]), self.labels[index]


class _Run:
    """The state of a training between epochs."""

    def __init__(self, recipe: Recipe, split: Split, device: torch.device) -> None:
        self.recipe, self.device = recipe, device
        _seed(recipe.seed)
        self.labels = _indices(split.train)
        view = augmentation(recipe.input_size, strong=recipe.strong_augmentation)
        self.faces = _Faces([Pillow.fromarray(load_crop(e)) for e in split.train], self.labels, view)
        self.val_labels = _indices(split.val).numpy()
        self.val = torch.stack([to_input(load_crop(e), recipe.input_size) for e in split.val])
        self.network = _network(recipe).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = torch.optim.swa_utils.AveragedModel(
            self.network,
            multi_avg_fn=_averaging(recipe.ema_decay),
            use_buffers=True,
        )
        self.loss = nn.CrossEntropyLoss(
            weight=_class_weights(self.labels, recipe.class_weight_power).to(device),
            label_smoothing=recipe.label_smoothing,
        )
        self.steps = len(self.labels) // recipe.batch_size
        if self.steps == 0:
            raise DataRejected(
                f"{len(self.labels)} training faces do not fill one batch of {recipe.batch_size}; "
                "name a smaller --batch-size or more --data."
            )
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.schedule = _schedule(self.optimiser, recipe, self.steps)
        self.history: list[dict[str, float]] = []
        self.best_state: dict[str, Tensor] = {}

    def epoch(self) -> dict[str, float]:
        """One pass over the training faces, then one measurement; the row goes to the history."""
        _seed(self.recipe.seed * 1000 + len(self.history))
        began = time.perf_counter()
        self.network.train()
        losses = [self._step(crops, labels) for crops, labels in self._batches()]
        row = {"epoch": len(self.history) + 1.0, "train_loss": float(np.mean(losses)), **self._measure()}
        row["seconds"] = time.perf_counter() - began
        if not self.history or row["score"] > max(past["score"] for past in self.history):
            self.best_state = {
                key: value.detach().cpu().clone() for key, value in self._kept().state_dict().items()
            }
        self.history.append(row)
        return row

    def save(self, path: Path) -> None:
        """Write the whole state beside ``path``, then put it in its place in one move."""
        state = {
            "recipe": json.dumps(asdict(self.recipe)),
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "history": self.history,
            "best_state": self.best_state,
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def resume(self, path: Path) -> bool:
        """Take up the state in ``path`` if it is of the same recipe; False where there is none."""
        if not path.is_file():
            return False
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except Exception as error:  # damaged files raise whatever the unpickler stumbles over
            raise DataRejected(f"The checkpoint {path} is damaged; delete it to start anew.") from error
        if state["recipe"] != json.dumps(asdict(self.recipe)):
            raise DataRejected(f"{path} is of another recipe; name another --out or delete it.")
        for part in ("network", "averaged", "optimiser", "schedule"):
            getattr(self, part).load_state_dict(state[part])
        self.history, self.best_state = state["history"], state["best_state"]
        return True

    def _batches(self) -> Iterable[tuple[Tensor, Tensor]]:
        """The faces in random order; the views are made in two processes beside the network's own work."""
        return DataLoader(self.faces, self.recipe.batch_size, shuffle=True, num_workers=2, drop_last=True)

    def _step(self, batch: Tensor, labels: Tensor) -> float:
        logits = self.network(self._input(batch))
        loss = self.loss(logits, labels.to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.averaged.update_parameters(self.network)
        return float(loss.detach())

    def _input(self, values: Tensor) -> Tensor:
        mean, std = (torch.tensor(v)[:, None, None] for v in (self.recipe.mean, self.recipe.std))
        return ((values - mean) / std).to(self.device, memory_format=torch.channels_last)

    def _kept(self) -> nn.Module:
        return self.averaged.module if self.recipe.ema_decay else self.network

    @torch.inference_mode()
    def _measure(self) -> dict[str, float]:
        network = self._kept().eval()
        logits = torch.cat([network(self._input(part)).cpu() for part in torch.split(self.val, 64)])
        loss = float(functional.cross_entropy(logits, torch.from_numpy(self.val_labels)))
        figures = summary(self.val_labels, logits.argmax(dim=1).numpy(), len(CLASSES))
        score = figures["aca"] if self.recipe.choose_by == "aca" else -loss
        return {"loss": loss, "accuracy": figures["accuracy"], "aca": figures["aca"], "score": score}


def _check(split: Split) -> None:
    for part, examples in (("train", split.train), ("val", split.val)):
        missing = [name for name in CLASSES if not any(e.label == name for e in examples)]
        if missing:
            raise DataRejected(
                f"The {part} part has no face of {', '.join(missing)}; name more --data folders."
            )


def _network(recipe: Recipe) -> nn.Module:
    architecture = ARCHITECTURES[recipe.architecture]
    network = architecture.build(len(CLASSES))
    if recipe.pretrained and architecture.pretrained:
        state: dict[str, Any] = torch.load(model_file(architecture.pretrained), weights_only=True)
        own = network.state_dict()
        network.load_state_dict({k: v if own[k].shape == v.shape else own[k] for k, v in state.items()})
    return network


def _schedule(
    optimiser: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if recipe.one_cycle:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimiser, recipe.learning_rate, epochs=recipe.epochs, steps_per_epoch=steps
        )
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda _: 1.0)


def _averaging(decay: float) -> Any:
    return torch.optim.swa_utils.get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]


def _class_weights(labels: Tensor, power: float) -> Tensor:
    counts = torch.bincount(labels, minlength=len(CLASSES)).float()
    weights = (counts.mean() / counts) ** power
    return weights / weights.mean()


def _indices(examples: Sequence[Example]) -> Tensor:
    return torch.tensor([CLASSES.index(e.label) for e in examples])


def _half(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in state.items()}


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
