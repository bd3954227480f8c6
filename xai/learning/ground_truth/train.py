"""Trains the control models: ``python -m xai.learning.ground_truth.train --data DIR --out FILE``.

Ten small networks of every kind that has weights, each from its own seed, on one thread: the same command on
the same machine produces the same file. The networks of one number are trained side by side on the same
pictures; they are kept beside ``FILE`` when they are done, so an interrupted run resumes with the next
number. None of them ever sees a drawn mask.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from xai.learning.ground_truth.aligned_faces import AlignedFaces, read_aligned
from xai.learning.ground_truth.augmentation import VIEWS, planted_faces, varied
from xai.learning.ground_truth.metrics import measure
from xai.models.ground_truth.designs import ControlModel
from xai.models.ground_truth.families import INSTANCES, KINDS
from xai.models.ground_truth.networks import MEAN, SPREAD, STD, ColourNet, spread_of
from xai.types import CLASSES

__all__ = ["KnownRecipe", "main", "train_known"]

Report = Callable[[str], None]


@dataclass(frozen=True)
class KnownRecipe:
    """Settings of every training here; the optimiser is AdamW with a one-cycle schedule.

    Attributes:
        epochs, batch_size, learning_rate, weight_decay: as usual.
        label_smoothing: share of the target given to the other classes.
        short_epochs: epochs of the shortcut learners with a mark: a shortcut is learnt first, and with more
            epochs they learn the face as well.
        linear_steps: full-batch steps of the colour models, which are linear.
    """

    epochs: int = 6
    short_epochs: int = 3
    batch_size: int = 64
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05
    linear_steps: int = 400


USUAL = KnownRecipe()
"""The recipe of the packaged weights."""


def train_known(folder: Path, out: Path, report: Report, recipe: KnownRecipe = USUAL) -> str:
    """Train all that is missing in the work folder beside ``out``, then write ``out``.

    Args:
        folder: a labelled set with parts ``train`` and ``val``.
        out: safetensors file, half precision; ``out`` with the suffix ``.work`` is the work folder.
        report: called with progress messages.
        recipe: the settings.

    Returns:
        The hex sha256 of ``out``, which ``WEIGHTS_SHA256`` must name.

    Raises:
        DataRejected: the set cannot be read.
    """
    work = out.with_suffix(".work")
    faces = read_aligned(folder, "train", work, report)
    tensors: dict[str, Tensor] = {}
    for number in range(INSTANCES):
        kept = work / f"{number}-{_fingerprint(recipe)}.safetensors"
        if not kept.is_file():
            report(f"training number {number} of {INSTANCES}")
            _save(_trained(number, faces, recipe), kept)
        tensors |= _finished(number, load_file(kept), faces)
    _save({name: value.half() for name, value in tensors.items()}, out)
    return hashlib.sha256(out.read_bytes()).hexdigest()


def main(argv: Sequence[str] | None = None) -> int:
    """The command; writes a JSON object with the file's digest and the measurements to stdout."""
    parser = argparse.ArgumentParser(prog="python -m xai.learning.ground_truth.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a labelled set with parts train and val")
    parser.add_argument("--out", type=Path, required=True, help="the file of weights to write")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)  # float sums are reproducible only in one order
    sha256 = train_known(args.data, args.out, _note)
    val = read_aligned(args.data, "val", args.out.with_suffix(".work"), _note)
    measured = measure(load_file(args.out), val)
    sys.stdout.write(
        json.dumps({"sha256": sha256, "faces": len(val.labels), "kinds": measured}, indent=1) + "\n"
    )
    return 0


def _fingerprint(recipe: KnownRecipe) -> str:
    """Eight hex digits that depend on the settings and the networks: files of others are ignored."""
    networks = [str(KINDS[kind].design(0).network) for kind in KINDS if _is_trained(kind)]
    return hashlib.sha256(repr((recipe, networks)).encode()).hexdigest()[:8]


def _is_trained(kind: str) -> bool:
    """Whether the kind has weights of its own and does not reuse another's."""
    return KINDS[kind].design(0).weights == kind


