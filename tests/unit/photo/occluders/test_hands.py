"""Hands: found where they are drawn, mirrored with the picture; anchors as the detector is configured."""

from dataclasses import replace

import numpy as np
import pytest

from xai.evidence.interventions.donors import gallery_donors
from xai.evidence.interventions.feasibility import LIMITS, check_feasibility
from xai.photo.occluders import hands
from xai.photo.occluders.hands import Hand, find_hands, hand_area
from xai.photo.occluders.renderer import draw_occluder


@pytest.fixture(scope="module")
def bare():
    return next(d.face for d in gallery_donors() if d.name == "astronaut")


@pytest.fixture(scope="module")
def with_fist(bare):
    return draw_occluder(bare.crop, bare.landmarks, "fist", 6)


def test_a_fist_is_found_where_it_is_drawn_and_nothing_on_the_bare_face(bare, with_fist):
    assert find_hands(bare.crop) == ()
    drawn = (with_fist != bare.crop).any(axis=2)
    found = hand_area(with_fist)
    assert (found & drawn).sum() > 0.8 * found.sum()
    assert (found & drawn).sum() > 0.35 * drawn.sum()
    assert hand_area(with_fist) is found


def test_a_mirrored_picture_has_a_mirrored_hand(with_fist):
    mirrored = hand_area(np.ascontiguousarray(with_fist[:, ::-1]))[:, ::-1]
    found = hand_area(with_fist)
    assert (found & mirrored).sum() > 0.5 * (found | mirrored).sum()


def test_a_hand_over_the_lower_face_leaves_nothing_to_edit(bare, with_fist):
    assert check_feasibility(bare, reveal=False).holds
    belief = check_feasibility(replace(bare, crop=with_fist), reveal=False)
    assert (belief.holds, belief.code, belief.limit) == (False, "hand", LIMITS.hand)
    assert LIMITS.hand < belief.value <= 1


def test_a_hand_beside_the_face_does_not_count(bare, monkeypatch):
    beside = np.zeros(bare.crop.shape[:2], bool)
    beside[:, :10] = True
    monkeypatch.setattr("xai.evidence.interventions.feasibility.hand_area", lambda _: beside)
    assert check_feasibility(bare, reveal=False).holds


def test_anchors_are_those_of_the_detectors_configuration():
    by_hand = []
    for stride, layers in ((8, 1), (16, 3)):  # strides 8, 16, 16, 16, two anchors of one size for each layer
        cells = hands.PALM_SIDE // stride
        for row in range(cells):
            for column in range(cells):
                by_hand += [((column + 0.5) / cells, (row + 0.5) / cells)] * (2 * layers)
    np.testing.assert_allclose(hands._anchors(), by_hand, rtol=1e-6)


def test_a_hand_covers_its_fingers_and_its_palm():
    fan = [(50, 90), (35, 80), (28, 70), (22, 62), (16, 55)]
    for knuckle in (38, 46, 54, 62):
        fan += [(knuckle, 50 - 10 * n) for n in range(4)]
    area = np.zeros((100, 100), np.uint8)
    Hand(np.array(fan, np.float32), 1.0).draw(area)
    assert set(np.unique(area)) == {0, 1}
    assert all(area[y, x] for x, y in [*fan, (50, 70)])
    assert not area[95, 5]
    assert not area[20, 90]
