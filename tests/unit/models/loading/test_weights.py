"""Weights under other names, and weights that do not fit or do not answer."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision.models import get_model

from tests.support.models import make_card
from tests.support.trials import put_model
from xai.errors import WeightsUnavailable
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import read_card
from xai.models.classifiers import load_card

CROP = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)


def rewritten(card, change):
    """The card of the same model with other tensors."""
    state = change(load_file(card.path))
    save_file({key: value.contiguous() for key, value in state.items()}, card.path)
    path = card.path.with_suffix(".json")
    digest = hashlib.sha256(card.path.read_bytes()).hexdigest()
    path.write_text(json.dumps({**json.loads(path.read_text()), "sha256": digest}))
    return read_card(path)


def answer(card):
    return load_card(card, "cpu").predict([CROP])[0].probabilities


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.", "model.", "module._orig_mod."])
def test_the_prefix_of_a_wrapper_changes_no_answer(tmp_path, wrapper):
    card = put_model(tmp_path, "mine")
    plain = answer(card)
    wrapped = rewritten(card, lambda state: {f"{wrapper}{key}": value for key, value in state.items()})
    assert np.array_equal(answer(wrapped), plain)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_answer_nearly_alike(tmp_path, dtype):
    card = put_model(tmp_path, "mine")
    plain = answer(card)
    other = rewritten(
        card, lambda state: {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
    )
    assert np.abs(answer(other) - plain).max() < 0.05


ONLINE = sorted(name for name, entry in ARCHITECTURES.items() if entry.online and name != "resnet18_2fc")


@pytest.mark.slow
@pytest.mark.parametrize("name", ONLINE)
def test_torchvisions_own_state_dict_answers_as_torchvision(tmp_path, name):
    torch.manual_seed(0)
    entry = ARCHITECTURES[name]
    settings = {"init_weights": False} if name == "inception_v3" else {}
    theirs = get_model(entry.online, weights=None, num_classes=3, **settings).eval()
    path = tmp_path / "mine.safetensors"
    save_file(theirs.state_dict(), path)
    side = 107 if name == "inception_v3" else 64
    card = make_card(side, name="mine", architecture=name, path=path)
    found = load_card(card, "cpu")
    if name == "mobilenet_v2_stride16":  # the same parameters, another stride
        return
    batch = found.prepare([CROP])
    with torch.inference_mode():
        assert torch.allclose(found.logits(batch), theirs(batch), atol=1e-4)


def flawed(change):
    def changed(state):
        change(state)
        return state

    return changed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.pop("classifier.4.weight"), r"the first missing key is classifier\.4\.weight\)"),
        (lambda s: s.update(extra=torch.zeros(1)), r"\(the first unexpected key is extra\)"),
        (
            lambda s: s.update({"fc.weight": s.pop("classifier.4.weight")}),
            "the first missing key is classifier.4.weight and the first unexpected key is fc.weight",
        ),
        (
            lambda s: s.update({"classifier.4.bias": torch.zeros(7)}),
            r"classifier\.4\.bias is of shape 7, expected \d+\)",
        ),
        (
            lambda s: s["classifier.4.bias"].fill_(float("nan")),
            r"classifier\.4\.bias in mine\.safetensors holds NaN",
        ),
        (lambda s: s["classifier.4.bias"][:1].fill_(float("inf")), "holds NaN or infinity; train it again"),
        (lambda s: s["classifier.4.weight"].fill_(3e38), "answered a picture with NaN or infinity"),
    ],
)
def test_what_does_not_fit_is_named_and_left_out(tmp_path, change, says):
    card = rewritten(put_model(tmp_path, "mine"), flawed(change))
    with pytest.raises(WeightsUnavailable, match=f"^The model mine is left out: .*{says}"):
        load_card(card, "cpu")


@pytest.mark.parametrize("colour", range(3))
def test_a_network_that_overflows_on_one_colour_alone_is_left_out(tmp_path, colour):
    """Its first filters read one colour and answer only where that one is bright and the others are dark."""

    def change(state):
        first = state["features.0.0.weight"]
        first.fill_(-1e30)
        first[:, colour] = 3e37
        return state

    card = rewritten(put_model(tmp_path, "mine"), change)
    with pytest.raises(WeightsUnavailable, match="NaN or infinity"):
        load_card(card, "cpu")


def test_a_file_that_is_cut_off_is_left_out(tmp_path):
    card = put_model(tmp_path, "mine")
    card.path.write_bytes(card.path.read_bytes()[:-9])
    with pytest.raises(WeightsUnavailable, match="no safetensors file, or a damaged one"):
        load_card(card, "cpu")