def _trained(number: int, faces: AlignedFaces, recipe: KnownRecipe) -> dict[str, Tensor]:
    designs = {kind: KINDS[kind].design(number) for kind in KINDS if _is_trained(kind)}
    learners = [
        _Learner(kind, design, faces, recipe)
        for kind, design in designs.items()
        if kind not in ("randomised", "colour")
    ]
    random = torch.Generator().manual_seed(10_000 + number)
    for _ in range(recipe.epochs):
        order = torch.randperm(len(faces.labels), generator=random)
        for rows in torch.split(order, recipe.batch_size)[: len(order) // recipe.batch_size]:
            values = varied(faces.pixels[rows], random)
            for learner in learners:
                learner.step(values, faces.labels[rows], random)
    _fit_linear(designs["colour"].network, faces, recipe, random)
    return _named(number, designs)


def _finished(number: int, tensors: dict[str, Tensor], faces: AlignedFaces) -> dict[str, Tensor]:
    """The trained networks of one number with logits of the same scale that favour no class."""
    designs = {kind: KINDS[kind].design(number) for kind in KINDS if _is_trained(kind)}
    for kind, design in designs.items():
        start = f"{kind}.{number}."
        own = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
        design.network.load_state_dict(own)
        _rescale(design, faces)
    return _named(number, designs)


def _named(number: int, designs: dict[str, ControlModel]) -> dict[str, Tensor]:
    return {
        f"{kind}.{number}.{name}": value
        for kind, design in designs.items()
        for name, value in design.network.state_dict().items()
    }


class _Learner:
    """One network in training."""

    def __init__(self, kind: str, design: ControlModel, faces: AlignedFaces, recipe: KnownRecipe) -> None:
        epochs = recipe.short_epochs if kind == "trained_mark" else recipe.epochs
        self.left = epochs * (len(faces.labels) // recipe.batch_size)
        self.view, self.design, self.network = VIEWS.get(kind), design, design.network.train()
        self.loss = nn.CrossEntropyLoss(_class_weights(faces.labels), label_smoothing=recipe.label_smoothing)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, recipe.learning_rate, total_steps=self.left
        )

    def step(self, values: Tensor, labels: Tensor, random: torch.Generator) -> None:
        """Train on one batch, unless the network is finished."""
        if self.left == 0:
            return
        self.left -= 1
        seen = values if self.view is None else self.view(values, labels, self.design, random)
        loss = self.loss(self.network(_normal(seen)), labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()


def _fit_linear(
    network: nn.Module, faces: AlignedFaces, recipe: KnownRecipe, random: torch.Generator
) -> None:
    """Fit the last layer to the pictures' means, on a separate bootstrap sample for every instance."""
    if not isinstance(network, ColourNet):
        raise TypeError(f"a colour model is needed here, not {type(network).__name__}")
    rows = torch.randint(len(faces.labels), (len(faces.labels),), generator=random)
    labels, weight = faces.labels[rows], _class_weights(faces.labels)
    with torch.no_grad():
        parts = [network.means(_normal(part.float() / 255)) for part in torch.split(faces.pixels[rows], 256)]
    means = torch.cat(parts)
    optimiser = torch.optim.AdamW(network.head.parameters(), 0.05, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss(weight)
    for _ in range(recipe.linear_steps):
        loss = criterion(network.head(means), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()


@torch.no_grad()
def _rescale(design: ControlModel, faces: AlignedFaces) -> None:
    """Give the logits on the training faces the common spread, and every class the same mean logit.

    Otherwise a window with little information about the class would give one answer for nearly every face,
    and an answer that nothing moves has no verdict.
    """
    network = design.network.eval()
    planted = planted_faces(faces, design)
    logits = torch.cat([network(_normal(part)) for part in torch.split(planted, 256)])
    middle = torch.stack([logits[faces.labels == c].mean(dim=0) for c in range(len(CLASSES))]).mean(dim=0)
    last = [layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1]
    scale = SPREAD / spread_of(logits - middle)
    last.weight.mul_(scale)
    last.bias.sub_(middle).mul_(scale)


def _normal(values: Tensor) -> Tensor:
    return (values - MEAN) / STD


def _class_weights(labels: Tensor) -> Tensor:
    counts = torch.bincount(labels, minlength=len(CLASSES)).float()
    return counts.mean() / counts


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file({name: value.contiguous() for name, value in tensors.items()}, unfinished)
    unfinished.replace(path)


def _note(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
