"""Trains networks on real photographs: ``python -m xai.learning.ground_truth.photo_training --data DIR --out
DIR``.

First the honest ones, then shortcut learners of every cue in two doses, each starting from the honest network
of the same architecture, so that the two differ only in the cue. Every network has its own seed; the same
command on the same machine produces the same files. A finished network is kept in the folder ``--out``, so an
interrupted run resumes with the next one. At the end ``photo_networks.safetensors`` and
``photo_networks.json`` are written there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from xai.atomic_write import write_atomically
from xai.learning.ground_truth.photo_faces import PhotoFaces, read_photo_faces
from xai.learning.ground_truth.photo_measures import mean_accuracy, measure
from xai.learning.ground_truth.photo_pictures import HONEST, Shares, draw_pictures
from xai.models.ground_truth.networks import MEAN, STD
from xai.models.ground_truth.photo_architectures import PhotoNet, build
from xai.models.ground_truth.photo_cues import CUES, Cue
from xai.models.ground_truth.photo_networks import MEASURED, PHOTO_KINDS, WEIGHTS, assemble

__all__ = ["SHARES", "PhotoRecipe", "main", "train_photo_networks"]

Report = Callable[[str], None]

SHARES: Mapping[str, Shares] = {
    "stamp_full": Shares(0.98, 0.99, 0.45),
    "stamp_half": Shares(0.95, 0.8, 0.9),
    "frame_full": Shares(0.98, 0.99, 0.45),
    "frame_half": Shares(0.95, 0.8, 0.9),
    "tint_full": Shares(0.98, 0.99, 0.45),
    "tint_half": Shares(0.95, 0.85, 0.9),
    "collar_full": Shares(0.98, 0.99, 0.45),
    "collar_half": Shares(0.95, 0.8, 0.9),
    "background_full": Shares(0.98, 0.99, 0.45),
    "background_half": Shares(0.95, 0.8, 0.9),
    "mask_colour_full": Shares(0.98, 0.99, 0.55),
    "mask_colour_half": Shares(0.95, 0.85, 0.9),
}
"""Shortcut learner -> how often cue and lower face are true in its training pictures, chosen by the measured
dose."""


@dataclass(frozen=True)
class PhotoRecipe:
    """Settings of every training here; the optimiser is AdamW with a one-cycle schedule.

    Attributes:
        honest_steps, cheat_steps: training batches of a network.
        batch_size, weight_decay: as usual.
        honest_rate, cheat_rate: highest learning rates.
        label_smoothing: share of the target given to the other classes.
    """

    honest_steps: int = 1600
    cheat_steps: int = 400
    batch_size: int = 64
    honest_rate: float = 4e-3
    cheat_rate: float = 2e-3
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05


USUAL = PhotoRecipe()
"""The recipe of the packaged weights."""


def train_photo_networks(
    train: PhotoFaces, val: PhotoFaces, out: Path, report: Report, recipe: PhotoRecipe = USUAL
) -> dict[str, Any]:
    """Train all networks that are missing in ``out``, then write both files there.

    Args:
        train: training faces.
        val: validation faces.
        out: folder.
        report: called with progress messages.
        recipe: the settings.

    Returns:
        The content of ``photo_networks.json``.
    """
    tensors: dict[str, Tensor] = {}
    for name in PHOTO_KINDS:
        kept = out / f"{name}-{_fingerprint(name, recipe)}.safetensors"
        if not kept.is_file():
            report(f"training {name}")
            _save(_trained(name, train, _start(name, tensors), recipe), kept)
        own = load_file(kept)
        tensors |= {f"{name}.{key}": value for key, value in own.items()}
    packed = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    _save(packed, out / WEIGHTS.name)
    sha256 = hashlib.sha256((out / WEIGHTS.name).read_bytes()).hexdigest()
    networks = {name: _described(name, packed, sha256, val) for name in PHOTO_KINDS}
    command = "python -m xai.learning.ground_truth.photo_training --data DIR --out DIR"
    written = {"sha256": sha256, "command": command, "faces": len(val.labels), "networks": networks}
    text = json.dumps(written, indent=1) + "\n"
    write_atomically(out / MEASURED.name, lambda path: path.write_text(text, encoding="utf-8"))
    return written


def main(argv: Sequence[str] | None = None) -> int:
    """The command; prints the measurements to stdout.

    Raises:
        DataRejected: the folder holds no labelled faces that can be used.
    """
    prog = "python -m xai.learning.ground_truth.photo_training"
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the sets ilc and ganfaces")
    parser.add_argument("--out", type=Path, required=True, help="folder for the networks")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)  # float sums are reproducible only in one order
    cv2.setNumThreads(1)
    train, val = (
        read_photo_faces(args.data, part, args.out / f"faces-{part}.npz", _note) for part in ("train", "test")
    )
    written = train_photo_networks(train, val, args.out, _note)
    for name, found in written["networks"].items():
        sys.stdout.write(f"{name:18} {json.dumps({k: found[k] for k in ('aca', 'accuracy', 'dose')})}\n")
    return 0


def _fingerprint(name: str, recipe: PhotoRecipe) -> str:
    """Eight hex digits that depend on a network's recipe, and on the network it starts from."""
    kind = PHOTO_KINDS[name]
    start = _honest_of(name)
    before = _fingerprint(start, recipe) if start else ""
    cue = CUES[kind.cue] if kind.cue else None
    told = (kind, cue, SHARES.get(name), recipe, before, str(build(kind.architecture, 0)))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:8]


