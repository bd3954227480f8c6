"""Probability calibration: temperature scaling, fitted after training."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional

__all__ = ["HIGHEST", "LOWEST", "fit_temperature"]

LOWEST, HIGHEST = 0.05, 20.0
"""Bounds of a temperature; with few or perfectly separated faces it would go to zero or infinity."""

_GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(logits: Tensor, labels: Tensor, rounds: int = 60) -> float:
    """The maximum-likelihood temperature T of ``softmax(logits / T)`` (Guo et al. 2017, section 4.2).

    "On Calibration of Modern Neural Networks". The likelihood has one peak in 1/T, so a golden-section search
    over its logarithm finds it. T changes no prediction, only its confidence.

    Args:
        logits: float ``(N, C)``, of faces not trained on.
        labels: int ``(N,)``, their classes.
        rounds: steps of the search; each keeps 62 % of the interval.

    Returns:
        T, from ``LOWEST`` to ``HIGHEST``.
    """
    values = logits.double()

    def loss(place: float) -> float:
        return float(functional.cross_entropy(values / math.exp(place), labels))

    low, high = math.log(LOWEST), math.log(HIGHEST)
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = loss(a), loss(b)
    for _ in range(rounds):
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = loss(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = loss(b)
    return round(math.exp((low + high) / 2), 4)
