"""Class activation maps, by the grad-cam package, kept raw.

Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", eq. 1 and 2): the channels of the last spatial layer, weighted by the mean gradient of the
class's logit. The paper clips the sum at zero and the package scales each map to 0..1; here the sum is
returned as it is, signed and unscaled; the display decides.

The package is imported when a map is requested: it imports sklearn and scipy, which takes seconds and
hundreds of megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xai.attribution.base import Attribution, AttributionRequest
from xai.models.architectures import ARCHITECTURES
from xai.models.inference.runtimes import Mode
from xai.types import Params, Progress

__all__ = ["eigencam_all", "gradcam_all", "gradcampp_all", "hirescam_all", "layercam_all"]

_BATCH = 8
"""Inputs per pass: the backward pass keeps every layer's activations."""


def gradcam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Grad-CAM: channel weights are the mean gradients."""
    return _explained("GradCAM", asked, progress)


def gradcampp_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Grad-CAM++ (Chattopadhay et al. 2018): weights from higher powers of the gradient."""
    return _explained("GradCAMPlusPlus", asked, progress)


def hirescam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """HiResCAM (Draelos & Carin 2020): gradient times activation, elementwise."""
    return _explained("HiResCAM", asked, progress)


def layercam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Layer-CAM (Jiang et al. 2021): positive gradient times activation, elementwise."""
    return _explained("LayerCAM", asked, progress)


def eigencam_all(
    asked: Sequence[AttributionRequest], params: Params, progress: Progress, mode: Mode = "exact"
) -> list[Attribution]:
    """Eigen-CAM (Muhammad & Yeasin 2020): first principal component of the activations; no class."""
    return _explained("EigenCAM", asked, progress)


def _explained(kind: str, asked: Sequence[AttributionRequest], progress: Progress) -> list[Attribution]:
    """Maps ``(h, w)`` of the layer's own size; inputs of one classifier share a pass."""
    found: dict[int, Attribution] = {}
    for numbers in _batches(asked):
        progress(len(found), len(asked))
        raws = _maps(kind, [asked[i] for i in numbers])
        found.update((i, Attribution(raw)) for i, raw in zip(numbers, raws, strict=True))
    progress(len(asked), len(asked))
    return [found[i] for i in range(len(asked))]


def _batches(asked: Sequence[AttributionRequest]) -> Iterator[list[int]]:
    """Indices of inputs that go through a network together."""
    for classifier in {id(a.classifier): a.classifier for a in asked}.values():
        own = [i for i, a in enumerate(asked) if a.classifier is classifier]
        for start in range(0, len(own), _BATCH):
            yield own[start : start + _BATCH]


def _maps(kind: str, asked: Sequence[AttributionRequest]) -> np.ndarray[Any, Any]:
    """Raw maps float32 ``(N, h, w)`` of inputs of one classifier, from one forward and backward pass."""
    import pytorch_grad_cam  # noqa: PLC0415 - seconds
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: PLC0415

    classifier = asked[0].classifier
    layer = classifier.network.get_submodule(_layer_name(classifier.card.architecture))
    values = torch.stack([a.values.to(classifier.device) for a in asked])
    batch = classifier.normalise(values).requires_grad_()
    targets = [ClassifierOutputTarget(a.target) for a in asked]
    with torch.enable_grad(), getattr(pytorch_grad_cam, kind)(classifier.network, [layer]) as cam:
        return _raw(cam, layer, batch, targets)


def _layer_name(architecture: str) -> str:
    """Dotted name of the layer to explain, of a listed architecture or of a control model."""
    if architecture in ARCHITECTURES:
        return ARCHITECTURES[architecture].cam_layer
    from xai.models.ground_truth import CAM_LAYERS  # noqa: PLC0415 - calibration and teaching only

    return CAM_LAYERS[architecture]


def _raw(cam: Any, layer: torch.nn.Module, batch: Tensor, targets: list[Any]) -> np.ndarray[Any, Any]:
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
