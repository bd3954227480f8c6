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


def test_no_added_model_stands_before_the_two_that_the_pages_open_with(tmp_path, monkeypatch):
    monkeypatch.delenv("XAI_WEIGHTS", raising=False)
    first = [card.name for card in read_cards().cards[:2]]
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    for name in ("aaa", "0", "Custom", "custom_cnn"):
        put(tmp_path, name)
    listed = [card.name for card in read_cards().cards]
    assert listed[:2] == first == ["mobilenet_v2", "custom_cnn_relu_bn"]
    assert {"aaa", "0", "Custom", "custom_cnn"} < set(listed)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode() + b"\r\r",
    ],
    ids=["mark", "utf-16", "utf-16-be", "windows", "old mac"],
)
def test_a_card_may_be_written_by_any_editor(folder, written):
    put(folder, "mine")
    path = folder / "mine.json"
    plain = read_card(path)
    card = json.loads(path.read_text())
    path.write_bytes(written(json.dumps({**card, "sha256": card["sha256"].upper()}, indent=1)))
    assert read_card(path) == plain


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"it must be JSON in UTF-8: Expecting value"),
        ("[]", r"it must be an object, not \[\]"),
        ("null", "it must be an object, not None"),
        ('{"name": "odd", "name": "odd"}', "the key 'name' is there twice"),
        ("[" * 100_000, "it is nested too deeply"),
        ("9" * 5000, "4300 digits"),
        ("\ufeff\ufeff{}", "it must be JSON in UTF-8"),
    ],
)
def test_a_file_that_is_no_card_is_refused_in_one_sentence(folder, text, says):
    (folder / "odd.json").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsUnavailable, match=f"^The model odd is left out: .*{says}"):
        read_card(folder / "odd.json")


@pytest.mark.parametrize("digest", ["", "…", "abc", "g" * 64, "0" * 63])
def test_a_digest_that_is_none_is_refused(folder, digest):
    put(folder, "odd")
    card = json.loads((folder / "odd.json").read_text())
    (folder / "odd.json").write_text(json.dumps({**card, "sha256": digest}))
    with pytest.raises(WeightsUnavailable, match="sha256 must be 64 hexadecimal digits, not"):
        read_card(folder / "odd.json")


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
