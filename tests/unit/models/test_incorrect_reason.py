"""The head of reasons: what it reads of a network, which classifier it belongs to, what it refuses."""

import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from xai.errors import WeightsUnavailable
from xai.models.incorrect_reason import ReasonHead, load_reasons, pooled_features, reasons_path
from xai.photo.synthetic_masks.wear_styles import REASONS


@pytest.fixture
def head(small_cnn, noise_crop):
    width = pooled_features(small_cnn, [noise_crop]).shape[1]
    generator = torch.Generator().manual_seed(4)
    weight = torch.randn(len(REASONS), width, generator=generator)
    return ReasonHead(weight, torch.zeros(len(REASONS)), small_cnn.card.sha256, {"faces": 12}, 0.4)


def pooled_by_hand(classifier, crop):
    """The last feature map, each channel averaged."""
    network = classifier.network
    with torch.inference_mode():
        seen = network.features[2][:6](network.features[:2](classifier.prepare([crop])))[0].numpy()
    return np.array([channel.sum() / channel.size for channel in seen])


def test_features_are_the_means_of_the_last_map(small_cnn, noise_crop):
    found = pooled_features(small_cnn, [noise_crop])[0].numpy()
    np.testing.assert_allclose(found, pooled_by_hand(small_cnn, noise_crop), atol=1e-5)


def test_no_hook_stays_even_when_the_network_fails(small_cnn, noise_crop):
    class Broken(nn.Module):
        def forward(self, x):
            raise RuntimeError("broken")

    pooled_features(small_cnn, [noise_crop])
    small_cnn.network.classifier = Broken()
    with pytest.raises(RuntimeError, match="broken"):
        pooled_features(small_cnn, [noise_crop])
    assert not any(module._forward_hooks for module in small_cnn.network.modules())


def test_probabilities_are_the_softmax_of_the_head(small_cnn, noise_crop, head):
    answer = head.predict(small_cnn, [noise_crop, noise_crop[::-1].copy()])
    logits = pooled_by_hand(small_cnn, noise_crop) @ head.weight.numpy().T
    expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert answer[0].classes == REASONS
    np.testing.assert_allclose(answer[0].probabilities, expected, atol=1e-4)
    assert not np.allclose(answer[0].probabilities, answer[1].probabilities)


def test_a_head_comes_back_from_its_file(small_cnn, head, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    assert load_reasons(small_cnn) is None
    path = reasons_path(tmp_path, small_cnn.name)
    path.parent.mkdir()
    path.write_bytes(head.to_bytes())
    again = load_reasons(small_cnn)
    assert torch.equal(again.weight, head.weight)
    assert torch.equal(again.bias, head.bias)
    assert (again.classifier_sha256, again.about) == (head.classifier_sha256, {"faces": 12})
    assert again.threshold == 0.4


def test_a_head_answers_for_its_own_classifier_only(small_cnn, noise_crop, head, tmp_path, monkeypatch):
    other = dataclasses.replace(head, classifier_sha256="f" * 64)
    with pytest.raises(ValueError, match="train reasons for it"):
        other.predict(small_cnn, [noise_crop])
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    path = reasons_path(tmp_path, small_cnn.name)
    path.parent.mkdir()
    path.write_bytes(other.to_bytes())
    with pytest.raises(WeightsUnavailable, match="belong to another"):
        load_reasons(small_cnn)


def test_a_damaged_file_is_named(small_cnn, head, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    path = reasons_path(tmp_path, small_cnn.name)
    path.parent.mkdir()
    path.write_bytes(head.to_bytes()[:-40])
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        load_reasons(small_cnn)
    save_file(
        {"weight": head.weight, "bias": head.bias},
        path,
        {"about": "{}", "classifier_sha256": head.classifier_sha256},
    )
    with pytest.raises(WeightsUnavailable, match="threshold"):  # a head of no threshold says nothing
        load_reasons(small_cnn)
    save_file({"weight": head.weight}, path)
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        load_reasons(small_cnn)
    few = dataclasses.replace(head, weight=head.weight[:2], bias=head.bias[:2])
    path.write_bytes(few.to_bytes())
    with pytest.raises(WeightsUnavailable, match="2 reasons, not 4"):
        load_reasons(small_cnn)
