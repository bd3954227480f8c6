"""Performance targets, and whether they were met: every target with its measured value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from xai.benchmark.occlusion_result import Comparison
from xai.benchmark.scaling import BatchSharing, ScalingCurve
from xai.benchmark.timing import Ratio

__all__ = ["Target", "comparison_bars", "growth_bars", "together_bar"]

_EXACT: Mapping[str, float] = {"resnet50": 1.7, "resnet18": 1.5, "mobilenet_v2": 4.0}
"""Network -> least ratio of captum's time to the exact map's; any other network: 1."""

_FAST: Mapping[str, float] = {"resnet50": 8.0, "mobilenet_v2": 10.0}
"""The same for a fast map that is not in doubt; how many are not is among the agreement figures."""

_APART = 1e-5
_RANKED = 0.99
_FACES = 30
_MEMORY = 400.0  # MiB over idle
_FLAT = 20.0  # MiB that four times the positions may add
_STRAIGHT = 0.99


@dataclass(frozen=True)
class Target:
    """One measured value and its target.

    Attributes:
        name: what is measured, and of what.
        asked: the target.
        found: what was measured; None where it was left out or the system does not report it.
        at_least: whether ``found`` must reach ``asked``; else it must not exceed it.
    """

    name: str
    asked: float
    found: float | None
    at_least: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where nothing was measured."""
        if self.found is None:
            return None
        return self.found >= self.asked if self.at_least else self.found <= self.asked

    def __str__(self) -> str:
        """In one line, with the shortfall."""
        asked = f"{self.name}: at {'least' if self.at_least else 'most'} {self.asked:g} asked"
        if self.found is None:
            return f"not measured: {asked}"
        if self.met:
            return f"met: {asked}, {self.found:.4g} found"
        return f"missed by {abs(self.found - self.asked):.2g}: {asked}, {self.found:.4g} found"

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, and ``met``."""
        return {**asdict(self), "met": self.met}


def comparison_bars(found: Comparison) -> list[Target]:
    """The targets of one network's occlusion map."""
    return list(_speed(found)) + list(_memory(found)) + list(_agreement(found))


def growth_bars(found: Mapping[str, Mapping[str, ScalingCurve]]) -> list[Target]:
    """The targets for the linearity of every line."""
    return [
        Target(f"{model}: R² of the time's line in {kind}", _STRAIGHT, growth.r2)
        for model, growths in found.items()
        for kind, growth in growths.items()
    ]


def together_bar(found: BatchSharing) -> Target:
    """The target for a shared call: to take less time than its single calls."""
    name = f"{found.name}: shared call's time over that of {found.maps} single runs"
    return Target(name, 1.0, found.ratio.median, at_least=False)


def _speed(found: Comparison) -> Iterator[Target]:
    model, network = found.model, found.architecture
    exact, fast = found.ratio("captum", "ours"), found.ratio("captum", "undoubted")
    yield Target(f"{model}: captum's time over exact", _EXACT.get(network, 1.0), _median(exact))
    if network in _FAST:
        yield Target(f"{model}: captum's time over fast, undoubted", _FAST[network], _median(fast))
    yield Target(f"{model}: largest difference from captum", _APART, found.max_abs_diff, at_least=False)


def _median(ratio: Ratio | None) -> float | None:
    return None if ratio is None else ratio.median


def _memory(found: Comparison) -> Iterator[Target]:
    own, more = found.memory.get("exact"), found.memory.get("exact_more")
    yield Target(f"{found.model}: MiB over idle", _MEMORY, own, at_least=False)
    grown = None if own is None or more is None else more - own
    yield Target(f"{found.model}: MiB that four times the places add", _FLAT, grown, at_least=False)


def _agreement(found: Comparison) -> Iterator[Target]:
    agreed = found.agreement
    if agreed is None:  # random weights, or left out
        return
    yield Target(f"{found.model}: faces on which fast is compared", _FACES, agreed.faces)
    yield Target(f"{found.model}: least Spearman of fast with exact", _RANKED, agreed.least_spearman)
    yield Target(f"{found.model}: faces with the same peak", agreed.faces, agreed.same_peak)
