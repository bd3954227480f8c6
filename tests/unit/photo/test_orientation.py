"""Photos on their side: turned upright by their faces, kept in doubt, and what is said of both."""

import math
from dataclasses import replace

import numpy as np
import pytest

from dashboard import i18n
from dashboard.preferences import use_language
from xai.photo import orientation
from xai.photo.faces import find_faces
from xai.photo.mesh import five_of
from xai.photo.orientation import find_faces_upright, tilt_of, turn_photo
from xai.photo.sample_rendering import load_sample
from xai.types import Box, Face, Faces, Image

FIVE = np.array([(60, 70), (100, 70), (80, 95), (63, 110), (97, 110)], np.float32)
BACK = {
    1: "The photo lay on its side and was turned by a quarter to the right.",
    2: "The photo was upside down and was turned by half a turn.",
    3: "The photo lay on its side and was turned by a quarter to the left.",
}


def face(degrees=0, score=0.9, points=FIVE):
    """A face whose five points are rotated clockwise about the middle of its crop."""
    angle, middle = math.radians(degrees), np.float32(80)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    box = Box(0, 0, 160, 160)
    landmarks = ((points - middle) @ turn + middle).astype(np.float32)
    return Face("0" * 64, box, box, np.zeros((160, 160, 3), np.uint8), landmarks, score)


@pytest.fixture
def blank():
    return Image(np.zeros((30, 20, 3), np.uint8), "0" * 64)


@pytest.fixture
def find(monkeypatch, blank):
    """Sets which faces are found in each turn of the photo; returns the turns that were tried."""

    def sets(*of_turns):
        tried = []

        def found(image):
            tried.append(image.turn)
            return Faces(of_turns[image.turn])

        monkeypatch.setattr(orientation, "find_faces", found)
        return tried

    return sets


@pytest.mark.parametrize("lies", [1, 2, 3])
def test_a_photo_on_its_side_is_turned_back_to_the_last_pixel(lies):
    upright = load_sample("both")
    turned, found = find_faces_upright(replace(turn_photo(upright, lies), turn=0))
    np.testing.assert_array_equal(turned.pixels, upright.pixels)
    assert turned.sha256 == upright.sha256
    assert turned.notices == (*upright.notices, BACK[4 - lies])
    expected = find_faces(upright)
    assert [each.box for each in found] == [each.box for each in expected]
    assert {each.turn for each in found} == {turned.turn} == {4 - lies}
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.crop, other.crop)
        np.testing.assert_array_equal(one.landmarks, other.landmarks)


def test_an_upright_photo_is_searched_once_and_kept(monkeypatch):
    asked, search = [], orientation.find_faces
    monkeypatch.setattr(orientation, "find_faces", lambda image: asked.append(image) or search(image))
    upright = load_sample("admiral-blue")
    image, found = find_faces_upright(upright)
    assert image is upright
    assert len(found) == len(asked) == 1
    assert found.notices == ()


def test_the_turn_that_is_asked_for_is_made_whatever_the_faces(find, blank):
    tried = find((), (face(90),), (face(0),), ())
    for turn in range(4):
        image, found = find_faces_upright(blank, turn)
        assert (image.turn, image.notices, len(found)) == (turn, (), 1 if turn in (1, 2) else 0)
        np.testing.assert_array_equal(image.pixels, np.rot90(blank.pixels, -turn))
    assert tried == [0, 1, 2, 3]
    for turn in (-1, 4):
        with pytest.raises(ValueError, match="0, 1, 2 or 3 quarters"):
            find_faces_upright(blank, turn)


@pytest.mark.parametrize(
    ("of_turns", "turn"),
    [
        (((), (), (), ()), 0),  # nobody
        (((), (), (face(0),), ()), 2),
        (((face(90),), (face(180),), (face(-90),), (face(0),)), 3),
        (((face(0, 0.7), face(90, 0.6)), (face(0), face(0)), (), ()), 0),  # most stand upright
        (((face(0, 0.8), face(90, 0.9)), (face(0), face(0, 0.8)), (), ()), 1),  # most do not
        (((face(0, 0.6),), (face(0, 0.89),), (), ()), 0),  # a small lead is doubt
        (((face(0, 0.6),), (face(0, 0.91),), (), ()), 1),
        (((face(90),), (face(0, 0.49), face(0, 0.49)), (), ()), 0),  # no one convincing
        (((face(90),), (face(0, 0.8),), (face(0, 0.7),), (face(0, 0.5), face(0, 0.5))), 3),
        (((face(46),), (face(0),), (), ()), 1),
        (((face(44),), (face(0),), (), ()), 0),
    ],
)
def test_the_turn_with_the_most_upright_faces_wins_and_doubt_keeps_the_photo(find, blank, of_turns, turn):
    find(*of_turns)
    image, found = find_faces_upright(blank)
    assert image.turn == turn
    assert tuple(found) == of_turns[turn]
    assert image.notices == ((BACK[turn],) if turn else ())


@pytest.mark.parametrize("degrees", [-170, -90, -46, 0, 30, 90, 180])
def test_tilt_is_measured_on_five_points_and_on_the_mesh(degrees):
    portrait = find_faces(load_sample("admiral-plain"))[0]
    mesh = portrait.landmarks * np.float32(160 / len(portrait.crop))
    own = tilt_of(face(0, points=mesh))
    assert abs(own) < 8
    for points, start in ((FIVE, 0.0), (mesh, own), (five_of(mesh), own)):
        turned = tilt_of(face(degrees, points=points)) - start
        assert math.cos(math.radians(turned - degrees)) == pytest.approx(1, abs=1e-4)


def test_a_turned_head_whose_eyes_are_close_is_not_tilted():
    profile = FIVE.copy()
    profile[:2] = (82, 78), (80, 70)  # the line between them points upwards
    assert abs(tilt_of(face(0, points=profile))) < 20
    assert tilt_of(face(0, points=FIVE[:0])) is None


def test_faces_that_stay_tilted_are_named_in_both_languages(find, blank):
    find((face(), face(90, 0.5), face(-80, 0.3)), (), (), ())
    sentence = "Faces 2, 3 are tilted by more than 45 degrees, so their answers are not reliable."
    assert find_faces_upright(blank)[1].notices == (sentence,)
    find((face(), face(120, 0.5)), (), (), ())
    (one,) = find_faces_upright(blank)[1].notices
    assert one == "Face 2 is tilted by more than 45 degrees, so its answer is not reliable."
    with use_language("es"):
        assert i18n.translate_notice(one).startswith("La cara 2 está inclinada más de 45 grados")
        assert i18n.translate_notice(sentence).startswith("Las caras 2, 3 están inclinadas más de 45 grados")
        assert all(i18n.translate_notice(said) != said for said in BACK.values())
