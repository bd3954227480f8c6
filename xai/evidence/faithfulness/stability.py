"""Is the map stable for a picture that looks the same? Small noise and small shifts.

The relative change is that of the max-sensitivity of Yeh et al. 2019, "On the (In)fidelity and Sensitivity
of Explanations", over the given neighbours instead of a ball; beside it the rank correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from xai.evidence.map_similarity import Map, relative_change, spearman

__all__ = ["PerturbedInput", "Stability", "compare_neighbours", "neighbours", "shifted_back"]


@dataclass(frozen=True, eq=False)
class PerturbedInput:
    """A slightly perturbed picture.

    Attributes:
        values: float32 ``(3, n, n)`` in 0..1.
        shift: rows down and columns to the right by which its content was shifted, input pixels; (0, 0) for
            noise.
    """

    values: Tensor
    shift: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Stability:
    """Stability of a map under noise and shift; one correlation per neighbour in ``noise`` and ``shift``.

    Attributes:
        noise: Spearman's correlation with the original map for each noisy copy; None where a map was
            constant.
        shift: the same for each shifted copy, its map shifted back first.
        noise_change: largest relative change of the map under noise; 0 is none, None where the original is
            zero everywhere or no such copy was made.
        shift_change: the same under shift.
        kept: share of all copies with the original's predicted class, 0..1.
    """

    noise: tuple[float | None, ...]
    shift: tuple[float | None, ...]
    noise_change: float | None
    shift_change: float | None
    kept: float


def neighbours(
    values: Tensor, noises: int, sigma: float, shifts: Sequence[tuple[int, int]], seed: int
) -> list[PerturbedInput]:
    """Noisy copies, then shifted ones.

    Args:
        values: float32 ``(3, n, n)`` in 0..1.
        noises: how many noisy copies.
        sigma: standard deviation of the Gaussian noise in units of 0..1; the sum is clipped to 0..1.
        shifts: rows down, columns to the right, input pixels; the edge is replicated.
        seed: of the noise, drawn on the CPU.
    """
    random = torch.Generator().manual_seed(seed)
    drawn = [torch.randn(values.shape, generator=random).to(values.device) for _ in range(noises)]
    noisy = [PerturbedInput((values + sigma * noise).clamp(0, 1)) for noise in drawn]
    return noisy + [PerturbedInput(_moved(values, shift), shift) for shift in shifts]


def shifted_back(values: Map, shift: tuple[int, int], side: int) -> Map:
    """A map ``(h, w)`` over an input of ``side`` pixels whose content was shifted by ``shift``, shifted back.

    Linear between cells, the outermost replicated.
    """
    rows, columns = (
        _stretched(cells, pixels * cells / side) for cells, pixels in zip(values.shape, shift, strict=True)
    )
    return np.asarray(rows @ values @ columns.T)


def compare_neighbours(
    original: Map,
    maps: Sequence[Map],
    copies: Sequence[PerturbedInput],
    answers: tuple[Sequence[int], int],
    side: int,
) -> Stability:
    """The results.

    Args:
        original: the picture's map.
        maps: the map of each copy, not yet shifted back.
        copies: the copies.
        answers: the predicted class of each copy, and that of the picture.
        side: of the input, pixels.
    """
    back = [shifted_back(m, copy.shift, side) for m, copy in zip(maps, copies, strict=True)]
    noisy = [m for m, copy in zip(back, copies, strict=True) if copy.shift == (0, 0)]
    moved = [m for m, copy in zip(back, copies, strict=True) if copy.shift != (0, 0)]
    given, own = answers
    return Stability(
        tuple(spearman(original, m) for m in noisy),
        tuple(spearman(original, m) for m in moved),
        _largest_change(noisy, original),
        _largest_change(moved, original),
        float(np.mean([answer == own for answer in given])) if len(given) else 1.0,
    )


def _largest_change(maps: Sequence[Map], original: Map) -> float | None:
    changes = [relative_change(m, original) for m in maps]
    return max((c for c in changes if c is not None), default=None)


def _moved(values: Tensor, shift: tuple[int, int]) -> Tensor:
    side = values.shape[-1]
    rows, columns = ((torch.arange(side) - by).clamp(0, side - 1).to(values.device) for by in shift)
    return values[:, rows][:, :, columns]


def _stretched(cells: int, by: float) -> Map:
    """Matrix ``(cells, cells)`` that shifts a line of cells by ``by`` cells."""
    places = (np.arange(cells) + by).clip(0, cells - 1)
    return (1 - abs(places[:, None] - np.arange(cells))).clip(min=0)
