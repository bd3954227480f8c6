"""The memory that an occlusion map takes, measured in a process of its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from xai.attribution.occlusion.engine import occlude
from xai.attribution.occlusion.patch import Patch
from xai.benchmark.baselines import captum_map
from xai.benchmark.workloads import load_workload

__all__ = ["MemoryTask", "peak_over_idle"]

_MEBIBYTE = 2**20


@dataclass(frozen=True)
class MemoryTask:
    """One map in a process of its own.

    Attributes:
        model: name of a classifier or an architecture.
        device: ``cpu`` or ``cuda``.
        side: of the input, pixels.
        patch: the patch.
        how: ``exact``, ``fast`` or ``captum``.
        per_eval: for captum, occluded pictures per pass.
    """

    model: str
    device: str
    side: int
    patch: Patch
    how: Literal["exact", "fast", "captum"] = "exact"
    per_eval: int = 1


def peak_over_idle(task: MemoryTask) -> float | None:
    """Peak resident memory (on a GPU: peak allocation) while the map is made, above that of the loaded
    network before its first pass; mebibytes. None where the system does not report it.
    """
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawned) as pool:
        return pool.submit(_measured, task).result()


def _measured(task: MemoryTask) -> float | None:
    classifier = load_workload(task.model, task.device, task.side)
    values = torch.full((3, task.side, task.side), 0.4, device=classifier.device)
    classifier.probabilities(classifier.normalise(values)[None])
    idle = _start_counting(classifier.device)
    if task.how == "captum":
        captum_map(classifier, values, task.patch, 0, task.per_eval)
    else:
        occlude(classifier, values, task.patch, mode=task.how)
    peak = _peak(classifier.device)
    return None if idle is None or peak is None else (peak - idle) / _MEBIBYTE


def _start_counting(device: torch.device) -> int | None:
    """Reset the peak; returns the bytes in use now."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.memory_allocated(device)
    reset = Path("/proc/self/clear_refs")
    if not reset.exists():
        return None
    reset.write_text("5")
    return _status("VmRSS")


def _peak(device: torch.device) -> int | None:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else _status("VmHWM")


def _status(key: str) -> int | None:
    """An entry of Linux's ``/proc/self/status``, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    return None
