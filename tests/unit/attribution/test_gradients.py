"""Gradient methods equal captum's, add up or are refused, and leave nothing behind."""

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import make_classifier
from xai.attribution import gradients
from xai.attribution.base import AttributionRequest
from xai.attribution.methods import METHODS
from xai.attribution.occlusion.engine import baseline
from xai.errors import Cancelled, MapRefused
from xai.models.classifiers import to_input

pytestmark = pytest.mark.filterwarnings("ignore:.*Setting forward, backward hooks")


def quiet(done, total):
    pass


class Scores(nn.Module):
    def __init__(self, classifier):
        super().__init__()
        self.classifier, self.network = classifier, classifier.network

    def forward(self, batch):
        return self.network(batch) / self.classifier.card.temperature


@pytest.fixture
def relu_net():
    """Smooth enough that every completeness holds: linear layers and one ReLU."""
    torch.manual_seed(4)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 16), nn.ReLU(), nn.Linear(16, 3))
    return make_classifier(network, 12)


def request(classifier, crop, target=0, against=None):
    return AttributionRequest(classifier, to_input(crop, classifier.card.input_size), target, against=against)


def made(name, asked, progress=quiet, **params):
    return METHODS[name].run_all()([asked], METHODS[name].complete(params), progress)[0]


def ends(asked, fill="blur"):
    normalise = asked.classifier.normalise
    return normalise(asked.values)[None].requires_grad_(), normalise(baseline(asked.values, fill))[None]


@pytest.mark.parametrize("fill", ["grey", "mean", "blur"])
def test_integrated_gradients_equal_captums_and_add_up(relu_net, noise_crop, fill):
    asked = request(relu_net, noise_crop, 1)
    picture, under = ends(asked, fill)
    theirs = captum.attr.IntegratedGradients(Scores(relu_net)).attribute(
        picture, under, target=1, n_steps=200, method="gausslegendre"
    )
    found = made("integrated_gradients", asked, steps=200, baseline=fill).values
    assert np.abs(found - theirs[0].sum(dim=0).detach().numpy()).max() < 1e-5
    with torch.inference_mode():
        gap = Scores(relu_net)(torch.cat([picture, under]))[:, 1]
    assert found.sum() == pytest.approx(float(gap[0] - gap[1]), rel=gradients.COMPLETE)


def test_deeplift_equals_captums_and_is_the_contribution_of_a_linear_network(noise_crop):
    torch.manual_seed(5)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 3))
    linear = make_classifier(network, 12)
    asked = request(linear, noise_crop, 2)
    picture, under = ends(asked)
    weights = network[1].weight[2].reshape(3, 12, 12) / linear.card.temperature
    wanted = (weights * (picture - under)[0]).sum(dim=0).detach().numpy()
    assert np.abs(made("deeplift", asked).values - wanted).max() < 1e-5


def test_deeplift_with_relu_equals_captums(relu_net, noise_crop):
    asked = request(relu_net, noise_crop, 0)
    theirs = captum.attr.DeepLift(Scores(relu_net)).attribute(*ends(asked), target=0)
    assert np.abs(made("deeplift", asked).values - theirs[0].sum(dim=0).detach().numpy()).max() < 1e-5


def test_a_map_that_does_not_add_up_is_refused_and_not_shown(noise_crop):
    torch.manual_seed(6)
    unknown = nn.Sequential(nn.Flatten(), nn.Linear(432, 16), nn.ReLU6(), nn.Linear(16, 3))
    unknown[1].weight.data *= 20
    refused = made("deeplift", request(make_classifier(unknown, 12), noise_crop))
    assert isinstance(refused, MapRefused)
    assert "should add up to" in str(refused)
    assert "Its rule does not fit" in str(refused)


def test_a_network_that_deeplift_cannot_run_is_refused_with_the_reason(noise_crop):
    class Reused(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last, self.relu = nn.Linear(432, 16), nn.Linear(16, 3), nn.ReLU()

        def forward(self, x):
            return self.last(self.relu(self.relu(self.first(x.flatten(1))) - 1))

    classifier = make_classifier(Reused(), 12)
    refused = made("deeplift", request(classifier, noise_crop))
    assert isinstance(refused, MapRefused)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in classifier.network.modules())


def test_smoothgrad_is_the_mean_of_gradient_sizes_over_the_same_noise(relu_net, noise_crop):
    asked = request(relu_net, noise_crop, 1)
    picture, _ = ends(asked)
    spread = 0.2 * float((picture.max() - picture.min()).detach())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = captum.attr.NoiseTunnel(captum.attr.Saliency(Scores(relu_net))).attribute(
            picture, target=1, nt_type="smoothgrad", nt_samples=10, nt_samples_batch_size=16, stdevs=spread
        )
    found = made("smoothgrad", asked, samples=10, noise=0.2).values
    assert np.abs(found - theirs[0].sum(dim=0).detach().numpy()).max() < 1e-6
    assert np.array_equal(found, made("smoothgrad", asked, samples=10, noise=0.2).values)


def test_gradient_shap_is_captums_and_near_integrated_gradients(relu_net, noise_crop):
    asked = request(relu_net, noise_crop, 0)
    state = torch.random.get_rng_state()
    found = made("gradient_shap", asked, samples=1000).values
    assert torch.equal(state, torch.random.get_rng_state())
    smooth = made("integrated_gradients", asked, steps=200).values
    assert np.abs(found - smooth).max() < 0.1 * np.abs(smooth).max()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        np.random.seed(0)
        rounds = [
            captum.attr.GradientShap(Scores(relu_net)).attribute(
                *ends(asked), target=0, n_samples=100, stdevs=0.0
            )
            for _ in range(10)
        ]
    theirs = torch.cat(rounds).mean(dim=0).sum(dim=0).detach().numpy()
    assert np.abs(found - theirs).max() < 1e-5


@pytest.mark.parametrize(
    "name", [n for n in METHODS if n not in ("occlusion", "region_ablation", "region_shapley")]
)
def test_cancelling_leaves_no_hook_and_no_gradient_mode_behind(small_cnn, noise_crop, name):
    def stop(done, total):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        METHODS[name].run_all()([request(small_cnn, noise_crop)], METHODS[name].complete({}), stop)
    made(name, request(small_cnn, noise_crop))
    network = small_cnn.network
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in network.modules())
    assert torch.is_grad_enabled()
