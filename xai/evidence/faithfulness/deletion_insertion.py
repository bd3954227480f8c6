"""Deletion and insertion: does the probability fall, and rise again, in the order of the map?

Petsiuk et al. 2018, "RISE: Randomized Input Sampling for Explanation of Black-box Models", section 4.2; Samek
et al. 2017, "Evaluating the Visualization of What a Deep Neural Network Has Learned". What the map marks as
most important is deleted first (or inserted first into a blurred picture) and the class's probability is
recorded after each step. Departures: cells of the map's own size are changed, not single pixels, and the
result is compared with random orders of the same cells and with an edge detector's map over the same cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.attribution.occlusion.engine import baseline
from xai.evidence.faithfulness.pixel_order import PixelOrder
from xai.models.classifiers import Classifier

__all__ = ["CLEAR", "LEAST_GAIN", "LEAST_SPAN", "Curve", "CurveTest", "Source", "run_curves"]

Source = str | Tensor
"""A fill by name, or a picture float32 ``(3, n, n)`` in 0..1."""

CLEAR = 2.3
"""A gain counts from this many standard deviations of the random orders: with five of them, and normally
distributed areas, a sixth random order gets there about once in twenty times."""

LEAST_GAIN = 0.01
"""A smaller gain in area, in probability, never counts."""

LEAST_SPAN = 0.2
"""A curve whose ends are nearer in probability than this is inconclusive: the deleted picture gets the same
answer as the whole one, so no order of deletion can be right."""

_BATCH_PIXELS = 32 * 128 * 128
"""Input pixels per batch on the CPU; a GPU takes eight times as many."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The class's probability as the picture changes step by step.

    Attributes:
        changed: float64 ``(K + 1,)``, share of the cells that are changed, from 0 to 1.
        probabilities: float64 ``(K + 1,)``, the target's probability there.
    """

    changed: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Area under the curve by the trapezoid rule, 0..1."""
        return float(np.trapezoid(self.probabilities, self.changed))


@dataclass(frozen=True, eq=False)
class CurveTest:
    """One map's curve beside the baselines it has to beat.

    Attributes:
        kind: ``"deletion"`` (a small area is good) or ``"insertion"`` (a large one is).
        own: the map's curve.
        edges: that of an edge detector's map over the same cells.
        random: those of random orders of the same cells, two or more.
    """

    kind: str
    own: Curve
    edges: Curve
    random: tuple[Curve, ...]

    @property
    def random_area(self) -> float:
        """Mean area of the random orders."""
        return float(np.mean([curve.area for curve in self.random]))

    @property
    def spread(self) -> float:
        """Standard deviation of the random orders' areas (ddof 1)."""
        return float(np.std([curve.area for curve in self.random], ddof=1))

    @property
    def gain(self) -> float:
        """Gain over the mean random order, in area; above 0 is better for either kind."""
        return self._better_by(self.random_area)

    @property
    def gain_over_edges(self) -> float:
        """Gain over the edge detector, in area; above 0 is better for either kind."""
        return self._better_by(self.edges.area)

    @property
    def span(self) -> float:
        """Target's probability for the whole picture minus that for the deleted (or blurred) one, -1..1."""
        first, last = self.own.probabilities[[0, -1]]
        return float(first - last if self.kind == "deletion" else last - first)

    @property
    def beats_random(self) -> bool | None:
        """Whether the gain is at least ``LEAST_GAIN`` and more than ``CLEAR`` standard deviations.

        None where the span is below ``LEAST_SPAN``: this curve is inconclusive.
        """
        if self.span < LEAST_SPAN:
            return None
        return self.gain >= LEAST_GAIN and self.gain > CLEAR * self.spread

    def _better_by(self, other: float) -> float:
        return other - self.own.area if self.kind == "deletion" else self.own.area - other


