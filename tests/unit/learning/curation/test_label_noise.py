"""Planted label noise must be found, and little else."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from xai.errors import DataRejected
from xai.learning.curation.label_noise import (
    assign_folds,
    face_id,
    find_doubts,
    flag_suspect_labels,
    without_doubts,
    write_doubts,
)
from xai.learning.data.splits import Example, Extent, read_examples
from xai.learning.evaluation.predictions import Answers, Tally
from xai.learning.training.train import Split
from xai.models.cards import read_card
from xai.types import CLASSES

COLOURS = {"covered": (30, 60, 200), "incorrect": (200, 60, 30), "uncovered": (60, 200, 30)}


def answers_of(labels, probabilities):
    examples = [
        Example(Path(f"toy/{i}.png"), CLASSES[label], "toy", str(i)) for i, label in enumerate(labels)
    ]
    return Answers(CLASSES, tuple(examples), np.asarray(probabilities, np.float32), Tally())


def out_of_fold_by_means(points, labels, folds):
    """The simplest model there is: the nearer a class's mean of the other folds, the likelier the class."""
    told = np.zeros((len(points), len(CLASSES)))
    for fold in range(folds):
        tested = np.arange(len(points)) % folds == fold
        means = np.array([points[~tested & (labels == c)].mean(axis=0) for c in range(len(CLASSES))])
        logits = -((points[tested][:, None] - means) ** 2).sum(axis=2) / 2
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        told[tested] = powers / powers.sum(axis=1, keepdims=True)
    return told


@pytest.mark.parametrize("seed", range(5))
def test_planted_flips_are_found_with_few_false_alarms(seed):
    """One label in ten is flipped; the classes are unequal in number and overlap a little."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, 900, p=(0.55, 0.1, 0.35))
    points = np.array([(0.0, 0.0), (6.0, 0.0), (0.0, 6.0)])[truth] + rng.normal(0, 1, (900, 2))
    flipped = rng.random(900) < 0.1
    labels = np.where(flipped, (truth + rng.integers(1, 3, 900)) % 3, truth)
    found = find_doubts(answers_of(labels, out_of_fold_by_means(points, labels, 5)))
    places = np.array([int(Path(doubt.file).stem) for doubt in found])
    assert flipped[places].sum() >= 0.8 * flipped.sum()
    assert (~flipped[places]).sum() <= 0.2 * len(places)
    right = [CLASSES.index(d.suggested) == truth[p] for d, p in zip(found, places, strict=True)]
    assert np.mean(right) > 0.8


def doubts_by_loop(labels, probabilities):
    """Section 3.1 of the paper, a face at a time."""
    thresholds = {}
    for c in set(labels):
        own = [row[c] for label, row in zip(labels, probabilities, strict=True) if label == c]
        thresholds[c] = sum(own) / len(own)
    found = set()
    for i, (label, row) in enumerate(zip(labels, probabilities, strict=True)):
        reached = [c for c in thresholds if row[c] >= thresholds[c]]
        if reached and max(reached, key=lambda c: row[c]) != label:
            found.add((i, CLASSES[label], CLASSES[max(reached, key=lambda c: row[c])]))
    return found


def test_the_rule_equals_the_definition():
    rng = np.random.default_rng(1)
    for classes in (3, 2):  # with two, no face has the third label
        labels = rng.integers(0, classes, 200)
        rows = np.float32(rng.dirichlet((0.6, 0.6, 0.6), 200))
        found = find_doubts(answers_of(labels, rows))
        listed = {(int(Path(d.file).stem), d.label, d.suggested) for d in found}
        assert listed == doubts_by_loop(labels, rows.astype(float).tolist())
        gaps = [d.p_label - d.p_suggested for d in found]
        assert gaps == sorted(gaps)
        assert 0 < len(found) < 200


def test_folds_are_dealt_by_group_and_always_alike():
    faces = [Example(Path(f"{i}.png"), "covered", "toy", f"g{i // 3}") for i in range(300)]
    dealt = assign_folds(faces, 5)
    assert dealt == assign_folds(faces[::-1], 5)[::-1]
    assert all(len({e.fold for e in dealt[i : i + 3]}) == 1 for i in range(0, 300, 3))
    counts = np.bincount([e.fold for e in dealt])
    assert len(counts) == 5
    assert counts.min() > 30
    with pytest.raises(ValueError, match="at least 2 folds"):
        assign_folds(faces, 1)


def test_a_face_has_one_name_wherever_its_set_lies():
    face = Example(Path("/here/toy/covered/a.png"), "covered", "toy", "g")
    assert face_id(face) == face_id(replace(face, path=Path("toy/covered/a.png"))) == "toy/covered/a.png"
    whole = replace(face, extent=Extent(1, 2.5, 3, 4), cut=True)
    assert face_id(whole) == "toy/covered/a.png#1,2.5,3,4"


def test_lists_that_cannot_be_used_are_refused(tmp_path):
    split = Split([Example(tmp_path / "toy" / "a.png", "covered", "toy", "g")], [])
    assert without_doubts(split, None) == (split, None)
    path = tmp_path / "list.csv"
    for text, says in (("name\nx\n", "columns file, label"), ("file\ntoy/b.png\n", "None of the 1 faces")):
        path.write_text(text)
        with pytest.raises(DataRejected, match=says):
            without_doubts(split, path)
    with pytest.raises(DataRejected, match="columns file, label"):
        without_doubts(split, tmp_path / "nowhere.csv")
    assert list(without_doubts(split, write_doubts([], path))[0].train) == split.train


def test_a_listed_face_is_marked_and_no_other(tmp_path):
    faces = [Example(tmp_path / "toy" / f"{name}.png", "covered", "toy", name) for name in "abc"]
    path = tmp_path / "list.csv"
    path.write_text("file,label\ntoy/b.png,covered\nelsewhere/c.png,covered\n")
    assert [face.review for face in flag_suspect_labels(faces, path)] == ["", "doubtful", ""]
    assert flag_suspect_labels(faces, None) == tuple(faces)


@pytest.fixture
def noisy(tmp_path):
    """Ninety faces that differ by colour, nine of them under a wrong label."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "noisy"
    folder.mkdir()
    rows, planted = ["file,class,group,split,box_w,box_h"], set()
    for i in range(90):
        truth = CLASSES[i % 3]
        label = CLASSES[(i + 1) % 3] if i % 10 == 4 else truth
        planted |= {f"noisy/{i}.png"} if label != truth else set()
        pixels = np.clip(np.array(COLOURS[truth]) + rng.normal(0, 25, (40, 40, 3)), 0, 255)
        Pillow.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
        rows.append(f"{i}.png,{label},{i},train,40,40")
    for i in range(6):
        rows.append(f"{i}.png,{CLASSES[i % 3]},v{i},val,40,40")
    rows.append(f"0.png,{CLASSES[0]},t,test,40,40")  # with a test part, none of training is held out
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder, planted


