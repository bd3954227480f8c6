from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import OneWindow, make_classifier
from xai.attribution.occlusion.engine import Request, occlude, occlude_all
from xai.attribution.occlusion.patch import Patch
from xai.errors import Cancelled, XaiError
from xai.models.classifiers import to_input
from xai.models.inference import batch_job, runtimes

pytestmark = pytest.mark.slow

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is optional")
MESSAGES = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    MemoryError(),
]


class Cramped(nn.Module):
    """Answers at most ``room`` inputs at a time."""

    def __init__(self, inner, room, error):
        super().__init__()
        self.inner, self.room, self.error, self.sizes = inner, room, error, []

    def forward(self, x):
        self.sizes.append(len(x))
        if len(x) > self.room:
            raise self.error
        return self.inner(x)


def cramped(classifier, room, error):
    return replace(classifier, network=Cramped(classifier.network, room, error).eval())


@pytest.mark.parametrize("error", MESSAGES, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("room", [1, 5])
def test_where_memory_runs_out_the_batch_is_halved_and_the_map_is_right(small_cnn, noise_crop, error, room):
    values = to_input(noise_crop, 35)
    tight = cramped(small_cnn, room, error)
    seen = []
    grid = occlude(tight, values, Patch(), lambda *p: seen.append(p))
    whole = occlude(small_cnn, values, Patch())
    np.testing.assert_allclose(grid.probabilities, whole.probabilities, atol=1e-6)
    np.testing.assert_allclose(grid.original, whole.original, atol=1e-6)
    assert seen[-1] == (grid.probabilities[..., 0].size,) * 2
    refused = [size for size in tight.network.sizes if size > room]
    assert all(later <= earlier / 2 + 1 for earlier, later in pairwise(refused))


class Elsewhere(nn.Module):
    """Answers nothing but what lies on the CPU: a device without any memory left."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.refused = inner, []

    def forward(self, x):
        if x.device.type != "cpu":
            self.refused.append(len(x))
            raise MESSAGES[0]
        return self.inner(x)


def test_a_device_without_memory_is_given_up_for_the_cpu(small_cnn, noise_crop, monkeypatch):
    """By halves down to one input; the device is torch's ``meta``, which every machine has."""
    values, network = to_input(noise_crop, 35), Elsewhere(small_cnn.network)
    expected = occlude(small_cnn, values, Patch())
    full = runtimes.TorchRuntime(network, torch.device("meta"), 24)
    monkeypatch.setattr(batch_job, "runtime_for", lambda *_: full)
    found = occlude(replace(small_cnn, network=network), values, Patch())
    assert network.refused == [24, 12, 6, 3, 1]
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-6)
    np.testing.assert_allclose(found.original, expected.original, atol=1e-6)
    assert found.computed.runtime == "torch float32 on cpu (memory ran out)"


def test_without_memory_for_one_input_it_says_so(small_cnn, noise_crop):
    with pytest.raises(XaiError, match="not enough memory to ask small about one picture; close"):
        occlude(cramped(small_cnn, 0, MemoryError()), to_input(noise_crop, 35), Patch())


def test_other_faults_of_a_network_are_not_taken_for_a_lack_of_memory(small_cnn, noise_crop):
    with pytest.raises(RuntimeError, match="size mismatch"):
        occlude(cramped(small_cnn, 1, RuntimeError("size mismatch")), to_input(noise_crop, 35), Patch())


