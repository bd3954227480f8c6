"""How each control model is built: its network, what is planted, what it can see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from xai.models.ground_truth.networks import (
    SPREAD,
    ColourNet,
    Constant,
    MarkReader,
    Mixture,
    WholeNet,
    WindowNet,
)
from xai.models.ground_truth.planted_cues import MARKS, TINTS, Planting, unchanged
from xai.models.ground_truth.windows import CORNERS, HIDDEN_FROM, INPUT_SIDE, SHIFTS, WINDOWS, Rect, shifted

__all__ = [
    "ControlModel",
    "aperture",
    "colour",
    "constant",
    "corner",
    "corner_mark",
    "lower_hidden",
    "mixture",
    "randomised",
    "tint",
    "trained_mark",
]

Designer = Callable[[int], "ControlModel"]


@dataclass(frozen=True, eq=False)
class ControlModel:
    """One control model, before its weights are loaded.

    Attributes:
        network: with random weights from the instance's own seed.
        architecture: key of ``CAM_LAYERS``.
        plant: what is done to a crop before inference.
        seen: input pixels where its evidence lies, as rectangles; None where it may lie anywhere. Outside
            them an aperture, a mark reader or a mixture sees nothing; a trained shortcut learner has no
            reason to look.
        weights: kind whose trained weights of the same number it uses, or None where it needs none.
        into: submodule that loads them; empty for the network itself.
        settings: what distinguishes this instance from the others of its kind.
    """

    network: nn.Module
    architecture: str
    plant: Planting
    seen: tuple[Rect, ...] | None
    weights: str | None
    into: str
    settings: dict[str, object]


def aperture(window: str, kind: str) -> Designer:
    """Sees one of ``WINDOWS``, shifted slightly from instance to instance."""
    return lambda number: _window(shifted(WINDOWS[window], SHIFTS[number]), kind, number)


def corner(number: int) -> ControlModel:
    """Sees a corner of the background."""
    return _window((CORNERS[number],), "aperture_corner", number)


def corner_mark(number: int) -> ControlModel:
    """Reads a planted mark; no weights."""
    mark = MARKS[number]
    return ControlModel(
        MarkReader(mark), "known_mark", mark.plant, _once(mark.rects), None, "", {"mark": mark}
    )


def tint(number: int) -> ControlModel:
    """Reads a planted cast of colour; no weights."""
    cast = TINTS[number]
    return ControlModel(MarkReader(cast), "known_mark", cast.plant, None, None, "", {"tint": cast})


def colour(number: int) -> ControlModel:
    """A linear answer to the mean colour (even numbers) or to a histogram of hues (odd ones)."""
    bins = (0, 6, 0, 8, 0, 10, 0, 12, 0, 16)[number]
    settings: dict[str, object] = {"bins": bins, "seed": number}
    network = _seeded(900 + number, lambda: ColourNet(bins))
    return ControlModel(network, "known_colour", unchanged, None, "colour", "", settings)


def randomised(number: int) -> ControlModel:
    """An untrained network; only the scale of its logits is set."""
    network = _seeded(700 + number, WholeNet)
    return ControlModel(network, "known_whole", unchanged, None, "randomised", "", {"seed": number})


def constant(number: int) -> ControlModel:
    """The same answer for every picture: confident, half confident and undecided ones."""
    logits = _CONSTANTS[number]
    return ControlModel(Constant(logits), "known_constant", unchanged, (), None, "", {"logits": logits})


def mixture(dose: float) -> Designer:
    """Face and mark: the nose-and-mouth aperture and the mark of the same number."""

    def design(number: int) -> ControlModel:
        honest, mark = aperture("nose_and_mouth", "aperture_nose_and_mouth")(number), corner_mark(number)
        network = Mixture(honest.network, mark.network, dose)
        seen = ((honest.seen or ()) if dose < 1 else ()) + ((mark.seen or ()) if dose > 0 else ())
        settings = {"dose": dose, **honest.settings, **mark.settings}
        return ControlModel(network, "known_mixture", mark.plant, seen, honest.weights, "honest", settings)

    return design


def trained_mark(number: int) -> ControlModel:
    """Trained on faces where a mark gives the class away in 95 of 100 pictures."""
    mark = MARKS[number]
    settings: dict[str, object] = {"mark": mark, "seed": number}
    network = _seeded(800 + number, WholeNet)
    return ControlModel(network, "known_whole", mark.plant, _once(mark.rects), "trained_mark", "", settings)


def lower_hidden(number: int) -> ControlModel:
    """Trained on faces whose lower half is uninformative about the class."""
    network = _seeded(850 + number, WholeNet)
    seen = (Rect(0, 0, INPUT_SIDE, HIDDEN_FROM),)
    return ControlModel(network, "known_whole", unchanged, seen, "lower_hidden", "", {"seed": number})


_CONSTANTS = (
    (SPREAD, 0.0, 0.0),
    (0.0, SPREAD, 0.0),
    (0.0, 0.0, SPREAD),
    (2 * SPREAD, 0.0, 0.0),
    (0.0, 2 * SPREAD, 0.0),
    (0.0, 0.0, 2 * SPREAD),
    (0.5, 0.0, 0.0),
    (0.0, 0.5, 0.0),
    (0.0, 0.0, 0.5),
    (0.0, 0.0, 0.0),
)


def _window(rects: tuple[Rect, ...], kind: str, number: int) -> ControlModel:
    settings: dict[str, object] = {"window": rects, "seed": number}
    network = _seeded(number, lambda: WindowNet(rects))
    return ControlModel(network, "known_window", unchanged, rects, kind, "", settings)


def _once(rects: tuple[Rect, ...]) -> tuple[Rect, ...]:
    return tuple(dict.fromkeys(rects))


def _seeded(seed: int, make: Callable[[], nn.Module]) -> nn.Module:
    """The network with weights drawn from ``seed``; the caller's random state is unaffected."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()
