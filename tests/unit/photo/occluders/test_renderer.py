"""Things before a face: where they lie, that they are no masks, and that the same seed draws the same."""

import numpy as np
import pytest

from tests.support.faces import EYES, MOUTH, at, face, picture
from xai.errors import UnknownName
from xai.photo.occluders.renderer import OCCLUDERS, draw_occluder

OVER_THE_MOUTH = ("fist", "paper", "microphone", "cup")


def changed(name, seed, **size):
    pixels = picture()
    return (draw_occluder(pixels, face(), name, seed, **size) != pixels).any(axis=2)


@pytest.mark.parametrize("name", OCCLUDERS)
def test_seed_decides_the_picture_and_the_input_stays(name):
    pixels = picture()
    before = pixels.copy()
    first = draw_occluder(pixels, face(), name, 5)
    assert np.array_equal(first, draw_occluder(pixels, face(), name, 5))
    assert not np.array_equal(first, draw_occluder(pixels, face(), name, 6))
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", OVER_THE_MOUTH)
def test_what_is_held_before_the_mouth_hides_it(name, seed):
    pixels, mesh = picture(noise=0.0), face()
    drawn = draw_occluder(pixels, mesh, name, seed)
    lower = np.abs(at(drawn, mesh, (17,), 2) - at(pixels, mesh, (17,), 2)).max(axis=-1)
    assert lower.mean() > 5


@pytest.mark.parametrize("seed", range(4))
def test_a_scarf_lies_below_the_mouth_and_a_beard_leaves_the_eyes(seed):
    pixels, mesh = picture(), face()
    scarf, beard = (draw_occluder(pixels, mesh, name, seed) for name in ("scarf", "beard"))
    assert np.array_equal(at(scarf, mesh, (*MOUTH, *EYES)), at(pixels, mesh, (*MOUTH, *EYES)))
    assert np.array_equal(at(beard, mesh, EYES, 3), at(pixels, mesh, EYES, 3))
    assert changed("scarf", seed)[225:].sum() > 1500
    assert changed("beard", seed)[185:230, 110:190].mean() > 0.8


def test_a_hand_has_the_skin_of_its_face():
    # A hand on darker skin is darker by what the skin is: red to blue stays as on the face.
    for tone in (1.0, 0.45):
        skin = np.array([205, 160, 138]) * tone
        pixels = picture(noise=0.0).astype(float)
        is_skin = (picture(noise=0.0) == (205, 160, 138)).all(axis=2)
        pixels[is_skin] = skin
        pixels = pixels.astype(np.uint8)
        drawn = draw_occluder(pixels, face(), "fist", 3)
        hand = drawn[(drawn != pixels).any(axis=2)][:, :].astype(float)
        middle = np.median(hand, axis=0)
        assert abs(middle[0] / middle[2] - skin[0] / skin[2]) < 0.25
        assert 0.55 < middle.sum() / skin.sum() < 1.35


def test_size_of_the_drawing_does_not_move_the_thing():
    fine, coarse = changed("phone", 2, drawn_width=420), changed("phone", 2, drawn_width=140)
    assert (fine & coarse).sum() / (fine | coarse).sum() > 0.9


def test_a_face_outside_the_photo_leaves_it_alone():
    outside = face(at=(2000.0, -900.0))
    for name in OCCLUDERS:
        assert np.array_equal(draw_occluder(picture(), outside, name), picture())


def test_refusals():
    with pytest.raises(UnknownName, match="no occluder 'hat'"):
        draw_occluder(picture(), face(), "hat")
    with pytest.raises(ValueError, match="468"):
        draw_occluder(picture(), face()[:5], "hand")
