"""Inference runtimes: torch on its own device, and OpenVINO on a CPU.

Torch in float32 is the reference. OpenVINO gives the same outputs within 1e-5 in probability, and faster; it
is used where it is installed, supports the network, and there is enough work to make up for its preparation.
For a *fast* map, shown while a visitor waits, both may compute in half precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from xai.models.black_box import BlackBox
from xai.models.inference.openvino import OpenVinoRuntime, prepare

__all__ = ["Mode", "Pending", "Runtime", "TorchRuntime", "reference_runtime", "runtime_for"]

Mode = Literal["exact", "fast"]
"""``exact``: float32; ``fast``: half precision where the machine has it."""

Pending = Callable[[], Tensor]
"""Logits float32 ``(N, C)`` that are being computed; calling it waits for them. They stay on the device."""

_CPU_PIXELS = 26 * 128 * 128
"""Input pixels per torch batch on a CPU: 8 inputs of 224 pixels, where torch is quickest on two cores."""

_WORTH_PIXELS = 2_000_000
"""Input pixels from which OpenVINO's preparation, half a second for a MobileNetV2, pays off."""

_GPU_LARGEST = 256
_GPU_TRIAL = 4


class Runtime(Protocol):
    """Runs batches of one network's inputs.

    Attributes:
        name: display name: ``"openvino float32 on cpu"``.
        device: where its inputs must be.
        batch: largest batch.
        depth: batches that may be in flight at once.
        memory_format: preferred memory layout of its inputs.
        low: whether it computes in half precision.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def device(self) -> torch.device: ...  # noqa: D102
    @property
    def batch(self) -> int: ...  # noqa: D102
    @property
    def depth(self) -> int: ...  # noqa: D102
    @property
    def memory_format(self) -> torch.memory_format: ...  # noqa: D102
    @property
    def low(self) -> bool: ...  # noqa: D102

    def submit(self, batch: Tensor, slot: int) -> Pending:
        """Submit ``batch`` ``(N, 3, n, n)``; at most one per ``slot`` in ``range(depth)`` at a time.

        The batch must stay unchanged until its outputs are fetched.
        """
        ...


@dataclass(frozen=True, eq=False)
class TorchRuntime:
    """A network in torch, on any device.

    Attributes:
        network: in evaluation mode, on ``device``.
        device: where it is.
        batch: inputs at a time.
        dtype: float32, or the half precision that autocast uses.
        why: why another runtime was not used, in brackets after its name.
    """

    network: nn.Module
    device: torch.device
    batch: int
    dtype: torch.dtype = torch.float32
    why: str = ""

    memory_format = torch.channels_last
    depth = 1

    @property
    def low(self) -> bool:
        """Whether it computes in half precision."""
        return self.dtype != torch.float32

    @property
    def name(self) -> str:
        """Library, precision, device; of a black box what it says of itself."""
        if isinstance(self.network, BlackBox):
            return self.network.runtime
        reason = f" ({self.why})" if self.why else ""
        return f"torch {str(self.dtype).removeprefix('torch.')} on {self.device.type}{reason}"

    def submit(self, batch: Tensor, slot: int) -> Pending:
        """The outputs, computed before this returns (on a GPU: in flight)."""
        with torch.inference_mode(), _arithmetic(self.device, self.dtype):
            logits: Tensor = self.network(batch).float()
        return lambda: logits


def reference_runtime(network: nn.Module, device: torch.device, side: int, why: str = "") -> TorchRuntime:
    """The network in torch float32, with a batch that suits the machine, for inputs of ``side`` pixels."""
    return TorchRuntime(network, device, _batch(network, device, side), why=why)


def runtime_for(network: nn.Module, device: torch.device, side: int, forwards: int, mode: Mode) -> Runtime:
    """The best runtime for ``forwards`` inputs of ``side`` pixels.

    The same arguments give the same runtime on one machine, whatever ran before. Where ``fast`` has no
    advantage, it runs in float32. A black box runs as it is.
    """
    if isinstance(network, BlackBox):
        return reference_runtime(network, device, side)
    worth = forwards * side * side >= _WORTH_PIXELS
    fast, why = mode == "fast", ""
    if worth and device.type == "cpu":
        found = prepare(network, side, low=fast)
        if isinstance(found, OpenVinoRuntime):
            return found
        why = found
    dtype = _half(device) if fast and (worth or device.type == "cuda") else torch.float32
    return TorchRuntime(network, device, _batch(network, device, side), dtype, why)


def _half(device: torch.device) -> torch.dtype:
    """The half precision in which the device computes faster, or float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and torch.cpu.get_capabilities().get("amx_bf16", False):
        return torch.bfloat16
    return torch.float32


@contextmanager
def _arithmetic(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Half precision, or true float32: on a GPU, cuDNN would round to ten bits (TF32)."""
    if dtype != torch.float32:
        with torch.autocast(device.type, dtype):
            yield
    elif device.type == "cuda":
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=False):
            yield
    else:
        yield


def _batch(network: nn.Module, device: torch.device, side: int) -> int:
    if device.type != "cuda":
        return max(1, min(256, _CPU_PIXELS // (side * side)))
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    try:
        with torch.inference_mode():
            trial = torch.zeros(_GPU_TRIAL, 3, side, side, device=device)
            network(trial.contiguous(memory_format=torch.channels_last))
    except torch.OutOfMemoryError:  # whether one fits is found out by the caller
        torch.cuda.empty_cache()
        return 1
    each = (torch.cuda.max_memory_allocated(device) - before) / _GPU_TRIAL
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return batch_within(torch.cuda.mem_get_info(device)[0] + unused, each)


def batch_within(free: float, each: float) -> int:
    """Inputs of ``each`` bytes that fit in half of ``free`` bytes, 1 to 256: others use the GPU too.

    >>> batch_within(8e9, 50e6), batch_within(1e6, 50e6), batch_within(80e9, 1e6)
    (80, 1, 256)
    """
    return int(max(1, min(_GPU_LARGEST, free / 2 // max(each, 1))))
