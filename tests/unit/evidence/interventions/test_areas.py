"""Where edits are made: nothing outside an area touches it, shifts go where they say, controls are fair."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.support.models import make_face
from xai.evidence.interventions.areas import (
    CONTROLS,
    CORNERS,
    LOWER_PARTS,
    OUTSIDE,
    SHIFT,
    control_places,
    region_masks_soft,
    shifted,
)
from xai.photo.faces import find_faces
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample

FIVE = np.array([[54, 60], [114, 60], [84, 94], [60, 120], [108, 120]], np.float32)
UNIT = 60.0  # pixels between the eyes


def tilted(degrees):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = ((FIVE - 84) @ turn.T + 84).astype(np.float32)
    return make_face(np.zeros((168, 168, 3), np.uint8), points)


@pytest.fixture(scope="module", params=["five points", "tilted", "mesh"])
def face(request):
    if request.param == "mesh":
        return find_faces(load_sample("astronaut-red"))[0]
    return tilted(0 if request.param == "five points" else 25)


@pytest.fixture(scope="module")
def places(face):
    return region_masks_soft(face)


def test_every_place_that_is_measured_exists(places):
    named = {"strict", "wide", "nose", "mouth", "upper_face", "surroundings", "everything"}
    named |= {f"{name}_clear" for name in ("outside_wide", "upper_face", "surroundings")}
    assert {*OUTSIDE["strict"], *OUTSIDE["wide"], *named} == set(places)
    for name, place in places.items():
        assert place.dtype == np.float32, name
        assert place.min() >= 0, name
        assert place.max() == pytest.approx(1, abs=1e-6) or name.startswith("corner"), name


def test_the_surroundings_reach_the_edge_and_leave_the_face(places):
    """The outer twentieth belongs to them wherever the lower face does not reach."""
    around, lower, upper = (places[name] for name in ("surroundings", "wide", "upper_face"))
    edge = np.ones_like(around, bool)
    width = round(0.05 * len(edge))
    edge[width:-width, width:-width] = False
    assert (around[edge & (lower == 0) & (upper == 0)] == 1).all()
    assert (around[lower == 1] == 0).all()
    assert (around[upper == 1] == 0).all()
    assert (places["everything"] == 1).all()


def test_clear_places_keep_away_from_the_lower_face(places):
    """By a third of the eye distance, so that no edge of a mask comes along."""
    near = cv2.dilate((places["wide"] == 1).astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    for name in ("outside_wide", "upper_face", "surroundings"):
        clear = places[f"{name}_clear"]
        assert (clear[near] == 0).all()
        assert (clear <= places[name]).all()
        assert clear.max() > 0.9 or name == "upper_face"


@pytest.mark.parametrize("area", ["strict", "wide"])
def test_nothing_outside_touches_what_is_under_test(places, area):
    """Where the area is painted fully nothing outside shows; in its seam the two share one layer of paint."""
    for name in OUTSIDE[area]:
        assert (places[name][places[area] == 1] == 0).all(), name
        assert (places[name] + places[area]).max() <= 1 + 1e-6, name


@pytest.mark.parametrize("area", ["strict", "wide"])
def test_the_area_and_all_outside_it_are_everything(places, area):
    np.testing.assert_allclose(places[area] + places[f"outside_{area}"], 1, atol=1e-6)
    masks_of_area = places[area] == 1
    assert masks_of_area.mean() > 0.02


def test_what_lies_around_the_area_leaves_no_gap(places):
    """Each pixel beyond the seam belongs fully to one of the named places; the strata are no sample."""
    beyond = places["wide"] == 0
    named = np.max([places[name] for name in ("eyes", "forehead", "background")], axis=0)
    assert (named[beyond] > 1 - 1e-6).all()
    lower = (places["wide"] == 1) & (places["strict"] == 0)
    assert (places["rest_of_lower_face"][lower] > 1 - 1e-6).all()
    whole = places["wide"] == 1
    together = places["strict"] + places["rest_of_lower_face"]
    np.testing.assert_allclose(together[whole], 1, atol=1e-6)


def test_places_hold_the_regions_they_are_named_after(face, places):
    masks = region_masks(face)
    assert (places["strict"][masks["nose"] | masks["mouth"]] == 1).all()
    for name in ("nose", "mouth", "chin", "cheeks"):
        assert (places["wide"][masks[name]] == 1).all()
    for name in ("nose", "mouth"):
        assert (places[name][masks[name]] == 1).all()
    for name in LOWER_PARTS[:2]:
        clear = masks[name] & (places["strict"] == 0)
        assert (places[name][clear] == 1).all()
    for name in ("eyes", "forehead"):
        clear = masks[name] & (places["wide"] == 0)
        assert (places[name][clear] == 1).all()
        assert (places[name] >= 0.99).sum() < masks[name].sum() + 12 * np.sqrt(masks[name].sum())


def test_corners_are_quarters_of_the_side(face, places):
    side = len(face.crop)
    for name in CORNERS:
        rows = slice(0, side // 4) if "top" in name else slice(side - side // 4, side)
        columns = slice(0, side // 4) if name.endswith("left") else slice(side - side // 4, side)
        inside = np.zeros((side, side), bool)
        inside[rows, columns] = True
        clear = places["wide"] == 0
        assert (places[name][inside & clear] == 1).all()
        far = ~inside
        far[max(0, rows.start - side // 8) : rows.stop + side // 8,
            max(0, columns.start - side // 8) : columns.stop + side // 8] = False  # fmt: skip
        assert (places[name][far] == 0).all()


def centre(place):
    rows, columns = np.mgrid[: len(place), : len(place)]
    return np.array([(place * columns).sum(), (place * rows).sum()]) / place.sum()


@pytest.mark.parametrize("direction", range(8))
def test_a_shift_goes_a_tenth_of_the_eye_distance_where_it_says(direction):
    """Clockwise as one sees the picture, from the right: right, right and down, down, …"""
    face = tilted(0)
    mouth = region_masks_soft(face)["mouth"]
    ways = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]
    way = np.array(ways[direction]) / np.hypot(*ways[direction])
    moved = centre(shifted(mouth, face, direction)) - centre(mouth)
    np.testing.assert_allclose(moved, way * 0.1 * UNIT, atol=0.06)
    assert SHIFT == 0.1


def test_a_shift_leaves_no_bare_edge():
    """What reaches the edge of the crop still reaches it after a shift."""
    face = tilted(0)
    outside = region_masks_soft(face)["outside_wide"]
    for direction in range(8):
        moved = shifted(outside, face, direction)
        assert min(moved[0].min(), moved[:, 0].min(), moved[:, -1].min()) > 0.9


def strata_of(face, area):
    masks = region_masks(face)
    strata = [masks["eyes"], masks["forehead"], masks["cheeks"] | masks["chin"], masks["elsewhere"]]
    return strata if area == "strict" else [strata[0], strata[1], strata[3]]


@pytest.mark.parametrize("area", ["strict", "wide"])
def test_controls_are_many_even_and_clear_of_the_area(face, places, area):
    controls = control_places(face, area)
    assert len(controls) == CONTROLS == 64
    under = places[area] == 1
    strata = strata_of(face, area)
    falls = np.zeros((len(strata), len(strata)))
    for number, control in enumerate(controls):
        assert (control[under] == 0).all()
        aimed = number % len(strata)
        assert control[strata[aimed]].max() > 0.5
        falls[aimed] += [control[stratum].sum() / stratum.sum() for stratum in strata]
    assert (falls.argmax(axis=0) == np.arange(len(strata))).all(), "each stratum is hit most by its own"


def test_controls_are_as_large_as_nose_and_mouth(face):
    masks = region_masks(face)
    goal = (masks["nose"] | masks["mouth"]).sum()
    sizes = np.array([(control > 0).sum() for control in control_places(face, "strict")])
    assert 0.8 * goal < sizes.max() < 1.3 * goal
    assert np.median(sizes) > 0.5 * goal


def test_controls_do_not_know_chance(face):
    first, again = control_places(face, "strict"), control_places(face, "strict")
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert len({control.tobytes() for control in first}) > 32


def test_controls_of_another_number(face):
    few = control_places(face, "wide", 5)
    np.testing.assert_array_equal(few, control_places(face, "wide")[:5])


def test_without_landmarks_there_is_no_place():
    nobody = replace(tilted(0), landmarks=np.zeros((0, 2), np.float32))
    with pytest.raises(ValueError, match="landmarks"):
        region_masks_soft(nobody)
    with pytest.raises(ValueError, match="landmarks"):
        control_places(nobody, "strict")
