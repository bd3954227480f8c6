"""Trains a classifier from a recipe, and plots its curves. An interrupted run resumes from its last epoch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from xai.atomic_write import write_atomically
from xai.errors import DataRejected, XaiError
from xai.learning.data.cross_validation import fold_parts
from xai.learning.data.splits import Example, named_for, select
from xai.learning.training.batches import AugmentedFaces, load_augmented, load_fixed
from xai.learning.training.recipe import Recipe
from xai.learning.training.state import Run
from xai.learning.training.surroundings import exchange_faces
from xai.models.architectures import ARCHITECTURES
from xai.models.classifiers import pick_device

__all__ = ["LINES", "Split", "Trained", "save_curves", "split_for", "train"]

Report = Callable[[str], None]

LINES = (
    ("Loss", (("train_loss", "training", "-"), ("loss", "validation", "--"))),
    (
        "Share of faces answered rightly",
        (
            ("train_accuracy", "training", "-"),
            ("accuracy", "validation", "--"),
            ("aca", "validation, mean of the classes", ":"),
        ),
    ),
)
"""One entry per panel: axis label, and its lines as (key of the history, legend, dash)."""


@dataclass(frozen=True)
class Split:
    """The faces of one training: for training and for choosing the best epoch."""

    train: Sequence[Example]
    val: Sequence[Example]


@dataclass(frozen=True)
class Trained:
    """The outcome of one training.

    Attributes:
        epochs: number of epochs, resumed ones included.
        seconds: spent in training, resumed ones included.
        best: the row of ``history`` whose weights were kept; with ``start_share``, what the mean reaches.
        history: ``{"epoch", "train_loss", "train_accuracy", "loss", "accuracy", "aca", "score",
            "seconds"}`` of every epoch; ``loss`` is weighted by class as in training.
        weights: the safetensors file that was written.
        temperature: see ``fit_temperature``; fitted to the validation part.
        split: the faces that were used, labelled with the recipe's classes.
        left_out: one sentence for every face whose picture could not be read.
    """

    epochs: int
    seconds: float
    best: Mapping[str, float]
    history: Sequence[Mapping[str, float]]
    weights: Path
    temperature: float
    split: Split
    left_out: tuple[str, ...] = ()


def split_for(examples: Sequence[Example], recipe: Recipe, protocol: str) -> Split:
    """The training and selection faces of ``recipe``: the protocol's parts, or those outside its fold.

    Raises:
        DataRejected: the set lacks the recipe's fold.
        ValueError: a fold is given under another protocol than ``"seed"``.
    """
    if recipe.fold is None:
        val = select(examples, protocol, "val")
        preferred = tuple(e for e in val if e.set_name in recipe.choose_on)
        return Split(select(examples, protocol, "train"), preferred or val)
    if protocol != "seed":
        raise ValueError(f"folds belong to the protocol 'seed', not {protocol!r}")
    parts = fold_parts(examples, recipe.fold)
    return Split(parts.train, parts.val)


def train(
    name: str, recipe: Recipe, split: Split, out: Path, report: Report, device: str = "auto"
) -> Trained:
    """Train ``recipe`` on ``split``.

    Writes ``<name>.safetensors``, ``<name>.history.json`` and ``<name>.curves.png`` to ``out``. After every
    epoch ``out/<name>.checkpoint.pt`` is replaced; a later call with the same recipe, faces and folder
    resumes from it. Faces whose picture cannot be read are left out and reported. Where surroundings are
    exchanged, the landmarks are cached in ``out/landmarks.npz``.

    Raises:
        DataRejected: a part has no faces, or lacks a class of the recipe; or the checkpoint is not usable.
        ThirdPartyMissing: the recipe starts from weights that are not available.
        XaiError: the loss is no longer a number, or the result cannot be written.
        ValueError: the architecture does not take the recipe's input size.
    """
    _check_size(recipe)
    named = Split(named_for(split.train, recipe.classes), named_for(split.val, recipe.classes))
    _check(named, recipe)
    left_out: list[str] = []
    faces, val = (
        load_augmented(named.train, recipe, left_out.append),
        load_fixed(named.val, recipe, left_out.append),
    )
    used = Split(faces.examples, val.examples)
    if left_out:
        report(f"Left out {len(left_out)} of {len(named.train) + len(named.val)} faces: {left_out[0]}")
        _check(used, recipe)
    out.mkdir(parents=True, exist_ok=True)
    if recipe.surroundings != "own" and isinstance(faces, AugmentedFaces):
        faces = exchange_faces(faces, recipe, out / "landmarks.npz", report)
    run = Run(recipe, faces, val, pick_device(device))
    _go_through(run, out / f"{name}.checkpoint.pt", report)
    best = max(run.history, key=lambda row: row["score"])
    if recipe.start_share:
        best = {**best, **run.blend()}
    seconds = sum(row["seconds"] for row in run.history)
    weights = _write(run, out, name, int(best["epoch"]))
    return Trained(
        len(run.history), seconds, best, run.history, weights, run.temperature(), used, tuple(left_out)
    )


def _go_through(run: Run, checkpoint: Path, report: Report) -> None:
    """Run the remaining epochs, each followed by its checkpoint."""
    epochs = run.recipe.epochs
    if run.resume(checkpoint):
        report(f"going on after epoch {len(run.history)} of {epochs}")
    while len(run.history) < epochs:
        row = run.epoch()
        report(" ".join(f"{key} {value:.4g}" for key, value in row.items()))
        try:
            run.save(checkpoint)
        except XaiError as error:
            report(f"{error} The training goes on; if it is stopped now, it cannot be taken up from here.")


def _write(run: Run, out: Path, name: str, kept: int) -> Path:
    text = json.dumps(run.history, indent=1)
    write_atomically(out / f"{name}.history.json", lambda path: path.write_text(text, encoding="utf-8"))
    write_atomically(out / f"{name}.curves.png", lambda path: save_curves(run.history, kept, path))
    return write_atomically(out / f"{name}.safetensors", lambda path: save_file(_half(run.best_state), path))


def _check_size(recipe: Recipe) -> None:
    shape = ARCHITECTURES[recipe.architecture]
    if recipe.input_size < shape.smallest or not (shape.any_side or recipe.input_size == shape.side):
        takes = f"of {shape.smallest} pixels and more" if shape.any_side else f"of {shape.side} pixels only"
        raise ValueError(f"{recipe.architecture} takes pictures {takes}, not of {recipe.input_size}")


def _check(split: Split, recipe: Recipe) -> None:
    for part, examples in (("train", split.train), ("val", split.val)):
        missing = [name for name in recipe.classes if not any(e.label == name for e in examples)]
        if missing:
            raise DataRejected(
                f"The {part} part has no face of {', '.join(missing)}; name more --data folders."
            )


def _half(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in state.items()}


def save_curves(history: Sequence[Mapping[str, float]], kept: int, path: Path) -> None:
    """Plot the history of a training as a PNG of two panels.

    Args:
        history: a row per epoch, with the keys of ``LINES``; rows may lack some.
        kept: the epoch whose weights were kept, marked by a vertical line.
        path: where the PNG goes.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - a second, for one picture at the end
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for panel, (title, lines) in zip(figure.subplots(1, len(LINES)), LINES, strict=True):
        for key, legend, dash in lines:
            points = [(row["epoch"], row[key]) for row in history if key in row]
            panel.plot(*zip(*points, strict=True), dash, label=legend, marker="." if len(points) < 2 else "")
        panel.axvline(kept, color="0.6", linewidth=1, zorder=0, label=f"kept: epoch {kept}")
        panel.set(xlabel="Epoch", ylabel=title)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.legend(fontsize=8)
    figure.savefig(path, format="png", dpi=120)
