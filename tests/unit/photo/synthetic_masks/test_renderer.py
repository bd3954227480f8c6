"""A drawn mask: where it lies, what it leaves alone, and how it takes the photo's light."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.support.faces import EYES, MIDDLE, MOUTH, NOSE, PAIRS, at, face, is_blue, picture
from xai.errors import UnknownName
from xai.photo.synthetic_masks.anchors import CORES, KNOTS, MIRROR
from xai.photo.synthetic_masks.face_pose import face_frame
from xai.photo.synthetic_masks.lighting import linear, measure_light
from xai.photo.synthetic_masks.materials import LOOKS, STYLES
from xai.photo.synthetic_masks.renderer import WORN, draw_mask
from xai.photo.synthetic_masks.wear_styles import class_of

BLUE = LOOKS["surgical_blue"]
SOME = [(name, WORN[i % len(WORN)]) for i, name in enumerate(LOOKS)]


def test_truth_of_each_way_of_wearing():
    assert {w for w in WORN if class_of(w) == "covered"} == {"correct"}
    assert {w for w in WORN if class_of(w) == "incorrect"} == set(WORN) - {"correct"}


@pytest.mark.parametrize(("look", "worn"), SOME)
def test_seed_decides_the_picture_and_the_input_stays(look, worn):
    pixels = picture()
    before = pixels.copy()
    first = draw_mask(pixels, face(), LOOKS[look], worn, 5)
    assert np.array_equal(first, draw_mask(pixels, face(), LOOKS[look], worn, 5))
    assert not np.array_equal(first, draw_mask(pixels, face(), LOOKS[look], worn, 6))
    assert np.array_equal(pixels, before)
    assert not np.shares_memory(first, pixels)


# Rows by hand, eye middle at 100, chin at 225: from under the eyes, from the ears down, from the ears down.
@pytest.mark.parametrize(
    ("worn", "top", "bottom"), [("correct", 95, 250), ("nose_out", 95, 268), ("below_chin", 95, 285)]
)
def test_nothing_changes_far_from_the_mask(worn, top, bottom):
    pixels = picture()
    for seed, look in enumerate([LOOKS["surgical_white"], LOOKS["cloth_black"]]):
        changed = (draw_mask(pixels, face(), look, worn, seed) != pixels).any(axis=2)
        rows, columns = np.nonzero(changed)
        assert changed.sum() > 1500
        assert rows.min() >= top
        assert rows.max() <= bottom
        assert columns.min() >= 55
        assert columns.max() <= 245


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", STYLES)
def test_worn_correctly_covers_nose_and_mouth_and_no_eye(style, seed):
    pixels, mesh, look = picture(), face(), replace(BLUE, style=style)
    drawn = draw_mask(pixels, mesh, look, "correct", seed)
    assert is_blue(at(drawn, mesh, (*NOSE, *MOUTH, 61, 291, 199))).all()
    assert np.array_equal(at(drawn, mesh, EYES, 4), at(pixels, mesh, EYES, 4))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", STYLES)
def test_nose_out_leaves_the_nose_and_covers_the_mouth(style, seed):
    pixels, mesh, look = picture(), face(), replace(BLUE, style=style)
    drawn = draw_mask(pixels, mesh, look, "nose_out", seed)
    assert np.abs(at(drawn, mesh, NOSE) - at(pixels, mesh, NOSE)).max() <= 40  # a soft shadow at most
    assert not is_blue(at(drawn, mesh, NOSE)).any()
    assert is_blue(at(drawn, mesh, MOUTH)).all()
    assert np.array_equal(at(drawn, mesh, (4,), 3), at(pixels, mesh, (4,), 3))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", [style for style in STYLES if style != "scarf"])
def test_below_the_chin_leaves_nose_and_mouth(style, seed):
    pixels, mesh, look = picture(), face(), replace(BLUE, style=style)
    drawn = draw_mask(pixels, mesh, look, "below_chin", seed)
    free = (*NOSE, *MOUTH, 61, 291)
    assert np.array_equal(at(drawn, mesh, free), at(pixels, mesh, free))
    assert is_blue(at(drawn, mesh, (152,))).all()


@pytest.mark.parametrize("look", LOOKS)
def test_colour_is_that_of_the_look(look):
    drawn = draw_mask(picture(), face(), LOOKS[look], "correct", 1)
    seen = drawn[165:185, 125:175].reshape(-1, 3).mean(axis=0)
    meant = np.array(LOOKS[look].colour)
    assert np.abs(seen - meant).max() < 32
    shade, meant_shade = linear(seen.round().astype(np.uint8)), linear(meant.astype(np.uint8))
    assert shade @ meant_shade > 0.985 * np.linalg.norm(shade) * np.linalg.norm(meant_shade)


def test_light_from_one_side_falls_on_the_mask_too():
    def slant(side):
        drawn = draw_mask(picture(side), face(), LOOKS["cloth_grey"], "correct", 2).astype(int)
        return drawn[160:185, 100:125].mean() - drawn[160:185, 175:200].mean()

    even, left, right = slant((0.85, 0.85)), slant((1.15, 0.55)), slant((0.55, 1.15))
    assert left - even > 15
    assert even - right > 15


def test_light_is_read_off_the_face():
    for side, sign in (((1.15, 0.55), -1), ((0.55, 1.15), 1)):
        assert measure_light(picture(side), face(), face_frame(face())).direction[0] * sign > 0.05


def test_dark_scene_darkens_the_mask():
    bright, dark = picture(), (picture() * 0.35).astype(np.uint8)
    seen = [draw_mask(p, face(), BLUE, "correct", 0)[170:180, 140:160].mean() for p in (bright, dark)]
    assert seen[1] < 0.55 * seen[0]


def test_place_in_a_larger_photo_does_not_matter():
    pixels = np.pad(picture(), ((200, 200), (250, 250), (0, 0)), mode="edge")
    moved = np.pad(pixels, ((37, 0), (53, 0), (0, 0)), mode="edge")
    mesh = face(at=(400.0, 300.0))
    one = draw_mask(pixels, mesh, BLUE, "nose_out", 3)
    other = draw_mask(moved, mesh + np.float32([53, 37]), BLUE, "nose_out", 3)
    assert np.abs(one.astype(int) - other[37:, 53:]).max() <= 2


@pytest.mark.parametrize("width", [24, 60, 420])
def test_faces_of_any_size(width):
    scale = width / 160
    pixels = cv2.resize(picture(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mesh = face(width, (150 * scale, 100 * scale))
    drawn = draw_mask(pixels, mesh, BLUE, "correct", 1)
    assert is_blue(at(drawn, mesh, (4, 13), 0)).all()
    assert np.array_equal(at(drawn, mesh, EYES, 0), at(pixels, mesh, EYES, 0))


def test_turned_face_keeps_its_nose_covered():
    mesh = face()
    turned = mesh.copy()
    depth = 60 * np.sqrt(np.clip(1 - ((mesh[:, 0] - 150) / 82) ** 2, 0, 1))
    turned[:, 0] = 150 + (mesh[:, 0] - 150) * np.cos(0.6) + (depth - 30) * np.sin(0.6)
    turned[[4, 1, 5, 45, 275, 220, 440], 0] += 8
    drawn = draw_mask(picture(), turned, BLUE, "correct", 1)
    assert face_frame(turned).turn > 0.2 > abs(face_frame(mesh).turn)
    assert is_blue(at(drawn, turned, (4, 1, *MOUTH))).all()


def test_face_at_the_edge_and_face_outside():
    cut = draw_mask(picture(), face(at=(20.0, 100.0)), BLUE, "correct", 0)
    assert is_blue(cut[150:170, 5:30].astype(int)).mean() > 0.9
    outside = draw_mask(picture(), face(at=(2000.0, -900.0)), BLUE, "correct", 0)
    assert np.array_equal(outside, picture())


def test_refusals():
    with pytest.raises(UnknownName, match="correct, nose_out, below_chin"):
        draw_mask(picture(), face(), BLUE, "upside_down")
    with pytest.raises(UnknownName, match="surgical, cloth, respirator, scarf"):
        draw_mask(picture(), face(), replace(BLUE, style="paper"), "correct")
    with pytest.raises(ValueError, match="468"):
        draw_mask(picture(), face()[:5], BLUE, "correct")
    with pytest.raises(ValueError, match="finite"):
        draw_mask(picture(), face() * np.float32(np.nan), BLUE, "correct")
    with pytest.raises(ValueError, match="uint8"):
        draw_mask(picture().astype(np.float32), face(), BLUE, "correct")


def test_every_knot_has_its_twin_and_every_style_its_knots():
    assert set(KNOTS) == {(style, worn) for style in STYLES for worn in WORN}
    assert set(CORES) <= set(WORN)
    middle = set(MIDDLE)
    for knots in KNOTS.values():
        for knot in knots:
            assert all((v in middle) if knot.u == 0 else (v in MIRROR) for v in knot.vertices)
    assert all(PAIRS.get((left, right)) for left, right in MIRROR.items())
