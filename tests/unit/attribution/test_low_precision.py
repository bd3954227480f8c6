from importlib.util import find_spec

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from tests.support.models import OneWindow, make_classifier
from xai.attribution.occlusion.engine import occlude
from xai.attribution.occlusion.low_precision import CHECKED, LowPrecisionCheck, rank_correlation
from xai.attribution.occlusion.patch import Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.models.inference import batch_job, runtimes
from xai.models.inference.runtimes import TorchRuntime, reference_runtime
from xai.types import ComputeInfo

SIDE = 56


def grid_of(probability, original=0.9):
    """A grid of two classes over ``SIDE`` pixels with these probabilities of the first."""
    rows = len(probability)
    cover = np.zeros((rows, SIDE), np.float32)
    for row, (start, stop) in zip(cover, Patch(2 / (rows + 1), 1 / (rows + 1)).windows(SIDE), strict=False):
        row[start:stop] = 1
    answers = np.stack([probability, 1 - probability], axis=2).astype(np.float32)
    return OcclusionGrid(answers, np.float32([original, 1 - original]), cover, ComputeInfo("hasty"))


def settled(hasty, exact):
    """A guard that was given everything it asked for."""
    guard, rounds = LowPrecisionCheck(hasty, 0), []
    whole = exact.original[None]
    answers = exact.probabilities.reshape(-1, 2)
    while len(places := guard.next()):
        rounds.append(places)
        guard.learn(places, np.concatenate([whole, answers[places]]))
    return guard, rounds


@pytest.fixture
def hill():
    """One clear peak on a slope."""
    row, column = np.mgrid[0:13, 0:13]
    return 0.9 - 0.6 * np.exp(-((row - 8) ** 2 + (column - 4) ** 2) / 8) - 0.002 * (row + column / 13)


def test_a_good_map_is_kept_and_its_error_told(hill):
    noise = np.random.default_rng(0).normal(0, 0.0005, hill.shape)
    guard, rounds = settled(grid_of(hill + noise), grid_of(hill))
    assert guard.doubt == ""
    asked = np.concatenate(rounds)
    assert len(asked) == len(set(asked)) >= CHECKED
    computed = guard.grid.computed
    assert computed.checked == len(asked)
    assert computed.error == pytest.approx(np.abs(noise.reshape(-1)[asked]).max(), abs=1e-6)
    kept = guard.grid.probabilities[..., 0].reshape(-1)
    np.testing.assert_allclose(kept[asked], hill.reshape(-1)[asked], atol=1e-6)
    truth = grid_of(hill).drop_map(0)
    assert guard.grid.drop_map(0).argmax() == truth.argmax()
    assert spearmanr(truth.reshape(-1), guard.grid.drop_map(0).reshape(-1))[0] >= 0.99


def test_two_peaks_that_the_error_cannot_part_are_measured_again(hill):
    exact = hill.copy()
    exact[2, 10:12] = exact[8, 4] + 0.004  # a second one, a hair lower
    exact[1, 10:12] = exact[8, 4] + 0.004
    hasty = exact.copy()
    hasty[1:3, 10:12] -= 0.008  # which comes out higher
    guard, _ = settled(grid_of(hasty), grid_of(exact))
    assert guard.doubt or guard.grid.drop_map(0).argmax() == grid_of(exact).drop_map(0).argmax()


def test_a_plateau_puts_the_peak_in_doubt():
    flat = np.full((13, 13), 0.5)
    guard, _ = settled(grid_of(flat + np.random.default_rng(1).normal(0, 0.01, flat.shape)), grid_of(flat))
    assert guard.doubt == "peak"


def test_noise_as_large_as_the_slope_puts_the_ranking_in_doubt(hill):
    steep = hill.copy()
    steep[8, 4] = steep[8, 5] = steep[7, 4] = steep[7, 5] = 0.0  # the peak itself stands clear
    noise = np.random.default_rng(2).normal(0, 0.02, hill.shape)
    guard, _ = settled(grid_of(steep + noise), grid_of(steep))
    assert guard.doubt == "ranking"
    assert guard.correlation < 0.99


@pytest.mark.parametrize("places", [1, 2])
def test_of_a_few_places_all_are_measured_again(places):
    rng = np.random.default_rng(3)
    exact = rng.uniform(0, 1, (places, places))
    guard, rounds = settled(grid_of(exact + 0.1), grid_of(exact))
    assert sorted(rounds[0]) == list(range(places * places))
    np.testing.assert_allclose(guard.grid.probabilities[..., 0], exact, atol=1e-6)


