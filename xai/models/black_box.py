"""Black boxes: models of which nothing but the outputs is known.

Whatever only asks them works as with a network in torch: predictions, occlusion, RISE, effects by region,
verdicts. Whatever needs gradients, layers or weights is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

__all__ = [
    "BlackBox",
    "FunctionNetwork",
    "PictureFunction",
    "log_probabilities",
    "why_no_probabilities",
]

PictureFunction = Callable[[NDArray[np.float32]], Any]
"""Pictures, RGB float32 ``(N, n, n, 3)`` in 0..1 -> probabilities ``(N, C)``, each row with the sum 1, as
whatever numpy reads as an array."""

_TOLERANCE = 1e-3
"""By how much probabilities may miss 0..1 and the sum 1: half precision rounds to this."""


class BlackBox(nn.Module):
    """A network without parameters, called like any other: inputs ``(N, 3, n, n)`` -> logits ``(N, C)``.

    Args:
        runtime: what computes the outputs, as recorded with every map.
    """

    def __init__(self, runtime: str) -> None:
        super().__init__()
        self.runtime = runtime


class FunctionNetwork(BlackBox):
    """A function of pictures, called in batches.

    Args:
        function: what is called, one batch at a time.
        classes: the classes of its columns.
    """

    def __init__(self, function: PictureFunction, classes: Sequence[str]) -> None:
        super().__init__("function on cpu")
        self._function, self._classes = function, tuple(classes)

    def forward(self, batch: Tensor) -> Tensor:
        """The logarithms of its probabilities, float32 ``(N, C)``.

        Args:
            batch: float32 ``(N, 3, n, n)`` in 0..1.

        Raises:
            ValueError: its answer has another shape, or holds no probabilities.
        """
        pictures = batch.permute(0, 2, 3, 1).clamp(0, 1).contiguous().cpu().numpy().copy()
        answer = self._function(pictures)
        found = answer.detach().cpu().numpy() if isinstance(answer, Tensor) else answer
        try:
            rows = np.asarray(found, np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"the function must return an array of probabilities, not {type(answer).__name__}"
            ) from error
        if rows.shape != (len(batch), len(self._classes)):
            raise ValueError(
                f"the function must return probabilities of shape {(len(batch), len(self._classes))} for "
                f"{len(batch)} pictures and the classes {', '.join(self._classes)}, not {rows.shape}"
            )
        if wrong := why_no_probabilities(rows):
            raise ValueError(f"the function must return probabilities, and {wrong}")
        return log_probabilities(torch.from_numpy(rows))


def why_no_probabilities(rows: NDArray[np.floating]) -> str:
    """What rows ``(N, C)`` hold instead of probabilities, and what to do; "" where they hold them."""
    if not np.isfinite(rows).all():
        return "an answer holds NaN or infinity; repair the model"
    least, most = float(rows.min()), float(rows.max())
    if least < -_TOLERANCE or most > 1 + _TOLERANCE:
        return f"an answer is {least if least < -_TOLERANCE else most:.4g}; apply a softmax to its scores"
    total = rows.sum(axis=1)
    worst = float(total[np.abs(total - 1).argmax()])
    if abs(worst - 1) > _TOLERANCE:
        return (
            f"an answer adds up to {worst:.4g} over the classes instead of 1; apply a softmax, or name "
            "every class"
        )
    return ""


def log_probabilities(rows: Tensor) -> Tensor:
    """Probabilities ``(N, C)`` as logits float32: their softmax is the probabilities again."""
    return rows.clamp_min(torch.finfo(torch.float32).tiny).log().float()
