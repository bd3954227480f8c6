"""Class activation maps, by the grad-cam package, kept raw.

Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", eq. 1 and 2): the channels of the last layer that still has places, weighted by the mean
gradient of the class's logit. The paper clips the sum at zero and the package scales each map to 0..1;
here the sum comes back as it is, signed and unscaled, and whoever shows it decides.

The package is imported when a map is asked for: it pulls in sklearn and scipy, seconds and hundreds of
megabytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from xai.attribution.methods import Attribution, Params, Progress
from xai.models.architectures import ARCHITECTURES
from xai.models.classifiers import Classifier

__all__ = ["eigencam", "gradcam", "gradcampp", "hirescam", "layercam"]


def gradcam(
    classifier: Classifier, values: Tensor, target: int, params: Params, progress: Progress
) -> Attribution:
    """Grad-CAM: channel weights are the mean gradients. Map ``(h, w)`` of the layer's own size."""
    from pytorch_grad_cam import GradCAM  # noqa: PLC0415

    return _explain(GradCAM, classifier, values, target, progress)


def gradcampp(
    classifier: Classifier, values: Tensor, target: int, params: Params, progress: Progress
) -> Attribution:
    """Grad-CAM++ (Chattopadhay et al. 2018): weights from higher powers of the gradient."""
    from pytorch_grad_cam import GradCAMPlusPlus  # noqa: PLC0415

    return _explain(GradCAMPlusPlus, classifier, values, target, progress)


def hirescam(
    classifier: Classifier, values: Tensor, target: int, params: Params, progress: Progress
) -> Attribution:
    """HiResCAM (Draelos & Carin 2020): gradient times activation, place by place."""
    from pytorch_grad_cam import HiResCAM  # noqa: PLC0415

    return _explain(HiResCAM, classifier, values, target, progress)


def layercam(
    classifier: Classifier, values: Tensor, target: int, params: Params, progress: Progress
) -> Attribution:
    """Layer-CAM (Jiang et al. 2021): positive gradient times activation, place by place."""
    from pytorch_grad_cam import LayerCAM  # noqa: PLC0415

    return _explain(LayerCAM, classifier, values, target, progress)


def eigencam(
    classifier: Classifier, values: Tensor, target: int, params: Params, progress: Progress
) -> Attribution:
    """Eigen-CAM (Muhammad & Yeasin 2020): first principal component of the activations; knows no class."""
    from pytorch_grad_cam import EigenCAM  # noqa: PLC0415

    return _explain(EigenCAM, classifier, values, target, progress)


def _explain(
    kind: Any, classifier: Classifier, values: Tensor, target: int, progress: Progress
) -> Attribution:
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget  # noqa: PLC0415

    progress(0, 1)
    layer = classifier.network.get_submodule(_layer_name(classifier.card.architecture))
    batch = classifier.normalise(values.to(classifier.device))[None].requires_grad_()
    with torch.enable_grad(), kind(classifier.network, [layer]) as cam:
        raw = _raw(cam, layer, batch, [ClassifierOutputTarget(target)])
    progress(1, 1)
    return Attribution(raw)


def _layer_name(architecture: str) -> str:
    """Dotted name of the layer to explain, of a network of the list or of a model with a known answer."""
    if architecture in ARCHITECTURES:
        return ARCHITECTURES[architecture].cam_layer
    from xai.models.known_answers import CAM_LAYERS  # noqa: PLC0415 - calibration and teaching only

    return CAM_LAYERS[architecture]


def _raw(cam: Any, layer: torch.nn.Module, batch: Tensor, targets: list[Any]) -> np.ndarray[Any, Any]:
    """The package's map before its clipping and scaling, float32 ``(h, w)``."""
    try:
        cam(batch, targets)
        hooked = cam.activations_and_grads
        activations = hooked.activations[0].numpy()
        gradients = hooked.gradients[0].numpy() if hooked.gradients else None
        image = cam.get_cam_image(batch, layer, targets, activations, gradients, False)
    except IndexError as error:  # the package's own exit prints an IndexError and carries on
        raise RuntimeError(f"{type(cam).__name__} found no activation at its layer") from error
    return np.ascontiguousarray(image[0], dtype=np.float32)
