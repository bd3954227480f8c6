"""Fair timing: contestants take turns, so that whatever else the machine does meets them all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

__all__ = ["Ratio", "Timing", "time_interleaved"]


@dataclass(frozen=True)
class Ratio:
    """How many times as long one contestant took as another, round by round.

    Attributes:
        median: over the rounds.
        low, high: the smallest and the largest of all rounds.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Timing:
    """How long a contestant took in every round.

    Attributes:
        seconds: wall-clock seconds, one per round, at least one.
    """

    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.seconds:
            raise ValueError("a timing needs at least one round, and none came")

    @property
    def median(self) -> float:
        """Median over the rounds, seconds."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Slowest round less quickest, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median

    def over(self, other: Timing) -> Ratio:
        """This timing divided by ``other``, each round by the same round.

        Raises:
            ValueError: they do not have the same number of rounds.
        """
        ratios = [mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True)]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def time_interleaved(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    device: torch.device,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Let every contestant run once per round, each round starting with another one.

    Args:
        contestants: name -> the work; warm it up before.
        rounds: at least 1.
        device: where the work is done; a GPU is waited for before either reading of the clock.
        clock: seconds.

    Returns:
        Name -> timing, in the order of ``contestants``.
    """
    names = list(contestants)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            taken[name].append(_seconds(contestants[name], device, clock))
    return {name: Timing(tuple(seconds)) for name, seconds in taken.items()}


def _seconds(work: Callable[[], object], device: torch.device, clock: Callable[[], float]) -> float:
    _wait_for(device)
    began = clock()
    work()
    _wait_for(device)
    return clock() - began


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
