"""What a card says of its model's limits follows from what the model answers and what it learnt from."""

from dataclasses import replace

import numpy as np
import pytest

from xai.learning.data.splits import Example
from xai.learning.evaluation.evaluate import Setting, score
from xai.learning.evaluation.model_groups import ModelGroup
from xai.learning.evaluation.predictions import Answers, Tally
from xai.learning.publishing.model_cards import known_limits, record, refresh_limits
from xai.learning.training.recipe import BINARY
from xai.models import cards
from xai.models.cards import read_card, read_cards, read_measured
from xai.types import CLASSES


def said(*given):
    return " ".join(known_limits(*given))


def test_a_model_of_two_answers_is_not_said_to_know_three():
    assert "three classes" not in said(BINARY, {"fmd"})
    assert "worn incorrectly" not in said(BINARY, {"fmd"})  # it saw no such faces
    assert "not how it is worn" in said(BINARY, {"fmd"})
    assert "three classes" in said(CLASSES, {"fmd"})
    assert "not how it is worn" not in said(CLASSES, {"fmd"})


def test_what_is_said_of_labels_and_pictures_is_that_of_the_sets():
    assert "one in ten" in said(CLASSES, {"ilc"})
    assert "one in five" in said(CLASSES, {"fmd"})
    assert "doubtful" not in said(CLASSES, {"mfn"})
    assert "masks drawn on them" in said(CLASSES, {"mfn"})
    assert "photos of adults" in said(CLASSES, {"mfn", "ilc"})


def test_of_other_answers_nothing_is_claimed():
    assert len(known_limits(("visor", "none"), {"mine"})) == 1


def test_of_labels_that_were_left_out_it_is_said_that_they_were():
    sifted = " ".join(known_limits(CLASSES, {"ilc"}, sifted=True))
    assert "left out" in sifted
    assert "one in ten" not in sifted


def test_no_shipped_card_of_two_answers_speaks_of_three():
    two = [card for card in (*read_cards().cards, *read_measured().cards) if card.classes == BINARY]
    assert two
    assert not any("three classes" in limit or "incorrect" in limit for card in two for limit in card.limits)


OLD = (
    "About one in ten 'incorrect' labels of its training data is doubtful.",
    "It knows three classes and always answers with one of them, whatever the picture shows.",
    "Not for veils.",
)


@pytest.fixture
def old_card():
    """A shipped card of two answers as an older training left it, with a sentence of somebody's own."""
    two = next(card for card in read_cards().cards if card.classes == BINARY)
    return replace(two, limits=OLD)


def test_a_measurement_renews_what_a_training_wrote_and_keeps_the_rest(old_card, tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "_HOME", tmp_path)
    weights = tmp_path / f"{old_card.name}.safetensors"
    weights.write_bytes(old_card.path.read_bytes())
    row = ModelGroup(old_card.name, (replace(old_card, path=weights),))
    faces = tuple(
        Example(tmp_path / "none.png", label, "fmd", group=str(i // 2)) for i, label in enumerate(BINARY * 3)
    )
    sure = np.eye(2, dtype=np.float32)[[0, 1, 0, 1, 1, 0]]
    record(row, "fmd", Setting("seed"), score(Answers(BINARY, faces, sure, Tally())))
    again = read_card(tmp_path / f"{old_card.name}.json")
    assert again.limits == (*known_limits(BINARY, {"fmd"}), "Not for veils.")
    assert again.metrics["fmd protocol=seed crops=annotated"]["groups"] == {
        "with_mask": 3,
        "without_mask": 3,
    }


def test_limits_that_no_training_wrote_are_left_alone(old_card):
    own = replace(old_card, limits=("Only for the north gate.",))
    assert refresh_limits(own) == own
