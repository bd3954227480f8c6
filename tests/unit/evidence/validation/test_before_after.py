"""A model before and after: paired differences, cue conflict by hand, and ``repair`` as users call it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import nn

from tests.support.models import make_classifier
from tests.support.trials import put_model
from xai.cli.tables import repair_table
from xai.evidence.interventions.donors import gallery_donors
from xai.evidence.interventions.face_edits import answers_of
from xai.evidence.validation import before_after
from xai.evidence.validation.before_after import cue_conflict_rates, paired_difference
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.learning.data.splits import Example
from xai.learning.evaluation.predictions import Answers, Tally
from xai.models.cards import read_card
from xai.types import CLASSES

pytestmark = pytest.mark.slow


class Corner(nn.Module):
    """Goes by the red of one corner alone: reddish covered, else uncovered."""

    def forward(self, values):
        red = values[:, 0, :8, :8].mean(dim=(1, 2))
        return torch.stack([40 * red - 20, torch.full_like(red, -50.0), 20 - 40 * red], dim=1)


def faces():
    """The gallery's portraits, those that wear a mask correctly with a red corner and the others without."""
    made = []
    for number, donor in enumerate(gallery_donors()):
        crop = donor.face.crop.copy()
        crop[:60, :60] = (250, 10, 10) if donor.wearing == "covered" else (10, 10, 250)
        face = replace(donor.face, crop=crop, photo_sha256=str(number))
        made.append(LabelledFace(face, donor.wearing, donor.group))
    return made


def test_a_model_of_one_corner_is_moved_by_the_surroundings_and_never_by_the_lower_face():
    model = make_classifier(Corner(), 64)
    found = cue_conflict_rates([model], faces(), lambda _: None)[model.name]
    assert set(found) == {"covered", "uncovered"}  # it never answers incorrect, so no such answer is right
    for row in found.values():
        assert row.followed.value == 0
        assert row.place.value == 0
        assert row.moved_same.value <= 0.2
    assert found["covered"].moved_other.value > 0.8
    assert found["covered"].faces == sum(each.label == "covered" for each in faces())


class Constant(nn.Module):
    """Always the same class."""

    def __init__(self, answer):
        super().__init__()
        self.logits = nn.Parameter(8.0 * torch.eye(len(CLASSES))[answer])

    def forward(self, values):
        return self.logits.expand(len(values), -1)


@pytest.mark.parametrize("own", CLASSES)
def test_donors_are_those_with_which_the_truth_of_an_edit_is_known(monkeypatch, own):
    asked = []

    def recorded(questions):
        question = questions[0]
        worn = [donor.wearing for donor in question.edits.donors]
        asked.extend((layer.place, worn[int(layer.content[5:])]) for e in question.wanted for layer in e)
        return answers_of(questions)

    monkeypatch.setattr(before_after, "answers_of", recorded)
    cue_conflict_rates([make_classifier(Constant(CLASSES.index(own)), 64)], faces(), lambda _: None)
    others = set(CLASSES) - {own}
    lent = {"covered"} if own == "incorrect" else others  # a bare lower face leaves the mask below it
    assert {worn for place, worn in asked if place == "wide"} == lent | {own}
    assert {worn for place, worn in asked if place == "strict"} == lent
    around = "outside_wide_clear" if own == "uncovered" else "outside_wide"
    assert {worn for place, worn in asked if place == around} >= others
    assert {worn for place, worn in asked if place.startswith("outside") and place != around} <= {own}


def answers(probabilities, groups, labels):
    examples = tuple(
        Example(f"{n}.png", label, "toy", group=str(group))
        for n, (label, group) in enumerate(zip(labels, groups, strict=True))
    )
    return Answers(CLASSES, examples, np.array(probabilities, np.float32), Tally())