def test_rank_correlation_is_spearmans():
    rng = np.random.default_rng(4)
    first = rng.integers(0, 9, 200).astype(float)
    second = first + rng.normal(0, 3, 200).round()
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second)[0], abs=1e-12)
    assert rank_correlation(first, -first) == pytest.approx(-1)
    assert rank_correlation(np.ones(4), np.ones(4)) == 1
    assert np.isnan(rank_correlation(np.ones(4), np.arange(4.0)))


class Cancelling(nn.Module):
    """A small signal on a large pedestal: eight bits of mantissa lose it, twenty-four do not."""

    def forward(self, x):
        level = nn.functional.avg_pool2d(x, 8).flatten(1)
        weight = torch.linspace(0.1, 2, level.shape[1], device=x.device)
        lifted = (
            torch.matmul(level * weight, torch.ones(level.shape[1], 1, device=x.device))[:, 0] * 0.02 + 3000
        )
        if torch.is_autocast_enabled(x.device.type):
            lifted = lifted.bfloat16().float()
        signal = (lifted - 3000) * 40
        return torch.stack([signal, -signal, torch.zeros_like(signal)], dim=1)


@pytest.fixture
def half(monkeypatch):
    """Half precision by torch's autocast, whatever the machine has."""

    def low(network, device, side, forwards, mode):
        dtype = torch.bfloat16 if mode == "fast" else torch.float32
        return TorchRuntime(network, device, 16, dtype)

    monkeypatch.setattr(batch_job, "runtime_for", low)


def test_a_network_that_half_precision_breaks_comes_back_exact(half, device):
    classifier = make_classifier(Cancelling(), SIDE, device)
    values = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(6))
    exact = occlude(classifier, values, Patch())
    fast = occlude(classifier, values, Patch(), mode="fast")
    assert fast.computed.redone in ("peak", "ranking")
    assert fast.computed.error > 0.01
    assert fast.computed.runtime == f"torch float32 on {device.type}"
    assert np.array_equal(fast.probabilities, exact.probabilities)


def test_fast_in_half_precision_tells_its_error_and_can_be_stopped(placed_cnn, noise_crop, half):
    from xai.models.classifiers import to_input

    values, patch, seen = to_input(noise_crop, 35), Patch(), []
    exact = occlude(placed_cnn, values, patch)
    target = int(exact.original.argmax())
    fast = occlude(placed_cnn, values, patch, lambda *p: seen.append(p), mode="fast")
    assert fast.computed.checked >= CHECKED
    positions = exact.probabilities[..., 0].size
    assert seen[0] == (0, positions)
    assert seen[-1] == (positions, positions)
    off = np.abs(fast.probabilities - exact.probabilities)[..., target]
    assert off.max() <= 4 * fast.computed.error
    assert fast.drop_map(target).argmax() == exact.drop_map(target).argmax()
    with pytest.raises(ZeroDivisionError):
        occlude(placed_cnn, values, patch, lambda done, total: 1 // (total - done), mode="fast")


@pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is optional")
def test_openvino_in_half_precision_finds_the_same_peak(monkeypatch):
    monkeypatch.setattr(runtimes, "_WORTH_PIXELS", 0)
    classifier = make_classifier(OneWindow(20, 12, 9), SIDE)
    values = torch.full((3, SIDE, SIDE), 0.9)
    exact, fast = (occlude(classifier, values, Patch(), mode=mode) for mode in ("exact", "fast"))
    assert exact.computed == ComputeInfo("openvino float32 on cpu")
    assert fast.drop_map(0).argmax() == exact.drop_map(0).argmax()
    assert np.abs(fast.drop_map(0) - exact.drop_map(0)).max() < 0.02


def test_where_there_is_nothing_faster_fast_is_exact(small_cnn, noise_crop, monkeypatch):
    from xai.models.classifiers import to_input

    monkeypatch.setattr(batch_job, "runtime_for", lambda n, d, s, forwards, mode: reference_runtime(n, d, s))
    values = to_input(noise_crop, 35)
    fast = occlude(small_cnn, values, Patch(), mode="fast")
    assert fast.computed == ComputeInfo("torch float32 on cpu")
    assert np.array_equal(fast.probabilities, occlude(small_cnn, values, Patch()).probabilities)