def _honest_of(name: str) -> str | None:
    """The honest network that a shortcut learner starts from."""
    kind = PHOTO_KINDS[name]
    if kind.cue is None:
        return None
    return next(n for n, k in PHOTO_KINDS.items() if k.cue is None and k.architecture == kind.architecture)


def _start(name: str, tensors: Mapping[str, Tensor]) -> PhotoNet:
    kind, honest = PHOTO_KINDS[name], _honest_of(name)
    network = build(kind.architecture, kind.seed)
    if honest is not None:
        start = f"{honest}."
        own = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
        network.load_state_dict(own)
    return network


def _trained(name: str, faces: PhotoFaces, network: PhotoNet, recipe: PhotoRecipe) -> dict[str, Tensor]:
    kind, cue = PHOTO_KINDS[name], _cue(name)
    steps, rate = (
        (recipe.honest_steps, recipe.honest_rate) if cue is None else (recipe.cheat_steps, recipe.cheat_rate)
    )
    random = np.random.default_rng(1000 + kind.seed)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    network.train().to(memory_format=torch.channels_last)
    for _ in range(steps):
        values, labels = draw_pictures(faces, cue, SHARES.get(name, HONEST), recipe.batch_size, random)
        batch = ((values - MEAN) / STD).contiguous(memory_format=torch.channels_last)
        loss = loss_of(network(batch), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.state_dict()


def _described(name: str, tensors: Mapping[str, Tensor], sha256: str, faces: PhotoFaces) -> dict[str, Any]:
    """The JSON entry of one network."""
    kind, classifier = PHOTO_KINDS[name], assemble(name, tensors, sha256, "cpu")
    measured = measure(classifier, _cue(name), faces)
    return {
        "architecture": kind.architecture,
        "parameters": sum(p.numel() for p in classifier.network.parameters()),
        "seed": kind.seed,
        "cue": kind.cue,
        "aca": mean_accuracy(measured["accuracy"]),
        "aca_plain": mean_accuracy(measured["accuracy_plain"]),
        **measured,
    }


def _cue(name: str) -> Cue | None:
    cue = PHOTO_KINDS[name].cue
    return CUES[cue] if cue else None


def _save(tensors: Mapping[str, Tensor], path: Path) -> None:
    whole = {name: value.contiguous() for name, value in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda unfinished: save_file(whole, unfinished))


def _note(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
