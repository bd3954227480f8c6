"""What the lesson's components are sent: a patch at every position, a region under every square."""

import numpy as np
import pytest

from dashboard.components import face_regions, sliding_patch
from dashboard.components.sliding_patch import GRID, Panel
from xai.types import REGIONS, Prediction

SIDE = 64


def answer(*probabilities):
    return Prediction(("covered", "incorrect", "uncovered"), np.array(probabilities, np.float32))


def panel(answers):
    return Panel("Model A", "a face", answers, "found")


def test_the_patches_cover_the_whole_picture_and_each_only_its_own_place():
    crop = np.zeros((SIDE, SIDE, 3), np.uint8)
    seen = np.zeros((SIDE, SIDE), int)
    for index in range(GRID**2):
        grey = (sliding_patch.covered(crop, index) == sliding_patch.GREY).all(axis=2)
        assert grey.sum() == round(sliding_patch.PATCH * SIDE) ** 2
        seen += grey
    assert seen.min() >= 1
    assert not crop.any()


def test_a_drop_is_what_the_first_answer_loses():
    answers = [answer(0.9, 0.1, 0.0), answer(0.2, 0.8, 0.0), answer(1.0, 0.0, 0.0)]
    assert sliding_patch.drops_of(answers) == pytest.approx([0.7, -0.1])


def test_the_panels_share_one_scale_and_a_gain_has_no_colour():
    strong = [answer(0.9, 0.1, 0.0), *[answer(0.1, 0.9, 0.0)] * GRID**2]
    weak = [answer(0.8, 0.2, 0.0), *[answer(0.4, 0.6, 0.0)] * (GRID**2 - 1), answer(0.9, 0.1, 0.0)]
    data = sliding_patch.payload(np.zeros((SIDE, SIDE, 3), np.uint8), [panel(strong), panel(weak)])
    assert data["panels"][0]["colours"] == [1.0] * GRID**2
    assert data["panels"][1]["colours"] == [0.5] * (GRID**2 - 1) + [0.0]
    first, last = (data["panels"][1]["answers"][index] for index in (0, -1))
    assert first == {"said": "now: mask worn incorrectly 60%", "probability": 0.4, "changed": True}
    assert last == {"said": "mask worn correctly 90%", "probability": 0.9, "changed": False}


def test_where_nothing_drops_nothing_is_coloured():
    data = sliding_patch.payload(
        np.zeros((SIDE, SIDE, 3), np.uint8), [panel([answer(1.0, 0.0, 0.0)] * (1 + GRID**2))]
    )
    assert set(data["panels"][0]["colours"]) == {0.0}


def test_every_square_of_the_face_has_the_region_under_it():
    regions = np.repeat(np.arange(SIDE) * len(REGIONS) // SIDE, SIDE).reshape(SIDE, SIDE).astype(np.int8)
    data = face_regions.payload(np.zeros((SIDE, SIDE, 3), np.uint8), regions, ["nose"])
    places = np.array(data["places"])
    assert places.shape == (face_regions.GRID, face_regions.GRID)
    for row in range(face_regions.GRID):
        at = int((row + 0.5) * SIDE / face_regions.GRID)
        assert set(places[row]) == {regions[at, 0]}
    assert [region["name"] for region in data["regions"]] == list(REGIONS)
    assert data["chosen"] == ["nose"]


@pytest.mark.parametrize("sent", [None, 3, {"regions": "nose"}, {"regions": ["hat", 7]}])
def test_what_a_browser_sends_is_not_trusted(monkeypatch, sent):
    monkeypatch.setattr(face_regions.session, "get_state", lambda _key: sent)
    assert face_regions.marked("key") == ()


def test_marked_regions_come_in_one_order(monkeypatch):
    monkeypatch.setattr(face_regions.session, "get_state", lambda _key: {"regions": ["mouth", "eyes"]})
    assert face_regions.marked("key") == ("eyes", "mouth")