def test_the_paired_difference_is_that_of_the_same_faces():
    rng = np.random.default_rng(0)
    labels = [CLASSES[n % 3] for n in range(90)]
    truth = np.array([CLASSES.index(label) for label in labels])
    wrong = np.where(np.arange(90) % 5 == 0, (truth + 1) % 3, truth)
    first = answers(0.1 + 0.7 * np.eye(3)[wrong], np.arange(90) // 2, labels)
    second = answers(0.1 + 0.7 * np.eye(3)[truth], np.arange(90) // 2, labels)
    told = paired_difference(first, second)
    assert told["accuracy"]["value"] == pytest.approx(0.2)
    assert told["aca"]["value"] == pytest.approx(
        1 - np.mean([(wrong == truth)[truth == n].mean() for n in range(3)]), abs=1e-4
    )
    assert told["ece"]["value"] == pytest.approx(abs(0.8 - 1.0) - abs(0.8 - 0.8), abs=1e-4)
    low, high = told["accuracy"]["interval"]
    draws = [np.repeat(rng.integers(0, 45, 45), 2) * 2 + np.tile([0, 1], 45) for _ in range(2000)]
    by_hand = np.percentile([(wrong != truth)[drawn].mean() for drawn in draws], [2.5, 97.5])
    assert (low, high) == pytest.approx(tuple(by_hand), abs=0.02)
    same = paired_difference(first, first)
    assert all(each == {"value": 0.0, "interval": [0.0, 0.0]} for each in same.values())
    with pytest.raises(ValueError, match="same faces"):
        paired_difference(first, answers(first.probabilities, np.arange(90), labels))


_LEFT_OUT = ("cloth_black correct", "surgical_white correct", "cloth_grey nose_out", "white below_chin")
"""Drawings that the set does without, so that its few faces are edited in a minute."""


@pytest.fixture
def portraits(tmp_path):
    """Both portraits as a set: as they are to learn from, mirrored to choose and measure on."""
    folder = tmp_path / "portraits"
    folder.mkdir()
    rows = ["file,class,group,split"]
    for number, donor in enumerate(gallery_donors()):
        if donor.name.removesuffix(" mirrored").endswith(_LEFT_OUT):
            continue
        Pillow.fromarray(donor.face.crop).save(folder / f"{number}.png")
        part = "val" if donor.name.endswith("mirrored") else "train"
        rows.append(f"{number}.png,{donor.wearing},{donor.group}-{part},{part}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_any_model_is_trained_again_and_measured_before_and_after(call, portraits, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "models"))
    put_model(tmp_path / "models", "net", protocol="product", data={}, margin=0.25)
    flags = ("--data", portraits, "--out", tmp_path / "out", "--epochs", 1, "--batch-size", 4)
    status, said, notes = call("repair", "net", *flags, "--consistency", 1, "--json")
    assert status == 0, notes
    told = json.loads(said)
    assert (told["before"]["name"], told["after"]["name"]) == ("net", "net_repaired")
    assert set(told["difference"]) == {"accuracy", "aca", "ece"}
    for turn in ("before", "after"):
        assert told[turn]["scores"]["n"] == 6
        assert set(told[turn]["verdicts"]["classes"]) <= set(CLASSES)
    card = read_card(tmp_path / "out" / "net_repaired.json")
    assert (card.margin, card.std, card.input_size) == (0.25, (0.1, 0.1, 0.1), 35)
    assert card.recipe["surroundings"] == "exchange"
    assert (card.recipe["place"], card.recipe["consistency"]) == (0.25, 1.0)
    assert card.recipe["command"] == (
        "XAI_WEIGHTS=DIR python -m xai repair net --data portraits --epochs 1 --batch-size 4 "
        "--consistency 1.0 --out DIR"
    )
    table = repair_table(told)
    assert "uncovered, net_repaired" in table
    assert "mean over classes" in table


def test_two_models_are_compared_by_name_or_by_card(call, portraits, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "models"))
    put_model(tmp_path / "models", "net", protocol="product", data={})
    put_model(tmp_path / "others", "net", seed=1, protocol="product", data={})
    put_model(tmp_path / "others", "two", classes=("with_mask", "without_mask"), protocol="product", data={})
    card = tmp_path / "others" / "net.json"
    status, said, notes = call("compare", "net", card, "--data", portraits, "--json")
    assert status == 0, notes
    told = json.loads(said)
    assert (told["before"]["name"], told["after"]["name"]) == ("net", "net, the second")
    assert "Written to" not in repair_table(told)
    status, _, notes = call("compare", "net", tmp_path / "others" / "two.json", "--data", portraits)
    assert status == 2
    assert "Models of the same classes are compared" in notes


def test_what_cannot_be_repaired_is_said_in_a_sentence(call, portraits, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "models"))
    put_model(tmp_path / "models", "net", protocol="product", data={})
    out = tmp_path / "out"
    status, _, notes = call("repair", "nothing", "--data", portraits, "--out", out)
    assert status == 2
    assert "nothing" in notes
    status, _, notes = call("repair", "net", "--data", portraits, "--out", out, "--exchanged", 2)
    assert status == 2
    assert "share of the views from 0 to 1, not 2.0" in notes
    assert not out.exists()
