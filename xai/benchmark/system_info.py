"""The machine, and its peak speed: that of a plain matrix product."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

__all__ = ["Machine", "gemm", "gemm_flops", "this_machine"]

_PACKAGES = ("torch", "openvino", "captum", "grad-cam", "numpy", "streamlit")
_HALF = ("amx_bf16", "avx512_bf16")
_SIDES = {"cpu": 2048, "cuda": 8192}
"""Device -> side of the matrices: large enough that a larger one gives no higher throughput."""


@dataclass(frozen=True)
class Machine:
    """A machine and what is installed on it.

    Attributes:
        processor: model of the processor.
        cores: cores that this process may use.
        threads: that torch uses.
        memory: of the machine, gibibytes; None where the system does not report it.
        half: half-precision instructions of the processor: ``amx_bf16``, ``avx512_bf16``.
        device: ``cpu``, or the GPU's name.
        python: version.
        versions: package -> version, of those that are installed.
    """

    processor: str
    cores: int
    threads: int
    memory: float | None
    half: tuple[str, ...]
    device: str
    python: str
    versions: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def this_machine(device: torch.device) -> Machine:
    """The machine that this process runs on, with the networks' device."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        memory=_memory(),
        half=tuple(name for name in _HALF if torch.cpu.get_capabilities().get(name, False)),
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        python=platform.python_version(),
        versions={name: version for name in _PACKAGES if (version := _version(name))},
    )


def gemm(device: torch.device, dtype: torch.dtype = torch.float32) -> Callable[[], object]:
    """A product of two square matrices, ``gemm_flops(device)`` operations per call."""
    side = _SIDES[device.type]
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(side, side, generator=generator).to(device, dtype) for _ in range(2))
    product = torch.empty_like(left)
    return lambda: torch.mm(left, right, out=product)


def gemm_flops(device: torch.device) -> int:
    """Floating-point operations of one call of ``gemm``; a multiplication and an addition are two."""
    return 2 * _SIDES[device.type] ** 3


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError):
        return None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
