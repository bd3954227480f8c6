"""Reasons beside the answer: a head that is right by construction, asked as page and command line ask it."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import make_classifier
from xai.models.classifiers import load_classifier
from xai.models.incorrect_reason import ReasonHead, pooled_features, predict_with_reasons, reasons_path
from xai.photo.sample_rendering import sample_png
from xai.photo.synthetic_masks.wear_styles import REASONS
from xai.types import CLASSES, IncorrectReason, Prediction


class Colours(nn.Module):
    """Its last map is the picture itself; bright is incorrect, dark is covered."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Identity(), nn.Identity(), nn.Sequential(*[nn.Identity()] * 7))

    def forward(self, x):
        level = self.features(x).mean(dim=(1, 2, 3))
        return torch.stack([-9 * level, 9 * level, torch.full_like(level, -30.0)], dim=1)


@pytest.fixture
def classifier():
    return make_classifier(Colours(), 12, mean=(0.4, 0.4, 0.4), std=(0.1, 0.1, 0.1))


def install(folder, classifier, threshold=0.8):
    """Red says the nose, green nose and mouth, blue the chin: the mean of each is its logit."""
    weight = torch.cat([torch.eye(3), torch.zeros(1, 3)])
    head = ReasonHead(weight, torch.zeros(4), classifier.card.sha256, {}, threshold)
    path = reasons_path(folder, classifier.name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(head.to_bytes())


def plain(*colour):
    return np.full((12, 12, 3), colour, np.uint8)


CROPS = [plain(250, 90, 90), plain(90, 250, 90), plain(10, 10, 10), plain(90, 90, 250), plain(140, 140, 140)]


def test_incorrect_answers_come_with_their_reason(classifier, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    install(tmp_path, classifier)
    told = predict_with_reasons(classifier, CROPS)
    assert [p.label for p in told] == ["incorrect", "incorrect", "covered", "incorrect", "incorrect"]
    assert [p.reason and p.reason.said for p in told] == ["nose", "nose and mouth", None, "chin", None]
    assert told[2].reason is None
    logits = np.array([(250 / 255 - 0.4) / 0.1, *[(90 / 255 - 0.4) / 0.1] * 2, 0])
    assert told[0].reason.probability == pytest.approx(np.exp(logits[0]) / np.exp(logits).sum(), abs=1e-4)
    assert told[4].reason.probability < 0.8 == told[4].reason.threshold  # three are alike
    for one, bare in zip(told, classifier.predict(CROPS), strict=True):
        assert np.array_equal(one.probabilities, bare.probabilities)


def test_without_a_head_nothing_is_said(classifier, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    assert all(p.reason is None for p in predict_with_reasons(classifier, CROPS))


def test_what_is_sure_enough_is_said_and_the_rest_is_kept():
    for probability, said in ((0.79, None), (0.8, "chin"), (0.95, "chin")):
        reason = IncorrectReason("chin", probability, 0.8)
        assert reason.as_dict() == {
            "said": said, "likeliest": "chin", "probability": probability, "threshold": 0.8,
        }  # fmt: skip


def test_the_call_adds_the_reason_where_the_answer_is_incorrect(call, tmp_path, monkeypatch):
    """The portrait, which an altered bias makes any classifier call incorrect."""
    photo = tmp_path / "portrait.png"
    photo.write_bytes(sample_png("admiral-plain"))
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    classifier = load_classifier("custom_cnn_relu_bn", "cpu")
    width = pooled_features(classifier, CROPS[:1]).shape[1]
    bias = torch.tensor([0.0, 0.0, 9.0, 0.0])
    head = ReasonHead(torch.zeros(len(REASONS), width), bias, classifier.card.sha256, {}, 0.5)
    reasons_path(tmp_path, classifier.name).parent.mkdir()
    reasons_path(tmp_path, classifier.name).write_bytes(head.to_bytes())

    def classify():
        status, out, _ = call("classify", photo, "--model", classifier.name, "--json")
        assert status == 0
        return json.loads(out)["faces"][0]

    assert "reason" not in classify()
    kind = type(classifier)
    monkeypatch.setattr(
        kind,
        "predict",
        lambda _, crops: (Prediction(CLASSES, np.array([0.1, 0.8, 0.1], np.float32)),) * len(crops),
    )
    assert classify()["reason"]["said"] == "chin"
