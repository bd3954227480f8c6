"""The occlusion map of one face, by five implementations run in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from xai.attribution.occlusion.engine import OcclusionScan, Request, occlude
from xai.attribution.occlusion.low_precision import LowPrecisionCheck
from xai.attribution.occlusion.patch import Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.benchmark.baselines import captum_map, loop_map
from xai.benchmark.memory import MemoryTask, peak_over_idle
from xai.benchmark.occlusion_result import Agreement, Comparison, Setting, agreement
from xai.benchmark.system_info import gemm, gemm_flops
from xai.benchmark.timing import time_interleaved
from xai.benchmark.workloads import is_random, load_workload
from xai.models.classifiers import Classifier, to_input
from xai.models.inference.runtimes import Mode
from xai.models.inference.scheduler import run

__all__ = ["compare"]

_PER_EVAL = (1, 8, 32, 64, 128)
_TRIES = 2  # runs per setting of captum; the faster one counts


def compare(
    model: str, crops: Sequence[NDArray[np.uint8]], setting: Setting, note: Callable[[str], None]
) -> Comparison:
    """Time our engine, captum and a plain loop in turn on the same map.

    Args:
        model: an installed classifier or an entry of ``ARCHITECTURES``.
        crops: faces, RGB uint8 ``(H, W, 3)``; the timing uses the first one.
        setting: patch, rounds, device.
        note: called with what is being done.

    Raises:
        XaiError: the model or its fast mode is not available.
        ValueError: the patch moves further than its own size, where captum refuses.
    """
    if setting.patch.stride > setting.patch.size:
        raise ValueError("captum leaves no gaps: --stride must not be larger than --patch")
    classifier = load_workload(model, setting.device, setting.side)
    ways, exact, fast = _ways(classifier, crops[0], setting)
    note(f"{model}: sweeping captum's perturbations_per_eval")
    sweep = _captum_sweep(ways, classifier, exact.probabilities.shape[0] ** 2)
    best = min(sweep, key=lambda size: sweep[size])
    note(f"{model}: {setting.rounds} rounds, captum with {best}")
    timings = time_interleaved(
        {**ways.contestants(), "captum": partial(ways.captum, best)}, setting.rounds, classifier.device
    )
    note(f"{model}: memory and agreement")
    mine = exact.drop_map(ways.target)
    return Comparison(
        model=model,
        architecture=classifier.card.architecture,
        device=str(classifier.device),
        side=classifier.card.input_size,
        positions=exact.probabilities.shape[0] ** 2,
        flops=_flops_of(classifier),
        timings=timings,
        gemm_flops=gemm_flops(classifier.device),
        captum_sweep=sweep,
        max_abs_diff=_apart(mine, ways.captum(best)),
        naive_abs_diff=None if "naive" in setting.skip else _apart(mine, ways.naive()),
        memory={} if "memory" in setting.skip else _memory(classifier, setting, best),
        agreement=_agreement(classifier, crops, setting),
        computed=exact.computed,
        fast_computed=fast.computed,
    )


@dataclass(frozen=True, eq=False)
class _Ways:
    """The implementations of one map."""

    classifier: Classifier
    values: Tensor
    patch: Patch
    target: int
    with_naive: bool

    def ours(self, mode: Mode) -> OcclusionGrid:
        return occlude(self.classifier, self.values, self.patch, mode=mode)

    def undoubted(self) -> None:
        """The work of a fast map not in doubt: every position in half precision, a few of them again."""
        scan = OcclusionScan(Request(self.classifier, self.values, self.patch))
        (hasty,) = run([scan.job("fast")], None)
        again = LowPrecisionCheck(scan.grid(hasty), self.target).next()
        run([scan.job("exact", again)], None)

    def captum(self, per_eval: int) -> NDArray[np.float32]:
        return captum_map(self.classifier, self.values, self.patch, self.target, per_eval)

    def naive(self) -> NDArray[np.float32]:
        return loop_map(self.classifier, self.values, self.patch, self.target)

    def contestants(self) -> dict[str, Callable[[], object]]:
        device = self.classifier.device
        chosen: dict[str, Callable[[], object]] = {
            "ours": partial(self.ours, "exact"),
            "fast": partial(self.ours, "fast"),
            "undoubted": self.undoubted,
            "gemm": gemm(device),
            "ours_again": partial(self.ours, "exact"),
        }
        return {**chosen, "naive": self.naive} if self.with_naive else chosen


def _ways(
    classifier: Classifier, crop: NDArray[np.uint8], setting: Setting
) -> tuple[_Ways, OcclusionGrid, OcclusionGrid]:
    """The implementations, warmed up, and the exact and the fast map."""
    values = to_input(crop, classifier.card.input_size, classifier.device)
    ways = _Ways(classifier, values, setting.patch, 0, "naive" not in setting.skip)
    exact = ways.ours("exact")
    fast = ways.ours("fast")
    gemm(classifier.device)()
    return replace(ways, target=int(exact.original.argmax())), exact, fast


def _captum_sweep(ways: _Ways, classifier: Classifier, positions: int) -> dict[int, float]:
    """Seconds by occluded pictures per pass, up to all at once: the faster of two runs each."""
    sizes = [size for size in _PER_EVAL if size < positions] + [positions] * (positions < max(_PER_EVAL))
    tried = {str(size): partial(ways.captum, size) for size in sizes}
    found = time_interleaved(tried, _TRIES, classifier.device)
    return {int(name): min(timing.seconds) for name, timing in found.items()}


def _flops_of(classifier: Classifier) -> int:
    side = classifier.card.input_size
    picture = torch.zeros(1, 3, side, side, device=classifier.device)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        classifier.network(picture)
    return int(counter.get_total_flops())


def _memory(classifier: Classifier, setting: Setting, per_eval: int) -> dict[str, float | None]:
    task = MemoryTask(classifier.name, classifier.device.type, classifier.card.input_size, setting.patch)
    finer = replace(setting.patch, stride=setting.patch.stride / 2)
    ways = {"exact": task, "exact_more": replace(task, patch=finer), "fast": replace(task, how="fast")}
    ways["captum"] = replace(task, how="captum", per_eval=per_eval)
    return {name: peak_over_idle(each) for name, each in ways.items()}


def _agreement(
    classifier: Classifier, crops: Sequence[NDArray[np.uint8]], setting: Setting
) -> Agreement | None:
    if "agreement" in setting.skip or is_random(classifier):
        return None
    return agreement(classifier, crops, setting.patch)


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).max())
