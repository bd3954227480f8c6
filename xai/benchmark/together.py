"""Many faces and several models in one call, against as many calls of one face and one model, in one run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from xai.attribution.occlusion.engine import Request, occlude_all
from xai.attribution.occlusion.patch import Patch
from xai.benchmark.clock import Ratio, Timing, interleaved
from xai.models.classifiers import Classifier
from xai.models.inference.runtimes import Mode

__all__ = ["Together", "measure_together"]

_FACES, _MODELS = 10, 3


@dataclass(frozen=True)
class Together:
    """What sharing batches saves.

    Attributes:
        name: of the network.
        faces, models: how many of each; every model is asked about every face.
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
        """The shared call's time over that of the single runs, round by round."""
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
) -> Together:
    """Let one shared call and the single calls take turns.

    Args:
        classifier: what is asked; the other models are copies of it with weights of their own.
        rounds: at least 1.
        mode: of ``occlude_all``.
        faces: made up: the time of a map does not depend on what the picture shows.
        models: how many.
    """
    copies = [replace(classifier, network=copy.deepcopy(classifier.network)) for _ in range(models)]
    side, generator = classifier.card.input_size, torch.Generator().manual_seed(0)
    pictures = torch.rand(faces, 3, side, side, generator=generator).to(classifier.device)
    requests = [Request(each, picture, Patch()) for picture in pictures for each in copies]
    for each in requests[:models]:
        occlude_all([each], mode=mode)  # what is compiled once is compiled now
    ways: dict[str, Callable[[], object]] = {
        "shared": partial(occlude_all, requests, mode=mode),
        "single": partial(_one_by_one, requests, mode),
    }
    taken = interleaved(ways, rounds, classifier.device)
    return Together(classifier.name, faces, models, taken["shared"], taken["single"])


def _one_by_one(requests: Sequence[Request], mode: Mode) -> None:
    for each in requests:
        occlude_all([each], mode=mode)
