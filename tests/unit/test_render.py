import numpy as np
import pytest

from xai.photo.faces import whole_photo
from xai.render import (
    Mark,
    beyond_even,
    class_colour,
    colour_bar,
    common_scale,
    density,
    dim_outside,
    display_scale,
    display_values,
    draw_boxes,
    excess,
    excess_scale,
    outline_regions,
    overlay,
    paint_classes,
)
from xai.types import Box, Face, Heatmap, Image

GREY = np.full((40, 40, 3), 128, np.uint8)


def heatmap(values, unit="probability"):
    return Heatmap(np.asarray(values, np.float32), unit, "occlusion", {}, "covered")


def test_nothing_is_painted_where_nothing_is_measured():
    values = np.zeros((40, 40), np.float32)
    values[0, 0] = 1
    painted = overlay(GREY, values, scale=1.0, opacity=1.0)
    assert (painted[values == 0] == 128).all()
    assert (painted[0, 0] != 128).any()
    assert (overlay(GREY, values, scale=0.0) == GREY).all()


def test_for_and_against_differ_and_grow_with_the_value():
    values = np.zeros((40, 40), np.float32)
    values[0, :4] = (0.1, 0.5, 1.0, 5.0)
    values[1, :2] = (-0.5, -1.0)
    painted = overlay(GREY, values, scale=1.0, opacity=1.0).astype(int)
    distance = np.abs(painted - 128).sum(axis=2)
    assert distance[0, 0] < distance[0, 1] < distance[0, 2]
    assert (painted[0, 2] == painted[0, 3]).all()  # beyond the scale the colour stays
    assert painted[0, 1, 0] > painted[0, 1, 1]  # purple: red above green
    assert painted[1, 0, 0] < painted[1, 0, 1]  # teal: green above red


def test_one_scale_shows_one_value_in_one_colour():
    weak, strong = np.full((4, 4), 0.2, np.float32), np.full((4, 4), 0.8, np.float32)
    scale = common_scale([heatmap(weak), heatmap(-strong)])
    assert scale == pytest.approx(0.8)
    crop = np.full((4, 4, 3), 90, np.uint8)
    assert (overlay(crop, weak, scale=scale) != overlay(crop, weak, scale=0.2)).any()


def test_units_are_not_mixed_on_one_scale():
    with pytest.raises(ValueError, match="no common scale"):
        common_scale([heatmap([[1]]), heatmap([[1]], "activation")])


def test_density_by_hand():
    found = density(np.array([[1.0, -5.0], [3.0, 0.0]], np.float32))
    assert found.tolist() == [[1.0, 0.0], [3.0, 0.0]]
    assert density(np.full((2, 2), -1, np.float32)).tolist() == [[0, 0], [0, 0]]


def test_excess_by_hand():
    values = np.array([[1.0, -5.0], [3.0, 0.0]], np.float32)
    assert excess(values).tolist() == [[0.0, 0.0], [2.0, 0.0]]
    assert excess(np.full((3, 3), 7.0, np.float32)).max() == 0
    assert excess_scale([heatmap(values, "activation")]) == 2.0
    assert excess_scale([heatmap(np.ones((2, 2)), "activation")]) == 1.0
    assert excess_scale([]) == 1.0


def test_values_are_displayed_as_measured_or_as_what_exceeds_an_even_spread():
    values = np.array([[1.0, -5.0], [3.0, 0.0]], np.float32)
    measured, activation = heatmap(values), heatmap(values, "activation")
    assert display_values(measured, "absolute").tolist() == values.tolist()
    assert display_values(activation, "density").tolist() == [[0.0, 0.0], [2.0, 0.0]]
    assert beyond_even(density(values)).tolist() == [[0.0, 0.0], [2.0, 0.0]]
    assert display_scale([measured], "absolute") == common_scale([measured]) == 5.0
    assert display_scale([activation], "density") == excess_scale([activation]) == 2.0


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match="size of the crop"):
        overlay(GREY, np.zeros((20, 20), np.float32), scale=1.0)


