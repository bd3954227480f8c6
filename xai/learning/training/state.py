"""State of a training between epochs: everything needed to resume it, and the running mean of the weights,
which is kept at the end.
"""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from xai.atomic_write import write_atomically
from xai.errors import DataRejected, XaiError
from xai.learning.evaluation.metrics import summary
from xai.learning.training.batches import Faces, FixedFaces
from xai.learning.training.calibration import fit_temperature
from xai.learning.training.initialization import starting_network
from xai.learning.training.recipe import Recipe

__all__ = ["Run", "averaged_network", "class_weights", "seed_everything"]

_AT_ONCE = 64

_WARM_UP = 10.0


class Run:
    """The state of a training.

    Attributes:
        history: a row per epoch: ``epoch, train_loss, train_accuracy, loss, accuracy, aca, score,
            seconds``.
        best_state: the weights of the epoch with the highest score.
    """

    def __init__(self, recipe: Recipe, train: Faces, val: FixedFaces, device: torch.device) -> None:
        seed_everything(recipe.seed)
        self.recipe, self.train, self.val, self.device = recipe, train, val, device
        self.network = starting_network(recipe).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._first = self._copy(self.network) if recipe.start_share else {}
        self.averaged = averaged_network(self.network, recipe.ema_decay) if recipe.ema_decay else None
        self.weights = class_weights(train.labels, recipe).to(device)
        self.steps = train.views // recipe.batch_size
        if self.steps == 0:
            raise DataRejected(
                f"{train.views} training faces do not fill one batch of {recipe.batch_size}; "
                "name a smaller --batch-size or more --data."
            )
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(),
            recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,  # one pass over the weights: half of a step's time on large layers and one core
        )
        self.schedule = _schedule(self.optimiser, recipe, self.steps)
        self.history: list[dict[str, float]] = []
        self.best_state: dict[str, Tensor] = {}

    def epoch(self) -> dict[str, float]:
        """One pass over the training faces, then one measurement; the row is added to the history.

        Raises:
            XaiError: the loss is not finite.
        """
        number = len(self.history)
        seed_everything(self.recipe.seed * 1000 + number)
        began = time.perf_counter()
        self.network.train()
        steps = np.array([self._step(*batch) for batch in self.train.batches(self.recipe.batch_size)])
        loss, accuracy = steps.mean(axis=0)
        row = {"epoch": number + 1.0, "train_loss": float(loss), "train_accuracy": float(accuracy)}
        row.update(self._measured())
        if not math.isfinite(row["train_loss"] + row["loss"]):
            raise XaiError(
                f"The training of {self.recipe.name} went astray in epoch {number + 1}: its loss is no "
                f"longer a number; name a --learning-rate below {self.recipe.learning_rate:g}."
            )
        row["seconds"] = time.perf_counter() - began
        if not self.history or row["score"] > max(past["score"] for past in self.history):
            self.best_state = self._copy(self._kept())
        self.history.append(row)
        return row

    def blend(self) -> dict[str, float]:
        """Replace the best weights by their mean with the first ones, as ``start_share`` says; returns what
        these reach on the validation faces: ``loss, accuracy, aca, score``.
        """
        share = self.recipe.start_share
        self.best_state = {
            key: torch.lerp(value, self._first[key], share) if value.is_floating_point() else value
            for key, value in self.best_state.items()
        }
        self._kept().load_state_dict(self.best_state)
        return self._measured()

    def temperature(self) -> float:
        """The temperature of the best weights, fitted to the validation faces; loads these weights."""
        self.network.load_state_dict(self.best_state)
        return fit_temperature(self._logits(self.network), self.val.labels)

    def save(self, path: Path) -> None:
        """Write the whole state to ``path``.

        Raises:
            XaiError: it cannot be written; see ``write_atomically``.
        """
        state = {name: part.state_dict() for name, part in self._parts().items()}
        state.update(about=self._about(), history=self.history, best_state=self.best_state)
        write_atomically(path, lambda place: torch.save(state, place))

    def resume(self, path: Path) -> bool:
        """Resume from the state in ``path`` if it is of the same recipe and faces; False where there is none.

        Raises:
            DataRejected: the file is damaged, or of another recipe.
        """
        if not path.is_file():
            return False
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except Exception as error:  # damaged files raise any exception in the unpickler
            raise DataRejected(f"The checkpoint {path} is damaged; delete it to start anew.") from error
        if state["about"] != self._about():
            raise DataRejected(
                f"{path} is of another recipe or other faces; name another --out or delete it."
            )
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.history, self.best_state = state["history"], state["best_state"]
        return True

    @staticmethod
    def _copy(network: nn.Module) -> dict[str, Tensor]:
        return {key: value.detach().cpu().clone() for key, value in network.state_dict().items()}

    def _parts(self) -> dict[str, Any]:
        parts = {"network": self.network, "optimiser": self.optimiser, "schedule": self.schedule}
        return parts if self.averaged is None else {**parts, "averaged": self.averaged}

    def _about(self) -> str:
        """What must match for a checkpoint to be this training's: settings and faces, not descriptions."""
        settings = {
            key: value for key, value in asdict(self.recipe).items() if key not in ("published", "departures")
        }
        return json.dumps([settings, len(self.train.labels), len(self.val.labels)])

    def _step(self, batch: Tensor, labels: Tensor) -> tuple[float, float]:
        """One step of the optimiser; returns the batch's loss and accuracy.

        Labels are int64 ``(N,)``, or the share of each class, float32 ``(N, C)``.
        """
        labels = labels.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            logits = self.network(self._input(batch))
        logits = logits.float()
        loss = self._loss(logits, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.schedule.step()
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)
        answers = logits.argmax(dim=1)
        right = answers == labels if labels.ndim == 1 else labels[torch.arange(len(labels)), answers] > 0
        return float(loss.detach()), float(right.float().mean())

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Cross-entropy weighted by class, and the divergence between pairs of views of one face."""
        smooth = self.recipe.label_smoothing
        if labels.ndim == 1:
            return functional.cross_entropy(logits, labels, self.weights, label_smoothing=smooth)
        each = functional.cross_entropy(
            logits, labels, self.weights, label_smoothing=smooth, reduction="none"
        )
        loss = each.sum() / (labels @ self.weights).sum()
        if self.recipe.consistency:
            loss = loss + self.recipe.consistency * _divergence(logits[0::2], logits[1::2])
        return loss

    def _input(self, values: Tensor) -> Tensor:
        mean, std = (torch.tensor(v)[:, None, None] for v in (self.recipe.mean, self.recipe.std))
        return ((values - mean) / std).to(self.device, memory_format=torch.channels_last)

    def _kept(self) -> nn.Module:
        return self.network if self.averaged is None else self.averaged.module

    @torch.inference_mode()
    def _logits(self, network: nn.Module) -> Tensor:
        network.eval()
        return torch.cat(
            [
                network(self._input(part.float() / 255)).cpu()
                for part in torch.split(self.val.values, _AT_ONCE)
            ]
        )

    def _measured(self) -> dict[str, float]:
        logits, labels = self._logits(self._kept()), self.val.labels
        loss = float(functional.cross_entropy(logits, labels, self.weights.cpu()))
        figures = summary(labels.numpy(), logits.argmax(dim=1).numpy(), len(self.recipe.classes))
        score = figures["aca"] if self.recipe.choose_by == "aca" else -loss
        return {"loss": loss, "accuracy": figures["accuracy"], "aca": figures["aca"], "score": score}


def _divergence(one: Tensor, other: Tensor) -> Tensor:
    """Mean Jensen-Shannon divergence between the answers to pairs of views: logits ``(N, C)`` each, nats."""
    logs = torch.stack([one, other]).log_softmax(dim=2)
    middle = logs.exp().mean(dim=0).clamp_min(1e-7).log()
    return (logs.exp() * (logs - middle)).sum(dim=2).mean()


def class_weights(labels: Tensor, recipe: Recipe) -> Tensor:
    """Weight of each class in the loss, float32 ``(C,)``, mean 1: the recipe's own, or by frequency."""
    if recipe.class_weights:
        weights = torch.tensor(recipe.class_weights)
    else:
        counts = torch.bincount(labels, minlength=len(recipe.classes)).float()
        weights = (counts.mean() / counts) ** recipe.class_weight_power
    return weights / weights.mean()


