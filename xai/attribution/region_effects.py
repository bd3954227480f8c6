"""What each region of the face does to the answer: ablation and exact Shapley values.

A region is replaced by a baseline, alone or together with others; a map shows the value of its region at each
pixel. Both are measured in probability: with a second class, in the difference of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import torch
from torch import Tensor

from xai.attribution.base import Attribution, AttributionRequest
from xai.attribution.masked_batches import MaskedBatches
from xai.attribution.occlusion.engine import baseline
from xai.errors import MapRefused
from xai.models.inference.batch_job import InferenceJob
from xai.models.inference.scheduler import run
from xai.types import REGIONS, Params, Progress

__all__ = ["region_ablation", "region_shapley"]


def region_ablation(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress
) -> list[Attribution]:
    """By how much the probability falls where one region alone is replaced: feature ablation by region.

    Raises:
        MapRefused: the regions of this face are not known.
    """
    answers = _answers(asked[0], params, _all_but_one(), progress)
    worths = (each.score(answers) for each in asked)
    return [_drawn(each, worth[0] - worth[1:]) for each, worth in zip(asked, worths, strict=True)]


def region_shapley(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress
) -> list[Attribution]:
    """Shapley values of the regions (Shapley 1953; Lundberg & Lee 2017), exact, from all sets of regions:
    each region's share in the difference between the picture and the baseline.

    Raises:
        MapRefused: the regions of this face are not known.
    """
    count = len(REGIONS)
    kept = torch.tensor([[bool(code >> r & 1) for r in range(count)] for code in range(2**count)])
    answers = _answers(asked[0], params, kept, progress)
    return [_drawn(each, _shapley_values(each.score(answers))) for each in asked]


def _shapley_values(worth: Tensor) -> Tensor:
    """Of the worth of each set of regions, by its code ``(2^R,)``: ``(R,)``."""
    count = len(REGIONS)
    values = torch.zeros(count)
    for region in range(count):
        others = [r for r in range(count) if r != region]
        for size in range(count):
            weight = 1 / (count * comb(count - 1, size))
            for chosen in combinations(others, size):
                code = sum(1 << r for r in chosen)
                values[region] += weight * (worth[code | 1 << region] - worth[code])
    return values


def _all_but_one() -> Tensor:
    count = len(REGIONS)
    return torch.cat([torch.ones(1, count, dtype=torch.bool), ~torch.eye(count, dtype=torch.bool)])


def _answers(asked: AttributionRequest, params: Params, kept: Tensor, progress: Progress) -> Tensor:
    """The probabilities with only the regions of each row of ``kept``, bool ``(N, R)``, shown: ``(N, C)``."""
    if asked.regions is None:
        raise MapRefused(
            "The regions of this face are not known, since no reliable mesh was found on it; choose a method "
            "that needs none, such as occlusion."
        )
    classifier, regions = asked.classifier, asked.regions
    values = asked.values.to(classifier.device)
    picture, under = (classifier.normalise(v) for v in (values, baseline(values, str(params["baseline"]))))

    def masks(start: int, stop: int, device: torch.device) -> Tensor:
        return kept[start:stop].to(device)[:, regions.to(device)].float()

    found = run([InferenceJob(classifier, len(kept), MaskedBatches(picture, under, masks))], progress)[0]
    return found.probabilities


def _drawn(asked: AttributionRequest, values: Tensor) -> Attribution:
    assert asked.regions is not None
    return Attribution(values[asked.regions.cpu()].float().numpy())
