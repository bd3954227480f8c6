import gc
import subprocess
import sys
import weakref
from importlib.util import find_spec

import pytest
import torch
from torch import nn

from xai.models.architectures import ARCHITECTURES
from xai.models.inference import openvino, runtimes
from xai.models.inference.openvino import OpenVinoRuntime, distrust, prepare
from xai.models.inference.runtimes import reference_runtime, runtime_for

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is optional")


def made(name, seed=0):
    torch.manual_seed(seed)
    return ARCHITECTURES[name].build(3).eval().requires_grad_(requires_grad=False)


@pytest.fixture(autouse=True)
def everything_is_worth_it(monkeypatch):
    monkeypatch.setattr(runtimes, "_WORTH_PIXELS", 0)


@needs_openvino
@pytest.mark.parametrize("name", ["custom_cnn_relu_bn", "custom_cnn_tanh", "mobilenet_v2", "resnet18"])
def test_openvino_answers_as_torch_does(name):
    network, side = made(name), 35
    found = runtime_for(network, CPU, side, 9, "exact")
    assert isinstance(found, OpenVinoRuntime)
    assert found.name == "openvino float32 on cpu"
    batch = torch.randn(5, 3, side, side)
    theirs = reference_runtime(network, CPU, side).submit(batch, 0)()
    assert theirs.std() > 0
    gc.collect()  # the compiled network shares the weights' memory
    assert (found.submit(batch, 0)() - theirs).abs().max() < 1e-4 * max(1, theirs.abs().max())


@pytest.mark.parametrize("name", ["custom_cnn_relu_bn", "mobilenet_v2"])
def test_the_reference_answers_a_batch_as_one_by_one(name, device):
    found = reference_runtime(made(name).to(device), device, 35)
    assert found.name == f"torch float32 on {device.type}"
    batch = torch.randn(5, 3, 35, 35, device=device)
    together = found.submit(batch, 0)()
    alone = torch.cat([found.submit(batch[i : i + 1], 0)() for i in range(5)])
    assert together.std() > 0
    assert (together - alone).abs().max() < 1e-4 * max(1, together.abs().max())


@needs_openvino
def test_batches_under_way_do_not_disturb_each_other():
    network = made("custom_cnn_relu_bn")
    found = prepare(network, 35, low=False)
    batches = [torch.randn(found.batch, 3, 35, 35) for _ in range(found.depth)]
    waiting = [found.submit(batch, slot) for slot, batch in enumerate(batches)]
    for wait, batch in reversed(list(zip(waiting, batches, strict=True))):
        assert (wait() - network(batch)).abs().max() < 1e-5


@needs_openvino
def test_compiled_once_until_a_weight_changes():
    network = made("custom_cnn_relu_bn")
    first = prepare(network, 35, low=False)
    assert prepare(network, 35, low=False).compiled is first.compiled
    with torch.no_grad():
        next(network.parameters()).mul_(1.5)
    again = prepare(network, 35, low=False)
    assert again.compiled is not first.compiled
    batch = torch.randn(2, 3, 35, 35)
    assert (again.submit(batch, 0)() - network(batch)).abs().max() < 1e-5


@needs_openvino
def test_what_was_compiled_goes_with_the_network():
    network = made("custom_cnn_relu_bn")
    assert isinstance(prepare(network, 35, low=False), OpenVinoRuntime)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


class Unknown(torch.autograd.Function):
    """An operation that only torch knows."""

    @staticmethod
    def forward(ctx, x):
        return torch.from_numpy(x.detach().numpy()[:, :, 0, 0].copy())


class OnlyTorch(nn.Module):
    def forward(self, x):
        if x.is_floating_point() and torch.jit.is_tracing():
            raise NotImplementedError("not this one")
        return Unknown.apply(x)


@needs_openvino
def test_what_openvino_cannot_take_runs_in_torch_and_says_so():
    found = runtime_for(OnlyTorch().eval(), CPU, 8, 9, "exact")
    assert found.name == "torch float32 on cpu (OpenVINO does not take this network)"
    batch = torch.rand(2, 3, 8, 8)
    assert torch.equal(found.submit(batch, 0)(), batch[:, :, 0, 0])


@needs_openvino
def test_a_distrusted_network_stays_in_torch():
    network = made("custom_cnn_relu_bn")
    distrust(network)
    assert runtime_for(network, CPU, 35, 9, "exact").name.endswith("(OpenVINO answered differently)")


def test_without_the_package_torch_does_it(monkeypatch):
    monkeypatch.setattr(openvino, "find_spec", lambda name: None)
    found = runtime_for(made("custom_cnn_relu_bn"), CPU, 35, 9, "exact")
    assert found.name == "torch float32 on cpu (OpenVINO is not installed)"


def test_a_little_work_is_not_worth_the_preparation(monkeypatch):
    monkeypatch.setattr(runtimes, "_WORTH_PIXELS", 35 * 35 * 10)
    monkeypatch.setattr(runtimes, "prepare", lambda *_, **__: pytest.fail("it was prepared"))
    assert runtime_for(made("custom_cnn_relu_bn"), CPU, 35, 9, "exact").name == "torch float32 on cpu"


@needs_openvino
def test_nothing_is_sent():
    """No socket is opened, and the package that would report is never asked to."""
    code = """
import os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(event) if event.startswith("socket") else None)
import torch
from xai.models.architectures import ARCHITECTURES
from xai.models.inference.openvino import prepare
runtime = prepare(ARCHITECTURES["custom_cnn_relu"].build(3).eval(), 35, low=False)
runtime.submit(torch.zeros(1, 3, 35, 35), 0)()
numbers = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
links = [os.readlink(f"/proc/self/fd/{n}") for n in numbers if os.path.exists(f"/proc/self/fd/{n}")]
assert not opened, opened
assert not [link for link in links if link.startswith("socket")], links
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
