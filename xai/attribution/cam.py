"""Class activation maps, by the grad-cam package, kept raw; Score-CAM and Ablation-CAM in own batches.

Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", eq. 1 and 2): the channels of the last spatial layer, weighted by the mean gradient of the
class's logit. The paper clips the sum at zero and the package scales each map to 0..1; here the sum is
returned as it is, signed and unscaled; the display decides. With a second class the score is the difference
of the two logits: why the one and not the other.

The package is imported when a map is requested: it imports sklearn and scipy, which takes seconds and
hundreds of megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from xai.attribution.base import Attribution, AttributionRequest
from xai.attribution.layers import find_layer, spatial_layers
from xai.attribution.masked_batches import MaskedBatches
from xai.models.classifiers import Classifier
from xai.models.inference.batch_job import InferenceJob
from xai.models.inference.runtimes import Mode
from xai.models.inference.scheduler import run
from xai.types import Params, Progress

__all__ = [
    "ablationcam",
    "eigencam_all",
    "finercam_all",
    "gradcam_all",
    "gradcampp_all",
    "hirescam_all",
    "layercam_all",
    "refinecam",
    "scorecam",
    "xgradcam_all",
]

_BATCH = 8
"""Inputs per pass: the backward pass keeps every layer's activations."""

_ABLATED = 64
"""Channels that are ablated in one pass through the layers after them."""

_FAR_BELOW = 1e7
"""An ablated channel is this far below the layer's minimum where that is not 0, as in the package."""

_Target = Callable[[Tensor], Tensor]
"""Logits ``(C,)`` of one input -> its score."""


def gradcam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Grad-CAM: channel weights are the mean gradients."""
    return _explained("GradCAM", asked, params, progress)


def gradcampp_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Grad-CAM++ (Chattopadhay et al. 2018): weights from higher powers of the gradient."""
    return _explained("GradCAMPlusPlus", asked, params, progress)


def hirescam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """HiResCAM (Draelos & Carin 2020): gradient times activation, elementwise."""
    return _explained("HiResCAM", asked, params, progress)


def layercam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Layer-CAM (Jiang et al. 2021): positive gradient times activation, elementwise."""
    return _explained("LayerCAM", asked, params, progress)


def xgradcam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """XGrad-CAM (Fu et al. 2020): gradients weighted by each activation's share of its channel."""
    return _explained("XGradCAM", asked, params, progress)


def eigencam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Eigen-CAM (Muhammad & Yeasin 2020): first principal component of the activations; no class."""
    return _explained("EigenCAM", asked, params, progress)


def finercam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Finer-CAM (Zhang et al. 2025): Grad-CAM of the logit less ``alpha`` times those of the other classes,
    weighted by their probabilities; less that of the second class alone where one is named.
    """
    alpha = float(params["alpha"])
    return _explained("GradCAM", asked, params, progress, lambda each: _finer(each, alpha))


def refinecam(asked: AttributionRequest, params: Params, progress: Progress) -> Attribution:
    """RefineCAM: product of the Grad-CAM++ maps of all spatial layers, each clipped, scaled to 0..1 and
    enlarged to the input, float32 ``(n, n)``; the package scales the product once more.
    """
    import pytorch_grad_cam  # noqa: PLC0415 - seconds

    made: list[NDArray[np.float32]] = []
    names = list(spatial_layers(asked.classifier))
    for name in names:
        progress(len(made), len(names))
        layer = asked.classifier.network.get_submodule(name)
        with torch.enable_grad(), pytorch_grad_cam.GradCAMPlusPlus(asked.classifier.network, [layer]) as cam:
            made.append(cam(_inputs([asked]), [_target(asked)])[0])
    progress(len(names), len(names))
    return Attribution(np.prod(made, axis=0, dtype=np.float32))


def scorecam(asked: Sequence[AttributionRequest], params: Params, progress: Progress) -> list[Attribution]:
    """Score-CAM (Wang et al. 2020): each channel, enlarged and scaled to 0..1, masks the input; the softmax
    over the channels of the class's logits weights them.

    As in the grad-cam package the masked input is normalised, so that a mask of 0 shows the mean colour of
    the training data, and the baseline of the paper's eq. 3 is left out, which no softmax depends on.
    """
    classifier = asked[0].classifier
    picture = classifier.normalise(asked[0].values.to(classifier.device))
    activations = _activations(classifier, _layer(classifier, params), picture[None])[0]

    def masks(start: int, stop: int, device: torch.device) -> Tensor:
        large = functional.interpolate(
            activations[None, start:stop].to(device), picture.shape[-2:], mode="bilinear", align_corners=True
        )[0]
        low, high = large.amin(dim=(1, 2), keepdim=True), large.amax(dim=(1, 2), keepdim=True)
        return (large - low) / (high - low + 1e-8)

    job = InferenceJob(classifier, len(activations), MaskedBatches(picture, None, masks))
    logits = run([job], progress)[0].logits * classifier.card.temperature
    return [_weighted(each.score(logits).softmax(dim=0), activations) for each in asked]


def ablationcam(asked: Sequence[AttributionRequest], params: Params, progress: Progress) -> list[Attribution]:
    """Ablation-CAM (Desai & Ramaswamy 2020): a channel's weight is the share of the class's logit that is
    lost with the channel. Only the layers after it run again, all channels of a batch at once.
    """
    classifier = asked[0].classifier
    layer = _layer(classifier, params)
    picture = classifier.normalise(asked[0].values.to(classifier.device))[None]
    whole = _activations(classifier, layer, picture)
    without = _ablated_logits(classifier, layer, picture, whole, progress)
    with torch.inference_mode():
        logits = classifier.network(picture)
    made = []
    for each in asked:
        before = each.score(logits)
        made.append(_weighted((before - each.score(without)) / before, whole[0]))
    return made


