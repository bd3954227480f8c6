"""Which methods passed the tests on models of which it is known where they look. Free of torch.

The figures are those of ``docs/methods.md``; both are written by one call of
``python -m xai benchmark faithfulness --record --update docs/methods.md``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from xai.atomic_write import write_atomically
from xai.attribution.methods import METHODS

__all__ = ["FOLLOWS_BELOW", "LEAST_POINTING", "Failure", "best_first", "failures", "write_reliability"]

FOLLOWS_BELOW = 0.5
"""A map depends on the weights if its mean similarity to maps of randomised networks is below this (Adebayo
et al. 2018, "Sanity Checks for Saliency Maps")."""

LEAST_POINTING = 0.75
"""Share of maps whose largest value lies where the model looks, from which a method finds the place (the
pointing game, Zhang et al. 2018)."""

RECORD = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Failure:
    """A test that a method failed.

    Attributes:
        code: ``untested``; ``random_weights``: its maps are those of the same network with random weights;
            ``elsewhere``: its largest value often lies outside what the model sees.
        value: the figure, a mean over the maps; None where nothing was measured.
        limit: at which a method passes.
    """

    code: Literal["untested", "random_weights", "elsewhere"]
    value: float | None = None
    limit: float | None = None


def failures(method: str) -> tuple[Failure, ...]:
    """The tests that a method failed; a method that was never tested has failed, too."""
    found = _measured().get(method)
    likeness, pointing = (found[name]["value"] if found else None for name in ("likeness", "pointing"))
    if likeness is None or pointing is None:
        return (Failure("untested"),)
    failed = []
    if likeness >= FOLLOWS_BELOW:
        failed.append(Failure("random_weights", likeness, FOLLOWS_BELOW))
    if pointing < LEAST_POINTING:
        failed.append(Failure("elsewhere", pointing, LEAST_POINTING))
    return tuple(failed)


def best_first() -> tuple[str, ...]:
    """Every method: those that passed before those that failed, and of each the one with the larger share of
    its largest values where the model looks (relevance rank accuracy, Arras et al. 2022) first.
    """
    measured = _measured()

    def place(method: str) -> tuple[bool, float]:
        rank = measured[method]["rank"]["value"] if method in measured else None
        return bool(failures(method)), 0.0 if rank is None else -rank

    return tuple(sorted(METHODS, key=place))


def write_reliability(record: Mapping[str, Any]) -> Path:
    """Replace the figures; ``record`` has ``command``, ``machine`` and, by name, ``methods``.

    Raises:
        XaiError: the file cannot be written.
    """
    _measured.cache_clear()
    about = [f" {json.dumps(name)}: {json.dumps(record[name])}," for name in ("command", "machine")]
    rows = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in record["methods"].items()]
    text = "\n".join(["{", *about, ' "methods": {', ",\n".join(rows), " }", "}", ""])
    return write_atomically(RECORD, lambda path: path.write_text(text, encoding="utf-8"))


@cache
def _measured() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))["methods"]
    return found
