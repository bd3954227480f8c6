"""How the time of an occlusion map scales with the work, how linear that is, and what batching many faces and
several models into one call saves.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xai.attribution.occlusion.engine import Request, occlude, occlude_all
from xai.attribution.occlusion.patch import Patch
from xai.benchmark.timing import Ratio, Timing, time_interleaved
from xai.benchmark.workloads import load_workload
from xai.models.architectures import ARCHITECTURES
from xai.models.classifiers import Classifier
from xai.models.inference.runtimes import Mode, runtime_for

__all__ = ["BatchSharing", "ScalingCurve", "growth_of", "line", "measure_growth", "measure_together"]

_STEPS = (4, 6, 8, 10, 12, 14, 16, 20, 24, 28)
"""The stride is the side divided by one of these, when scaling the number of positions."""

_COUNTS = (1, 2, 3, 4, 6)
_CELL = 28  # pixels; at multiples of it patch and stride are whole pixels, so positions stay the same
_FINE = Patch(1 / 7, 1 / _CELL)  # enough positions that one runtime is chosen at every side
_SIDES = tuple(_CELL * n for n in (3, 4, 5, 6, 7, 8))

_FACES, _MODELS = 10, 3


@dataclass(frozen=True)
class ScalingCurve:
    """Time as a function of the amount of work.

    Attributes:
        amounts: of work.
        seconds: median over the rounds, one per amount.
        slope: seconds per unit of the amount, of the least-squares line.
        intercept: its seconds at no work.
        r2: share of the variance that it explains, at most 1.
    """

    amounts: tuple[float, ...]
    seconds: tuple[float, ...]
    slope: float
    intercept: float
    r2: float

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def line(amounts: Sequence[float], seconds: Sequence[float]) -> ScalingCurve:
    """The least-squares line through the points.

    Raises:
        ValueError: fewer than three points, or all at one amount: the line is not determined.

    >>> line((1, 2, 3), (1.5, 2.5, 3.5)).r2
    1.0
    """
    if len(set(amounts)) < 3:
        raise ValueError(f"a line is only tested by three different amounts or more, not by {set(amounts)}")
    x, y = np.asarray(amounts, float), np.asarray(seconds, float)
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())
    intercept = float(y.mean() - slope * x.mean())
    left, whole = ((y - intercept - slope * x) ** 2).sum(), ((y - y.mean()) ** 2).sum()
    r2 = float(1 - left / whole) if whole > 0 else 0.0
    return ScalingCurve(tuple(map(float, amounts)), tuple(map(float, seconds)), slope, intercept, r2)


def growth_of(work: Mapping[float, Callable[[], object]], rounds: int, device: torch.device) -> ScalingCurve:
    """Amount -> work: warm up each once, time ``rounds`` rounds in turn, and fit the line."""
    for each in work.values():
        each()
    taken = time_interleaved({str(amount): each for amount, each in work.items()}, rounds, device)
    return line(list(work), [timing.median for timing in taken.values()])


def measure_growth(
    model: str, device: str, rounds: int, mode: Mode, note: Callable[[str], None]
) -> dict[str, ScalingCurve]:
    """How the time of one network's maps scales.

    Args:
        model: an installed classifier or an entry of ``ARCHITECTURES``.
        device: ``auto``, ``cpu`` or ``cuda``.
        rounds: at least 1.
        mode: of ``occlude``: ``exact`` or ``fast``.
        note: called with what is being done.

    Returns:
        ``positions`` (of the patch), ``faces``, ``models`` (copies of the network, each with weights of its
        own) and, for a network that takes any side, ``pixels`` (of the input, at the same positions).
    """
    classifier = load_workload(model, device)
    works = {"positions": _by_positions, "faces": _by_faces, "models": _by_models}
    if ARCHITECTURES[classifier.card.architecture].any_side:
        works["pixels"] = _by_pixels
    found: dict[str, ScalingCurve] = {}
    for name, work in works.items():
        note(f"{model}: growth with {name}, {mode}")
        found[name] = growth_of(work(classifier, mode), rounds, classifier.device)
    return found


Work = dict[float, Callable[[], object]]


def _by_positions(classifier: Classifier, mode: Mode) -> Work:
    """Amounts for which the runtime of the largest is chosen too: torch runs very few positions."""
    picture, side = _picture(classifier, 0), classifier.card.input_size
    patches = {len(patch.windows(side)) ** 2: patch for patch in (Patch(1 / 4, 1 / n) for n in _STEPS)}

    def answers(places: int) -> str:
        return runtime_for(classifier.network, classifier.device, side, places + 1, mode).name

    same = answers(max(patches))
    return {
        places: partial(occlude, classifier, picture, patch, mode=mode)
        for places, patch in patches.items()
        if answers(places) == same
    }


def _by_faces(classifier: Classifier, mode: Mode) -> Work:
    faces = [_picture(classifier, seed) for seed in range(max(_COUNTS))]
    return {n: partial(_maps, [classifier] * n, faces[:n], mode) for n in _COUNTS}


def _by_models(classifier: Classifier, mode: Mode) -> Work:
    copies = [replace(classifier, network=copy.deepcopy(classifier.network)) for _ in range(max(_COUNTS))]
    picture = _picture(classifier, 0)
    return {n: partial(_maps, copies[:n], [picture] * n, mode) for n in _COUNTS}


def _by_pixels(classifier: Classifier, mode: Mode) -> Work:
    least = ARCHITECTURES[classifier.card.architecture].smallest
    works: Work = {}
    for side in (side for side in _SIDES if side >= least):
        sized = replace(classifier, card=replace(classifier.card, input_size=side))
        works[side**2] = partial(occlude, sized, _picture(sized, 0), _FINE, mode=mode)
    return works


def _maps(classifiers: Sequence[Classifier], pictures: Sequence[Tensor], mode: Mode) -> None:
    for classifier, picture in zip(classifiers, pictures, strict=True):
        occlude(classifier, picture, Patch(), mode=mode)


def _picture(classifier: Classifier, seed: int) -> Tensor:
    side, generator = classifier.card.input_size, torch.Generator().manual_seed(seed)
    return torch.rand(3, side, side, generator=generator).to(classifier.device)


@dataclass(frozen=True)
class BatchSharing:
    """What sharing batches saves.

    Attributes:
        name: of the network.
        faces, models: how many of each; every model runs on every face.
        shared: time of one call for all.
        single: time of a call for each, one after the other.
    """

    name: str
    faces: int
    models: int
    shared: Timing
    single: Timing

    @property
    def maps(self) -> int:
        """How many maps there are."""
        return self.faces * self.models

    @property
    def ratio(self) -> Ratio:
        """Time of the shared call over that of the single calls, round by round."""
        return self.shared.over(self.single)

    def as_dict(self) -> dict[str, Any]:
        """What ``benchmark scaling --json`` prints of it."""
        return {
            "faces": self.faces,
            "models": self.models,
            "shared_s": self.shared.median,
            "single_s": self.single.median,
            "ratio": self.ratio.median,
            "range": [self.ratio.low, self.ratio.high],
        }


def measure_together(
    classifier: Classifier, rounds: int, mode: Mode, faces: int = _FACES, models: int = _MODELS
) -> BatchSharing:
    """Time one shared call and the single calls in turn.

    Args:
        classifier: the model; the others are copies of it with weights of their own.
        rounds: at least 1.
        mode: of ``occlude_all``.
        faces: synthetic: the time of a map does not depend on the picture's content.
        models: how many.
    """
    copies = [replace(classifier, network=copy.deepcopy(classifier.network)) for _ in range(models)]
    side, generator = classifier.card.input_size, torch.Generator().manual_seed(0)
    pictures = torch.rand(faces, 3, side, side, generator=generator).to(classifier.device)
    requests = [Request(each, picture, Patch()) for picture in pictures for each in copies]
    for each in requests[:models]:
        occlude_all([each], mode=mode)  # one-time compilation happens here
    ways: dict[str, Callable[[], object]] = {
        "shared": partial(occlude_all, requests, mode=mode),
        "single": partial(_one_by_one, requests, mode),
    }
    taken = time_interleaved(ways, rounds, classifier.device)
    return BatchSharing(classifier.name, faces, models, taken["shared"], taken["single"])


def _one_by_one(requests: Sequence[Request], mode: Mode) -> None:
    for each in requests:
        occlude_all([each], mode=mode)