def _ablated_logits(
    classifier: Classifier, layer: nn.Module, picture: Tensor, whole: Tensor, progress: Progress
) -> Tensor:
    """Logits ``(K, C)`` without each of the layer's K channels, whose activations are ``whole``."""
    low = float(whole.min())
    nothing = 0.0 if low == 0 else low - _FAR_BELOW
    found: list[Tensor] = []
    channels = whole.shape[1]
    for start in range(0, channels, _ABLATED):
        progress(start, channels)
        number = torch.arange(start, min(start + _ABLATED, channels), device=whole.device)
        ablated = whole.repeat(len(number), 1, 1, 1)
        ablated[torch.arange(len(number), device=whole.device), number] = nothing
        with torch.inference_mode(), _replaced(layer, ablated):
            found.append(classifier.network(picture))
    progress(channels, channels)
    return torch.cat(found)


@contextmanager
def _replaced(layer: nn.Module, output: Tensor) -> Iterator[None]:
    """The layer's output replaced, whatever its input; the hook goes however the block ends."""
    hook = layer.register_forward_hook(lambda _layer, _given, _made: output)
    try:
        yield
    finally:
        hook.remove()


def _activations(classifier: Classifier, layer: nn.Module, batch: Tensor) -> Tensor:
    seen: list[Tensor] = []
    hook = layer.register_forward_hook(lambda _layer, _given, made: seen.append(made.clone()))
    try:
        with torch.inference_mode():
            classifier.network(batch)
    finally:
        hook.remove()
    return seen[0]


def _weighted(weights: Tensor, activations: Tensor) -> Attribution:
    values = torch.einsum("k,kij->ij", weights.to(activations), activations)
    return Attribution(np.ascontiguousarray(values.float().cpu().numpy()))


def _explained(
    kind: str,
    asked: Sequence[AttributionRequest],
    params: Params,
    progress: Progress,
    target: Callable[[AttributionRequest], _Target] | None = None,
) -> list[Attribution]:
    """Maps ``(h, w)`` of the layer's own size; inputs of one classifier share a pass."""
    found: dict[int, Attribution] = {}
    for numbers in _batches(asked):
        progress(len(found), len(asked))
        raws = _maps(kind, [asked[i] for i in numbers], params, target or _target)
        found.update((i, Attribution(raw)) for i, raw in zip(numbers, raws, strict=True))
    progress(len(asked), len(asked))
    return [found[i] for i in range(len(asked))]


def _batches(asked: Sequence[AttributionRequest]) -> Iterator[list[int]]:
    """Indices of inputs that go through a network together."""
    for classifier in {id(a.classifier): a.classifier for a in asked}.values():
        own = [i for i, a in enumerate(asked) if a.classifier is classifier]
        for start in range(0, len(own), _BATCH):
            yield own[start : start + _BATCH]


def _maps(
    kind: str,
    asked: Sequence[AttributionRequest],
    params: Params,
    target: Callable[[AttributionRequest], _Target],
) -> NDArray[np.float32]:
    """Raw maps float32 ``(N, h, w)`` of inputs of one classifier, from one forward and backward pass."""
    import pytorch_grad_cam  # noqa: PLC0415 - seconds

    classifier = asked[0].classifier
    layer = _layer(classifier, params)
    targets = [target(each) for each in asked]
    with torch.enable_grad(), getattr(pytorch_grad_cam, kind)(classifier.network, [layer]) as cam:
        return _raw(cam, layer, _inputs(asked), targets)


def _inputs(asked: Sequence[AttributionRequest]) -> Tensor:
    classifier = asked[0].classifier
    values = torch.stack([each.values.to(classifier.device) for each in asked])
    return classifier.normalise(values).requires_grad_()


def _target(asked: AttributionRequest) -> _Target:
    return lambda logits: asked.score(logits[None])[0]


def _finer(asked: AttributionRequest, alpha: float) -> _Target:
    from pytorch_grad_cam.utils.model_targets import FinerWeightedTarget  # noqa: PLC0415 - seconds

    classes = range(len(asked.classifier.card.classes))
    others = [c for c in classes if c != asked.target] if asked.against is None else [asked.against]
    target: _Target = FinerWeightedTarget(asked.target, others, alpha)
    return target


def _layer(classifier: Classifier, params: Params) -> nn.Module:
    return classifier.network.get_submodule(find_layer(classifier, str(params.get("layer", ""))))


def _raw(cam: Any, layer: nn.Module, batch: Tensor, targets: list[_Target]) -> NDArray[np.float32]:
    """The package's maps before their clipping and scaling, float32 ``(N, h, w)``."""
    try:
        cam(batch, targets)
        hooked = cam.activations_and_grads
        activations = hooked.activations[0].numpy()
        gradients = hooked.gradients[0].numpy() if hooked.gradients else None
        images = cam.get_cam_image(batch, layer, targets, activations, gradients, False)
    except IndexError as error:  # the package's own exit prints an IndexError and goes on
        raise RuntimeError(f"{type(cam).__name__} found no activation at its layer") from error
    return np.ascontiguousarray(images, dtype=np.float32)
