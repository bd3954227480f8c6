"""Scores of a classifier by subgroup: size, head turn, colour of the mask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.classes import class_info
from xai.learning.data.splits import Example, load_crop, load_picture
from xai.learning.evaluation.mask_color import COLOURS, mask_colour
from xai.learning.evaluation.metrics import bootstrap_intervals, confusion_matrix, summary
from xai.learning.evaluation.predictions import Answers, found_face
from xai.photo.mesh import MESH_POINTS, five_of

__all__ = ["KINDS", "Bin", "SubgroupAxis", "by_kind", "head_turn", "nose_offset"]

_SIZES = {"under_20": 20.0, "20_32": 32.0, "32_48": 48.0, "48_96": 96.0, "from_96": float("inf")}
"""Bin -> upper limit of its size, shorter side in photo pixels."""

_TURNED = 0.5
"""``head_turn`` from which a head counts as turned: about 30 degrees."""


@dataclass(frozen=True)
class SubgroupAxis:
    """One subgroup axis.

    Attributes:
        bins: names of the bins -> their labels in tables, in order.
        bin_of: the bin of a face; empty where not applicable.
    """

    bins: Mapping[str, str]
    bin_of: Callable[[Example], str]


@dataclass(frozen=True)
class Bin:
    """Scores on the faces of one bin.

    Attributes:
        name: of the bin.
        counts: class -> faces.
        scores: ``accuracy``, and ``aca``: the mean over the classes that have faces in the bin.
        per_class: class -> accuracy on its faces; only classes with faces.
        intervals: score or class -> 95 % bootstrap interval, resampling whole groups.
    """

    name: str
    counts: Mapping[str, int]
    scores: Mapping[str, float]
    per_class: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, figures rounded to four places; None where undefined."""
        return {
            "bin": self.name,
            "n": sum(self.counts.values()),
            "counts": dict(self.counts),
            **{name: round(value, 4) for name, value in self.scores.items()},
            "per_class": {name: round(value, 4) for name, value in self.per_class.items()},
            "intervals": {name: [round(end, 4) for end in ends] for name, ends in self.intervals.items()},
        }


def by_kind(answers: Answers, names: Sequence[str]) -> dict[str, tuple[Bin, ...]]:
    """Axis -> its bins that have faces, in order.

    Args:
        answers: a classifier's predictions.
        names: keys of ``KINDS``.

    Raises:
        DataRejected: a picture can no longer be read.
    """
    return {name: _bins(answers, KINDS[name]) for name in dict.fromkeys(names)}


def head_turn(five: NDArray[np.float32]) -> float:
    """How far a head is turned to a side: 0 frontal, 1 with the tip of the nose over an eye, more in profile.

    Args:
        five: as in ``nose_offset``.
    """
    return abs(nose_offset(five))


def nose_offset(five: NDArray[np.float32]) -> float:
    """Where the tip of the nose lies between the eyes: -1 over the left, 0 in the middle, 1 over the right.

    The nose is in front of the eyes by nearly half of their distance, so this is about 0.9 times the tangent
    of the angle by which the head is turned; tilting the head does not change it.

    Args:
        five: float32 ``(5, 2)``: left eye, right eye, nose tip, mouth corners, in pixels of one picture.
    """
    left, right, nose = five[:3].astype(np.float64)
    along = right - left
    return 2 * float((nose - left) @ along) / max(float(along @ along), 1e-6) - 1


def _size(example: Example) -> str:
    if not np.isfinite(example.short_side):
        return "unknown"
    return next(name for name, below in _SIZES.items() if example.short_side < below)


@lru_cache(maxsize=8192)  # the detector is slow, and several models are run on the same faces
def _pose(example: Example) -> str:
    face = found_face(example)
    if face is None:
        return "not_found"
    five = five_of(face.landmarks) if len(face.landmarks) == MESH_POINTS else face.landmarks
    return "turned" if head_turn(five) >= _TURNED else "frontal"


def _colour(example: Example) -> str:
    if not {"covered", "incorrect"} & set(class_info(example.label).wearings):
        return ""
    if example.extent is None:
        return "unknown"
    pixels = load_picture(example) if example.cut else load_crop(example)
    return mask_colour(pixels, example.extent)


KINDS: Mapping[str, SubgroupAxis] = {
    "size": SubgroupAxis(
        {
            "under_20": "under 20 px",
            "20_32": "20 to 32 px",
            "32_48": "32 to 48 px",
            "48_96": "48 to 96 px",
            "from_96": "96 px and more",
            "unknown": "size not known",
        },
        _size,
    ),
    "pose": SubgroupAxis(
        {
            "frontal": "frontal",
            "turned": "turned by about 30° or more",
            "not_found": "no face found by the detector",
        },
        _pose,
    ),
    "colour": SubgroupAxis(
        dict(zip(COLOURS, ("white to grey", "blue", "black or dark", "another", "not known"), strict=True)),
        _colour,
    ),
}
"""The axes by name. Colour applies to faces with a mask, however it is worn."""


def _bins(answers: Answers, kind: SubgroupAxis) -> tuple[Bin, ...]:
    places = np.array([kind.bin_of(e) for e in answers.examples])
    present = [name for name in kind.bins if (places == name).any()]
    return tuple(_measured(name, answers, np.flatnonzero(places == name)) for name in present)


def _measured(name: str, answers: Answers, inside: NDArray[np.intp]) -> Bin:
    truth, answer, classes = answers.truth[inside], answers.answer[inside], answers.classes
    counts = np.bincount(truth, minlength=len(classes))
    present = [i for i in range(len(classes)) if counts[i]]

    def figures(drawn: NDArray[np.intp]) -> dict[str, float]:
        scores = summary(truth[drawn], answer[drawn], len(classes))
        hits = np.diag(confusion_matrix(truth[drawn], answer[drawn], len(classes)))
        faces = np.bincount(truth[drawn], minlength=len(classes))
        shares = {classes[i]: hits[i] / faces[i] if faces[i] else float("nan") for i in present}
        return {"accuracy": scores["accuracy"], "aca": scores["aca"], **shares}

    whole = figures(np.arange(len(inside)))
    return Bin(
        name=name,
        counts={classes[i]: int(counts[i]) for i in present},
        scores={key: whole[key] for key in ("accuracy", "aca")},
        per_class={classes[i]: whole[classes[i]] for i in present},
        intervals=bootstrap_intervals(figures, answers.groups[inside]),
    )
