"""Piles of layers on one picture: page by page, and gathered as a GPU does it, against a loop over pixels."""

import numpy as np
import pytest
import torch

from tests.support.models import OneWindow, make_classifier
from xai.evidence.interventions import compositor as module
from xai.evidence.interventions.compositor import EditBatch, compose_batches
from xai.models.inference.runtimes import TorchRuntime

SIDE = 12
PILES = ((), ((0, 1),), ((1, 2), (2, 1), (0, 0)), ((2, 2), (1, 1)), ((0, 0),))


@pytest.fixture
def painted():
    rng = np.random.default_rng(0)
    contents = rng.uniform(0, 255, (2, SIDE, SIDE, 3)).astype(np.float32)
    places = rng.uniform(0, 1, (3, SIDE, SIDE)).astype(np.float32)
    places[1, :5], places[2] = 0, places[2] > 0.5
    return EditBatch(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8), contents, places, PILES)


def by_loop(painted, pile, mean, std):
    picture = painted.picture / 255
    for place, content in pile:
        under = painted.picture if content == 0 else painted.contents[content - 1]
        for y in range(SIDE):
            for x in range(SIDE):
                weight = painted.places[place][y, x]
                picture[y, x] = (1 - weight) * picture[y, x] + weight * under[y, x] / 255
    return ((picture - mean) / std).transpose(2, 0, 1)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("made", ["_CpuCompositor", "_GpuCompositor"])
def test_equals_a_loop_over_pixels(painted, monkeypatch, made, layout):
    monkeypatch.setattr(module, "_CpuCompositor", getattr(module, made))
    classifier = make_classifier(OneWindow(0, 0, 2), SIDE)
    runtime = TorchRuntime(classifier.network, torch.device("cpu"), 2)
    monkeypatch.setattr(TorchRuntime, "memory_format", layout)
    batches = compose_batches(classifier, painted, runtime)
    found = torch.cat([batches(start, min(start + 2, 5), 0).clone() for start in (0, 2, 4)]).numpy()
    card = classifier.card
    for picture, pile in zip(found, PILES, strict=True):
        assert np.abs(picture - by_loop(painted, pile, card.mean, card.std)).max() < 1e-5
    assert np.array_equal(batches(1, 3, 0).numpy(), found[1:3]), "a page is painted anew each time"
    assert batches(0, 2, 0).is_contiguous(memory_format=layout)


def test_nothing_painted_at_all(painted):
    classifier = make_classifier(OneWindow(0, 0, 2), SIDE)
    bare = EditBatch(painted.picture, (), (), ((), ()))
    found = compose_batches(classifier, bare, TorchRuntime(classifier.network, torch.device("cpu"), 2))(
        0, 2, 0
    )
    expected = by_loop(painted, (), classifier.card.mean, classifier.card.std)
    assert np.abs(found.numpy() - expected).max() < 1e-5
