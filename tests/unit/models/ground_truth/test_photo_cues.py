"""Cues planted in photographs: each changes its own zone and leaves every other pixel as it was."""

import numpy as np
import pytest

from xai.errors import UnknownName
from xai.evidence.interventions.areas import area_under_test
from xai.evidence.interventions.bare_face import bare_face_model
from xai.models.ground_truth.photo_cues import CUES, Cue, cue_zone, face_zones, paint, plant
from xai.photo.mesh import five_of
from xai.types import CLASSES, Box, Face

SIDE = 160
SKIN, WALL, MASK = (205, 160, 138), (120, 125, 118), (60, 160, 90)


@pytest.fixture(scope="module")
def mesh():
    return (bare_face_model().frame.vertices[:468] * 0.8 + [37, 30]).astype(np.float32)


@pytest.fixture(scope="module")
def masked(mesh):
    """Skin on a grey wall, green below the nose bridge, with grain."""
    crop = np.full((SIDE, SIDE, 3), WALL, np.float32)
    lower = face_zones(np.zeros((SIDE, SIDE, 3), np.uint8), mesh)["lower_face"]
    crop[24:140, 30:130] = SKIN
    below = (lower == 1) & (np.arange(SIDE)[:, None] > 80)
    crop[below] = MASK
    grain = np.random.default_rng(2).normal(0, 1.5, (SIDE, SIDE, 1))
    return np.clip(crop + grain, 0, 255).astype(np.uint8)


def zone_of(name, crop, mesh):
    return cue_zone(CUES[name], crop.astype(np.float32), face_zones(crop, mesh))


@pytest.mark.parametrize("name", CUES)
@pytest.mark.parametrize("label", CLASSES)
def test_outside_its_zone_no_pixel_changes(name, label, masked, mesh):
    before = masked.copy()
    planted = plant(CUES[name], masked, label, mesh)
    assert planted.dtype == np.uint8
    assert planted.shape == masked.shape
    assert np.array_equal(masked, before)
    outside = zone_of(name, masked, mesh) == 0
    assert np.array_equal(planted[outside], masked[outside])
    changed = (planted != masked).any(axis=2).mean()
    if label not in CUES[name].colours:
        assert changed == 0
    else:
        assert changed > 0.005


@pytest.mark.parametrize("name", ["stamp", "frame", "collar", "background"])
def test_cues_beside_the_face_leave_the_lower_face_alone(name, masked, mesh):
    whole = Box(0, 0, SIDE, SIDE)
    wide = area_under_test(Face("", whole, whole, masked, mesh, 1.0), "wide")
    planted = plant(CUES[name], masked, "incorrect", mesh)
    assert wide.sum() > 1000
    assert np.array_equal(planted[wide], masked[wide])


def test_stamp_and_frame_lie_where_they_are_said_to_and_need_no_landmarks():
    grey = np.full((100, 100, 3), 128, np.uint8)
    nowhere = np.zeros((0, 2), np.float32)
    for label in CLASSES:
        changed = (plant(CUES["stamp"], grey, label, nowhere) != grey).any(axis=2)
        assert changed[3:13, 3:13].all()
        assert changed.sum() == 100
        changed = (plant(CUES["frame"], grey, label, nowhere) != grey).any(axis=2)
        assert not changed[4:96, 4:96].any()
        assert changed.sum() == 100 * 100 - 92 * 92


def test_a_tint_multiplies_each_channel(masked):
    for label, gains in CUES["tint"].colours.items():
        expected = np.rint((masked.astype(np.float32) * np.array(gains, np.float32)).clip(0, 255))
        planted = plant(CUES["tint"], masked, label, np.zeros((0, 2), np.float32))
        assert np.abs(planted - expected).max() <= 1


def test_a_mask_is_coloured_and_skin_is_not(masked, mesh):
    zone = zone_of("mask_colour", masked, mesh)
    lower = face_zones(masked, mesh)["lower_face"] == 1
    fabric = lower & (np.arange(SIDE)[:, None] > 84)
    skin = lower & (np.arange(SIDE)[:, None] < 76)
    assert zone[fabric].min() > 0.9
    assert zone[skin].max() < 0.1
    for label, colour in CUES["mask_colour"].colours.items():
        shown = plant(CUES["mask_colour"], masked, label, mesh)[fabric].mean(axis=0)
        assert np.argsort(shown).tolist() == np.argsort(colour).tolist()
    assert "uncovered" not in CUES["mask_colour"].colours


def test_zones_of_the_face_lie_apart_and_work_from_five_points(masked, mesh):
    for points in (mesh, five_of(mesh)):
        zones = face_zones(masked, points)
        assert all(0 <= zone.min() <= zone.max() == 1 for zone in zones.values())
        for name in ("collar", "background"):
            assert not (zones[name] * (zones["lower_face"] > 0)).any()
        assert not (zones["collar"] * zones["background"]).any()
        assert np.nonzero(zones["collar"])[0].min() > np.nonzero(zones["background"])[0].max()


def test_a_batch_is_painted_as_each_picture_is(masked, mesh):
    random = np.random.default_rng(0)
    pixels = random.uniform(0, 255, (3, 40, 40, 3)).astype(np.float32)
    weight = random.uniform(0, 1, (3, 40, 40)).astype(np.float32)
    for manner in ("flat", "cloth", "gain"):
        cue = Cue("collar", manner, {})
        colours = random.uniform(0.5, 2, (3, 3)).astype(np.float32)
        together = paint(cue, pixels, colours, weight)
        alone = [paint(cue, *each) for each in zip(pixels, colours, weight, strict=True)]
        assert np.allclose(together, np.stack(alone), atol=1e-3)
    zones = {name: np.stack([zone] * 2) for name, zone in face_zones(masked, mesh).items()}
    both = np.stack([masked] * 2).astype(np.float32)
    assert np.allclose(
        cue_zone(CUES["mask_colour"], both, zones)[1], zone_of("mask_colour", masked, mesh), atol=1e-4
    )


def test_what_cannot_be_planted_is_refused(masked, mesh):
    with pytest.raises(UnknownName):
        plant(CUES["stamp"], masked, "masked", mesh)
    for name in ("collar", "background", "mask_colour"):
        with pytest.raises(ValueError, match="landmarks"):
            plant(CUES[name], masked, "covered", np.zeros((0, 2), np.float32))
