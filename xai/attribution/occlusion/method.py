"""Occlusion as ``METHODS`` lists it: for several inputs, and in steps with previews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xai.attribution.base import Attribution, AttributionRequest, PartialAttribution
from xai.attribution.occlusion.coarse_to_fine import coarse_to_fine
from xai.attribution.occlusion.engine import Request, occlude_all
from xai.attribution.occlusion.patch import Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.models.inference.runtimes import Mode
from xai.types import Params, Progress

__all__ = ["occlusion_all", "occlusion_in_steps"]


def occlusion_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """The drop maps of the requested classes, the probability maps and the maps of predicted classes.

    All are ``(n, n)`` in input pixels, from one stream of batches, exact or fast as of ``occlude_all``. The
    fills of ``FACE_FILLS`` need ``AttributionRequest.hidden``.
    """
    grids = occlude_all(_requests(asked, params), progress, mode)
    return [_attribution(grid, a) for a, grid in zip(asked, grids, strict=True)]


def occlusion_in_steps(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress
) -> Iterator[PartialAttribution]:
    """``occlusion_all``, exact, coarse positions first: see ``coarse_to_fine``."""
    for fine in coarse_to_fine(_requests(asked, params), progress):
        yield PartialAttribution(fine.which, _attribution(fine.grid, asked[fine.which]), fine.preview)


def _requests(asked: Sequence[AttributionRequest], params: Params) -> list[Request]:
    patch = Patch(float(params["patch"]), float(params["stride"]), str(params["fill"]))
    return [Request(a.classifier, a.values, patch, a.hidden, a.target) for a in asked]


def _attribution(grid: OcclusionGrid, asked: AttributionRequest) -> Attribution:
    """With a second class, the drop is that of the difference between the two probabilities."""
    drop = grid.drop_map(asked.target)
    if asked.against is not None:
        drop = drop - grid.drop_map(asked.against)
    return Attribution(drop, grid.probability_map(asked.target), grid.becomes_map(), grid.computed)
