"""Networks in OpenVINO on the CPU: optional, converted and compiled once, and never used without a check.

A network is traced by torch and passed to OpenVINO's own reader of torch graphs, without OpenVINO's
converter: the converter sends telemetry over the network, the reader does not. Tracing records one run; a
network with data-dependent control flow, or with operations unknown to OpenVINO, stays in torch. Equal
outputs are not assumed here: the caller compares some of them (``batch_job``) and may ``distrust`` a network.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["OpenVinoRuntime", "distrust", "prepare"]

_MISSING = "OpenVINO is not installed"
_UNFIT = "OpenVINO does not take this network"
_DIFFERS = "OpenVINO answered differently"
_NO_HALF = "this processor has no half precision"

_PIXELS = 4 * 224 * 224
"""Input pixels per batch: with a stream per core, larger ones are no faster and use more memory."""

_STREAMS = 4
"""Most streams; each has its own intermediate results."""


@dataclass(frozen=True, eq=False)
class OpenVinoRuntime:
    """A compiled network with inference requests of its own; for one thread at a time.

    Attributes:
        compiled: the network as ``openvino.CompiledModel``, of fixed batch.
        batch: that batch size; a smaller batch is padded.
        low: whether it computes in bfloat16.
        requests: one per batch that may be in flight.
    """

    compiled: Any
    batch: int
    low: bool
    requests: tuple[Any, ...]

    device = torch.device("cpu")
    memory_format = torch.contiguous_format

    @property
    def depth(self) -> int:
        """Batches that may be in flight at once."""
        return len(self.requests)

    @property
    def name(self) -> str:
        """Library, precision, device."""
        return f"openvino {'bfloat16' if self.low else 'float32'} on cpu"

    def submit(self, batch: Tensor, slot: int) -> Callable[[], Tensor]:
        """Submit ``batch`` float32 ``(N, 3, n, n)``, N at most ``self.batch``; see ``Runtime``."""
        count, request = len(batch), self.requests[slot]
        if count < self.batch:
            batch = torch.cat([batch, batch[:1].expand(self.batch - count, -1, -1, -1)])
        pixels = np.ascontiguousarray(batch.numpy())
        request.start_async([pixels], share_inputs=True)

        def logits() -> Tensor:
            request.wait()
            return torch.from_numpy(np.array(request.get_output_tensor(0).data[:count], np.float32))

        return logits


@dataclass(eq=False)
class _Prepared:
    """Cache of one network, invalid once its weights have changed."""

    state: tuple[tuple[int, int], ...]
    models: dict[int, Any] = field(default_factory=dict)
    compiled: dict[tuple[int, bool], Any] = field(default_factory=dict)
    refused: str = ""


_lock = threading.RLock()
_prepared: WeakKeyDictionary[nn.Module, _Prepared] = WeakKeyDictionary()


def prepare(network: nn.Module, side: int, *, low: bool) -> OpenVinoRuntime | str:
    """The network compiled for inputs of ``side`` pixels, or why it cannot be, in a few words.

    The first call for a network takes 0.1 to 0.6 s; later ones are free while the network exists and its
    weights stay the same. Thread-safe; may be called ahead of time.

    Args:
        network: in evaluation mode, on the CPU, in float32.
        side: of the inputs.
        low: compute in bfloat16.
    """
    if find_spec("openvino") is None:
        return _MISSING
    with _lock:
        known = _known(network)
        if known.refused:
            return known.refused
        if low and "BF16" not in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            return _NO_HALF
        try:
            compiled = _compiled(network, known, side, low)
        except Exception:  # tracing runs arbitrary code of the network, and reading it may fail in any way
            known.refused = _UNFIT
            return known.refused
    streams = int(compiled.get_property("NUM_STREAMS"))
    requests = tuple(compiled.create_infer_request() for _ in range(streams + 1))
    return OpenVinoRuntime(compiled, _batch(side), low, requests)


def distrust(network: nn.Module) -> str:
    """Never run this network in OpenVINO again: its outputs differed. Returns the reason, in words."""
    with _lock:
        _known(network).refused = _DIFFERS
    return _DIFFERS


def _known(network: nn.Module) -> _Prepared:
    state = _state(network)
    known = _prepared.get(network)
    if known is None or known.state != state:
        known = _prepared[network] = _Prepared(state)
        if network.training or any(t.dtype != torch.float32 for t in network.parameters()):
            known.refused = _UNFIT
    return known


def _state(network: nn.Module) -> tuple[tuple[int, int], ...]:
    """Changes when a weight is replaced or written to; torch counts the writes."""
    tensors = [*network.parameters(), *network.buffers()]
    return tuple((t.data_ptr(), 0 if t.is_inference() else t._version) for t in tensors)


def _compiled(network: nn.Module, known: _Prepared, side: int, low: bool) -> Any:
    if (side, low) not in known.compiled:
        if side not in known.models:
            known.models[side] = _read(network, side)
        threads = torch.get_num_threads()
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if low else "f32",
            "PERFORMANCE_HINT": "THROUGHPUT",
            "NUM_STREAMS": max(1, min(_STREAMS, threads)),
            "INFERENCE_NUM_THREADS": threads,
        }
        known.compiled[side, low] = _core().compile_model(known.models[side], "CPU", settings)
    return known.compiled[side, low]


def _read(network: nn.Module, side: int) -> Any:
    """The network as an ``openvino.Model`` that shares its weights' memory."""
    frontend = import_module("openvino.frontend")
    decoder = import_module("openvino.frontend.pytorch.ts_decoder").TorchScriptPythonDecoder
    example = torch.zeros(2, 3, side, side)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the deprecation of tracing, and constants it froze
        traced = torch.jit.trace(network, example, check_trace=False)  # type: ignore[no-untyped-call]
        graph = decoder(traced, skip_freeze=True)  # read in place: it must outlive the conversion
        reader = frontend.FrontEndManager().load_by_framework("pytorch")
        model = reader.convert(reader.load(graph))
    model.reshape([_batch(side), 3, side, side])
    return model


def _batch(side: int) -> int:
    return max(1, min(64, _PIXELS // (side * side)))


_CORE: list[Any] = []


def _core() -> Any:
    if not _CORE:
        _CORE.append(import_module("openvino").Core())
    return _CORE[0]