def run_curves(
    classifier: Classifier,
    values: Tensor,
    target: int,
    orders: Mapping[str, PixelOrder],
    plan: tuple[int, Source, Source],
    done: Callable[[int], None] | None = None,
) -> dict[str, tuple[Curve, Curve]]:
    """Deletion and insertion curve of every order, all steps of all orders in one stream of batches.

    Args:
        classifier: the model.
        values: float32 ``(3, n, n)`` in 0..1, as ``to_input`` makes it.
        target: index of the class.
        orders: name -> order; their grids may differ.
        plan: number of steps, and the baselines of deletion and insertion: a fill that ``baseline`` accepts,
            or a picture like ``values``.
        done: called with the number of forwards after each batch.

    Returns:
        Name -> (deletion, insertion). It takes ``3 + 2 * (steps - 1) * len(orders)`` forwards: the picture
        itself and both baselines are shared.
    """
    steps, fill, start = plan
    values = values.to(classifier.device)
    pictures = [values, _picture(values, fill), _picture(values, start)]
    sources = classifier.normalise(torch.stack(pictures))
    turns = torch.from_numpy(np.stack([o.turn(values.shape[-1]) for o in orders.values()]))
    counts = np.stack([order.counts(steps) for order in orders.values()])
    stream = _Stream(classifier, sources, turns.to(classifier.device), target)
    whole, at_end, at_start = stream.ends(done)
    inner = stream.inner(counts[:, 1:-1], done)
    curves = {}
    for number, name in enumerate(orders):
        changed = counts[number] / counts[number, -1]
        deletion, insertion = inner[:, number]
        curves[name] = (
            Curve(changed, np.array([whole, *deletion, at_end])),
            Curve(changed, np.array([at_start, *insertion, whole])),
        )
    return curves


def _picture(values: Tensor, source: Source) -> Tensor:
    return baseline(values, source) if isinstance(source, str) else source.to(values.device)


@dataclass(frozen=True, eq=False)
class _Stream:
    """Makes changed pictures on the device and records the probabilities.

    Attributes:
        sources: ``(3, 3, n, n)``, normalised: the picture, the deletion baseline, the insertion baseline.
        turns: int64 ``(orders, n, n)``, see ``PixelOrder.turn``.
    """

    classifier: Classifier
    sources: Tensor
    turns: Tensor
    target: int

    def ends(self, done: Callable[[int], None] | None) -> list[float]:
        """The target's probability for each source."""
        found: list[float] = self._ask(self.sources, done).tolist()
        return found

    def inner(self, counts: NDArray[np.int64], done: Callable[[int], None] | None) -> NDArray[np.float64]:
        """Probabilities ``(2, orders, K - 1)``, deletion first, after ``counts`` ``(orders, K - 1)``."""
        shape = (2, *counts.shape)
        kind, order, _ = (torch.from_numpy(axis.ravel()) for axis in np.indices(shape))
        limit = torch.from_numpy(np.stack([counts, counts]).ravel())
        plan = torch.stack([kind, order, limit]).to(self.sources.device)
        side = self.sources.shape[-1]
        batch = max(1, min(256, _BATCH_PIXELS * (8 if self.sources.is_cuda else 1) // side**2))
        starts = range(0, plan.shape[1], batch)
        parts = [self._ask(self._changed(plan[:, s : s + batch]), done) for s in starts]
        return np.concatenate(parts or [np.zeros(0)]).reshape(shape)

    @torch.inference_mode()
    def _changed(self, plan: Tensor) -> Tensor:
        kind, order, limit = plan
        touched = (self.turns[order] < limit[:, None, None])[:, None]
        # Deletion puts its baseline over the picture, insertion the picture over its baseline.
        over, under = self.sources[1 - kind], self.sources[2 * kind]
        return torch.where(touched, over, under)

    def _ask(self, batch: Tensor, done: Callable[[int], None] | None) -> NDArray[np.float64]:
        answers = self.classifier.probabilities(batch.contiguous(memory_format=torch.channels_last))
        if done:
            done(len(batch))
        return np.asarray(answers[:, self.target].cpu().numpy(), np.float64)