def seed_everything(seed: int) -> None:
    """Seed every random generator of a training."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _schedule(
    optimiser: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if recipe.one_cycle:
        return torch.optim.lr_scheduler.OneCycleLR(
            optimiser, recipe.learning_rate, epochs=recipe.epochs, steps_per_epoch=steps
        )
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda _: 1.0)


def averaged_network(network: nn.Module, decay: float) -> AveragedModel:
    """A copy whose weights and buffers are an exponential moving average (Polyak, Juditsky 1992).

    The decay of step ``t`` is ``min(decay, (1 + t) / (10 + t))``, the warm-up of TensorFlow's
    ``ExponentialMovingAverage``: the random initial weights soon have no weight. Without it batch norm's
    initial variances of one stay in the mean for hundreds of steps, and a deep network whose activations vary
    far less than that gives one answer to every face.

    Args:
        network: what is trained; call ``update_parameters(network)`` after every step.
        decay: in [0, 1), of the mean once it is warm.
    """

    def follow(means: list[Tensor], values: list[Tensor], step: Tensor | int) -> None:
        warm = min(decay, (1.0 + int(step)) / (_WARM_UP + int(step)))
        get_ema_multi_avg_fn(warm)(means, values, step)  # type: ignore[no-untyped-call]

    return AveragedModel(network, multi_avg_fn=follow, use_buffers=True)  # type: ignore[arg-type]
