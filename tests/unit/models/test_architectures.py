"""The networks against what was published of them: parameters, blocks, places, and what they are blind to."""

import subprocess
import sys
from functools import cache

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models import get_model_weights

from tests.support.models import make_classifier
from tests.support.paths import ROOT
from xai.attribution.methods import METHODS
from xai.models.architectures import ARCHITECTURES

pytestmark = pytest.mark.slow

INCEPTION_AUXILIARY = 3_326_696  # the second head of Inception-v3, which only helped its training


@cache
def on_meta(name, classes=3):
    """The network without values, made once: parameters and shapes cost next to nothing."""
    with torch.device("meta"):
        return ARCHITECTURES[name].build(classes)


def size(module):
    return sum(p.numel() for p in module.parameters())


def test_the_list_costs_no_torch():
    code = (
        "import sys; from xai.models.architectures import ARCHITECTURES; assert len(ARCHITECTURES) == 25; "
        "assert not {'torch', 'torchvision'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


HEADS = {
    "mobilenet_v2": (1280, 1280 * 3 + 3),
    "mobilenet_v2_stride16": (1280, 1280 * 3 + 3),
    "mobilenet_v3_small": (1024, 1024 * 3 + 3),
    "resnet18": (512, 512 * 3 + 3),
    "resnet18_2fc": (512, 512 * 256 + 256 + 256 * 3 + 3),
    "resnet34": (512, 512 * 3 + 3),
    "resnet50": (2048, 2048 * 3 + 3),
    "vgg16": (4096, 4096 * 3 + 3),
    "vgg16_bn": (4096, 4096 * 3 + 3),
    "vgg19": (4096, 4096 * 3 + 3),
    "vgg19_bn": (4096, 4096 * 3 + 3),
    "densenet121": (1024, 1024 * 3 + 3),
    "densenet161": (2208, 2208 * 3 + 3),
    "densenet201": (1920, 1920 * 3 + 3),
    "alexnet": (4096, 4096 * 3 + 3),
    "inception_v3": (2048, 2048 * 3 + 3),
}


@pytest.mark.parametrize("name", HEADS)
def test_parameters_are_torchvisions_published_ones_but_for_the_head(name):
    online = ARCHITECTURES[name].online
    published = get_model_weights(online)["IMAGENET1K_V1"].meta["num_params"]
    if name == "inception_v3":
        published -= INCEPTION_AUXILIARY
    inputs, head = HEADS[name]
    assert size(on_meta(name)) == published - (inputs * 1000 + 1000) + head


def test_a_densenet_of_ours_answers_as_torchvisions_own():
    from torchvision.models import get_model

    torch.manual_seed(0)
    theirs = get_model("densenet121", weights=None, num_classes=3).eval()
    ours = ARCHITECTURES["densenet121"].build(3).eval()
    ours.load_state_dict(theirs.state_dict())
    batch = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(ours(batch), theirs(batch), atol=1e-5)


def convolution(inputs, outputs, height, width):
    """Weights of a convolution and the two per channel of its batch normalisation."""
    return inputs * outputs * height * width + 2 * outputs


def join(inputs, outputs):
    return inputs * outputs + outputs


def test_inception_resnet_v1_block_by_block():
    """Counted from the paper's figures 10 to 14 with the face network's widths, and three totals in print:
    FaceNet's models in TensorFlow have 128-value embeddings, 14,416 normalised channels and 22,779,312
    trained values (no scales); in PyTorch, with 512 values and 8,631 people, 27,910,327.
    """
    network = on_meta("inception_resnet_v1")
    c = convolution
    block35 = 3 * c(256, 32, 1, 1) + 3 * c(32, 32, 3, 3) + join(96, 256)
    block17 = 2 * c(896, 128, 1, 1) + c(128, 128, 1, 7) + c(128, 128, 7, 1) + join(256, 896)
    block8 = 2 * c(1792, 192, 1, 1) + c(192, 192, 1, 3) + c(192, 192, 3, 1) + join(384, 1792)
    stem = [(3, 32, 3), (32, 32, 3), (32, 64, 3), (64, 80, 1), (80, 192, 3), (192, 256, 3)]
    expected = {
        "stem": sum(c(a, b, k, k) for a, b, k in stem),
        "stage_a": 5 * block35,
        "reduction_a": c(256, 384, 3, 3) + c(256, 192, 1, 1) + c(192, 192, 3, 3) + c(192, 256, 3, 3),
        "stage_b": 10 * block17,
        "reduction_b": 3 * c(896, 256, 1, 1) + c(256, 384, 3, 3) + 3 * c(256, 256, 3, 3),
        "stage_c": 5 * block8,
        "block8": block8,
        "embedding": 1792 * 512 + 2 * 512,
        "classifier": 512 * 3 + 3,
    }
    assert {name: size(part) for name, part in network.named_children()} == expected
    assert sum(expected.values()) - 512 * 3 - 3 + 512 * 8631 + 8631 == 27_910_327
    normalised = sum(m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    convolved = sum(size(m) for m in network.modules() if isinstance(m, nn.Conv2d))
    assert normalised + 128 == 14_416
    assert convolved + 14_416 + 1792 * 128 == 22_779_312


def test_inception_resnet_v1_keeps_the_published_sides_and_scales():
    """At 160 pixels 17, 8 and 3 positions a side, as FaceNet; at 299 the paper's 35, 17 and 8."""
    network = on_meta("inception_resnet_v1").eval()
    for side, expected in ((160, [(256, 17), (896, 8), (1792, 3)]), (299, [(256, 35), (896, 17), (1792, 8)])):
        found = []
        x = network.stem(torch.zeros(1, 3, side, side, device="meta"))
        for reduce, stage in ((nn.Identity(), "a"), (network.reduction_a, "b"), (network.reduction_b, "c")):
            x = getattr(network, f"stage_{stage}")(reduce(x))
            found.append((x.shape[1], x.shape[2]))
        assert found == expected
    scales = [block.scale for stage in "abc" for block in getattr(network, f"stage_{stage}")]
    assert scales == [0.17] * 5 + [0.10] * 10 + [0.20] * 5
    assert network.block8.scale == 1.0


def test_a_residual_block_by_hand():
    from xai.models.architectures.inception_resnet_v1 import Residual

    torch.manual_seed(0)
    block = Residual([nn.Conv2d(4, 2, 1), nn.Conv2d(4, 3, 1)], 5, 4, 0.17)
    x = torch.randn(2, 4, 3, 3)
    a, b = (branch(x) for branch in block.branches)
    weight, bias = block.join.weight[:, :, 0, 0], block.join.bias
    residual = torch.einsum("nchw,oc->nohw", torch.cat([a, b], dim=1), weight) + bias[:, None, None]
    assert torch.allclose(block(x), torch.relu(x + 0.17 * residual), atol=1e-6)


def places(name, side):
    """Sides of what the explained layer puts out for pictures of ``side`` pixels."""
    found = []
    network = on_meta(name).eval()
    layer = network.get_submodule(ARCHITECTURES[name].cam_layer)
    handle = layer.register_forward_hook(lambda module, inputs, output: found.append(output.shape[2:]))
    try:
        with torch.no_grad():
            network(torch.zeros(1, 3, side, side, device="meta"))
    finally:
        handle.remove()
    return min(found[0])


def test_the_finer_mobilenet_has_four_times_the_places_and_sees_the_same():
    """At every second place it is the coarse one, as long as nothing behind the reduction looks sideways."""
    assert places("mobilenet_v2_stride16", 128) == 2 * places("mobilenet_v2", 128) == 8
    torch.manual_seed(0)
    coarse = ARCHITECTURES["mobilenet_v2"].build(3).eval()
    fine = ARCHITECTURES["mobilenet_v2_stride16"].build(3).eval()
    fine.load_state_dict(coarse.state_dict())
    batch = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(
            fine.features[:15](batch)[:, :, ::2, ::2], coarse.features[:15](batch), atol=1e-5
        )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_logits_and_a_gradient_for_every_parameter(name):
    """At its own side; nothing in the network is left out of the answer, and there are places to explain."""
    side = ARCHITECTURES[name].side
    network = on_meta(name).train()
    logits = network(torch.zeros(2, 3, side, side, device="meta"))
    assert logits.shape == (2, 3)
    logits.sum().backward()
    assert [key for key, p in network.named_parameters() if p.grad is None] == []
    network.zero_grad()
    assert places(name, side) >= 2


@pytest.mark.parametrize("name", [n for n, a in ARCHITECTURES.items() if a.any_side])
def test_the_smallest_side_is_the_smallest_with_two_places(name):
    smallest = ARCHITECTURES[name].smallest
    assert places(name, smallest) >= 2
    try:
        assert places(name, smallest - 1) == 1
    except RuntimeError:
        assert name.startswith(("vgg", "alexnet"))  # their last pooling refuses


def living(name, side):
    """The network with random weights and a face of noise; batch statistics as training would leave them."""
    torch.manual_seed(0)
    network = ARCHITECTURES[name].build(3)
    values = torch.rand(3, side, side)
    with torch.no_grad():
        network.train()(torch.rand(2, 3, side, side) * 4 - 2)
    return make_classifier(network, side, architecture=name), values


def cam(method, classifier, values, target):
    return METHODS[method].run()(classifier, values, target, {}, lambda done, total: None).values


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("resnet18", 35),
        ("densenet121", 64),
        ("inception_resnet_v1", 107),
    ],
)
def test_hirescam_adds_up_to_the_logit_where_the_head_is_a_mean_and_linear(name, side):
    """Draelos & Carin 2020, eq. 6: then gradient times activation sums to the logit less its constant."""
    classifier, values = living(name, side)
    network, layer = classifier.network, classifier.network.get_submodule(ARCHITECTURES[name].cam_layer)
    batch = classifier.normalise(values)[None]
    handle = layer.register_forward_hook(lambda module, inputs, output: output * 0)
    with torch.no_grad():
        constant = network(batch)[0]
        handle.remove()
        logits = network(batch)[0]
    for target in (0, 2):
        total = float(cam("hirescam", classifier, values, target).sum())
        assert total == pytest.approx(float(logits[target] - constant[target]), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    "name", ["alexnet", "mobilenet_v3_small", "cnn2", "cnn3", "grey_cnn", "custom_cnn_tanh"]
)
def test_gradcam_by_its_definition(name):
    """Selvaraju et al. 2017, eq. 1 and 2, from a hook and autograd."""
    shape = ARCHITECTURES[name]
    side = shape.smallest if shape.any_side else shape.side
    classifier, values = living(name, side)
    kept = []
    layer = classifier.network.get_submodule(shape.cam_layer)
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output) or output.clone())
    logits = classifier.network(classifier.normalise(values)[None].requires_grad_())
    handle.remove()
    gradient = torch.autograd.grad(logits[0, 1], kept[0])[0]
    expected = (gradient.mean(dim=(2, 3), keepdim=True) * kept[0]).sum(dim=1)[0].detach()
    found = torch.from_numpy(cam("gradcam", classifier, values, 1))
    assert found.shape == expected.shape
    assert float(expected.abs().max()) > 0
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-5 * float(expected.abs().max()))