def test_faces_and_models_of_any_mixture_in_one_stream(placed_cnn, noise_crop):
    values = to_input(noise_crop, 35, placed_cnn.device)
    window = make_classifier(OneWindow(20, 20, 9), 56, placed_cnn.device)
    wide = torch.rand(3, 56, 56, generator=torch.Generator().manual_seed(5))
    requests = [
        Request(placed_cnn, values, Patch()),
        Request(window, wide, Patch(0.3, 0.11)),
        Request(placed_cnn, values.flip(2), Patch(0.2, 0.2, "blur")),
        Request(window, wide.flip(1), Patch(), torch.zeros(3, 56, 56)),
    ]
    seen = []
    together = occlude_all(requests, lambda *p: seen.append(p))
    for request, grid in zip(requests, together, strict=True):
        alone = occlude(request.classifier, request.values, request.patch, hidden=request.hidden)
        np.testing.assert_allclose(grid.probabilities, alone.probabilities, atol=1e-6)
        np.testing.assert_allclose(grid.original, alone.original, atol=1e-6)
    total = sum(grid.probabilities[..., 0].size for grid in together)
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)


@dataclass
class Crooked:
    """A runtime that is a little off."""

    inner: object
    off: float
    name = "crooked"
    low = False

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def submit(self, batch, slot):
        wait = self.inner.submit(batch, slot)
        return lambda: wait() + torch.tensor([self.off, 0.0, 0.0], device=batch.device)


@pytest.mark.parametrize("off", [0.01, 0.0])
def test_a_runtime_that_differs_from_the_reference_is_not_used(placed_cnn, noise_crop, monkeypatch, off):
    values = to_input(noise_crop, 35)
    expected = occlude(placed_cnn, values, Patch())

    def crooked(network, device, side, forwards, mode):
        return Crooked(runtimes.reference_runtime(network, device, side), off)

    monkeypatch.setattr(batch_job, "runtime_for", crooked)
    grid = occlude(placed_cnn, values, Patch())
    np.testing.assert_allclose(grid.probabilities, expected.probabilities, atol=1e-6)
    where = placed_cnn.device.type
    reason = f"torch float32 on {where} (OpenVINO answered differently)" if off else "crooked"
    assert grid.computed.runtime == reason


class Deciding(nn.Module):
    """Decides by its input, which a trace cannot follow: a dark picture takes the other way."""

    def forward(self, x):
        level = x.mean(dim=(1, 2, 3))
        sign = -1.0 if bool((x[0] < 0).all()) else 1.0
        return torch.stack([level * sign, -level * sign, torch.zeros_like(level)], dim=1)


@needs_openvino
def test_a_network_that_decides_by_its_input_is_answered_by_torch(monkeypatch):
    monkeypatch.setattr(runtimes, "_WORTH_PIXELS", 0)
    classifier = make_classifier(Deciding(), 21)
    grid = occlude(classifier, torch.full((3, 21, 21), 0.05), Patch())
    assert grid.computed.runtime == "torch float32 on cpu (OpenVINO answered differently)"
    expected = classifier.probabilities(classifier.normalise(torch.full((1, 3, 21, 21), 0.05)))[0]
    assert np.abs(grid.original - expected.numpy()).max() < 1e-6


@needs_openvino
@pytest.mark.parametrize("patch", [Patch(), Patch(0.3, 0.11, "mean")])
def test_openvino_gives_the_same_map(small_cnn, noise_crop, monkeypatch, patch):
    values = to_input(noise_crop, 35)
    expected = occlude(small_cnn, values, patch)
    monkeypatch.setattr(runtimes, "_WORTH_PIXELS", 0)
    grid = occlude(small_cnn, values, patch)
    assert (expected.computed.runtime, grid.computed.runtime) == (
        "torch float32 on cpu",
        "openvino float32 on cpu",
    )
    assert np.abs(grid.probabilities - expected.probabilities).max() < 1e-5


@needs_openvino
def test_openvino_can_be_stopped_and_asked_again(small_cnn, noise_crop, monkeypatch):
    monkeypatch.setattr(runtimes, "_WORTH_PIXELS", 0)
    values = to_input(noise_crop, 35)

    def stop(done, total):
        if done:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        occlude(small_cnn, values, Patch(1 / 7, 1 / 35), stop)
    assert occlude(small_cnn, values, Patch()).probabilities.std() > 0
