"""Interleaved timing: implementations take turns, so that other load on the machine affects all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

__all__ = ["Ratio", "Timing", "time_interleaved"]


@dataclass(frozen=True)
class Ratio:
    """Ratio of two implementations' times, round by round.

    Attributes:
        median: over the rounds.
        low, high: the smallest and the largest of all rounds.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Timing:
    """Times of an implementation, one per round.

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
        """Slowest round minus fastest, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median

    def over(self, other: Timing) -> Ratio:
        """This timing divided by ``other``, each round by the same round.

        Raises:
            ValueError: they differ in the number of rounds.
        """
        ratios = [mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True)]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def time_interleaved(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    device: torch.device,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Run every implementation once per round, each round starting with another one.

    Args:
        contestants: name -> the work, already warmed up.
        rounds: at least 1.
        device: where the work runs; a GPU is synchronised before each clock reading.
        clock: in seconds.

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
