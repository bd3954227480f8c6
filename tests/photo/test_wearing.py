"""A drawn mask: where it lies, what it leaves alone, and how it takes the photo's light."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from xai.errors import UnknownName
from xai.photo.mask_geometry import face_frame
from xai.photo.mask_knots import CORES, KNOTS, MIRROR
from xai.photo.mask_light import linear, measure_light
from xai.photo.mask_looks import LOOKS, STYLES
from xai.photo.wearing import WORN, class_of, draw_mask

# A face placed by hand: distance from the middle line and height, in thousandths of its width.
MIDDLE = {
    151: -170, 9: -60, 168: 45, 6: 105, 197: 162, 195: 212, 5: 265, 4: 332, 1: 381, 2: 418, 164: 444, 0: 500,
    13: 532, 14: 560, 17: 678, 200: 775, 199: 835, 175: 881, 152: 909,
}  # fmt: skip
PAIRS = {
    (32, 262): (188, 777), (36, 266): (249, 302), (43, 273): (255, 567), (50, 280): (398, 280),
    (58, 288): (480, 527), (61, 291): (264, 502), (92, 322): (235, 450), (93, 323): (526, 292),
    (101, 330): (272, 238), (123, 352): (494, 263), (126, 355): (135, 243), (129, 358): (172, 328),
    (132, 361): (509, 407), (135, 364): (384, 642), (136, 365): (372, 701), (137, 366): (530, 285),
    (138, 367): (448, 577), (140, 369): (188, 826), (142, 371): (183, 270), (147, 376): (498, 360),
    (148, 377): (100, 896), (149, 378): (237, 819), (150, 379): (296, 769), (165, 391): (179, 436),
    (169, 394): (313, 710), (172, 397): (430, 627), (176, 400): (174, 864), (177, 401): (522, 390),
    (186, 410): (276, 471), (187, 411): (443, 383), (192, 416): (445, 501), (198, 420): (104, 259),
    (203, 423): (215, 360), (205, 425): (334, 349), (207, 427): (380, 418), (210, 430): (307, 646),
    (213, 433): (487, 443), (214, 434): (379, 548), (215, 435): (497, 488), (216, 436): (314, 443),
    (234, 454): (530, 185), (117, 346): (405, 171), (118, 347): (346, 188), (104, 333): (300, -170),
    (69, 299): (200, -190), (108, 337): (70, -180), (127, 356): (532, 79), (45, 275): (36, 329),
    (220, 440): (76, 331), (48, 278): (153, 341), (37, 267): (75, 486), (33, 263): (350, 68),
    (133, 362): (123, 88), (97, 326): (63, 410), (98, 327): (150, 378),
}  # fmt: skip
EYES = (33, 133, 362, 263)
NOSE = (4, 1, 2, 97, 98, 326, 327)
MOUTH = (13, 14, 17)


def face(width=160.0, at=(150.0, 100.0)):
    """The hand-placed mesh, so many pixels wide; ``at`` is the middle of the eyes."""
    mesh = np.tile(np.array([0.0, 500.0]), (468, 1))
    for vertex, y in MIDDLE.items():
        mesh[vertex] = 0, y
    for (left, right), (x, y) in PAIRS.items():
        mesh[left], mesh[right] = (-x, y), (x, y)
    return ((mesh - [0, 78]) * width / 1064 + at).astype(np.float32)


def picture(side=(1.0, 1.0), noise=2.0):
    """Skin on a grey wall with a white strip; ``side`` is the light on the left and on the right."""
    pixels = np.full((320, 300, 3), (150, 152, 155), np.float32)
    pixels[:, :12] = 236
    cv2.ellipse(pixels, (150, 140), (84, 112), 0, 0, 360, (205, 160, 138), -1)
    cv2.rectangle(pixels, (110, 240), (190, 319), (190, 146, 126), -1)
    ramp = np.linspace(*side, 300, dtype=np.float32)[None, :, None]
    grain = np.random.default_rng(9).normal(0, noise, pixels.shape[:2])[..., None]
    return np.clip(pixels * ramp + grain, 0, 255).astype(np.uint8)


def at(pixels, mesh, vertices, reach=1):
    """The pixels around each vertex."""
    return np.array(
        [
            pixels[y - reach : y + reach + 1, x - reach : x + reach + 1]
            for x, y in mesh[list(vertices)].round().astype(int)
        ]
    ).astype(int)


def is_blue(patches):
    return patches[..., 2] > patches[..., 0] + 15


BLUE = LOOKS["surgical_blue"]
SOME = [(name, WORN[i % 3]) for i, name in enumerate(LOOKS)]


def test_truth_of_each_way_of_wearing():
    assert [class_of(w) for w in WORN] == ["covered", "incorrect", "incorrect"]


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
@pytest.mark.parametrize("style", STYLES)
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
    with pytest.raises(UnknownName, match="surgical, cloth"):
        draw_mask(picture(), face(), replace(BLUE, style="paper"), "correct")
    with pytest.raises(ValueError, match="468"):
        draw_mask(picture(), face()[:5], BLUE, "correct")
    with pytest.raises(ValueError, match="finite"):
        draw_mask(picture(), face() * np.float32(np.nan), BLUE, "correct")
    with pytest.raises(ValueError, match="uint8"):
        draw_mask(picture().astype(np.float32), face(), BLUE, "correct")


def test_every_knot_has_its_twin_and_every_style_its_knots():
    assert set(KNOTS) == {(style, worn) for style in STYLES for worn in WORN}
    assert set(CORES) == set(WORN)
    middle = set(MIDDLE)
    for knots in KNOTS.values():
        for knot in knots:
            assert all((v in middle) if knot.u == 0 else (v in MIRROR) for v in knot.vertices)
    assert all(PAIRS.get((left, right)) for left, right in MIRROR.items())
