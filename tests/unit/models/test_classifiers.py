import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import nn

from tests.support.models import make_classifier
from xai.errors import UnknownName, WeightsUnavailable
from xai.models.architectures import ARCHITECTURES
from xai.models.classifiers import pick_device, to_input


def test_preprocessing_by_hand():
    """Every channel: value / 255, minus mean, over deviation, in the card's order; no resize in the way."""
    crop = np.zeros((4, 4, 3), np.uint8)
    crop[..., 0], crop[..., 1], crop[1, 2, 2] = 255, 51, 102
    classifier = make_classifier(nn.Identity(), 4)
    batch = classifier.prepare([crop])
    assert batch.shape == (1, 3, 4, 4)
    assert batch[0, 0, 0, 0] == pytest.approx((1.0 - 0.4) / 0.2)
    assert batch[0, 1, 3, 3] == pytest.approx((0.2 - 0.5) / 0.25)
    assert batch[0, 2, 1, 2] == pytest.approx((0.4 - 0.6) / 0.3)
    assert batch[0, 2, 2, 1] == pytest.approx((0.0 - 0.6) / 0.3)


@pytest.mark.parametrize("size", [(200, 200), (35, 35), (20, 20), (300, 150)])
def test_resize_is_pillows_bilinear(size):
    rng = np.random.default_rng(0)
    crop = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    ours = to_input(crop, 35).numpy().transpose(1, 2, 0) * 255
    theirs = np.asarray(Pillow.fromarray(crop).resize((35, 35), Pillow.Resampling.BILINEAR))
    assert np.abs(ours - theirs).max() <= 1.01  # Pillow rounds twice


class Echo(nn.Module):
    def forward(self, x):
        return torch.tensor([[2.0, 0.0, -1.0]]).expand(len(x), 3)


def test_temperature_divides_the_logits():
    crop = np.zeros((8, 8, 3), np.uint8)
    for temperature in (0.5, 1.0, 4.0):
        classifier = make_classifier(Echo(), 8, temperature=temperature)
        expected = np.exp(np.array([2.0, 0.0, -1.0]) / temperature)
        expected /= expected.sum()
        assert np.abs(classifier.predict([crop])[0].probabilities - expected).max() < 1e-6


def test_a_label_is_the_class_of_its_output():
    classifier = make_classifier(Echo(), 8, classes=("incorrect", "uncovered", "covered"))
    prediction = classifier.predict([np.zeros((8, 8, 3), np.uint8)])[0]
    assert prediction.label == "incorrect"
    assert classifier.class_index("covered") == 2
    assert prediction.of("uncovered") == pytest.approx(float(prediction.probabilities[1]))
    with pytest.raises(UnknownName, match="incorrect, uncovered, covered"):
        classifier.class_index("hat")


def test_many_crops_at_once_answer_as_each_alone(small_cnn):
    rng = np.random.default_rng(1)
    crops = [rng.integers(0, 256, (s, s, 3), dtype=np.uint8) for s in (20, 35, 90) * 23]
    together = small_cnn.predict(crops)
    for i in (0, 1, 2, 63, 64, 68):
        alone = small_cnn.predict([crops[i]])[0]
        assert np.abs(alone.probabilities - together[i].probabilities).max() < 1e-5


def test_a_model_that_answers_nan_is_not_believed():
    class Broken(nn.Module):
        def forward(self, x):
            return torch.full((len(x), 3), float("nan"))

    with pytest.raises(WeightsUnavailable, match=r"small .* NaN or infinity"):
        make_classifier(Broken(), 8).predict([np.zeros((8, 8, 3), np.uint8)])


def test_device_words():
    assert pick_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="auto, cpu or cuda"):
        pick_device("tpu")
    if not torch.cuda.is_available():
        assert pick_device("auto").type == "cpu"
        with pytest.raises(ValueError, match="no GPU"):
            pick_device("cuda")


def test_parameters_of_the_networks():
    """Counted from the published layers by hand."""

    def convolution(inputs, outputs):
        return inputs * outputs * 9 + 2 * outputs  # no bias, batch normalisation's two

    widths = [(3, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)]
    custom = sum(convolution(*w) for w in widths) + 128 * 4 * 4 * 256 + 256 + 256 * 3 + 3
    counted = {
        name: sum(p.numel() for p in ARCHITECTURES[name].build(3).parameters())
        for name in ("custom_cnn_relu_bn", "mobilenet_v2")
    }
    assert counted["custom_cnn_relu_bn"] == custom
    assert counted["mobilenet_v2"] == 2_223_872 + 1280 * 3 + 3  # Sandler et al.: 3.4 M with 1000 classes
