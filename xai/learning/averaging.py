"""The running mean of a network's weights over the last steps of its training, which is what is kept."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

__all__ = ["averaged_network"]

_WARM_UP = 10.0


def averaged_network(network: nn.Module, decay: float) -> AveragedModel:
    """A copy whose weights and buffers follow by an exponential mean (Polyak, Juditsky 1992).

    The decay of step ``t`` is ``min(decay, (1 + t) / (10 + t))``, the warm-up of TensorFlow's
    ``ExponentialMovingAverage``: a start from random weights soon weighs nothing. Without it the ones from
    which batch norm begins to count variances stay in the mean for hundreds of steps, and a deep network
    whose activations vary far less than that gives one answer to every face.

    Args:
        network: what is trained; call ``update_parameters(network)`` after every step.
        decay: in [0, 1), of the mean once it is warm.
    """

    def follow(means: list[Tensor], values: list[Tensor], step: Tensor | int) -> None:
        warm = min(decay, (1.0 + int(step)) / (_WARM_UP + int(step)))
        get_ema_multi_avg_fn(warm)(means, values, step)  # type: ignore[no-untyped-call]

    return AveragedModel(network, multi_avg_fn=follow, use_buffers=True)  # type: ignore[arg-type]
