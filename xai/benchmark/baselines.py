"""Other implementations of the occlusion map of ``xai.attribution.occlusion``."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xai.attribution.occlusion.engine import baseline
from xai.attribution.occlusion.patch import Patch
from xai.models.classifiers import Classifier

__all__ = ["captum_map", "loop_map"]

Map = NDArray[np.float32]


def captum_map(classifier: Classifier, values: Tensor, patch: Patch, target: int, per_eval: int) -> Map:
    """The drop map by captum's ``Occlusion``, float32 ``(n, n)``.

    Args:
        classifier: the model.
        values: float32 ``(3, n, n)`` in 0..1.
        patch: size, stride and fill; the stride is at most the size, or captum refuses.
        target: index of the class.
        per_eval: captum's ``perturbations_per_eval``: occluded pictures per pass.
    """
    from captum.attr import Occlusion  # noqa: PLC0415 - most of a second, and only for measuring

    values = values.to(classifier.device)
    side = values.shape[-1]
    window, stride = max(1, round(patch.size * side)), max(1, round(patch.stride * side))
    picture = classifier.normalise(values)[None].contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        found: Tensor = Occlusion(classifier.probabilities).attribute(
            picture,
            sliding_window_shapes=(3, window, window),
            strides=(3, stride, stride),
            baselines=classifier.normalise(baseline(values, patch.fill))[None],
            target=target,
            perturbations_per_eval=per_eval,
        )
    drops: Map = found[0, 0].float().cpu().numpy()
    return drops


@torch.inference_mode()
def loop_map(classifier: Classifier, values: Tensor, patch: Patch, target: int) -> Map:
    """The drop map by definition, float32 ``(n, n)``: one position, one pass, one sum.

    Zeiler & Fergus 2014, section 4.2; arguments as of ``captum_map``.
    """
    values = values.to(classifier.device)
    under = baseline(values, patch.fill)
    places = patch.windows(values.shape[-1])
    whole = float(classifier.probabilities(classifier.normalise(values)[None])[0, target])
    total, count = np.zeros(values.shape[-2:]), np.zeros(values.shape[-2:])
    for top, bottom in places:
        for left, right in places:
            hidden = values.clone()
            hidden[:, top:bottom, left:right] = under[:, top:bottom, left:right]
            answer = float(classifier.probabilities(classifier.normalise(hidden)[None])[0, target])
            total[top:bottom, left:right] += whole - answer
            count[top:bottom, left:right] += 1
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0).astype(np.float32)
