"""Results of timing implementations of the same occlusion map, and the agreement of fast with exact maps over
many faces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai.attribution.occlusion.engine import occlude
from xai.attribution.occlusion.patch import Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.benchmark.timing import Ratio, Timing
from xai.evidence.map_similarity import Map, spearman
from xai.models.classifiers import Classifier, to_input
from xai.types import ComputeInfo

__all__ = ["PARTS", "Agreement", "Comparison", "Setting", "agreement", "agreement_of"]

_TIE = 1e-7
"""Pixels of one cell of the map have one value, up to rounding."""

PARTS = ("naive", "memory", "agreement")
"""Parts that can be skipped."""


@dataclass(frozen=True)
class Agreement:
    """How alike two sets of maps are.

    Attributes:
        faces: how many were compared.
        without_order: of these, those whose map is constant: no ranking to compare.
        redone: of these, those whose fast map was in doubt and was recomputed in float32.
        least_spearman: the smallest rank correlation over the pixels of the input; None without any map.
        median_spearman: their median; None likewise.
        same_peak: in how many the highest pixel of the fast map is a highest one of the exact map.
        max_abs_diff: the largest difference of any two values, probability points.
        same_answer: in how many both predict the same class for the unoccluded face.
    """

    faces: int
    without_order: int
    redone: int
    least_spearman: float | None
    median_spearman: float | None
    same_peak: int
    max_abs_diff: float
    same_answer: int

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def agreement(classifier: Classifier, crops: Sequence[NDArray[np.uint8]], patch: Patch) -> Agreement:
    """Compare ``occlude(mode="fast")`` with ``mode="exact"`` on faces, each for the exactly predicted class.

    Args:
        classifier: the model.
        crops: RGB uint8 ``(H, W, 3)``, at least one.
        patch: the patch.
    """
    pairs = []
    for crop in crops:
        values = to_input(crop, classifier.card.input_size, classifier.device)
        exact = occlude(classifier, values, patch, mode="exact")
        pairs.append((exact, occlude(classifier, values, patch, mode="fast")))
    return agreement_of(pairs)


def agreement_of(pairs: Sequence[tuple[OcclusionGrid, OcclusionGrid]]) -> Agreement:
    """The agreement of at least one pair (exact, fast)."""
    drops = [_drops(exact, fast) for exact, fast in pairs]
    likeness = [found for one, other in drops if (found := spearman(one, other)) is not None]
    return Agreement(
        faces=len(pairs),
        without_order=len(drops) - len(likeness),
        redone=sum(bool(fast.computed.redone) for _, fast in pairs),
        least_spearman=min(likeness, default=None),
        median_spearman=float(np.median(likeness)) if likeness else None,
        same_peak=sum(bool(one.flat[other.argmax()] >= one.max() - _TIE) for one, other in drops),
        max_abs_diff=max(float(np.abs(one - other).max()) for one, other in drops),
        same_answer=sum(bool(exact.original.argmax() == fast.original.argmax()) for exact, fast in pairs),
    )


def _drops(exact: OcclusionGrid, fast: OcclusionGrid) -> tuple[Map, Map]:
    """Both maps of the class that the exact run predicts for the unoccluded picture."""
    index = int(exact.original.argmax())
    return exact.drop_map(index).astype(np.float64), fast.drop_map(index).astype(np.float64)


@dataclass(frozen=True)
class Setting:
    """Settings of the comparison.

    Attributes:
        patch: size, stride and fill.
        side: of the input, pixels; None: the model's own.
        rounds: of the timing.
        device: ``auto``, ``cpu`` or ``cuda``.
        skip: some of ``PARTS``.
    """

    patch: Patch = field(default_factory=Patch)
    side: int | None = None
    rounds: int = 5
    device: str = "auto"
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What was measured of one model.

    Attributes:
        model: name.
        architecture: of its network.
        device: where the network was.
        side: of the input, pixels.
        positions: of the patch: the forward passes besides one for the unoccluded picture.
        flops: of one pass, a multiplication and an addition counted as two.
        timings: ``ours``, ``ours_again`` (the same: what differs is noise), ``fast``, ``captum``, ``gemm``,
            and ``naive`` unless it was left out.
        gemm_flops: of one call of ``gemm``.
        captum_sweep: ``perturbations_per_eval`` -> seconds before the timing; the best one was used.
        max_abs_diff: largest difference between our map and captum's, probability points.
        naive_abs_diff: between ours and the loop's; None where the loop was left out.
        memory: ``exact``, ``fast``, ``captum`` -> peak memory over idle, mebibytes; None where unknown.
            ``exact_more``: that of an exact map with half the stride, so four times the positions.
        agreement: of fast with exact; None for random weights.
        computed: runtime and precision of the exact map.
        fast_computed: likewise of the fast one, with the result of its check.
    """

    model: str
    architecture: str
    device: str
    side: int
    positions: int
    flops: int
    timings: Mapping[str, Timing]
    gemm_flops: int
    captum_sweep: Mapping[int, float]
    max_abs_diff: float
    naive_abs_diff: float | None
    memory: Mapping[str, float | None]
    agreement: Agreement | None
    computed: ComputeInfo
    fast_computed: ComputeInfo

    @property
    def captum_best(self) -> int:
        """The ``perturbations_per_eval`` used for captum."""
        return min(self.captum_sweep, key=lambda size: self.captum_sweep[size])

    def per_second(self, name: str) -> float:
        """Occluded pictures per second, by an implementation's median."""
        return self.positions / self.timings[name].median

    def peak_share(self, name: str) -> float:
        """Useful operations per second over those of a single-precision matrix product in the same rounds."""
        return self.per_second(name) * self.flops / (self.gemm_flops / self.timings["gemm"].median)

    def ratio(self, slow: str, quick: str) -> Ratio | None:
        """Time of ``slow`` over that of ``quick``; None where one was left out."""
        if slow not in self.timings or quick not in self.timings:
            return None
        return self.timings[slow].over(self.timings[quick])

    def as_dict(self) -> dict[str, Any]:
        """What ``benchmark occlusion --json`` prints of one model."""
        median = {name: timing.median for name, timing in self.timings.items()}
        ratios = {
            "ratio_captum": self.ratio("captum", "ours"),
            "ratio_captum_fast": self.ratio("captum", "fast"),
            "ratio_naive": self.ratio("naive", "ours"),
            "ratio_same": self.ratio("ours_again", "ours"),
        }
        return {
            "model": self.model,
            "architecture": self.architecture,
            "device": self.device,
            "dtype": "float32",
            "runtime": self.computed.runtime,
            "fast_runtime": self.fast_computed.runtime,
            "fast_redone": self.fast_computed.redone,
            "input_size": self.side,
            "positions": self.positions,
            **{f"{name}_s": median.get(name) for name in ("ours", "fast", "captum", "naive")},
            **{name: found and found.median for name, found in ratios.items()},
            "max_abs_diff": self.max_abs_diff,
            "naive_abs_diff": self.naive_abs_diff,
            "peak_rss_mb": self.memory.get("exact"),
            "fast_peak_rss_mb": self.memory.get("fast"),
            "captum_peak_rss_mb": self.memory.get("captum"),
            "more_positions_peak_rss_mb": self.memory.get("exact_more"),
            "ranges": {name: found and [found.low, found.high] for name, found in ratios.items()},
            "seconds": {name: timing.seconds for name, timing in self.timings.items()},
            "captum_best": self.captum_best,
            "captum_sweep": dict(self.captum_sweep),
            "gflops_per_pass": self.flops / 1e9,
            "gemm_gflops_per_s": self.gemm_flops / self.timings["gemm"].median / 1e9,
            "passes_per_s": {name: self.per_second(name) for name in self.timings if name != "gemm"},
            "share_of_gemm": {name: self.peak_share(name) for name in self.timings if name != "gemm"},
            "agreement": self.agreement and self.agreement.as_dict(),
        }
