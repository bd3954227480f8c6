"""What `calibrate` prints: counts of verdicts, and what no edit could be made on."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dashboard.records.reader import read_references
from tests.support.models import OneWindow, make_classifier, make_face
from xai.errors import DataRejected
from xai.evidence.validation import reports as module
from xai.evidence.validation.calibration import known_kinds
from xai.evidence.validation.labelled_faces import LabelledFace, true_class
from xai.evidence.validation.reports import (
    REFERENCE_NETWORKS,
    calibration_table,
    record_references,
    record_verdicts,
    reference_table,
    sample_faces,
    verdict_table,
)
from xai.evidence_types import VERDICTS
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.slow

FEW = ("admiral-plain", "astronaut-red", "both")


@pytest.fixture(scope="module")
def few():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SAMPLES", {name: SAMPLES[name] for name in FEW})
        return sample_faces()


def test_the_gallerys_faces_carry_their_truth(few):
    assert [(f.label, f.group) for f in few] == [
        ("uncovered", "admiral"),
        ("covered", "astronaut"),
        ("covered", "admiral"),
        ("incorrect", "astronaut"),
    ]
    assert all(len(f.face.landmarks) == 468 for f in few)


def test_a_model_over_a_few_faces_counted_by_hand(few, monkeypatch):
    """Three faces of a class that the model always answers, one of them without landmarks; one of another."""
    always = make_classifier(OneWindow(0, 0, 4), 16, mean=(-9.0,) * 3, std=(1.0,) * 3, name="always")
    faces = [replace(f, label="covered") for f in few[1:3]]
    faces.append(LabelledFace(make_face(few[0].face.crop), "covered", "third"))
    faces.append(few[0])
    monkeypatch.setattr(module, "sample_faces", lambda: tuple(faces))
    said = []
    found = verdict_table([always], None, said.append)
    assert any("--data" in line for line in said)
    row = found["always"]
    assert row["faces"] == sum(row["verdicts"].values()) == 2
    assert tuple(row["verdicts"]) == VERDICTS
    assert row["verdicts"]["supported"] == 0
    assert row["unpainted"] == {"no_mesh": 1}
    assert (row["right"], row["interval"], row["expected"]) == (None, None, [])
    assert set(row["classes"]) == {"covered"}
    json.dumps(found, allow_nan=False)


def test_the_table_asks_every_kind_and_every_network(few, monkeypatch):
    asked = {}

    def collect(faces, kinds, progress, *, device, per_model):
        asked.update(faces=faces, kinds=kinds, device=device, per_model=per_model)
        return iter(("first", "second"))

    monkeypatch.setattr(module, "sample_faces", lambda: few)
    monkeypatch.setattr(module, "collect", collect)
    monkeypatch.setattr(module, "report", lambda cases: {"kind": {"cases": cases}})
    monkeypatch.setattr(module, "photo_networks", lambda device: f"networks on {device}")
    monkeypatch.setattr(module, "judge_networks", lambda faces, networks, _: iter((len(faces), networks)))
    monkeypatch.setattr(module, "network_rows", lambda found, networks: {"net": {"found": (found, networks)}})
    assert calibration_table(None, lambda _: None, "cpu", 3) == {
        "kind": {"cases": ["first", "second"], "left_out": {}, "reasons": []},
        "net": {"found": ([4, "networks on cpu"], "networks on cpu"), "left_out": {}, "reasons": []},
    }
    assert asked == {"faces": few, "kinds": list(known_kinds()), "device": "cpu", "per_model": 3}


def test_a_card_keeps_what_a_set_said(few, monkeypatch, tmp_path):
    classifier = make_classifier(OneWindow(0, 0, 4), 16, mean=(-9.0,) * 3, std=(1.0,) * 3, name="always")
    monkeypatch.setattr(module, "sample_faces", lambda: few)
    row = verdict_table([classifier], None, lambda _: None)["always"]
    card = replace(classifier.card, path=tmp_path / "always.safetensors", verdicts={"older": {}})
    written = record_verdicts(card, "ilc", "set", row)
    assert written == tmp_path / "always.json"
    kept = json.loads(written.read_text())["verdicts"]
    assert list(kept) == ["older", "ilc donors=set"]
    (own,) = kept["ilc donors=set"].values()
    right = row["classes"]["covered"]["right"]
    assert own["faces"] == right["faces"] == 2
    assert own["followed"]["value"] == pytest.approx(right["followed"]["value"], abs=1e-4)
    assert own["verdict"]["verdict"] == "cannot tell"
    assert set(own["families"]) == set(right["families"])


def test_the_control_networks_are_judged_with_their_own_cue_and_recorded(few, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "sample_faces", lambda: few)
    found = reference_table(None, lambda _: None, "cpu")
    assert list(found) == list(REFERENCE_NETWORKS)
    written = record_references("ilc", found, tmp_path / "reference.json")
    honest, shortcut = read_references(written)
    assert (honest.name, shortcut.name) == REFERENCE_NETWORKS
    assert (honest.honest, shortcut.honest) == (True, False)
    assert shortcut.right == shortcut.answers == len(few)  # it reads the mark of each face's own class
    judged = sum(one.verdicts["not supported"] for one in shortcut.verdicts)
    assert judged == sum(one.judged for one in shortcut.verdicts) > 0
    assert {one.dataset for one in shortcut.verdicts} == {"ilc"}


@pytest.mark.parametrize(
    ("label", "classes", "expected"),
    [
        ("covered", ("with_mask", "without_mask"), "with_mask"),
        ("uncovered", ("with_mask", "without_mask"), "without_mask"),
        ("incorrect", ("with_mask", "without_mask"), None),
        ("incorrect", ("covered", "incorrect", "uncovered"), "incorrect"),
        ("covered", ("No-Mask", "MASK"), "MASK"),
        ("uncovered", ("happy", "sad"), None),
    ],
)
def test_labels_in_a_models_own_words(label, classes, expected):
    assert true_class(label, classes) == expected


def test_where_incorrect_belongs_is_the_cards_word():
    assert true_class("incorrect", ("with_mask", "without_mask"), "without") == "without_mask"


def test_a_set_is_read_where_one_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "read_labelled", lambda folder, report: (folder, "read"))
    assert module._faces(tmp_path, lambda _: None) == (tmp_path, "read")


def test_no_number_of_the_gallery_is_lost():
    assert sum(len(sample.wearers) for sample in SAMPLES.values() if not sample.traps) == 11
    assert np.isin(
        [w.truth for s in SAMPLES.values() for w in s.wearers], ["covered", "incorrect", "uncovered"]
    ).all()


def test_faces_on_which_nothing_can_be_painted_are_refused_in_one_sentence(few, monkeypatch):
    bare = [
        LabelledFace(replace(f.face, landmarks=np.zeros((0, 2), np.float32)), f.label, f.group) for f in few
    ]
    monkeypatch.setattr(module, "sample_faces", lambda: bare)
    with pytest.raises(DataRejected, match="On none of the 4 faces"):
        calibration_table(None, lambda _: None, "cpu", 1)
