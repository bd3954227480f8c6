import hashlib
import json

import pytest
import torch
from safetensors.torch import save_file

from tests.support.models import make_card
from xai.errors import UnknownName, WeightsUnavailable
from xai.models import cards
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import DEFAULT_MODEL, find_card, read_card, read_cards
from xai.models.classifiers import load_classifier


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "_HOME", tmp_path / "home")
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    return tmp_path


def put(folder, name, **changes):
    torch.manual_seed(0)
    path = folder / f"{name}.safetensors"
    save_file(ARCHITECTURES["custom_cnn_relu_bn"].build(3).state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    card = make_card(35, name=name, sha256=digest, **changes).as_dict()
    (folder / f"{name}.json").write_text(json.dumps(card))
    return path


def test_a_pair_dropped_into_the_folder_is_a_model(folder):
    put(folder, "mine")
    assert [card.name for card in read_cards().cards] == ["mine"]
    prediction = load_classifier("mine").predict([torch.zeros(40, 40, 3, dtype=torch.uint8).numpy()])[0]
    assert abs(prediction.probabilities.sum() - 1) < 1e-6


def test_default_comes_first_then_by_name(folder):
    for name in ("zebra", DEFAULT_MODEL, "ant"):
        put(folder, name)
    assert [card.name for card in read_cards().cards] == [DEFAULT_MODEL, "ant", "zebra"]


def test_one_flipped_bit_leaves_the_model_out_by_name(folder):
    put(folder, "good")
    path = put(folder, "altered")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    catalogue = read_cards()
    assert [card.name for card in catalogue.cards] == ["good"]
    assert len(catalogue.problems) == 1
    assert "altered" in catalogue.problems[0]
    assert "sha256" in catalogue.problems[0]
    with pytest.raises(WeightsUnavailable, match="altered"):
        load_classifier("altered")


def test_missing_weights_are_named(folder):
    put(folder, "gone").unlink()
    assert (
        read_cards().problems[0].startswith("The model gone is left out: its weights file gone.safetensors")
    )


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda card: card.pop("classes"), "classes are missing"),
        (lambda card: card.update(name="other"), "calls itself 'other'"),
        (lambda card: card.update(temperature=0), "temperature"),
        (lambda card: card.update(mean=[1]), "three numbers"),
        (lambda card: card.update(classes=["one"]), "two or more classes"),
        (lambda card: card.update(input_size="big"), "whole number"),
        (lambda card: card.update(input_size=35.5), "whole number"),
    ],
)
def test_a_card_that_cannot_be_right_is_refused(folder, damage, says):
    put(folder, "odd")
    path = folder / "odd.json"
    card = json.loads(path.read_text())
    damage(card)
    path.write_text(json.dumps(card))
    with pytest.raises(WeightsUnavailable, match=says):
        read_card(path)


def test_a_card_that_is_no_json_is_refused(folder):
    put(folder, "odd")
    (folder / "odd.json").write_text("{")
    assert "odd" in read_cards().problems[0]


def test_unknown_model_lists_those_that_exist(folder):
    put(folder, "mine")
    with pytest.raises(UnknownName, match="choose one of: mine"):
        find_card("yours")


def test_pickled_weights_are_never_opened(folder, tmp_path):
    """A pickle in the place of the tensors, with a card that vouches for it, runs nothing."""
    path = put(folder, "evil")
    trace = tmp_path / "ran"
    path.write_bytes(b"cos\nsystem\n(S'touch " + str(trace).encode() + b"'\ntR.")
    card = json.loads((folder / "evil.json").read_text())
    card["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "evil.json").write_text(json.dumps(card))
    with pytest.raises(WeightsUnavailable, match="does not hold a custom_cnn_relu_bn"):
        load_classifier("evil")
    assert not trace.exists()


def test_weights_of_another_network_are_refused(folder):
    put(folder, "odd", architecture="mobilenet_v2")
    with pytest.raises(WeightsUnavailable, match="does not hold a mobilenet_v2"):
        load_classifier("odd")


def test_unknown_architecture_is_named(folder):
    put(folder, "odd", architecture="perceptron")
    assert "perceptron" in read_cards().problems[0]
    with pytest.raises(WeightsUnavailable, match="perceptron"):
        load_classifier("odd")


def test_a_size_that_the_network_does_not_take_is_known_when_it_is_loaded(folder):
    put(folder, "odd", input_size=64)
    with pytest.raises(WeightsUnavailable, match="64 × 64"):
        load_classifier("odd")


def test_a_damaged_replacement_leaves_no_model_of_the_name(folder, monkeypatch):
    home = folder / "home"
    home.mkdir()
    put(home, "mine")
    put(folder, "mine").unlink()
    assert read_cards().cards == ()
    with pytest.raises(WeightsUnavailable, match="missing"):
        find_card("mine")


def test_a_folder_that_does_not_exist_is_said(folder, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(folder / "nowhere"))
    assert "nowhere" in read_cards().problems[0]


def test_a_card_keeps_everything_it_says(folder):
    put(folder, "mine", limits=("a", "b"), metrics={"x": {"aca": 1.0}})
    text = json.loads((folder / "mine.json").read_text())
    assert json.loads(json.dumps(find_card("mine").as_dict())) == text
