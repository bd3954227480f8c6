"""Attribution by gradients, through captum: integrated gradients, SmoothGrad, GradientSHAP, DeepLift.

Values are those of captum, of the logit divided by the card's temperature, summed over the colour channels;
with a second class, of the difference of the two logits. Integrated gradients, GradientSHAP and DeepLift are
complete: their values add up to the difference between the scores of the picture and of the baseline. Where
they miss it by more than ``COMPLETE`` the map is refused, since it then explains something else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xai.attribution.base import Attribution, AttributionRequest
from xai.attribution.occlusion.engine import baseline
from xai.errors import MapRefused
from xai.types import Params, Progress

__all__ = ["COMPLETE", "deeplift", "gradient_shap", "integrated_gradients", "smoothgrad"]

COMPLETE = 0.01
"""Largest difference from completeness, as a share of the difference between the two scores."""

_BATCH = 16
"""Pictures per backward pass."""

_ROUNDS = 10


def integrated_gradients(asked: AttributionRequest, params: Params, progress: Progress) -> Attribution:
    """Integrated gradients (Sundararajan et al. 2017) along the straight line from the baseline, by
    Gauss-Legendre quadrature. Where the values do not add up the steps are doubled, up to eight times.

    Raises:
        MapRefused: they do not add up with these either.
    """
    from captum.attr import IntegratedGradients  # noqa: PLC0415 - seconds

    ends, missing = _ends(asked, params), ""
    for steps in (int(params["steps"]) * more for more in (1, 2, 4, 8)):
        scores = _Counted(_Scores(asked), progress, -(-steps // _BATCH) + 1)
        with torch.enable_grad():
            found = IntegratedGradients(scores).attribute(
                *ends, n_steps=steps, method="gausslegendre", internal_batch_size=_BATCH
            )
        missing = _missing(asked, found, ends)
        if not missing:
            return _summed(found)
    raise MapRefused(f"{missing} More steps come closer.")


def smoothgrad(asked: AttributionRequest, params: Params, progress: Progress) -> Attribution:
    """SmoothGrad (Smilkov et al. 2017): mean size of the gradient over noisy copies of the picture.

    The noise's standard deviation is a share of the range of the normalised picture; seed fixed.
    """
    from captum.attr import NoiseTunnel, Saliency  # noqa: PLC0415 - seconds

    samples = int(params["samples"])
    picture, _ = _ends(asked, params)
    spread = float(params["noise"]) * float(picture.detach().max() - picture.detach().min())
    scores = _Counted(_Scores(asked), progress, -(-samples // _BATCH))
    with _fixed_seed():
        found = NoiseTunnel(Saliency(scores)).attribute(
            picture, nt_type="smoothgrad", nt_samples=samples, nt_samples_batch_size=_BATCH, stdevs=spread
        )
    return _summed(found)


def gradient_shap(asked: AttributionRequest, params: Params, progress: Progress) -> Attribution:
    """GradientSHAP (Lundberg & Lee 2017, as captum approximates it): expected gradients at random points
    between the picture and the baseline, the mean of ``_ROUNDS`` calls; seed fixed.

    It is complete in expectation: three standard errors may be missed by chance.

    Raises:
        MapRefused: the values do not add up.
    """
    from captum.attr import GradientShap  # noqa: PLC0415 - seconds

    ends = _ends(asked, params)
    samples = max(1, round(int(params["samples"]) / _ROUNDS))
    scores = _Counted(_Scores(asked), progress, _ROUNDS)
    with _fixed_seed():
        rounds = torch.cat(
            [GradientShap(scores).attribute(*ends, n_samples=samples, stdevs=0.0) for _ in range(_ROUNDS)]
        )
    found = rounds.mean(dim=0, keepdim=True)
    chance = 3 * float(rounds.sum(dim=(1, 2, 3)).std()) / _ROUNDS**0.5
    if missing := _missing(asked, found, ends, chance):
        raise MapRefused(f"{missing} More samples come closer.")
    return _summed(found)


def deeplift(asked: AttributionRequest, params: Params, progress: Progress) -> Attribution:
    """DeepLift (Shrikumar et al. 2017), rescale rule.

    Captum has the rule for some activations only, and takes the plain gradient of the others.

    Raises:
        MapRefused: the values do not add up, or captum cannot run it on this network.
    """
    from captum.attr import DeepLift  # noqa: PLC0415 - seconds

    ends = _ends(asked, params)
    network = deepcopy(asked.classifier.network)  # captum leaves hooks behind where it fails
    progress(0, 1)
    try:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it sets hooks: on this copy
            found = DeepLift(_Difference(network, asked)).attribute(*ends)
    except (AssertionError, AttributeError, RuntimeError, TypeError) as error:
        raise MapRefused(
            f"DeepLift cannot run on {asked.classifier.name}: {_first_line(error)} Choose integrated "
            "gradients, which need no rule for each kind of layer."
        ) from error
    progress(1, 1)
    if missing := _missing(asked, found, ends):
        raise MapRefused(f"{missing} Its rule does not fit every layer of this network.")
    return _summed(found)


class _Scores:
    """The score of each input of a batch, for captum."""

    def __init__(self, asked: AttributionRequest) -> None:
        self._asked = asked

    def __call__(self, batch: Tensor) -> Tensor:
        return self._asked.score(self._asked.classifier.logits(batch))


class _Difference(nn.Module):
    """The same as a module, which DeepLift needs in order to find the layers."""

    def __init__(self, network: nn.Module, asked: AttributionRequest) -> None:
        super().__init__()
        self.network, self._asked = network, asked

    def forward(self, batch: Tensor) -> Tensor:
        """Scores ``(N,)``."""
        return self._asked.score(self.network(batch) / self._asked.classifier.card.temperature)


class _Counted:
    """Calls the progress callback before each pass, where it may stop the work."""

    def __init__(self, scores: Callable[[Tensor], Tensor], progress: Progress, passes: int) -> None:
        self._scores, self._progress, self._passes, self._done = scores, progress, passes, 0

    def __call__(self, batch: Tensor) -> Tensor:
        self._progress(min(self._done, self._passes), self._passes)
        self._done += 1
        return self._scores(batch)


def _ends(asked: AttributionRequest, params: Params) -> tuple[Tensor, Tensor]:
    """The picture, which asks for gradients, and the baseline, normalised, ``(1, 3, n, n)``."""
    classifier = asked.classifier
    values = asked.values.to(classifier.device)
    under = baseline(values, str(params.get("baseline", "grey")))
    return classifier.normalise(values)[None].requires_grad_(), classifier.normalise(under)[None]


@contextmanager
def _fixed_seed() -> Iterator[None]:
    state = np.random.get_state()
    np.random.seed(0)
    try:
        with torch.random.fork_rng(), torch.enable_grad():
            torch.manual_seed(0)
            yield
    finally:
        np.random.set_state(state)


def _missing(asked: AttributionRequest, found: Any, ends: tuple[Tensor, Tensor], chance: float = 0.0) -> str:
    """One sentence if the values do not add up; they may miss by ``chance``, if that is over ``COMPLETE``."""
    scores = _Scores(asked)
    with torch.inference_mode():
        picture, under = (scores(each) for each in ends)
    wanted, there = float(picture - under), float(found.detach().sum())
    if abs(there - wanted) <= max(COMPLETE * abs(wanted), chance):
        return ""
    label = asked.classifier.card.classes[asked.target]
    return (
        f"The map is not shown: its values should add up to {wanted:.3g}, by which the picture changes the "
        f"score of {label}, and they add up to {there:.3g}."
    )


def _summed(found: Any) -> Attribution:
    return Attribution(found[0].detach().sum(dim=0).float().cpu().numpy())


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{text[:160].rstrip('.')}."