def test_vgg_at_35_pixels_copies_its_one_place_49_times():
    """After five poolings one position is left, and torchvision's head sees 7 × 7 copies of it."""
    features = on_meta("vgg16").features
    assert features(torch.zeros(1, 3, 35, 35, device="meta")).shape == (1, 512, 1, 1)
    one = torch.randn(1, 512, 1, 1)
    assert torch.equal(functional.adaptive_avg_pool2d(one, 7), one.expand(1, 512, 7, 7))


def test_the_grey_network_is_blind_to_hue_and_the_colour_network_is_not():
    torch.manual_seed(0)
    grey, colour = (ARCHITECTURES[name].build(3).eval() for name in ("grey_cnn", "colour_cnn"))
    pixels = torch.rand(4, 3, 64, 64) * 100 + 80
    # a step across colour space at right angles to (0.299, 0.587, 0.114), another at every pixel
    first, second = torch.tensor([0.587, -0.299, 0.0]), torch.tensor([0.0, 0.114, -0.587])
    steps = torch.rand(2, 4, 1, 64, 64) * 60 - 30
    recoloured = pixels + steps[0] * first[:, None, None] + steps[1] * second[:, None, None]
    with torch.no_grad():
        assert torch.allclose(grey(pixels), grey(recoloured), atol=1e-5)
        assert (colour(pixels) - colour(recoloured)).abs().max() > 1e-3
        assert (grey(pixels) - grey(pixels * 1.1)).abs().max() > 1e-4


