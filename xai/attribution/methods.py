"""The attribution methods, by name, with their parameters as data. Free of torch.

The dashboard draws its widgets and the command line its flags from ``METHODS``; the implementation is
imported on first use. Everything that a page, a report or a scale needs to know about a method is in its
entry: no code branches on its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from xai.attribution.base import alone, run_by_input, run_sequentially, without_black_boxes
from xai.attribution.occlusion.patch import FILLS, GaussianPatch, Patch
from xai.errors import MapRefused, UnknownName
from xai.types import REGIONS, Display, Params

if TYPE_CHECKING:
    from xai.attribution.base import (
        Attribution,
        AttributionFn,
        BatchAttributionFn,
        ProgressiveAttributionFn,
        TargetsAttributionFn,
    )

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

    @property
    def drawable(self) -> bool:
        """Whether it has choices or bounds from which a page can draw a widget."""
        return bool(self.choices) or self.high is not None

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


def _as_many(parameter: str, most: int = 1) -> Callable[[Params, int], int]:
    """Forwards of a method that takes as many as a parameter says, or at most so many times as many."""
    return lambda params, _side: most * int(params[parameter])


def _for_each_layer(params: Params, side: int) -> int:
    """About one pass for each resolution of a network: each halves the side."""
    return max(1, side.bit_length() - 2)


def _for_each_channel(params: Params, side: int) -> int:
    """About as many as the last layer of a network has channels."""
    return 512


def _one_for_each_place(params: Params, side: int) -> int:
    """Forwards of a method that runs once per patch position on an input of ``side`` pixels."""
    patch = Patch(float(params["patch"]), float(params["stride"]), str(params["fill"]))
    return len(patch.windows(side)) ** 2


def _one_for_each_centre(params: Params, side: int) -> int:
    """Forwards of a method that runs once per centre of a soft patch on an input of ``side`` pixels."""
    return GaussianPatch(float(params["spread"]), float(params["stride"])).rows(side) ** 2


@dataclass(frozen=True)
class Method:
    """One method.

    Its implementation is named as ``"module:function"`` and imported on first use: for one class of an
    input, for several classes of it, or for several inputs. ``display`` and ``signed`` say how its maps are
    drawn and described.

    Attributes:
        name: key in ``METHODS``.
        title: its display name.
        unit: what one unit of its map means; see ``Heatmap``.
        paper: its reference.
        run_at: the ``AttributionFn``, where each class takes passes of its own.
        parameters: its settings.
        run_targets_at: the ``TargetsAttributionFn``, where the classes of an input share their passes.
        run_all_at: the ``BatchAttributionFn``, where inputs share batches too.
        run_in_steps_at: the ``ProgressiveAttributionFn``; None: it has no previews.
        forwards: called with all parameters and the input's side in pixels: forward passes that one input
            takes.
        display: how its values are displayed.
        signed: whether evidence against the answer is drawn too; only where the map is displayed as measured.
        by_region: whether it needs the regions of the face.
        contrasts: whether it can say why one class and not another.
        outputs_only: whether a model's outputs are all it needs, so that it explains a black box too.
        shown_by_default: whether it is shown by default.
    """

    name: str
    title: str
    unit: str
    paper: str
    run_at: str | None = None
    parameters: tuple[Parameter, ...] = ()
    run_targets_at: str | None = None
    run_all_at: str | None = None
    run_in_steps_at: str | None = None
    forwards: Callable[[Params, int], int] = _one_pass
    display: Display = "density"
    signed: bool = False
    by_region: bool = False
    contrasts: bool = True
    outputs_only: bool = False
    shown_by_default: bool = False

    def __post_init__(self) -> None:
        if sum(at is not None for at in (self.run_at, self.run_targets_at, self.run_all_at)) != 1:
            raise ValueError(f"{self.name} must say what does the work, in one of the three ways")
        if self.signed and self.display != "absolute":
            raise ValueError(f"{self.name} cannot be drawn with both signs: a density has none")

    def run(self) -> Callable[..., Attribution]:
        """For one input: called with classifier, input, class index, parameters and progress."""
        return partial(alone, self.run_all())

    def run_all(self) -> BatchAttributionFn:
        """The function for several inputs, imported now; a map of a black box may be refused."""
        found: BatchAttributionFn
        if self.run_at is not None:
            one: AttributionFn = resolve_name(self.run_at)
            found = partial(run_sequentially, one)
        elif self.run_targets_at is not None:
            of_input: TargetsAttributionFn = resolve_name(self.run_targets_at)
            found = partial(run_by_input, of_input)
        else:
            found = resolve_name(str(self.run_all_at))
        return found if self.outputs_only else partial(without_black_boxes, found, self._refusal)

    @property
    def shares_passes(self) -> bool:
        """Whether the maps of several classes of an input take about as long as that of one."""
        return self.run_at is None

    def _refusal(self, model: str) -> MapRefused:
        fitting = ", ".join(method.name for method in METHODS.values() if method.outputs_only)
        return MapRefused(
            f"{self.title} needs gradients or layers, and {model} gives outputs alone; choose one of: "
            f"{fitting}."
        )

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


_STRIDE = Parameter(
    "stride",
    Patch.stride,
    1 / 56,
    1.0,
    1 / 56,
    help="How far the patch moves each time, as a share of the side.",
    least=1e-4,
)
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
    _STRIDE,
    Parameter("fill", Patch.fill, choices=FILLS, help="What is put over the face."),
)
_SMOOTH_OCCLUSION = (
    Parameter(
        "spread",
        GaussianPatch.size,
        1 / 56,
        1 / 4,
        1 / 112,
        help="Standard deviation of the mask, as a share of the picture's side.",
        least=1e-4,
    ),
    replace(_STRIDE, default=GaussianPatch.stride),
    Parameter("fill", GaussianPatch.fill, choices=FILLS, help="What is put over the face."),
)
_LAYER = (Parameter("layer", "", help="Layer that is explained; empty: the last one with spatial output."),)
_ALPHA = Parameter(
    "alpha", 1.0, 0.0, 1.0, 0.1, help="How much of the other classes' scores is taken off: 0 is Grad-CAM."
)
_STEPS = Parameter(
    "steps", 50, 20, 300, 10, help="Least number of pictures between the baseline and the photo."
)
_WITHOUT = ("grey", "mean", "blur")
_BLURRED = Parameter("baseline", "blur", choices=_WITHOUT, help="Picture without the face.")
_GREYED = Parameter("baseline", "grey", choices=_WITHOUT, help="What a region is replaced by.")
_NOISE = Parameter("noise", 0.15, 0.01, 0.5, 0.01, help="Noise, as a share of the picture's range.")


def _samples(default: int, most: int) -> Parameter:
    return Parameter("samples", default, 5, most, 5, help="Random pictures.")


_RISE = (
    Parameter("masks", 1000, 100, 8000, 100, help="Random masks."),
    Parameter("cells", 7, 3, 16, 1, help="Cells of a mask, per side."),
    Parameter("keep", 0.5, 0.1, 0.9, 0.1, help="Share of the picture that a mask shows."),
)
_AT, _CAM_AT = "xai.attribution.occlusion.method:", "xai.attribution.cam:"
_GRADIENTS_AT, _REGIONS_AT = "xai.attribution.gradients:", "xai.attribution.region_effects:"


def _cam(name: str, title: str, paper: str, function: str, **more: Any) -> Method:
    """A class activation map whose inputs share passes."""
    return Method(
        name, title, "activation", paper, run_all_at=_CAM_AT + function,
        parameters=(*more.pop("parameters", ()), *_LAYER), **more,
    )  # fmt: skip


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "occlusion", "Occlusion", "probability", "Zeiler & Fergus 2014", parameters=_OCCLUSION,
            run_all_at=_AT + "occlusion_all", run_in_steps_at=_AT + "occlusion_in_steps",
            forwards=_one_for_each_place, display="absolute", signed=True, outputs_only=True,
            shown_by_default=True,
        ),
        Method(
            "smooth_occlusion", "Smooth occlusion", "probability", "Greydanus et al. 2018",
            run_all_at=_AT + "smooth_occlusion_all", parameters=_SMOOTH_OCCLUSION,
            forwards=_one_for_each_centre, display="absolute", signed=True, outputs_only=True,
        ),
        _cam("gradcam", "Grad-CAM", "Selvaraju et al. 2017", "gradcam_all", shown_by_default=True),
        _cam("gradcam++", "Grad-CAM++", "Chattopadhay et al. 2018", "gradcampp_all"),
        _cam("hirescam", "HiResCAM", "Draelos & Carin 2020", "hirescam_all"),
        _cam("layercam", "Layer-CAM", "Jiang et al. 2021", "layercam_all"),
        _cam("eigencam", "Eigen-CAM", "Muhammad & Yeasin 2020", "eigencam_all", contrasts=False),
        _cam("xgradcam", "XGrad-CAM", "Fu et al. 2020", "xgradcam_all"),
        _cam("finercam", "Finer-CAM", "Zhang et al. 2025", "finercam_all", parameters=(_ALPHA,)),
        Method(
            "refinecam", "RefineCAM", "activation", "arXiv:2605.14641", run_at=_CAM_AT + "refinecam",
            forwards=_for_each_layer,
        ),
        Method(
            "scorecam", "Score-CAM", "activation", "Wang et al. 2020", run_targets_at=_CAM_AT + "scorecam",
            parameters=_LAYER, forwards=_for_each_channel,
        ),
        Method(
            "ablationcam", "Ablation-CAM", "activation", "Desai & Ramaswamy 2020",
            run_targets_at=_CAM_AT + "ablationcam", parameters=_LAYER,
        ),
        Method(
            "integrated_gradients", "Integrated gradients", "logit", "Sundararajan et al. 2017",
            run_at=_GRADIENTS_AT + "integrated_gradients", parameters=(_STEPS, _BLURRED),
            forwards=_as_many("steps", most=1 + 2 + 4 + 8),
        ),
        Method(
            "smoothgrad", "SmoothGrad", "gradient", "Smilkov et al. 2017",
            run_at=_GRADIENTS_AT + "smoothgrad", parameters=(_samples(25, 100), _NOISE),
            forwards=_as_many("samples"),
        ),
        Method(
            "gradient_shap", "GradientSHAP", "logit", "Lundberg & Lee 2017",
            run_at=_GRADIENTS_AT + "gradient_shap", parameters=(_samples(200, 1000), _BLURRED),
            forwards=_as_many("samples"),
        ),
        Method(
            "deeplift", "DeepLift", "logit", "Shrikumar et al. 2017",
            run_at=_GRADIENTS_AT + "deeplift", parameters=(_BLURRED,),
        ),
        Method(
            "region_ablation", "Ablation by region", "probability", "Zeiler & Fergus 2014",
            run_targets_at=_REGIONS_AT + "region_ablation", parameters=(_GREYED,), display="absolute",
            signed=True, by_region=True, outputs_only=True, forwards=lambda _params, _side: len(REGIONS) + 1,
        ),
        Method(
            "region_shapley", "Shapley values by region", "probability", "Lundberg & Lee 2017",
            run_targets_at=_REGIONS_AT + "region_shapley", parameters=(_GREYED,), display="absolute",
            signed=True, by_region=True, outputs_only=True, forwards=lambda _params, _side: 2 ** len(REGIONS),
        ),
        Method(
            "rise", "RISE", "probability", "Petsiuk et al. 2018",
            run_targets_at="xai.attribution.rise:rise", parameters=_RISE, forwards=_as_many("masks"),
            display="absolute", signed=True, outputs_only=True,
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
