"""What several tests stand on: a small classifier, and the pictures beside the repository."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import make_classifier
from tests.support.paths import SHARED


def pytest_addoption(parser):
    parser.addoption(
        "--device", default="cpu", choices=("cpu", "cuda"), help="where the engine's maps are tested; cpu"
    )


def pytest_collection_modifyitems(items):
    """Browser tests come last: while Playwright runs, no other test can have an event loop of its own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason="the pictures for measuring are not here"))


@pytest.fixture(scope="session")
def shared():
    return SHARED


@pytest.fixture(scope="session")
def device(request):
    """Where the engine's maps are tested: ``--device``."""
    name = request.config.getoption("--device")
    if name == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here, so nothing can be tested on one")
    return torch.device(name)


@pytest.fixture
def small_cnn():
    """A custom CNN with random weights, 35 px, the same in every run."""
    from xai.models.architectures import ARCHITECTURES

    torch.manual_seed(3)
    network = ARCHITECTURES["custom_cnn_relu_bn"].build(3)
    for module in network.modules():  # untrained batch statistics make every answer alike
        if isinstance(module, nn.Linear):
            module.weight.data *= 4
    return make_classifier(network, 35)


@pytest.fixture
def placed_cnn(small_cnn, device):
    """The same on the device that the engine is tested on."""
    return replace(small_cnn, network=small_cnn.network.to(device), device=device)


@pytest.fixture
def noise_crop():
    return np.random.default_rng(5).integers(0, 256, (70, 70, 3), dtype=np.uint8)


@pytest.fixture
def call(capsys):
    """The command line: arguments -> status, standard output, standard error."""
    from xai.__main__ import main

    def run(*arguments):
        try:
            status = main([str(a) for a in arguments])
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return run


@pytest.fixture(scope="module")
def one_model_process():
    """The real model process, the same for a whole file, and nothing of it left for the next."""
    from dashboard import session

    yield
    session.worker().close()
    for kept in (session.worker, session.installed, session.records, session._thumbnail):
        kept.clear()