def test_what_is_measured_leaves_marked_faces_out_only_where_that_is_asked(call, noisy, tmp_path):
    folder, _ = noisy
    table = (folder / "labels.csv").read_text() + "1.png,incorrect,t,test,40,40\n"
    (folder / "labels.csv").write_text(table)
    path = tmp_path / "list.csv"
    path.write_text("file\nnoisy/0.png\n")
    ask = ("evaluate", "--model", "custom_cnn_relu_bn", "--data", folder, "--json", "--review")
    counts = {}
    for name, more in {"all": ("all",), "clear": ("clear",), "listed": ("clear", "--doubts", path)}.items():
        status, out, notes = call(*ask, *more)
        assert status == 0, notes
        counts[name] = json.loads(out)["custom_cnn_relu_bn"]["n"]
    assert counts == {"all": 2, "clear": 2, "listed": 1}
    status, _, notes = call(*ask, "all", "--doubts", path)
    assert status != 0
    assert "--review clear" in notes


def test_from_the_command_to_a_training_without_them(call, noisy, tmp_path):
    folder, planted = noisy
    path = tmp_path / "lists" / "doubts.csv"
    settings = ("--data", folder, "--batch-size", 8, "--device", "cpu", "--json")
    status, out, notes = call("doubts", *settings, "--out", path, "--folds", 2, "--epochs", 5)
    assert status == 0, notes
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert json.loads(out) == {"faces": 90, "doubts": len(rows), "out": str(path)}
    assert list(rows[0]) == ["file", "label", "suggested", "p_label", "p_suggested"]
    found = {row["file"] for row in rows}
    assert len(found & planted) >= 0.8 * len(planted)
    assert len(found - planted) <= 0.2 * len(found)
    status, _, notes = call(
        "train", "custom_cnn_relu_bn", *settings, "--out", tmp_path / "out", "--epochs", 1, "--doubts", path
    )
    assert status == 0, notes
    card = read_card(tmp_path / "out" / "custom_cnn_relu_bn.json")
    assert sum(card.data["train"]["noisy"].values()) == 90 - len(found)
    assert card.recipe["doubts"]["faces"] == len(found)
    assert card.recipe["command"].endswith(" --out DIR --doubts FILE")
    assert len([e for e in read_examples(folder) if e.split == "val"]) == 6
    assert sum(card.data["val"]["noisy"].values()) == 6
