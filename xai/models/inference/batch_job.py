"""An inference job of one classifier, and its state: where its batches run, and what happens when one fails.

Inputs are generated lazily; the pixels of a batch exist only while it goes through the network. Where memory
runs out the batch is halved, down to one input, and then the CPU takes over; the outputs are the same. The
reference runtime runs the first input of a job too, and a runtime that differs is not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from xai.errors import MemoryRanOut
from xai.models.classifiers import Classifier, check_finite
from xai.models.inference.openvino import distrust
from xai.models.inference.runtimes import Mode, Pending, Runtime, TorchRuntime, reference_runtime, runtime_for

__all__ = ["Batches", "InferenceJob", "JobState", "ModelOutputs", "PendingBatch", "memory_ran_out"]

Batches = Callable[[int, int, int], Tensor]
"""Called with (start, stop, slot): the network's inputs ``start`` to ``stop``, float32 ``(N, 3, n, n)``. They
stay valid until the same slot is requested again."""

TOLERANCE = 1e-5
"""Largest allowed difference in probability between the reference and another float32 runtime."""

_NO_MEMORY = re.compile(
    r"out of memory|not enough memory|can't allocate|cannot allocate|bad_alloc|ALLOC_FAILED", re.I
)


@dataclass(frozen=True, eq=False)
class InferenceJob:
    """Inputs to run through one classifier.

    Attributes:
        classifier: the model.
        count: how many inputs, at least one.
        inputs: runtime -> function that makes batches for it: on its device, in its memory format.
        mode: ``exact`` or ``fast``.
        forwards: total inputs of the classifier, where this job is a part; it decides whether a network's
            preparation pays off.
    """

    classifier: Classifier
    count: int
    inputs: Callable[[Runtime], Batches]
    mode: Mode = "exact"
    forwards: int = 0


@dataclass(frozen=True, eq=False)
class ModelOutputs:
    """A classifier's outputs for the inputs of a job.

    Attributes:
        logits: float32 ``(N, C)`` on the CPU, divided by the card's temperature.
        runtime: name of the runtime.
        low: whether that was in half precision.
    """

    logits: Tensor
    runtime: str
    low: bool

    @property
    def probabilities(self) -> Tensor:
        """Float32 ``(N, C)``."""
        return self.logits.softmax(dim=1)


@dataclass(frozen=True, eq=False)
class PendingBatch:
    """A batch in flight.

    Attributes:
        start, stop: which inputs of the job.
        runtime: what runs it.
        wait: fetches the outputs; None where memory ran out at once.
    """

    start: int
    stop: int
    runtime: Runtime
    wait: Pending | None

    def drain(self) -> None:
        """Wait for it although it is no longer needed: the network still reads its inputs."""
        if self.wait is not None:
            with suppress(RuntimeError, MemoryError):
                self.wait()


class JobState:
    """State of a running job."""

    def __init__(self, job: InferenceJob) -> None:
        self.job, self._next, self._sent, self._answered = job, 0, 0, 0
        self._parts: list[Tensor] = []
        self._first = torch.empty(0)
        self._used: dict[str, bool] = {}
        classifier = job.classifier
        side, forwards = classifier.card.input_size, max(job.forwards, job.count)
        self._use(runtime_for(classifier.network, classifier.device, side, forwards, job.mode))

    def _use(self, runtime: Runtime) -> None:
        self.runtime, self._size = runtime, runtime.batch
        self._inputs = self.job.inputs(runtime)

    @property
    def rest(self) -> bool:
        """Whether batches are still to be sent."""
        return self._next < self.job.count

    @property
    def complete(self) -> bool:
        """Whether all outputs are there."""
        return self._answered == self.job.count

    def send(self) -> PendingBatch:
        """Submit the next batch."""
        start, stop = self._next, min(self._next + self._size, self.job.count)
        slot = self._sent % self.runtime.depth
        self._next, self._sent = stop, self._sent + 1
        try:
            batch = self._inputs(start, stop, slot)
            if start == 0 and not isinstance(self.runtime, TorchRuntime):
                self._first = batch[:1].clone()
            wait = self.runtime.submit(batch, slot)
        except (RuntimeError, MemoryError) as error:
            if not memory_ran_out(error):
                raise
            wait = None
        return PendingBatch(start, stop, self.runtime, wait)

    def take(self, batch: PendingBatch) -> None:
        """Fetch a batch's outputs; run it again where its runtime was abandoned meanwhile."""
        if batch.runtime is self.runtime:
            found = self._fetched(batch)
        else:
            batch.drain()
            found = self._now(batch.start, batch.stop)
        self._parts.append(found)
        self._answered = batch.stop

    def answers(self) -> ModelOutputs:
        """All outputs, copied from the device once."""
        device = self._parts[-1].device
        logits = torch.cat([part.to(device) for part in self._parts]).cpu()
        check_finite(logits, self.job.classifier.name)
        return ModelOutputs(
            logits / self.job.classifier.card.temperature, " and ".join(self._used), any(self._used.values())
        )

    def _fetched(self, batch: PendingBatch) -> Tensor:
        found = None
        try:
            found = None if batch.wait is None else batch.wait()
        except (RuntimeError, MemoryError) as error:
            if not memory_ran_out(error):
                raise
        if found is None:
            return self._halved(batch.start, batch.stop)
        if batch.start == 0 and not self._agrees(found):
            self._use(self._reference(distrust(self.job.classifier.network)))
            return self._now(batch.start, batch.stop)
        self._used[self.runtime.name] = self.runtime.low
        return found

    def _agrees(self, found: Tensor) -> bool:
        """Whether the first input's output agrees with the reference's."""
        if isinstance(self.runtime, TorchRuntime) or self.runtime.low:
            return True
        expected = self._reference().submit(self._first, 0)()
        temperature = self.job.classifier.card.temperature
        both = torch.cat([expected, found[:1]]).div(temperature).softmax(dim=1)
        return bool((both[0] - both[1]).abs().max() <= TOLERANCE)

    def _reference(self, why: str = "") -> TorchRuntime:
        classifier = self.job.classifier
        return reference_runtime(classifier.network, classifier.device, classifier.card.input_size, why)

    def _now(self, start: int, stop: int) -> Tensor:
        """The outputs of inputs ``start`` to ``stop``, in batches that fit."""
        parts: list[Tensor] = []
        while start < stop:
            end, found = min(start + self._size, stop), None
            try:
                found = self.runtime.submit(self._inputs(start, end, 0), 0)()
                self._used[self.runtime.name] = self.runtime.low
            except (RuntimeError, MemoryError) as error:
                if not memory_ran_out(error):
                    raise
            parts.append(self._halved(start, end) if found is None else found)
            start = end
        device = parts[-1].device
        return torch.cat([part.to(device) for part in parts])

    def _halved(self, start: int, stop: int) -> Tensor:
        """The same outputs where memory ran out: by torch, in halved batches, on the CPU."""
        classifier, size = self.job.classifier, stop - start
        if self.runtime.device.type == "cuda":
            torch.cuda.empty_cache()
        if not isinstance(self.runtime, TorchRuntime):
            self._use(self._reference("memory ran out"))
        elif size == 1 and self.runtime.device.type == "cpu":
            raise MemoryRanOut(
                f"There is not enough memory to ask {classifier.name} about one picture; close other "
                "programs or choose a smaller model."
            )
        elif size == 1:
            cpu, network = torch.device("cpu"), deepcopy(self.runtime.network)
            self._use(reference_runtime(network.cpu(), cpu, classifier.card.input_size, "memory ran out"))
        self._size = max(1, min(self._size, size // 2))
        return self._now(start, stop)


def memory_ran_out(error: Exception) -> bool:
    """Whether it says that a device or this machine has no memory left."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or bool(_NO_MEMORY.search(str(error)))
