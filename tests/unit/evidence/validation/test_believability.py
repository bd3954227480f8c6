"""The judge of edits, on pictures that it must and must not be able to tell apart."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.models import make_face
from xai.errors import DataRejected
from xai.evidence.interventions.families import FAMILIES
from xai.evidence.validation.believability import SIDE, Shown, auc_by_family, believability, shown_faces
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample


def shown(rng, family, count=60):
    """Pictures of twenty photos, half of them edited, of a small or a large face."""
    blank = np.zeros((SIDE, SIDE, 3), np.uint8)
    return [
        Shown(
            family,
            i % 2 == 0,
            f"photo {i // 2 % 20}",
            float(rng.choice([60, 140])),
            float(rng.choice([5, 50])),
            blank,
        )
        for i in range(count)
    ]


def test_an_edit_that_shows_is_told_and_one_that_does_not_is_not():
    rng = np.random.default_rng(0)
    pictures = [*shown(rng, "outside", 240), *shown(rng, "drawn_on", 240)]
    features = rng.normal(size=(480, 12)).astype(np.float32)
    features[240:, 3] += [6.0 * each.edited for each in pictures[240:]]
    found = auc_by_family(pictures, features)
    assert list(found) == [name for name in FAMILIES if name in ("outside", "drawn_on")]
    assert 0.35 < found["outside"]["auc"] < 0.65
    assert found["drawn_on"]["auc"] > 0.97
    assert (found["outside"]["decides"], found["drawn_on"]["decides"]) == (True, False)
    for row in found.values():
        assert (row["edited"], row["real"]) == (120, 120)
        for bins in (row["sizes"], row["turns"]):
            assert len(bins) == 2
            assert all(0 < each["edited"] + each["real"] < 240 for each in bins.values())
            assert sum(each["edited"] + each["real"] for each in bins.values()) == 240


def test_what_only_the_photo_tells_is_not_counted():
    """Every photo has its own look and is all edited or all real: to know the photo must not help."""
    rng = np.random.default_rng(1)
    looks = rng.normal(size=(40, 30))
    pictures, features = [], []
    for photo in range(40):
        for _ in range(8):
            pictures.append(
                Shown("outside", photo % 2 == 0, f"photo {photo}", 100.0, 0.0, np.zeros((1, 1, 3), np.uint8))
            )
            features.append(looks[photo] + 0.01 * rng.normal(size=30))
    assert auc_by_family(pictures, np.array(features, np.float32))["outside"]["auc"] < 0.75


def test_a_family_without_counterpart_has_no_number():
    rng = np.random.default_rng(2)
    only = [each for each in shown(rng, "outside") if each.edited]
    assert auc_by_family(only, rng.normal(size=(30, 4)).astype(np.float32)) == {}


def test_too_few_faces_are_refused_in_one_sentence():
    """Three photos are no five folds, and nothing at all is none either."""
    face = LabelledFace(find_faces(load_sample("astronaut-red"))[0], "covered", "x")
    for faces in ([], [face]):
        with pytest.raises(DataRejected, match=r"faces of two classes in 5 photos and more\.$"):
            believability(faces, lambda _: None)


def test_a_family_seen_on_one_photo_alone_has_no_number():
    rng = np.random.default_rng(3)
    one = [replace(each, group="photo 1") for each in shown(rng, "outside", 20)]
    assert auc_by_family(one, rng.normal(size=(20, 4)).astype(np.float32)) == {}


@pytest.fixture(scope="module")
def pictures():
    names = {"astronaut-red": "covered", "admiral-plain": "uncovered", "admiral-green": "incorrect"}
    faces = [LabelledFace(find_faces(load_sample(n))[0], t, n.split("-")[0]) for n, t in names.items()]
    faces.append(LabelledFace(make_face(np.zeros((60, 60, 3), np.uint8)), "covered", "none"))
    said = []
    return list(shown_faces(faces, said.append)), faces, said


def test_real_faces_go_through_the_seam_and_stay_what_they_are(pictures):
    found, _faces, said = pictures
    assert said == ["judging edits: face 0 of 3"]
    assert all(each.picture.shape == (SIDE, SIDE, 3) for each in found)
    real = [each for each in found if each.group == "astronaut" and not each.edited]
    assert {each.family for each in real} >= {"lower_face", "outside", "drawn_on", "mask_look"}
    assert "removed" not in {each.family for each in real}, "no bare face is among them"
    plain = np.abs(real[0].picture.astype(int) - real[-1].picture).mean()
    edited = [
        each for each in found if each.group == "astronaut" and each.family == "lower_face" and each.edited
    ]
    assert plain < 3 < np.abs(edited[0].picture.astype(int) - real[0].picture).mean()
    assert {FAMILIES[each.family].asks for each in found} <= {"follow", "stay"}
    assert {each.group for each in found} == {"astronaut", "admiral"}
