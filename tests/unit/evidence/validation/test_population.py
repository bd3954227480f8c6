"""Networks trained on photographs: what is counted of them, and how well honest ones stand apart."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.models import OneWindow, make_classifier
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.evidence.validation.population import expected_of, judge_networks, network_rows, separation
from xai.evidence.validation.verdict_rates import FaceVerdict
from xai.evidence_types import VERDICTS
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.types import CLASSES

pytestmark = pytest.mark.slow


def network(name, cue=None, dose=0.0, classifier=None, plant=None):
    return SimpleNamespace(
        name=name,
        cue=cue,
        honest=cue is None,
        dose=dict.fromkeys(CLASSES, dose) if isinstance(dose, float) else dose,
        accuracy=dict.fromkeys(CLASSES, 0.9),
        classifier=classifier,
        plant=plant or (lambda crop, label, landmarks: crop),
    )


def judged(model, target="covered", verdict="supported", followed=1.0, moved=0.0, group="a"):
    effects = {"lower_face": 8.0, "outside": 8.0 * moved, "light": 0.0}
    stayed = {"outside": 1.0, "light": 1.0}
    return FaceVerdict(model, group, target, target, verdict, followed, 0.5, 1.0, stayed, effects, "follows")


def test_what_is_right_goes_by_the_dose_of_the_class():
    honest, cheat = network("h"), network("c", "stamp", {"covered": 0.9, "incorrect": 0.4, "uncovered": 0.1})
    assert "supported" in expected_of(honest, "covered")
    assert "not supported" not in expected_of(honest, "covered")
    assert "supported" not in expected_of(cheat, "covered")
    assert "supported" not in expected_of(cheat, "incorrect")
    assert expected_of(cheat, "uncovered") == VERDICTS


def test_rows_by_hand():
    cheat = network("c", "stamp", {"covered": 0.9, "incorrect": 0.4, "uncovered": 0.1})
    found = [("gallery", judged("c", "covered", v)) for v in ("supported", "mixed", "mixed", "not supported")]
    found += [("gallery", judged("c", "uncovered", "supported"))] * 3
    found += [("set", judged("c", "covered", moved=0.6, group=f"p{i}")) for i in range(12)]
    rows = network_rows(found, [cheat, network("h")])
    row = rows["c"]
    assert (row["faces"], row["right"], row["grave"]) == (4, 0.75, 0.25)
    assert row["verdicts"] == {"supported": 1, "mixed": 2, "not supported": 1, "cannot tell": 0}
    uncovered = row["classes"]["uncovered"]
    assert (uncovered["dose"], uncovered["faces"], uncovered["set"]) == (0.1, 3, None)
    covered = row["classes"]["covered"]["set"]
    assert (covered["faces"], covered["moved_most_by"]) == (12, "outside")
    assert covered["part"] == pytest.approx(0.6)
    assert (rows["h"]["faces"], rows["h"]["right"]) == (0, None)


def test_honest_networks_stand_apart_from_cheats_and_not_from_each_other():
    rng = np.random.default_rng(0)

    def faces(name, moved):
        return [
            judged(name, followed=float(rng.random()), moved=float(rng.normal(moved, 0.1))) for _ in range(60)
        ]

    found = [
        j for name, moved in (("h", 0.05), ("g", 0.1), ("c", 0.5), ("d", 0.9)) for j in faces(name, moved)
    ]
    nets = [network("h"), network("g"), network("c", "a", 0.6), network("d", "b", 0.9)]
    apart = separation(found, nets, 0.75)
    assert apart.auc == 1
    assert apart.pairs == (2, 1)
    assert separation(found, nets, 0.35).pairs == (2, 2)
    alike = [network("h"), network("g", "a", 0.9)]
    assert 0.2 < separation(faces("h", 0.1) + faces("g", 0.1), alike, 0.75, faces=20).auc < 0.8
    assert separation(found, nets[:2], 0.75) is None


def test_every_network_is_asked_with_its_cue_from_both_sources():
    """A mark in the corner is planted in the faces and in those that lend parts; wrong answers are left
    out."""
    names = {"astronaut-red": "covered", "admiral-plain": "uncovered"}
    faces = [LabelledFace(find_faces(load_sample(n))[0], t, n) for n, t in names.items()]
    planted = []

    def plant(crop, label, landmarks):
        planted.append((label, len(landmarks)))
        marked = crop.copy()
        marked[:20, :20] = 255 if label == "covered" else 0
        return marked

    reader = make_classifier(OneWindow(0, 0, 4), 32, mean=(0.5,) * 3, std=(0.25,) * 3, name="reader")
    said = []
    found = list(judge_networks(faces, [network("reader", "mark", 1.0, reader, plant)], said.append))
    right = {label for label in names.values() if any(j.target == label for _, j in found)}
    assert planted == [("covered", 468), ("uncovered", 468)]
    assert {source for source, _ in found} == {"gallery", "set"}
    assert all(j.label == j.target and j.model == "reader" for _, j in found)
    assert right
    assert all(j.verdict != "supported" for _, j in found)
    assert said == ["calibrating: networks with mark have been asked about 2 faces"]
