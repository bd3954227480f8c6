import numpy as np
import pytest
import torch

from tests.support.models import OneWindow, make_classifier
from xai.attribution.occlusion.coarse_to_fine import coarse_to_fine
from xai.attribution.occlusion.engine import Request, occlude
from xai.attribution.occlusion.patch import Patch
from xai.errors import Cancelled
from xai.models.classifiers import to_input
from xai.models.inference import runtimes


class Counting(OneWindow):
    seen = 0

    def forward(self, x):
        self.seen += len(x)
        return super().forward(x)


def request(network, patch, device):
    side = 56
    values = torch.rand(3, side, side, generator=torch.Generator().manual_seed(3))
    return Request(make_classifier(network, side, device), values, patch)


@pytest.mark.parametrize("stride", [1 / 56, 1 / 20, 1.0])
def test_preview_then_the_exact_map(monkeypatch, stride, device):
    monkeypatch.setattr(runtimes, "_WORTH_PIXELS", 1e12)  # torch alone calls the network in a way to count
    monkeypatch.setattr(runtimes, "_batch", lambda *_: 26)  # without a trial on a GPU
    network, patch = Counting(20, 20, 9), Patch(1 / 7, stride)
    asked = request(network, patch, device)
    seen = []
    maps = [(network.seen, fine) for fine in coarse_to_fine([asked], lambda *p: seen.append(p))]
    rows = len(patch.windows(56))
    exact = occlude(asked.classifier, asked.values, patch)
    assert [fine.preview for _, fine in maps] == ([True, False] if rows > 2 else [False])
    np.testing.assert_allclose(maps[-1][1].grid.probabilities, exact.probabilities, atol=1e-6)
    assert maps[-1][0] == rows * rows + len(maps)  # each place once, and the whole picture
    assert seen[0] == (0, rows * rows)
    assert seen[-1] == (rows * rows, rows * rows)
    if rows > 2:
        count, preview = maps[0]
        knots = np.unique(np.r_[0:rows:4, rows - 1])
        assert count < 0.15 * rows * rows + 30
        at = np.ix_(knots, knots)
        np.testing.assert_allclose(preview.grid.probabilities[at], exact.probabilities[at], atol=1e-6)
        row, column = knots[0], (3 * knots[0] + knots[1]) // 4  # a quarter of the way from knot to knot
        two = exact.probabilities[row, [knots[0], knots[1]]]
        np.testing.assert_allclose(
            preview.grid.probabilities[row, column], 0.75 * two[0] + 0.25 * two[1], atol=1e-6
        )


def test_stops_between_preview_and_map(placed_cnn, noise_crop):
    asked = Request(placed_cnn, to_input(noise_crop, 35), Patch(1 / 7, 1 / 35))
    wanted = []

    def stop(done, total):
        if wanted and done > 100:
            raise Cancelled("enough")

    maps = coarse_to_fine([asked], stop)
    wanted.append(next(maps))
    assert wanted[0].preview
    with pytest.raises(Cancelled):
        next(maps)
