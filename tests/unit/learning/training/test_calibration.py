import numpy as np
import pytest
import torch

from xai.learning.training.calibration import HIGHEST, LOWEST, fit_temperature


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_labels_drawn_at_a_temperature_give_it_back(true):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (5_000, 3))
    odds = np.exp(logits / true)
    labels = (odds.cumsum(axis=1) / odds.sum(axis=1, keepdims=True) > rng.random((5_000, 1))).argmax(axis=1)
    assert fit_temperature(torch.tensor(logits), torch.tensor(labels)) == pytest.approx(true, rel=0.1)


def test_it_is_the_best_of_a_fine_grid():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 4, (60, 3))
    labels = np.where(rng.random(60) < 0.7, logits.argmax(axis=1), rng.integers(0, 3, 60))

    def loss(t):
        scaled = logits / t
        total = np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1))
        return float((total + scaled.max(axis=1) - scaled[np.arange(60), labels]).mean())

    grid = np.exp(np.linspace(np.log(LOWEST), np.log(HIGHEST), 801))
    best = grid[np.argmin([loss(t) for t in grid])]
    assert fit_temperature(torch.tensor(logits), torch.tensor(labels)) == pytest.approx(best, rel=0.02)


def test_it_stays_within_its_bounds():
    sure = torch.tensor([[9.0, 0.0], [0.0, 9.0]])
    assert fit_temperature(sure, torch.tensor([0, 1])) == pytest.approx(LOWEST, rel=0.01)
    assert fit_temperature(sure, torch.tensor([1, 0])) == pytest.approx(HIGHEST, rel=0.01)
