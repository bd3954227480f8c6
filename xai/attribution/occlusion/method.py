"""Occlusion as ``METHODS`` lists it: by a hard or a soft patch, for several inputs, or in steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xai.attribution.base import Attribution, AttributionRequest, PartialAttribution, by_input
from xai.attribution.occlusion.coarse_to_fine import coarse_to_fine
from xai.attribution.occlusion.engine import Request, occlude_all
from xai.attribution.occlusion.patch import GaussianPatch, Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.models.inference.runtimes import Mode
from xai.types import Params, Progress

__all__ = ["occlusion_all", "occlusion_in_steps", "smooth_occlusion_all"]


def occlusion_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """The drop maps of the requested classes, the probability maps and the maps of predicted classes.

    All are ``(n, n)`` in input pixels, from one stream of batches, exact or fast as of ``occlude_all``; the
    classes of an input share its passes. The fills of ``FACE_FILLS`` need ``AttributionRequest.hidden``.
    """
    return [_attribution(grid, each) for each, grid in _grids(asked, _patch(params), progress, mode)]


def occlusion_in_steps(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress
) -> Iterator[PartialAttribution]:
    """``occlusion_all``, exact, coarse positions first: see ``coarse_to_fine``."""
    patch = _patch(params)
    for fine in coarse_to_fine([_request(each, patch) for each in asked], progress):
        yield PartialAttribution(fine.which, _attribution(fine.grid, asked[fine.which]), fine.preview)


def smooth_occlusion_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """The drop maps under a Gaussian mask (Greydanus et al. 2018), ``(n, n)`` in input pixels: at each pixel
    the mean drop over all positions, weighted by how much of the pixel each hides. Exact in either mode.

    The paper's score is half the squared change of all outputs, and its grid of scores is enlarged to the
    picture. Here a drop is that of one class and keeps its sign, as with ``occlusion_all``.
    """
    patch = GaussianPatch(float(params["spread"]), float(params["stride"]), str(params["fill"]))
    grids = _grids(asked, patch, progress, "exact")
    return [Attribution(_drop(grid, each), computed=grid.computed) for each, grid in grids]


def _patch(params: Params) -> Patch:
    return Patch(float(params["patch"]), float(params["stride"]), str(params["fill"]))


def _request(asked: AttributionRequest, patch: Patch | GaussianPatch) -> Request:
    return Request(asked.classifier, asked.values, patch, asked.hidden, asked.target)


def _grids(
    asked: Sequence[AttributionRequest], patch: Patch | GaussianPatch, progress: Progress, mode: Mode
) -> list[tuple[AttributionRequest, OcclusionGrid]]:
    """Every request with the grid of its input. A fast grid is checked for one class, so none is shared."""
    groups = by_input(asked) if mode == "exact" else [[index] for index in range(len(asked))]
    found = occlude_all([_request(asked[group[0]], patch) for group in groups], progress, mode)
    grids = {index: grid for group, grid in zip(groups, found, strict=True) for index in group}
    return [(each, grids[index]) for index, each in enumerate(asked)]


def _attribution(grid: OcclusionGrid, asked: AttributionRequest) -> Attribution:
    drop = _drop(grid, asked)
    return Attribution(drop, grid.probability_map(asked.target), grid.becomes_map(), grid.computed)


def _drop(grid: OcclusionGrid, asked: AttributionRequest) -> NDArray[np.float32]:
    """With a second class, the drop is that of the difference between the two probabilities."""
    drop = grid.drop_map(asked.target)
    return drop if asked.against is None else drop - grid.drop_map(asked.against)
