"""A model is added whole or not at all, and only one that was added is removed."""

import json

import pytest

from tests.support.trials import put_model
from xai.errors import WeightsUnavailable
from xai.models import cards
from xai.models.cards import added_models, find_card, read_cards
from xai.models.classifiers import load_classifier
from xai.models.installing import add_model, remove_model


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "_HOME", tmp_path / "home")
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "own"))
    return tmp_path / "own"


def pair(tmp_path, name="mine", **changes):
    card = put_model(tmp_path / "made", name, **changes)
    return card.path.with_suffix(".json").read_bytes(), card.path.read_bytes()


def test_an_added_model_answers_and_is_removed_again(folder, tmp_path):
    card, weights = pair(tmp_path)
    assert add_model(card, weights).name == "mine"
    assert sorted(path.name for path in folder.iterdir()) == ["mine.added", "mine.json", "mine.safetensors"]
    assert (folder / "mine.json").read_bytes() == card
    assert load_classifier("mine").name == "mine"
    assert added_models() == ("mine",)
    remove_model("mine")
    assert list(folder.iterdir()) == []
    assert read_cards().cards == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda card: {**card, "temperature": 0}, "temperature must be a number from 0.01 to 100, not 0"),
        (lambda card: {**card, "sha256": "0" * 64}, "its weights have sha256"),
        (lambda card: {**card, "architecture": "cnn2"}, "does not hold a cnn2"),
        (lambda card: {**card, "name": "../out"}, "name must be that of its file"),
        (lambda card: {**card, "name": ".hidden"}, "name must be that of its file"),
        (lambda card: {**card, "name": ["a"]}, "name must be that of its file"),
        (lambda card: {}, "the keys name, architecture"),
        (lambda card: [card], "it must be an object"),
    ],
)
def test_what_cannot_be_used_leaves_nothing_behind(folder, tmp_path, change, says):
    card, weights = pair(tmp_path)
    with pytest.raises(WeightsUnavailable, match=says):
        add_model(json.dumps(change(json.loads(card))).encode(), weights)
    assert list(folder.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "own"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 99_999, b"\x00" * 40])
def test_bytes_that_are_no_card_or_no_weights_are_one_sentence(folder, tmp_path, data):
    card, weights = pair(tmp_path)
    for both in ((data, weights), (card, data)):
        with pytest.raises(WeightsUnavailable, match="is left out"):
            add_model(*both)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["mine", "Mine"])
def test_nothing_is_overwritten(folder, tmp_path, name):
    card, weights = pair(tmp_path)
    add_model(card, weights)
    before = (folder / "mine.safetensors").read_bytes()
    with pytest.raises(WeightsUnavailable, match=f"There is a model {name} already"):
        add_model(*pair(tmp_path, name, seed=1))
    assert (folder / "mine.safetensors").read_bytes() == before


def test_a_file_in_the_way_is_kept_and_nothing_is_half_written(folder, tmp_path):
    (folder / "mine.safetensors").write_bytes(b"somebody's")
    with pytest.raises(WeightsUnavailable, match=r"cannot be written into .*: File exists"):
        add_model(*pair(tmp_path))
    assert [path.name for path in folder.iterdir()] == ["mine.safetensors"]
    assert (folder / "mine.safetensors").read_bytes() == b"somebody's"


def test_only_what_was_added_is_removed(folder, tmp_path):
    put_model(folder, "theirs")
    for name in ("theirs", "nobody", "../own/theirs"):
        with pytest.raises(WeightsUnavailable, match="was not added here"):
            remove_model(name)
    assert find_card("theirs").name == "theirs"


def test_a_folder_that_is_not_there_is_said(folder, tmp_path):
    folder.rmdir()
    with pytest.raises(WeightsUnavailable, match=r"cannot be written into .*own: No such file or directory"):
        add_model(*pair(tmp_path))
