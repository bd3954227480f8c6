"""The mean of the weights, next to a literal one, and what it is for: a network that starts from nothing."""

import pytest
import torch
from torch import nn

from xai.learning.training.state import averaged_network


def test_the_mean_is_a_literal_one_with_a_warm_up():
    network = nn.Linear(1, 1, bias=False)
    averaged = averaged_network(network, 0.6)
    values = torch.linspace(-1, 2, 12).tolist()
    mean = values[0]
    for step, value in enumerate(values):
        with torch.no_grad():
            network.weight.fill_(value)
        averaged.update_parameters(network)
        if step:
            kept = min(0.6, (1 + step) / (10 + step))
            mean = kept * mean + (1 - kept) * value
        assert averaged.module.weight.item() == pytest.approx(mean, abs=1e-6), step


def test_a_narrow_batch_norm_is_not_kept_wide_by_the_one_it_starts_from():
    """After 200 steps by .99, .13 of the first variance would be left: a thousand times the true one."""
    torch.manual_seed(0)
    network = nn.BatchNorm1d(4)
    averaged = averaged_network(network, 0.99)
    for _ in range(200):
        network(0.01 * torch.randn(64, 4))
        averaged.update_parameters(network)
    assert averaged.module.running_var.mean().item() == pytest.approx(1e-4, rel=0.3)
    assert averaged.module.num_batches_tracked.item() <= network.num_batches_tracked.item()
