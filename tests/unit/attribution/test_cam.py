import numpy as np
import pytest
import pytorch_grad_cam
import torch
from captum.attr import LayerGradCam
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from tests.support.models import make_classifier
from xai.attribution.layers import default_layer, spatial_layers
from xai.attribution.methods import METHODS
from xai.errors import UnknownName
from xai.models import architectures
from xai.models.architectures import ARCHITECTURES, Architecture
from xai.models.classifiers import load_classifier, to_input

THEIRS = {
    "gradcam": "GradCAM",
    "gradcam++": "GradCAMPlusPlus",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "eigencam": "EigenCAM",
    "xgradcam": "XGradCAM",
    "scorecam": "ScoreCAM",
    "ablationcam": "AblationCAM",
}


def quiet(done, total):
    pass


def run(name, classifier, values, target):
    return METHODS[name].run()(classifier, values, target, {}, quiet).values


def hooks(network):
    return sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in network.modules()
    )


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize("target", [0, 2])
def test_equals_the_package_after_its_clipping_and_scaling(small_cnn, noise_crop, name, target):
    values = to_input(noise_crop, 35)
    layer = small_cnn.network.get_submodule(ARCHITECTURES["custom_cnn_relu_bn"].cam_layer)
    with getattr(pytorch_grad_cam, THEIRS[name])(small_cnn.network, [layer]) as cam:
        batch = small_cnn.normalise(values)[None].requires_grad_()
        theirs = cam(batch, [ClassifierOutputTarget(target)])[0]
    raw = run(name, small_cnn, values, target)
    ours = scale_cam_image(scale_cam_image(np.maximum(raw, 0)[None], (35, 35)))[0]
    assert np.abs(ours - theirs).max() < 1e-5


def test_equals_captum_layer_gradcam(small_cnn, noise_crop):
    values = to_input(noise_crop, 35)
    layer = small_cnn.network.get_submodule(ARCHITECTURES["custom_cnn_relu_bn"].cam_layer)
    theirs = LayerGradCam(small_cnn.network, layer).attribute(
        small_cnn.normalise(values)[None].requires_grad_(), target=1
    )
    ours = run("gradcam", small_cnn, values, 1)
    assert np.abs(ours - theirs[0, 0].detach().numpy()).max() < 1e-5