def test_the_rescaling_is_the_first_thing_that_happens():
    """A grey picture of level v is seen as v / 255: worked out on the first convolution."""
    torch.manual_seed(0)
    network = ARCHITECTURES["colour_cnn"].build(3).eval()
    seen = []
    network.features[0][0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        network(torch.full((1, 3, 64, 64), 51.0))
    assert torch.allclose(seen[0], torch.tensor(0.2))


def test_small_networks_by_their_published_layers():
    def block(inputs, outputs, normalised):
        return inputs * outputs * 9 + outputs + (2 * outputs if normalised else 0)

    assert size(on_meta("cnn3", 2)) == (
        block(3, 4, True) + block(4, 8, True) + block(8, 16, True) + 16 * 28 * 28 * 2 + 2
    )
    assert size(on_meta("cnn2", 2)) == block(3, 4, True) + block(4, 8, True) + 8 * 56 * 56 * 2 + 2
    stack = [(16, 32), (32, 64)]
    rest = sum(block(a, b, False) for a, b in stack) + 64 * 8 * 8 * 128 + 128 + 128 * 3 + 3
    assert size(on_meta("grey_cnn")) == block(1, 16, False) + rest
    assert size(on_meta("colour_cnn")) == block(3, 16, False) + rest
    widths = [(3, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)]
    head = 128 * 4 * 4 * 256 + 256 + 256 * 3 + 3
    for activation in ("relu", "tanh"):
        plain = sum(block(a, b, False) for a, b in widths) + head
        assert size(on_meta(f"custom_cnn_{activation}")) == plain
        # batch normalisation brings two per channel and takes the bias away
        assert size(on_meta(f"custom_cnn_{activation}_bn")) == plain + sum(b for _, b in widths)


def test_dropout_and_activations_are_where_they_are_said_to_be():
    fc = on_meta("resnet50").fc
    assert isinstance(fc[0], nn.Dropout)
    assert fc[0].p == 0.3
    kinds = {name: {type(m) for m in on_meta(name).modules()} for name in ARCHITECTURES if "custom" in name}
    for name, found in kinds.items():
        assert (nn.Tanh in found) == ("tanh" in name)
        assert (nn.ReLU in found) == ("relu" in name)
        assert (nn.BatchNorm2d in found) == name.endswith("_bn")