def test_boxes_are_drawn_on_a_copy_in_the_colour_of_the_class():
    photo = np.full((200, 300, 3), 200, np.uint8)
    drawn = draw_boxes(photo, [Mark(Box(50, 80, 120, 160), 1, "covered", "covered")])
    assert (photo == 200).all()
    colour = np.array(class_colour("covered"))
    assert (drawn[120, 48:54] == colour).all(axis=1).any()
    assert (drawn[60:80, 50:150] == colour).all(axis=2).sum() > 100  # the tag with the word
    assert (drawn[:50] == 200).all()


def test_tags_at_the_edge_stay_in_the_photo():
    photo = np.full((60, 60, 3), 200, np.uint8)
    drawn = draw_boxes(photo, [Mark(Box(40, 0, 70, 30), 12, "incorrect", "incorrect")])
    assert drawn.shape == photo.shape
    assert (drawn == np.array(class_colour("incorrect"))).all(axis=2).sum() > 100


def test_classes_are_painted_in_their_colours():
    becomes = np.zeros((40, 40), np.int8)
    becomes[20:] = 1
    painted = paint_classes(GREY, becomes, ("covered", "uncovered"), opacity=1.0)
    assert (painted[0, 0] == class_colour("covered")).all()
    assert (painted[39, 0] == class_colour("uncovered")).all()


@pytest.mark.parametrize("spelt", ["Covered", "with_mask", "mask worn correctly"])
def test_a_class_has_its_colour_in_every_spelling_and_an_unknown_one_is_grey(spelt):
    assert class_colour(spelt) == class_colour("covered")
    grey = class_colour("visor")
    assert max(grey) - min(grey) < 10
    assert grey not in [class_colour(name) for name in ("covered", "incorrect", "uncovered")]


def test_outlines_leave_the_inside_alone():
    mask = np.zeros((400, 400), bool)
    mask[100:300, 100:300] = True
    crop = np.full((400, 400, 3), 128, np.uint8)
    drawn = outline_regions(crop, {"nose": mask, "elsewhere": ~mask})
    assert (drawn[mask] == 128).all()
    assert (drawn[98:100, 150] == 255).all()  # two pixels of light line on 400
    assert (drawn[96:98, 150] == 20).all()
    assert (drawn[95, 150] == 128).all()


def test_a_small_crop_is_enlarged_before_it_is_outlined():
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    drawn = outline_regions(GREY, {"nose": mask})
    assert drawn.shape == (400, 400, 3)
    assert (drawn[99, 150] == 255).all()
    assert (drawn[105:295, 105:295] == 128).all()


def test_the_bar_is_white_in_the_middle():
    bar = colour_bar(101, 8)
    assert (bar[:, 50] == 255).all()
    assert (bar[:, 0] != bar[:, 100]).any()
    assert (colour_bar(101, 8, signed=False)[:, 0] == 255).all()


@pytest.mark.parametrize("scale", [1, 3])
def test_only_what_lies_outside_the_photo_is_dimmed(scale):
    """A photo of 30 x 20 in a square: five mirrored rows above and below it."""
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    face = whole_photo(Image(pixels, "0" * 64))
    shown = face.crop.repeat(scale, axis=0).repeat(scale, axis=1)
    dimmed = dim_outside(shown, face)
    np.testing.assert_array_equal(dimmed[5 * scale : 25 * scale], shown[5 * scale : 25 * scale])
    for part in (slice(0, 5 * scale), slice(25 * scale, None)):
        expected = np.rint(shown[part] + 0.8 * (128 - shown[part].astype(np.float32)))
        assert np.abs(dimmed[part] - expected).max() <= 1


def test_a_crop_within_the_photo_or_of_an_unknown_photo_stays_as_it_is():
    box, points = Box(3, 4, 43, 44), np.zeros((0, 2), np.float32)
    for size in (None, (43, 44)):
        face = Face("0" * 64, box, box, GREY, points, 0.9, photo_size=size)
        assert dim_outside(GREY, face) is GREY
    red = np.full_like(GREY, (255, 0, 0))
    dimmed = dim_outside(red, Face("0" * 64, box, box, red, points, 0.9, photo_size=(42, 44)))
    assert (dimmed[:, :39] == red[:, :39]).all()
    assert (dimmed[:, 39] != red[:, 39]).any(axis=1).all()
