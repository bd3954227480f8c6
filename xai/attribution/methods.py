"""The methods of explanation, by name, with their parameters as data. Free of torch.

The dashboard draws its widgets and the command line its flags from ``METHODS``; the work itself is
imported when it is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from xai.attribution.base import one_by_one
from xai.attribution.occlusion.patch import FILLS, Patch
from xai.errors import UnknownName
from xai.types import Params

if TYPE_CHECKING:
    from xai.attribution.base import Run, RunAll, RunInSteps

__all__ = ["METHODS", "Method", "Parameter", "find_method"]


@dataclass(frozen=True)
class Parameter:
    """One setting of a method, as data.

    Attributes:
        name: key in the method's parameters.
        default: value where none is given.
        low, high, step: bounds of a number as a page offers it; None for a choice.
        least: smallest number that is accepted, where that is less than ``low``.
        choices: the words to choose from; empty for a number.
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


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        name: key in ``METHODS``.
        title: what people call it.
        unit: what one unit of its map means; see ``Heatmap``.
        paper: where it comes from.
        run_at: ``"module:function"`` of the work.
        parameters: its settings.
    """

    name: str
    title: str
    unit: str
    paper: str
    run_at: str
    parameters: tuple[Parameter, ...] = ()

    def run(self) -> Run:
        """The function that does the work, imported now."""
        module, function = self.run_at.split(":")
        found: Run = getattr(import_module(module), function)
        return found

    def run_all(self) -> RunAll:
        """What does the work for several inputs: the function ``<name>_all`` beside ``run_at``, imported now;
        where there is none, ``run`` one by one.
        """
        module, function = self.run_at.split(":")
        found: RunAll | None = getattr(import_module(module), f"{function}_all", None)
        return found or partial(one_by_one, self.run())

    def run_in_steps(self) -> RunInSteps | None:
        """What hands over previews on the way, imported now: the function ``<name>_in_steps`` beside
        ``run_at``; None where there is none.
        """
        module, function = self.run_at.split(":")
        found: RunInSteps | None = getattr(import_module(module), f"{function}_in_steps", None)
        return found

    def complete(self, given: Params) -> dict[str, float | int | str]:
        """``given`` checked, with the defaults for what is missing.

        Raises:
            UnknownName: a parameter that the method does not have, or a word that is no choice.
            ValueError: a number out of bounds.
        """
        known = {p.name: p for p in self.parameters}
        for name in given:
            if name not in known:
                raise UnknownName(f"parameter of {self.name}", name, known)
        return {name: p.checked(given.get(name, p.default)) for name, p in known.items()}

    def forwards(self, params: Params, side: int) -> int:
        """How many passes through the network it takes for an input of ``side`` pixels."""
        if self.name != "occlusion":
            return 1
        patch = Patch(float(params["patch"]), float(params["stride"]), str(params["fill"]))
        return len(patch.windows(side)) ** 2


_OCCLUSION = (
    Parameter(
        "patch",
        1 / 7,
        1 / 28,
        1.0,
        1 / 28,
        help="Side of the patch, as a share of the picture's side.",
        least=1e-4,
    ),
    Parameter(
        "stride",
        1 / 14,
        1 / 56,
        1.0,
        1 / 56,
        help="How far the patch moves each time, as a share of the side.",
        least=1e-4,
    ),
    Parameter("fill", "grey", choices=FILLS, help="What is put over the face."),
)
_CAM = "xai.attribution.cam:"

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "occlusion", "Occlusion", "probability", "Zeiler & Fergus 2014",
            "xai.attribution.occlusion.method:occlusion", _OCCLUSION,
        ),
        Method("gradcam", "Grad-CAM", "activation", "Selvaraju et al. 2017", _CAM + "gradcam"),
        Method("gradcam++", "Grad-CAM++", "activation", "Chattopadhay et al. 2018", _CAM + "gradcampp"),
        Method("hirescam", "HiResCAM", "activation", "Draelos & Carin 2020", _CAM + "hirescam"),
        Method("layercam", "Layer-CAM", "activation", "Jiang et al. 2021", _CAM + "layercam"),
        Method("eigencam", "Eigen-CAM", "activation", "Muhammad & Yeasin 2020", _CAM + "eigencam"),
    )
}  # fmt: skip
"""Every method, by the name the command line and the page use."""


def find_method(name: str) -> Method:
    """The method ``name``.

    Raises:
        UnknownName: there is no such method; the message lists those that exist.
    """
    if name not in METHODS:
        raise UnknownName("method", name, METHODS)
    return METHODS[name]
