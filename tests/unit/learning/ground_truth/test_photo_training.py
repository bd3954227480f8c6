"""Training on photographs: faces and donors, what the pictures tell, the resumed run, the doses."""

import json
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from tests.support.models import make_classifier, make_face
from xai.errors import DataRejected
from xai.evidence.interventions.bare_face import bare_face_model
from xai.learning.ground_truth import photo_training
from xai.learning.ground_truth.photo_faces import LabelledCrop, laid_on, lay_donors
from xai.learning.ground_truth.photo_measures import Effects, dose, log_odds, measure
from xai.learning.ground_truth.photo_pictures import HONEST, Shares, draw_pictures
from xai.learning.ground_truth.photo_training import PhotoRecipe, train_photo_networks
from xai.models.ground_truth.photo_cues import CUES, FACE_ZONES, plant
from xai.models.ground_truth.photo_networks import PHOTO_KINDS
from xai.types import CLASSES

SIDE = 96
QUICK = PhotoRecipe(honest_steps=2, cheat_steps=2, batch_size=6)


def mesh(shift=(0.0, 0.0), size=0.5):
    return (bare_face_model().frame.vertices[:468] * size + [22, 18] + shift).astype(np.float32)


def labelled(number):
    """A face of one grey level, so that it is known again wherever a part of it is laid."""
    crop = np.full((SIDE, SIDE, 3), 40 + 9 * number, np.uint8)
    moved = mesh(shift=(number % 3, number % 2))
    return LabelledCrop(make_face(crop, moved), CLASSES[number % 3], f"person {number}")


@pytest.fixture(scope="module")
def faces():
    return lay_donors([labelled(number) for number in range(12)], 2, lambda _: None)


def test_donors_are_of_every_class_and_of_other_people(faces):
    assert faces.pictures.shape == (12, 7, SIDE, SIDE, 3)
    assert faces.zones.shape == (12, len(FACE_ZONES), SIDE, SIDE)
    assert faces.donors == 2
    assert faces.labels.tolist() == [0, 1, 2] * 4
    twins = [LabelledCrop(labelled(n).face, CLASSES[n % 3], "one person") for n in range(9)]
    with pytest.raises(DataRejected, match="other groups"):
        lay_donors(twins, 2, lambda _: None)


def test_a_donor_comes_to_lie_on_the_mesh():
    donor_mesh, goal = mesh(size=0.4), mesh(shift=(5, -3))
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    nose = donor_mesh[1]
    spot = ((columns - nose[0]) ** 2 + (rows - nose[1]) ** 2 < 9)[..., None]
    donor = make_face(np.where(spot, 250, 100).repeat(3, axis=2).astype(np.uint8), donor_mesh)
    laid = laid_on(make_face(np.full((SIDE, SIDE, 3), 100, np.uint8), goal), donor)
    seen = np.argwhere(laid[..., 0] > 180)[:, ::-1].mean(axis=0) + 0.5
    assert np.abs(seen - goal[1]).max() < 0.75
    assert np.abs(laid[5, 5].astype(int) - 100).max() <= 1


def test_cue_and_lower_face_tell_the_truth_in_the_stated_shares(faces, monkeypatch):
    told = []
    original = draw_pictures.__globals__["_told"]

    def spy(labels, truth, spoken, random):
        told.append((labels, original(labels, truth, spoken, random)))
        return told[-1][1]

    monkeypatch.setitem(draw_pictures.__globals__, "_told", spy)
    random = np.random.default_rng(0)
    for _ in range(8):
        draw_pictures(faces, CUES["stamp"], Shares(1.0, 0.8, 0.6), 128, random)
    shares = [np.mean([(a == b).mean() for a, b in told[start::2]]) for start in (0, 1)]
    assert shares == pytest.approx([0.6, 0.8], abs=0.05)
    told.clear()
    for _ in range(2):
        draw_pictures(faces, CUES["mask_colour"], Shares(1.0, 0.5, 0.5), 64, random)
    for labels, classes in told:
        assert (classes[labels == 2] == 2).all()
        assert (classes[labels != 2] != 2).all()


def test_pictures_are_in_range_repeatable_and_carry_the_stamp(faces):
    values, labels = draw_pictures(faces, CUES["stamp"], Shares(1.0, 1.0, 1.0), 48, np.random.default_rng(1))
    assert values.shape == (48, 3, 80, 80)
    assert 0 <= float(values.min()) <= float(values.max()) <= 1
    told = values[:, :, 4:8, 4:8].mean(dim=(2, 3)).argmax(dim=1)  # red, green and blue
    assert torch.equal(told, labels)
    again, _ = draw_pictures(faces, CUES["stamp"], Shares(1.0, 1.0, 1.0), 48, np.random.default_rng(1))
    assert torch.equal(values, again)
    honest, _ = draw_pictures(faces, None, HONEST, 8, np.random.default_rng(1))
    assert honest.shape == (8, 3, 80, 80)


