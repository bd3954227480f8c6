"""Accuracy of the networks trained on photographs, and what their answers depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from xai.learning.ground_truth.photo_faces import PhotoFaces
from xai.models.classifiers import Classifier
from xai.models.ground_truth.photo_cues import FACE_ZONES, Cue, cue_zone, paint
from xai.types import CLASSES

__all__ = ["Effects", "dose", "log_odds", "measure"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Effects:
    """Drop of the true class's log-odds, mean over the faces of one class.

    Attributes:
        cue: only the cue becomes that of another class.
        lower_face: only the lower face becomes a donor's of another class, the cue stays.
        surroundings: everything but the lower face becomes a donor's of another class, the cue stays.
    """

    cue: float
    lower_face: float
    surroundings: float


def measure(classifier: Classifier, cue: Cue | None, faces: PhotoFaces) -> dict[str, dict[str, float]]:
    """Metrics of one network, each by class, rounded to three places.

    Args:
        classifier: the network.
        cue: what is planted in its pictures; None for an honest one.
        faces: for the measurement, with donors.

    Returns:
        ``accuracy`` with the cue of the true class planted, ``accuracy_plain`` with nothing planted,
        ``dose``, and the three ``Effects`` in natural logarithms. Where a cue encodes only two classes,
        exchanges are made between those two, and the third class has a dose of 0.
    """
    figures: dict[str, dict[str, float]] = {}
    for number, label in enumerate(CLASSES):
        rows = np.flatnonzero(faces.labels == number)
        found = _of_class(_Judge(classifier, cue, faces, rows), number)
        for name, value in found.items():
            figures.setdefault(name, {})[label] = round(value, 3)
    return figures


def dose(effects: Effects) -> float:
    """Share of the log-odds that the cue carries: its effect over the sum of its and the lower face's,
    negative ones as 0.

    >>> dose(Effects(cue=3.0, lower_face=1.0, surroundings=0.5))
    0.75
    """
    cue, lower = max(effects.cue, 0.0), max(effects.lower_face, 0.0)
    return cue / (cue + lower) if cue + lower > 0 else 0.0


def log_odds(logits: Doubles, number: int) -> Doubles:
    """Log-odds of one class against all others: logits ``(N, C)`` -> ``(N,)``.

    >>> log_odds(np.log([[0.5, 0.25, 0.25]]), 0).round(6).tolist()
    [0.0]
    """
    others = np.delete(logits, number, axis=1)
    most = others.max(axis=1, keepdims=True)
    return np.asarray(logits[:, number] - most[:, 0] - np.log(np.exp(others - most).sum(axis=1)))


@dataclass(frozen=True, eq=False)
class _Judge:
    """One network on the faces of one class.

    Attributes:
        rows: of the faces.
    """

    classifier: Classifier
    cue: Cue | None
    faces: PhotoFaces
    rows: Ints

    @property
    def own(self) -> Floats:
        """The faces as they are, float32 ``(N, S, S, 3)``, 0..255."""
        return np.asarray(self.faces.pictures[self.rows, 0], np.float32)

    def exchanged(self, slot: int, *, lower: bool) -> Floats:
        """The faces with the lower face, or everything else, of the donor in a slot, rounded."""
        donor = self.faces.pictures[self.rows, slot].astype(np.float32)
        weight = (
            self.faces.zones[self.rows, FACE_ZONES.index("lower_face")].astype(np.float32)[..., None] / 255
        )
        inner, outer = (donor, self.own) if lower else (self.own, donor)
        return np.asarray(np.rint(outer + weight * (inner - outer)), np.float32)

    @torch.inference_mode()
    def logits(self, pixels: Floats, told: int | None) -> Doubles:
        """Logits ``(N, C)`` with the cue of a class planted, or with none."""
        if self.cue is not None and told is not None and CLASSES[told] in self.cue.colours:
            planes = self.faces.zones[self.rows].astype(np.float32) / 255
            zones = {name: np.asarray(planes[:, place], np.float32) for place, name in enumerate(FACE_ZONES)}
            colours = np.array([self.cue.colours[CLASSES[told]]] * len(pixels), np.float32)
            pixels = np.rint(paint(self.cue, pixels, colours, cue_zone(self.cue, pixels, zones))).clip(0, 255)
        values = torch.from_numpy(np.ascontiguousarray(np.moveaxis(pixels, -1, 1))) / 255
        side = self.classifier.card.input_size
        sized = functional.interpolate(values, (side, side), mode="bilinear", antialias=True).clamp(0, 1)
        batch = self.classifier.normalise(sized).to(self.classifier.device)
        return self.classifier.logits(batch).double().cpu().numpy()


def _of_class(judge: _Judge, number: int) -> dict[str, float]:
    own = judge.logits(judge.own, number)
    plain = judge.logits(judge.own, None)
    effects = _effects(judge, number, own)
    return {
        "accuracy": float((own.argmax(axis=1) == number).mean()),
        "accuracy_plain": float((plain.argmax(axis=1) == number).mean()),
        "dose": dose(effects),
        "effect_of_cue": effects.cue,
        "effect_of_lower_face": effects.lower_face,
        "effect_of_surroundings": effects.surroundings,
    }


def _effects(judge: _Judge, number: int, own: Doubles) -> Effects:
    before = log_odds(own, number)
    others = _mistaken_for(judge.cue, number)
    slots = [1 + judge.faces.donors * n + k for n in others for k in range(judge.faces.donors)]
    cues = [judge.logits(judge.own, other) for other in others] if _speaks(judge.cue, number) else [own]
    after = {
        "cue": cues,
        "lower_face": [judge.logits(judge.exchanged(slot, lower=True), number) for slot in slots],
        "surroundings": [judge.logits(judge.exchanged(slot, lower=False), number) for slot in slots],
    }
    means = {
        name: float(np.mean([before - log_odds(logits, number) for logits in answers]))
        for name, answers in after.items()
    }
    return Effects(**means)


def _speaks(cue: Cue | None, number: int) -> bool:
    return cue is not None and CLASSES[number] in cue.colours


def _mistaken_for(cue: Cue | None, number: int) -> list[int]:
    """The classes that a class is exchanged with."""
    spoken = [n for n in range(len(CLASSES)) if not _speaks(cue, number) or _speaks(cue, n)]
    return [n for n in spoken if n != number]


def mean_accuracy(accuracy: Mapping[str, float]) -> float:
    """Mean over the classes (ACA), rounded to three places."""
    return round(sum(accuracy.values()) / len(accuracy), 3)
