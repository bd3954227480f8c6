"""Which attribution method can be believed? Every method on models of which it is known where they look.

Each control model sees one window of an aligned face, or a planted mark, and nothing else. Of each map it is
measured how much of it lies there: whether its largest value does (the pointing game, Zhang et al. 2018), the
share of its positive values there, and the share of as many of its largest values as the window has pixels
(relevance mass and rank accuracy, Arras et al. 2022). Deletion and insertion (Petsiuk et al. 2018) are gains
over random orders of the same cells; likeness is the rank correlation with the map of the same network with
random weights (Adebayo et al. 2018), near 0 where a map follows the weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from xai.attribution.base import AttributionRequest
from xai.attribution.methods import METHODS, Method
from xai.errors import DataRejected, MapRefused
from xai.evidence.faithfulness.deletion_insertion import CurveTest, run_curves
from xai.evidence.faithfulness.pixel_order import PixelOrder, cell_means
from xai.evidence.faithfulness.randomization import CascadingRandomization
from xai.evidence.map_similarity import spearman
from xai.evidence.validation.labelled_faces import LabelledFace, in_turns
from xai.evidence.validation.statistics import DRAWS, Figure, means
from xai.models.classifiers import Classifier, to_input
from xai.models.ground_truth import KnownAnswer, aligned_face, load_family
from xai.photo.mesh import has_mesh
from xai.photo.regions import counted_regions
from xai.types import REGIONS, Face

__all__ = [
    "MEASURES",
    "WINDOWED",
    "MethodScore",
    "measure_faithfulness",
    "measured_rows",
    "reliability_record",
]

WINDOWED = (
    "aperture_nose", "aperture_mouth", "aperture_nose_and_mouth", "aperture_chin", "aperture_cheeks",
    "aperture_eyes", "aperture_forehead", "aperture_corner", "corner_mark",
)  # fmt: skip
"""Kinds of control models that see a window and nothing else."""

MEASURES = ("pointing", "mass", "rank", "deletion", "insertion", "likeness", "seconds")
"""What is measured of each map."""

_NEAR = 4  # pixels round the window that still count in the pointing game, at an input of 96
_GRID = 12  # cells per side of the curves
_STEPS, _ORDERS = 12, 4  # of the curves; random orders
_SURE = 0.5  # least probability of an answer that is explained


@dataclass(frozen=True, eq=False)
class MethodScore:
    """Results of one method.

    Attributes:
        maps: how many were made.
        refused: how many were refused.
        chance: share of the picture that the windows take: mass and rank of a map that says nothing.
        figures: of ``MEASURES``, means over the maps with 95 % intervals by photo.
    """

    maps: int
    refused: int
    chance: float
    figures: Mapping[str, Figure]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        figures = {n: {"value": f.value, "interval": f.interval} for n, f in self.figures.items()}
        return {"maps": self.maps, "refused": self.refused, "chance": self.chance, **figures}


@dataclass(frozen=True, eq=False)
class _Case:
    """A control model, and a face that it answers rightly and surely.

    Attributes:
        known: the model.
        face: aligned, with what the model reads planted.
        group: of its photo.
        label: its class.
    """

    known: KnownAnswer
    face: Face
    group: str
    label: str


@dataclass(eq=False)
class _Rows:
    refused: int = 0
    groups: list[str] = field(default_factory=list)
    areas: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MEASURES})


def measure_faithfulness(
    faces: Sequence[LabelledFace],
    note: Callable[[str], None],
    *,
    models: int = 2,
    per_model: int = 4,
    methods: Sequence[str] = tuple(METHODS),
    device: str = "auto",
) -> dict[str, MethodScore]:
    """Method -> results.

    Args:
        faces: labelled, with meshes.
        note: called with a sentence after each model.
        models: of each kind, at most ten.
        per_model: faces of each.
        methods: names in ``METHODS``, with their default parameters.
        device: as of ``pick_device``.

    Raises:
        DataRejected: none of the faces is answered rightly and surely by one of the models.
    """
    rows = {name: _Rows() for name in methods}
    for case in _cases(faces, models, per_model, device, note):
        for name in methods:
            _measure(case, METHODS[name], rows[name])
    if not any(each.groups for each in rows.values()):
        raise DataRejected(f"Of {len(faces)} faces none with a mesh is answered rightly by a control model.")
    return {name: _score(each) for name, each in rows.items()}


def reliability_record(found: Mapping[str, MethodScore], command: str, machine: str) -> dict[str, Any]:
    """The figures of the table, to its two decimals and in its order, for ``write_reliability``."""
    return {"command": command, "machine": machine, "methods": {n: _rounded(s) for n, s in _ordered(found)}}


def _rounded(score: MethodScore) -> dict[str, Any]:
    figures = {
        name: {
            "value": None if each.value is None else round(each.value, 2),
            "interval": each.interval and [round(end, 2) for end in each.interval],
        }
        for name, each in score.figures.items()
    }
    return {"maps": score.maps, "refused": score.refused, **figures}


def _ordered(found: Mapping[str, MethodScore]) -> list[tuple[str, MethodScore]]:
    """The method with the largest rank accuracy first."""
    return sorted(found.items(), key=lambda item: -(item[1].figures["rank"].value or -1.0))


def measured_rows(found: Mapping[str, MethodScore]) -> list[tuple[str, ...]]:
    """A table, the header first, the method with the largest rank accuracy first."""
    header = ("method", "maps", "refused", *MEASURES)
    return [header, *(_line(name, score) for name, score in _ordered(found))]


def _line(name: str, score: MethodScore) -> tuple[str, ...]:
    cells = (_cell(score.figures[measure]) for measure in MEASURES)
    return (METHODS[name].title, str(score.maps), str(score.refused), *cells)


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    told = f"{figure.value:.2f}"
    return (
        told if figure.interval is None else f"{told} ({figure.interval[0]:.2f} to {figure.interval[1]:.2f})"
    )


def _cases(
    faces: Sequence[LabelledFace], models: int, per_model: int, device: str, note: Callable[[str], None]
) -> Iterator[_Case]:
    aligned = [
        LabelledFace(aligned_face(each.face), each.label, each.group) for each in faces if has_mesh(each.face)
    ]
    usable = [each for each in aligned if has_mesh(each.face)]
    for kind in WINDOWED:
        for number, known in enumerate(load_family(kind, device)[:models]):
            left = per_model
            for each in in_turns(usable, number * 5):
                crop = known.plant(each.face.crop, each.label)
                answer = known.classifier.predict([crop])[0]
                if left and answer.label == each.label and answer.confidence >= _SURE:
                    left -= 1
                    yield _Case(known, replace(each.face, crop=crop), each.group, each.label)
            note(f"{kind} {number + 1}: {per_model - left} faces")


def _measure(case: _Case, method: Method, rows: _Rows) -> None:
    classifier, seen = case.known.classifier, case.known.seen
    assert seen is not None
    began = time.perf_counter()
    values = _map(case, classifier, method)
    seconds = time.perf_counter() - began
    if values is None:
        rows.refused += 1
        return
    found = {
        "pointing": float(_grown(seen)[np.unravel_index(values.argmax(), values.shape)]),
        "mass": _mass(values, seen),
        "rank": float(seen.ravel()[np.argsort(-values.ravel(), kind="stable")[: seen.sum()]].mean()),
        **_curves(case, values),
        "likeness": _likeness(case, method, values),
        "seconds": seconds,
    }
    rows.groups.append(case.group)
    rows.areas.append(float(seen.mean()))
    for name, value in found.items():
        rows.values[name].append(value)


def _map(case: _Case, classifier: Classifier, method: Method) -> NDArray[np.float32] | None:
    """The map at the size of the input, float32 ``(n, n)``; None where it is refused."""
    values = to_input(case.face.crop, classifier.card.input_size, classifier.device)
    regions = _regions(case.face, classifier) if method.by_region else None
    asked = AttributionRequest(classifier, values, classifier.class_index(case.label), regions=regions)
    made = method.run_all()([asked], method.complete({}), lambda _done, _total: None)[0]
    if isinstance(made, MapRefused):
        return None
    side, raw = classifier.card.input_size, torch.from_numpy(made.values)[None, None]
    sized = functional.interpolate(raw, (side, side), mode="bilinear", align_corners=False)[0, 0]
    return sized.numpy()


def _regions(face: Face, classifier: Classifier) -> torch.Tensor | None:
    masks = counted_regions(face)
    if masks is None:
        return None
    side = classifier.card.input_size
    planes = torch.from_numpy(np.stack([masks[name] for name in REGIONS]).astype(np.float32))
    return functional.interpolate(planes[None], (side, side), mode="area")[0].argmax(dim=0)


def _grown(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reach = 2 * _NEAR + 1
    grown = functional.max_pool2d(torch.from_numpy(seen)[None, None].float(), reach, 1, _NEAR)
    return grown[0, 0].numpy() > 0


def _mass(values: NDArray[np.float32], seen: NDArray[np.bool_]) -> float:
    positive = np.maximum(values, 0).astype(np.float64)
    total = positive.sum()
    return float(positive[seen].sum() / total) if total > 0 else float("nan")


def _curves(case: _Case, values: NDArray[np.float32]) -> dict[str, float]:
    classifier = case.known.classifier
    picture = to_input(case.face.crop, classifier.card.input_size, classifier.device)
    orders = {"own": PixelOrder.of(cell_means(values, _GRID), 0)}
    orders |= {f"random {n}": PixelOrder.drawn(_GRID, (0, n)) for n in range(_ORDERS)}
    target = classifier.class_index(case.label)
    found = run_curves(classifier, picture, target, orders, (_STEPS, "grey", "blur"))
    gains = {}
    for which, kind in enumerate(("deletion", "insertion")):
        random = tuple(found[f"random {n}"][which] for n in range(_ORDERS))
        gains[kind] = CurveTest(kind, found["own"][which], random[0], random).gain
    return gains


def _likeness(case: _Case, method: Method, values: NDArray[np.float32]) -> float:
    classifier = case.known.classifier
    picture = to_input(case.face.crop, classifier.card.input_size, classifier.device)
    try:
        random = CascadingRandomization(classifier, picture, 1, 0).random(1)
    except ValueError:  # nothing in it has weights
        return float("nan")
    made = _map(case, random, method)
    like = None if made is None else spearman(made.astype(np.float64), values.astype(np.float64))
    return float("nan") if like is None else like


def _score(rows: _Rows) -> MethodScore:
    columns = {name: np.array(values, np.float64) for name, values in rows.values.items()}
    groups = np.array(rows.groups, np.str_)
    figures = means(columns, groups, DRAWS)
    return MethodScore(len(groups), rows.refused, float(np.mean(rows.areas)) if rows.areas else 0.0, figures)
