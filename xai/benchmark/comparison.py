"""What a contest between ways to make the same occlusion map found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xai.attribution.occlusion.patch import Patch
from xai.benchmark.agreement import Agreement
from xai.benchmark.clock import Ratio, Timing
from xai.types import Computed

__all__ = ["PARTS", "Comparison", "Setting"]

PARTS = ("naive", "memory", "agreement")
"""What can be left out."""


@dataclass(frozen=True)
class Setting:
    """What is compared.

    Attributes:
        patch: size, stride and fill.
        side: of the input, pixels; None: the model's own.
        rounds: of the contest.
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
        positions: of the patch, the passes through the network beside one of the whole picture.
        flops: of one pass, a multiplication and an addition counted as two.
        timings: ``ours``, ``ours_again`` (the same: what differs is noise), ``fast``, ``captum``, ``gemm``,
            and ``naive`` unless it was left out.
        gemm_flops: of one call of ``gemm``.
        captum_sweep: ``perturbations_per_eval`` -> seconds before the contest; the best one took part.
        max_abs_diff: largest difference between our map and captum's, probability points.
        naive_abs_diff: between ours and the loop's; None where the loop was left out.
        memory: ``exact``, ``fast``, ``captum`` -> most memory over idle, mebibytes; None where unknown.
            ``exact_more``: that of an exact map with half the stride, so four times the positions.
        agreement: of fast with exact; None for random weights.
        computed: by what the exact map was computed.
        fast_computed: likewise the fast one, with its guard's findings.
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
    computed: Computed
    fast_computed: Computed

    @property
    def captum_best(self) -> int:
        """The ``perturbations_per_eval`` that captum took part with."""
        return min(self.captum_sweep, key=lambda size: self.captum_sweep[size])

    def per_second(self, name: str) -> float:
        """Masked pictures through the network per second, by a contestant's median."""
        return self.positions / self.timings[name].median

    def peak_share(self, name: str) -> float:
        """Useful operations per second over those of a single-precision matrix product in the same rounds."""
        return self.per_second(name) * self.flops / (self.gemm_flops / self.timings["gemm"].median)

    def ratio(self, slow: str, quick: str) -> Ratio | None:
        """How many times as long ``slow`` took as ``quick``; None where one was left out."""
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
