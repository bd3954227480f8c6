"""Why one class and not another: every method that can contrast measures the difference of the two."""

import numpy as np
import pytest
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.model_targets import FinerWeightedTarget
from torch import nn

from tests.support.models import make_classifier
from xai.attribution.base import AttributionRequest
from xai.attribution.layers import default_layer
from xai.attribution.methods import METHODS
from xai.errors import MapRefused
from xai.models.classifiers import to_input
from xai.types import REGIONS

LINEAR = ("gradcam", "hirescam", "occlusion", "smooth_occlusion", "region_ablation", "region_shapley", "rise")
"""Of these the map of A against B is that of A less that of B."""


def quiet(done, total):
    pass


def request(classifier, crop, target, against=None):
    values = to_input(crop, classifier.card.input_size)
    side = values.shape[-1]
    regions = (torch.arange(side) * len(REGIONS) // side).repeat(side, 1)
    return AttributionRequest(classifier, values, target, against=against, regions=regions)


def made(name, asked, **params):
    found = METHODS[name].run_all()([asked], METHODS[name].complete(params), quiet)[0]
    if isinstance(found, MapRefused):
        raise found
    return found.values


@pytest.mark.parametrize("name", LINEAR)
def test_a_contrast_is_the_difference_of_two_maps(small_cnn, noise_crop, name):
    both = made(name, request(small_cnn, noise_crop, 0, 2))
    apart = [made(name, request(small_cnn, noise_crop, target)) for target in (0, 2)]
    assert np.abs(both - (apart[0] - apart[1])).max() < 1e-5
    assert np.abs(both).max() > 1e-6
    assert np.abs(both + made(name, request(small_cnn, noise_crop, 2, 0))).max() < 1e-5


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"deeplift", "integrated_gradients"}))
def test_every_method_that_contrasts_depends_on_the_second_class(small_cnn, noise_crop, name):
    maps = [made(name, request(small_cnn, noise_crop, 0, against)) for against in (None, 1, 2)]
    differ = np.abs(maps[1] - maps[2]).max() > 1e-7 * np.abs(maps[1]).max()
    assert differ == METHODS[name].contrasts


@pytest.mark.parametrize(("against", "compared"), [(None, [1, 2]), (2, [2])])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_finer_cam_equals_the_package(small_cnn, noise_crop, against, compared, alpha):
    asked = request(small_cnn, noise_crop, 0, against)
    layer = small_cnn.network.get_submodule(default_layer(small_cnn))
    given = small_cnn.normalise(asked.values)[None].requires_grad_()
    with pytorch_grad_cam.FinerCAM(small_cnn.network, [layer]) as cam:
        theirs = cam(given, [FinerWeightedTarget(0, compared, alpha)])[0]
    with pytorch_grad_cam.GradCAM(small_cnn.network, [layer]) as cam:
        plain = cam(given, [FinerWeightedTarget(0, compared, alpha)])[0]
    assert np.abs(theirs - plain).max() < 1e-6
    raw = np.maximum(made("finercam", asked, alpha=alpha), 0)
    ours = pytorch_grad_cam.utils.image.scale_cam_image(raw[None], (35, 35))[0]
    ours = pytorch_grad_cam.utils.image.scale_cam_image(ours[None])[0]
    assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("name", ["deeplift", "integrated_gradients"])
def test_complete_methods_contrast_on_a_network_on_which_they_add_up(noise_crop, name):
    torch.manual_seed(8)
    linear = make_classifier(nn.Sequential(nn.Flatten(), nn.Linear(432, 3)), 12)
    both, one, other = (made(name, request(linear, noise_crop, *classes)) for classes in ((0, 2), (0,), (2,)))
    assert np.abs(both - (one - other)).max() < 1e-5
    assert np.abs(both).max() > 1e-6