class ByHand(nn.Module):
    """Two channels that pass on red and green, averaged; class 0 = 3 red - 1 green, class 1 = 2 green."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1, bias=False)
        self.conv.weight.data = torch.tensor([[[[1.0]], [[0.0]], [[0.0]]], [[[0.0]], [[1.0]], [[0.0]]]])
        self.head = nn.Linear(2, 2, bias=False)
        self.head.weight.data = torch.tensor([[3.0, -1.0], [0.0, 2.0]])

    def forward(self, x):
        return self.head(self.conv(x).mean(dim=(2, 3)))


def test_a_net_worked_by_hand(monkeypatch):
    monkeypatch.setitem(architectures.ARCHITECTURES, "by_hand", Architecture(lambda _: ByHand(), "conv"))
    classifier = make_classifier(
        ByHand(), 2, classes=("a", "b"), mean=(0, 0, 0), std=(1, 1, 1), architecture="by_hand"
    )
    red, green = [[1.0, 0.0], [0.5, 0.25]], [[0.0, 1.0], [0.5, 0.0]]
    values = torch.tensor([red, green, [[0.3, 0.3], [0.3, 0.3]]])
    # d logit / d activation = weight / 4 at each of the four places
    expected = 3 / 4 * np.array(red) - 1 / 4 * np.array(green)
    assert np.abs(run("gradcam", classifier, values, 0) - expected).max() < 1e-6
    assert np.abs(run("gradcam", classifier, values, 1) - 2 / 4 * np.array(green)).max() < 1e-6
    assert run("gradcam", classifier, values, 0).min() < 0  # the sign is kept


@pytest.mark.parametrize("name", THEIRS)
def test_nothing_survives_a_call(small_cnn, noise_crop, name):
    values = to_input(noise_crop, 35)
    before = small_cnn.probabilities(small_cnn.normalise(values)[None])
    run(name, small_cnn, values, 0)
    assert hooks(small_cnn.network) == 0
    assert not small_cnn.network.training
    assert all(p.grad is None for p in small_cnn.network.parameters())
    assert torch.equal(before, small_cnn.probabilities(small_cnn.normalise(values)[None]))


@pytest.mark.parametrize("fault", [RuntimeError, IndexError, KeyboardInterrupt])
def test_hooks_are_gone_after_a_fault(small_cnn, noise_crop, monkeypatch, fault):
    def broken(_):
        raise fault("inside the network")

    monkeypatch.setattr(small_cnn.network.classifier, "forward", broken)
    with pytest.raises((RuntimeError, KeyboardInterrupt)):
        run("gradcam", small_cnn, to_input(noise_crop, 35), 0)
    assert hooks(small_cnn.network) == 0


def test_hooks_are_gone_after_a_class_that_does_not_exist(small_cnn, noise_crop):
    with pytest.raises((IndexError, RuntimeError)):
        run("gradcam", small_cnn, to_input(noise_crop, 35), 7)
    assert hooks(small_cnn.network) == 0


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_layer_is_the_last_with_places(name):
    """Found again by running the network: the last module, of several values per place and channel."""
    side = ARCHITECTURES[name].side
    with torch.device("meta"):  # shapes alone: the large networks cost seconds
        network = ARCHITECTURES[name].build(3).eval()
    pools = nn.MaxPool2d | nn.AdaptiveAvgPool2d
    last = {}
    handles = []

    def remember(path):
        def hook(module, inputs, output):
            if output.dim() == 4 and min(output.shape[2:]) > 1 and not isinstance(module, pools):
                last["path"], last["shape"] = path, tuple(output.shape[2:])

        return hook

    for path, module in network.named_modules():
        if path and not list(module.children()):
            handles.append(module.register_forward_hook(remember(path)))
    with torch.no_grad():
        network(torch.zeros(1, 3, side, side, device="meta"))
    for handle in handles:
        handle.remove()
    declared = ARCHITECTURES[name].cam_layer
    assert last["path"] == declared or last["path"].startswith(declared + ".")


def test_models_with_a_known_answer_are_explained_at_their_own_layer(noise_crop):
    from xai.models.ground_truth import load_family

    model = load_family("aperture_nose", device="cpu")[0].classifier
    side = model.card.input_size
    found = run("gradcam", model, to_input(noise_crop, side), 0)
    assert np.isfinite(found).all()
    assert found.std() > 0
    assert hooks(model.network) == 0


def test_refinecam_equals_the_package_over_the_listed_layers(small_cnn, noise_crop):
    values = to_input(noise_crop, 35)
    layers = [small_cnn.network.get_submodule(name) for name in spatial_layers(small_cnn)]
    assert len(layers) == 3
    batch = small_cnn.normalise(values)[None].requires_grad_()
    theirs = pytorch_grad_cam.RefineCAM(small_cnn.network, layers)(batch, [ClassifierOutputTarget(1)])[0]
    ours = scale_cam_image(run("refinecam", small_cnn, values, 1)[None])[0]
    assert np.abs(ours - theirs).max() < 1e-5


def test_another_layer_gives_the_packages_map_of_it_and_an_unknown_one_is_refused(small_cnn, noise_crop):
    values = to_input(noise_crop, 35)
    known = spatial_layers(small_cnn)
    assert known == {"features.0": (17, 17), "features.2.5": (8, 8), "features": (4, 4)}
    with pytorch_grad_cam.GradCAM(small_cnn.network, [small_cnn.network.features[0]]) as cam:
        theirs = cam(small_cnn.normalise(values)[None].requires_grad_(), [ClassifierOutputTarget(1)])[0]
    raw = METHODS["gradcam"].run()(small_cnn, values, 1, {"layer": "features.0"}, quiet).values
    assert raw.shape == known["features.0"]
    ours = scale_cam_image(scale_cam_image(np.maximum(raw, 0)[None], (35, 35)))[0]
    assert np.abs(ours - theirs).max() < 1e-5
    with pytest.raises(UnknownName, match=r"no layer of .* 'classifier'; choose one of: features.0"):
        METHODS["scorecam"].run()(small_cnn, values, 1, {"layer": "classifier"}, quiet)


@pytest.mark.parametrize(
    "name",
    [
        "mobilenet_v2",
        "custom_cnn_relu_bn",
        "inception_resnet_v1_mfn",
        "resnet18_fmd",
        "cnn2_fmd",
        "mobilenet_v3_small_fmd",
    ],
)
def test_every_installed_model_lists_its_default_layer(name):
    classifier = load_classifier(name, "cpu")
    known = spatial_layers(classifier)
    assert default_layer(classifier) in known
    assert all(min(cells) >= 2 for cells in known.values())
    assert sorted(known.values(), reverse=True) == list(known.values())
