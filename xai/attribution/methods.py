"""The attribution methods, by name, with their parameters as data. Free of torch.

The dashboard draws its widgets and the command line its flags from ``METHODS``; the implementation is
imported on first use. Everything that a page, a report or a scale needs to know about a method is in its
entry: no code branches on its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from xai.attribution.base import alone, run_sequentially
from xai.attribution.occlusion.patch import FILLS, Patch
from xai.errors import UnknownName
from xai.types import Display, Params

if TYPE_CHECKING:
    from xai.attribution.base import AttributionFn, BatchAttributionFn, ProgressiveAttributionFn

__all__ = ["DEFAULT_METHODS", "METHODS", "Method", "Parameter", "find_method"]


@dataclass(frozen=True)
class Parameter:
    """One setting of a method, as data.

    Attributes:
        name: key in the method's parameters.
        default: value where none is given.
        low, high, step: bounds of a number as a page offers it; None for a choice.
        least: smallest number that is accepted, where that is less than ``low``.
        choices: the allowed words; empty for a number.
        help: what it does, one sentence.
    """

    name: str
    default: float | int | str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    least: float | None = None

    def checked(self, value: float | int | str) -> float | int | str:
        """``value`` if it is allowed.

        Raises:
            UnknownName: a word that is not among the choices.
            ValueError: a number out of bounds, or no number.
        """
        if self.choices:
            if value not in self.choices:
                raise UnknownName(self.name, str(value), self.choices)
            return value
        if self.low is None or self.high is None:
            return value
        low = self.low if self.least is None else self.least
        if not isinstance(value, int | float) or not low <= value <= self.high:
            raise ValueError(f"{self.name} must be a number from {low:.3g} to {self.high:.3g}, not {value!r}")
        return value


def _one_pass(params: Params, side: int) -> int:
    """Forwards of a method with one pass; a forward and backward pass counts as one."""
    return 1


def _one_for_each_place(params: Params, side: int) -> int:
    """Forwards of a method that runs once per patch position on an input of ``side`` pixels."""
    patch = Patch(float(params["patch"]), float(params["stride"]), str(params["fill"]))
    return len(patch.windows(side)) ** 2


@dataclass(frozen=True)
class Method:
    """One method.

    Its implementation is named as ``"module:function"`` and imported on first use: for one input, for
    several, or both. ``display`` and ``signed`` say how its maps are drawn and described.

    Attributes:
        name: key in ``METHODS``.
        title: its display name.
        unit: what one unit of its map means; see ``Heatmap``.
        paper: its reference.
        run_at: the ``AttributionFn``; None: one input is run by ``run_all_at``.
        parameters: its settings.
        run_all_at: the ``BatchAttributionFn``; None: several inputs are run one by one.
        run_in_steps_at: the ``ProgressiveAttributionFn``; None: it has no previews.
        forwards: called with all parameters and the input's side in pixels: forward passes that one input
            takes.
        display: how its values are displayed.
        signed: whether evidence against the answer is drawn too; only where the map is displayed as measured.
        shown_by_default: whether it is shown by default.
    """

    name: str
    title: str
    unit: str
    paper: str
    run_at: str | None = None
    parameters: tuple[Parameter, ...] = ()
    run_all_at: str | None = None
    run_in_steps_at: str | None = None
    forwards: Callable[[Params, int], int] = _one_pass
    display: Display = "density"
    signed: bool = False
    shown_by_default: bool = False

    def __post_init__(self) -> None:
        if self.run_at is None and self.run_all_at is None:
            raise ValueError(f"{self.name} must say what does the work, for one input or for several")
        if self.signed and self.display != "absolute":
            raise ValueError(f"{self.name} cannot be drawn with both signs: a density has none")

    def run(self) -> AttributionFn:
        """The function for one input, imported now."""
        if self.run_at is None:
            return partial(alone, self.run_all())
        found: AttributionFn = resolve_name(self.run_at)
        return found

    def run_all(self) -> BatchAttributionFn:
        """The function for several inputs, imported now."""
        if self.run_all_at is None:
            return partial(run_sequentially, self.run())
        found: BatchAttributionFn = resolve_name(self.run_all_at)
        return found

    def run_in_steps(self) -> ProgressiveAttributionFn | None:
        """The function that yields previews, imported now; None where there is none."""
        if self.run_in_steps_at is None:
            return None
        found: ProgressiveAttributionFn = resolve_name(self.run_in_steps_at)
        return found

    def complete(self, given: Params) -> dict[str, float | int | str]:
        """``given`` validated, with defaults for what is missing.

        Raises:
            UnknownName: a parameter that the method does not have, or a word that is no choice.
            ValueError: a number out of bounds.
        """
        known = {p.name: p for p in self.parameters}
        for name in given:
            if name not in known:
                raise UnknownName(f"parameter of {self.name}", name, known)
        return {name: p.checked(given.get(name, p.default)) for name, p in known.items()}


_OCCLUSION = (
    Parameter(
        "patch",
        Patch.size,
        1 / 28,
        1.0,
        1 / 28,
        help="Side of the patch, as a share of the picture's side.",
        least=1e-4,
    ),
    Parameter(
        "stride",
        Patch.stride,
        1 / 56,
        1.0,
        1 / 56,
        help="How far the patch moves each time, as a share of the side.",
        least=1e-4,
    ),
    Parameter("fill", Patch.fill, choices=FILLS, help="What is put over the face."),
)
_AT, _CAM_AT = "xai.attribution.occlusion.method:", "xai.attribution.cam:"

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "occlusion", "Occlusion", "probability", "Zeiler & Fergus 2014", parameters=_OCCLUSION,
            run_all_at=_AT + "occlusion_all", run_in_steps_at=_AT + "occlusion_in_steps",
            forwards=_one_for_each_place, display="absolute", signed=True, shown_by_default=True,
        ),
        Method(
            "gradcam", "Grad-CAM", "activation", "Selvaraju et al. 2017",
            run_all_at=_CAM_AT + "gradcam_all", display="density", shown_by_default=True,
        ),
        Method(
            "gradcam++", "Grad-CAM++", "activation", "Chattopadhay et al. 2018",
            run_all_at=_CAM_AT + "gradcampp_all", display="density",
        ),
        Method(
            "hirescam", "HiResCAM", "activation", "Draelos & Carin 2020",
            run_all_at=_CAM_AT + "hirescam_all", display="density",
        ),
        Method(
            "layercam", "Layer-CAM", "activation", "Jiang et al. 2021",
            run_all_at=_CAM_AT + "layercam_all", display="density",
        ),
        Method(
            "eigencam", "Eigen-CAM", "activation", "Muhammad & Yeasin 2020",
            run_all_at=_CAM_AT + "eigencam_all", display="density",
        ),
    )
}  # fmt: skip
"""Every method, by its name on the command line and the pages."""

DEFAULT_METHODS = tuple(method.name for method in METHODS.values() if method.shown_by_default)
"""The default methods."""


def find_method(name: str) -> Method:
    """The method ``name``.

    Raises:
        UnknownName: there is no such method; the message lists those that exist.
    """
    if name not in METHODS:
        raise UnknownName("method", name, METHODS)
    return METHODS[name]
