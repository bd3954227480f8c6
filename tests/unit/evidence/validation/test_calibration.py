"""Verdicts counted on observers and models whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from xai.evidence.validation import calibration as module
from xai.evidence.validation.calibration import Outcome, collect, known_kinds, report
from xai.evidence.validation.ideal_observers import OBSERVERS
from xai.evidence.validation.labelled_faces import LabelledFace, in_turns
from xai.evidence_types import VERDICTS
from xai.models.ground_truth import KINDS, load_family
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample


def outcome(kind, verdict, group="a"):
    return Outcome(kind, group, "covered", verdict, "follows", 1.0, 70)


def test_everything_that_is_known_has_its_right_verdicts():
    known = known_kinds()
    assert set(known) == {*OBSERVERS, *KINDS}
    for about in known.values():
        assert about.expected
        assert set(about.expected) <= set(VERDICTS)
        assert about.honest == ("supported" in about.expected)
    assert all(known[name].expected == ("supported",) for name in OBSERVERS)
    cheats = [kind for kind in KINDS if kind.startswith(("corner", "tint", "mixture", "trained", "lower"))]
    assert all("supported" not in KINDS[kind].expected for kind in cheats if kind != "mixture_000")


def test_rows_by_hand():
    words = ("supported", "supported", "mixed", "not supported", "cannot tell")
    found = report(
        [outcome("aperture_nose", w, g) for w, g in zip(words, "aabcb", strict=True)]
        + [outcome("constant", "cannot tell")] * 2
        + [outcome("corner_mark", "supported"), outcome("corner_mark", "mixed")]
    )
    assert list(found) == ["aperture_nose", "constant", "corner_mark"]
    row = found["aperture_nose"]
    assert row["verdicts"] == {"supported": 2, "mixed": 1, "not supported": 1, "cannot tell": 1}
    assert (row["models"], row["faces"], row["right"], row["grave"]) == (10, 5, 0.8, 0.2)
    assert row["expected"] == ["supported", "mixed", "cannot tell"]
    assert tuple(row["verdicts"]) == VERDICTS
    low, high = row["interval"]
    assert 0 <= low < 0.8 <= high <= 1
    assert (found["constant"]["right"], found["constant"]["interval"]) == (1.0, [1.0, 1.0])
    assert (found["corner_mark"]["right"], found["corner_mark"]["grave"]) == (0.0, 0.5)
    assert row["reasons"] == {"follows": 5}
    assert row["forwards"] == [70, 70]


def labelled(label, name):
    return LabelledFace(None, label, name)


def test_faces_take_turns_by_class():
    rows = {"covered": "abcd", "uncovered": "xyz", "incorrect": "m"}
    faces = [labelled(label, name) for label, names in rows.items() for name in names]
    assert "".join(f.group for f in in_turns(faces, 0)) == "amxbyczd"
    assert "".join(f.group for f in in_turns(faces, 5)) == "bmzcxdya"
    assert in_turns([], 3) == []


@pytest.fixture(scope="module")
def gallery():
    names = {"astronaut-red": "covered", "admiral-plain": "uncovered", "admiral-blue": "covered"}
    return [LabelledFace(find_faces(load_sample(n))[0], truth, n) for n, truth in names.items()]


def test_a_small_calibration(gallery, monkeypatch):
    """Two kinds, two models of each, one face a model: asked only of what they get right."""
    monkeypatch.setattr(module, "load_family", lambda kind, device: load_family(kind, "cpu")[:2])
    bare = replace(gallery[0], face=replace(gallery[0].face, landmarks=np.zeros((0, 2), np.float32)))
    said, kinds = [], ["aperture_nose", "corner_mark", "ideal_sharp_00"]
    found = list(collect([bare, *gallery], kinds, said.append, per_model=1))
    count = [own.kind for own in found].count
    assert (count("corner_mark"), count("aperture_nose")) == (2, 2)
    assert count("ideal_sharp_00") == 3 * len(gallery)
    assert len(said) == 3
    rows = report(found)
    assert rows["corner_mark"]["verdicts"]["supported"] == 0
    assert rows["aperture_nose"]["verdicts"]["not supported"] == 0
    assert rows["ideal_sharp_00"]["right"] == 1.0
