"""Accuracy of the control models, and how much the shortcut learners depend on their shortcut."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.learning.evaluation.metrics import summary
from xai.learning.ground_truth.aligned_faces import AlignedFaces
from xai.models.ground_truth.families import INSTANCES, KINDS
from xai.models.ground_truth.loading import KnownAnswer, assemble
from xai.models.ground_truth.windows import HIDDEN_FROM
from xai.types import CLASSES

__all__ = ["measure"]

Crops = list[NDArray[np.uint8]]
Ints = NDArray[np.int64]


def measure(tensors: Mapping[str, Tensor], faces: AlignedFaces) -> dict[str, dict[str, float]]:
    """Metrics per kind, each the mean over its instances, rounded to three places.

    Args:
        tensors: the trained weights of all kinds.
        faces: what to measure on.

    Returns:
        Kind -> ``accuracy`` and ``aca`` as at inference (mark or tint of the true class planted); where
        something is planted also accuracy with a wrong class's (``misled``) and with nothing planted
        (``unplanted``); for every kind ``lower_swapped``: how often the answer changes when everything below
        the eyes comes from a face of another class.
    """
    return {kind: _mean([_figures(kind, n, tensors, faces) for n in range(INSTANCES)]) for kind in KINDS}


def _figures(kind: str, number: int, tensors: Mapping[str, Tensor], faces: AlignedFaces) -> dict[str, float]:
    model = assemble(kind, number, tensors, "cpu")
    crops = [np.ascontiguousarray(p) for p in faces.pixels.permute(0, 2, 3, 1).numpy()]
    truth: Ints = faces.labels.numpy()
    wrong = (truth + 1 + np.arange(len(truth)) % (len(CLASSES) - 1)) % len(CLASSES)
    answer = _answers(model, crops, truth)
    found = summary(truth, answer, len(CLASSES))
    figures = {"accuracy": found["accuracy"], "aca": found["aca"]}
    if (model.plant(crops[0], CLASSES[0]) != crops[0]).any():
        figures["misled"] = float((_answers(model, crops, wrong) == truth).mean())
        figures["unplanted"] = float((_answers(model, crops, None) == truth).mean())
    swapped = _answers(model, _other_lower_faces(crops, truth), truth)
    return {**figures, "lower_swapped": float((swapped != answer).mean())}


@torch.inference_mode()
def _answers(model: KnownAnswer, crops: Crops, planted: Ints | None) -> Ints:
    if planted is not None:
        crops = [model.plant(c, CLASSES[n]) for c, n in zip(crops, planted.tolist(), strict=True)]
    answers = [prediction.probabilities.argmax() for prediction in model.classifier.predict(crops)]
    return np.array(answers, np.int64)


def _other_lower_faces(crops: Crops, truth: Ints) -> Crops:
    """Each crop with everything below the eyes from the next crop of another class."""
    count, swapped = len(crops), []
    for row, crop in enumerate(crops):
        other = next(
            (row + step) % count for step in range(1, count) if truth[(row + step) % count] != truth[row]
        )
        swapped.append(np.concatenate([crop[:HIDDEN_FROM], crops[other][HIDDEN_FROM:]]))
    return swapped


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(float(np.mean([row[name] for row in rows])), 3) for name in rows[0]}