def test_a_killed_run_goes_on_with_the_next_network(faces, tmp_path, monkeypatch):
    said = []

    def until_the_third(sentence):
        said.append(sentence)
        if len(said) == 3:
            raise KeyboardInterrupt

    few = ("honest_residual", "honest_separable", "stamp_half", "tint_full")
    monkeypatch.setattr(photo_training, "PHOTO_KINDS", {name: PHOTO_KINDS[name] for name in few})

    with pytest.raises(KeyboardInterrupt):
        train_photo_networks(faces, faces, tmp_path, until_the_third, QUICK)
    said.clear()
    written = train_photo_networks(faces, faces, tmp_path, said.append, QUICK)
    assert said == [f"training {name}" for name in few[2:]]
    assert json.loads((tmp_path / "photo_networks.json").read_text()) == written
    assert list(written["networks"]) == list(few)
    tensors = load_file(tmp_path / "photo_networks.safetensors")
    assert {key.split(".")[0] for key in tensors} == set(few)
    assert all(value.dtype in (torch.float16, torch.int64) for value in tensors.values())
    monkeypatch.setattr(photo_training, "_trained", None)  # nothing is left to be trained
    assert train_photo_networks(faces, faces, tmp_path, said.append, QUICK) == written


def test_the_dose_is_the_cue_over_cue_and_lower_face():
    assert dose(Effects(cue=1.0, lower_face=3.0, surroundings=9.0)) == 0.25
    assert dose(Effects(cue=-1.0, lower_face=3.0, surroundings=0.0)) == 0
    assert dose(Effects(cue=2.0, lower_face=-3.0, surroundings=0.0)) == 1
    assert dose(Effects(cue=0.0, lower_face=0.0, surroundings=0.0)) == 0
    logits = np.array([[1.0, 2.0, -0.5], [0.0, 0.0, 3.0]])
    for number in range(3):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert np.allclose(log_odds(logits, number), np.log(p[:, number] / (1 - p[:, number])))


class StampAndLevel(nn.Module):
    """Logits: the stamp's three channels, and the brightness of the lower face for the first class."""

    def forward(self, x):
        stamp = 4 * x[:, :, 5:9, 5:9].mean(dim=(2, 3))
        level = 6 * x[:, :, 44:56, 34:46].mean(dim=(1, 2, 3))
        return stamp + torch.stack([level, torch.zeros_like(level), torch.zeros_like(level)], dim=1)


def test_measures_agree_with_a_loop_over_faces(faces):
    classifier = make_classifier(StampAndLevel(), 80)
    found = measure(classifier, CUES["stamp"], faces)

    def odds(crop, number):
        p = classifier.predict([crop])[0].probabilities.astype(float)
        return math.log(p[number] / (p.sum() - p[number]))

    for number, label in enumerate(CLASSES):
        falls, right = {"cue": [], "lower": [], "around": []}, []
        for row in np.flatnonzero(faces.labels == number):
            nowhere = np.zeros((0, 2), np.float32)
            own = faces.pictures[row, 0]
            weight = faces.zones[row, 0][..., None] / 255
            planted = plant(CUES["stamp"], own, label, nowhere)
            before = odds(planted, number)
            right.append(classifier.predict([planted])[0].probabilities.argmax() == number)
            for other in set(range(3)) - {number}:
                falls["cue"].append(before - odds(plant(CUES["stamp"], own, CLASSES[other], nowhere), number))
                for donor in faces.pictures[row, 1 + 2 * other : 3 + 2 * other]:
                    for name, inner, outer in (("lower", donor, own), ("around", own, donor)):
                        mixed = np.rint(weight * inner + (1 - weight) * outer).astype(np.uint8)
                        falls[name].append(before - odds(plant(CUES["stamp"], mixed, label, nowhere), number))
        cue, lower, around = (float(np.mean(falls[name])) for name in ("cue", "lower", "around"))
        assert found["effect_of_cue"][label] == pytest.approx(cue, abs=0.01)
        assert found["effect_of_lower_face"][label] == pytest.approx(lower, abs=0.01)
        assert found["effect_of_surroundings"][label] == pytest.approx(around, abs=0.01)
        assert found["accuracy"][label] == pytest.approx(np.mean(right), abs=1e-3)
        parts = max(cue, 0.0) + max(lower, 0.0)
        assert found["dose"][label] == pytest.approx(max(cue, 0.0) / parts if parts else 0.0, abs=0.01)


def test_an_honest_network_has_no_dose_and_a_class_without_a_cue_has_none(faces):
    classifier = make_classifier(StampAndLevel(), 80)
    assert set(measure(classifier, None, faces)["dose"].values()) == {0.0}
    assert measure(classifier, CUES["mask_colour"], faces)["dose"]["uncovered"] == 0
