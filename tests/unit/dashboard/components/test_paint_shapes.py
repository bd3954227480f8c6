"""What a browser sends is a stranger's: what is taken, what is refused, and which pixels it covers."""

from itertools import pairwise

import numpy as np
import pytest

from dashboard.components.paint_canvas.shapes import (
    MOST_POINTS,
    MOST_SHAPES,
    Bar,
    Stroke,
    parse_shapes,
    parse_spot,
    place_of,
)
from xai.types import REGIONS

SIDE = 40


def stroke(points, width=4):
    return {"kind": "stroke", "points": points, "width": width}


def bar(**edges):
    return {"kind": "bar", "left": 2, "top": 3, "right": 9, "bottom": 8} | edges


def test_what_was_painted_is_read():
    sent = [stroke([[1, 2.5], [3, 4]], 6), bar(right=12.5)]
    assert parse_shapes(sent, SIDE) == (Stroke(((1.0, 2.5), (3.0, 4.0)), 6.0), Bar(2.0, 3.0, 12.5, 8.0))
    assert parse_shapes(None, SIDE) == ()
    assert parse_shapes([], SIDE) == ()
    assert parse_spot([3, 39.9], SIDE) == (3.0, 39.9)


NAN = float("nan")


@pytest.mark.parametrize(
    "sent",
    [
        "stroke",
        {"kind": "bar"},
        7,
        [None],
        [[]],
        [{}],
        [{"kind": "circle", "points": [[1, 1]], "width": 2}],
        [stroke([])],
        [stroke([[1, 2]] * (MOST_POINTS + 1))],
        [stroke([[1, 2, 3]])],
        [stroke([["1", 2]])],
        [stroke([[True, 2]])],
        [stroke([[NAN, 2]])],
        [stroke([[1, 2]], NAN)],
        [stroke([[1, 2]], 0)],
        [stroke([[1, 2]], -3)],
        [stroke([[1, 2]], 10**9)],
        [stroke([[float("inf"), 2]])],
        [stroke([[10**400, 2]])],
        [stroke({"0": [1, 2]})],
        [bar(left="2")],
        [bar(bottom=None)],
        [bar(top=-(10**6))],
        [bar()] * (MOST_SHAPES + 1),
    ],
)
def test_what_is_no_list_of_shapes_is_refused(sent):
    with pytest.raises(ValueError, match=r"must|needs"):
        parse_shapes(sent, SIDE)


@pytest.mark.parametrize("sent", [None, [], [1], [1, 2, 3], ["a", 1], [-1, 2], [1, SIDE], [NAN, 1], {"x": 1}])
def test_a_spot_beyond_the_crop_is_refused(sent):
    with pytest.raises(ValueError, match="must"):
        parse_spot(sent, SIDE)


def literal(shape):
    """Pixel by pixel: is the middle within half a width of any of a thousand places of the stroke?"""
    place = np.zeros((SIDE, SIDE), bool)
    for row in range(SIDE):
        for column in range(SIDE):
            x, y = column + 0.5, row + 0.5
            if isinstance(shape, Bar):
                place[row, column] = shape.left <= x < shape.right and shape.top <= y < shape.bottom
                continue
            ends = np.array(shape.points)
            runs = [np.linspace(a, b, 1000) for a, b in pairwise(ends)] or [ends]
            nearest = min(np.hypot(run[:, 0] - x, run[:, 1] - y).min() for run in runs)
            place[row, column] = nearest <= shape.width / 2
    return place


@pytest.mark.parametrize(
    "shape",
    [
        Stroke(((10.0, 10.0),), 7.0),
        Stroke(((5.0, 5.0), (30.0, 12.3), (8.1, 33.0)), 5.3),
        Stroke(((-20.0, 5.0), (60.0, 31.0)), 3.1),
        Stroke(((39.0, 39.0), (39.0, 39.0)), 9.1),
        Stroke(((70.0, 70.0),), 2.0),
        Bar(2.2, 3.0, 9.6, 8.5),
        Bar(-30.0, 20.0, 70.0, 22.0),
        Bar(-9.0, -9.0, -2.0, -2.0),
        Bar(9.0, 9.0, 3.0, 3.0),
    ],
    ids=str,
)
def test_a_shape_covers_the_pixels_whose_middle_lies_in_it(shape):
    np.testing.assert_array_equal(place_of([shape], None, (), SIDE), literal(shape))


def test_shapes_and_parts_of_the_face_are_covered_together():
    regions = np.full((SIDE, SIDE), REGIONS.index("elsewhere"), np.int8)
    regions[10:14, 20:30] = REGIONS.index("nose")
    regions[20:22, 20:30] = REGIONS.index("mouth")
    shape = Bar(0.0, 0.0, 4.0, 4.0)
    place = place_of([shape], regions, ["nose"], SIDE)
    wanted = literal(shape)
    wanted[10:14, 20:30] = True
    np.testing.assert_array_equal(place, wanted)
    np.testing.assert_array_equal(place_of([shape], None, ["nose"], SIDE), literal(shape))
