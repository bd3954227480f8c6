"""What the rows say about a face itself, against hand-made pictures and plain loops."""

import io
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.support import evidences
from tests.support.explanations import FACE, explanation
from xai.audit.measures import (
    ALIGNED_FIVE,
    ALIGNED_SIDE,
    SURROUND_SIDE,
    aligned_map,
    colour_of_mask,
    difference_hash,
    seen_of,
    surround_of,
    yaw_of,
)
from xai.audit.rows import rows_of, write_part
from xai.photo.mesh import MESH_POINTS
from xai.types import Box, Image

SIDE = 240


def meshed(five, side=SIDE):
    """A face whose mesh has these eye centres, nose tip and mouth corners."""
    mesh = np.zeros((MESH_POINTS, 2), np.float32)
    mesh[[33, 133]], mesh[[362, 263]], mesh[1], mesh[61], mesh[291] = five
    frame = Box(0, 0, side, side)
    return replace(FACE, box=frame, crop_box=frame, crop=np.zeros((side, side, 3), np.uint8), landmarks=mesh)


def smooth(seed, side=160):
    """A random picture without fine detail."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return np.array(Pillow.fromarray(small).resize((side, side), Pillow.Resampling.BICUBIC))


@pytest.mark.parametrize("angle", [-40, -10, 0, 25, 45])
@pytest.mark.parametrize("tilt", [0, 30])
def test_yaw_is_the_angle_of_a_head_turned_to_the_right_of_the_picture(angle, tilt):
    """A far camera sees a head whose nose is .9 half eye distances in front of the eyes."""
    head = np.array([[-1, 0, 0], [1, 0, 0], [0, 1.2, 0.9], [-0.8, 2, 0], [0.8, 2, 0]]) * 30
    turn, roll = math.radians(angle), math.radians(tilt)
    across = head[:, 0] * math.cos(turn) + head[:, 2] * math.sin(turn)
    seen = np.stack([across, head[:, 1]], axis=1)
    spin = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    assert yaw_of(meshed(seen @ spin + 100)) == pytest.approx(angle, abs=0.02)


def test_nothing_is_said_of_pose_or_place_without_a_mesh():
    assert yaw_of(FACE) is None
    assert aligned_map(np.zeros((96, 96), np.float32), FACE) is None


def test_hash_is_that_of_a_plain_loop():
    crop = np.random.default_rng(5).integers(0, 256, (64, 72, 3), dtype=np.uint8)
    grey = np.rint(crop @ np.array([0.299, 0.587, 0.114]))
    bits = ""
    for row in range(8):
        means = [grey[8 * row : 8 * row + 8, 8 * c : 8 * c + 8].mean() for c in range(9)]
        bits += "".join("1" if round(a) < round(b) else "0" for a, b in pairwise(means))
    assert (difference_hash(crop) ^ int(bits, 2)).bit_count() <= 1  # ties of rounded means


def test_a_ramp_has_the_hash_of_its_direction():
    ramp = np.repeat(np.repeat(np.arange(90, dtype=np.uint8)[None, :, None], 80, 0), 3, 2)
    assert difference_hash(ramp) == 2**64 - 1
    assert difference_hash(np.ascontiguousarray(ramp[:, ::-1])) == 0


def test_a_picture_saved_again_keeps_its_hash_and_another_does_not():
    for seed in range(20):
        picture = smooth(seed)
        stored = io.BytesIO()
        Pillow.fromarray(picture).resize((110, 110)).save(stored, "JPEG", quality=60)
        again = np.array(Pillow.open(stored))
        assert (difference_hash(picture) ^ difference_hash(again)).bit_count() <= 3
        assert (difference_hash(picture) ^ difference_hash(smooth(seed + 100))).bit_count() >= 12


def test_surround_is_the_mean_of_each_cell():
    crop = np.random.default_rng(6).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    cells = surround_of(crop)
    for row in range(SURROUND_SIDE):
        for column in range(SURROUND_SIDE):
            cell = crop[8 * row : 8 * row + 8, 8 * column : 8 * column + 8].reshape(-1, 3)
            assert np.abs(cells[row, column] - cell.mean(axis=0)).max() <= 0.5


def test_cells_beyond_the_photo_are_not_seen():
    """A crop of 120 pixels, ten a cell, of a photo of 97 x 130: 16 to the left of it and 4 above."""
    face = replace(FACE, crop_box=Box(-16, -4, 104, 116), photo_size=(97, 130))
    assert seen_of(face) == [2, 0, 11, 12]
    assert seen_of(replace(face, crop_box=Box(0, 0, 120, 120))) == [0, 0, 10, 12]
    assert seen_of(replace(face, photo_size=None)) == [0, 0, 12, 12]


@pytest.mark.parametrize("seed", range(4))
def test_a_point_of_the_face_lies_in_its_cell_however_the_face_is_placed(seed):
    """A bump beside the left eye is found there, whatever rotation, scale and place the face has."""
    rng = np.random.default_rng(seed)
    angle, scale = rng.uniform(-0.6, 0.6), rng.uniform(150, 260)
    spin = scale * np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    side = 400

    def placed(points):
        return (np.array(points) - 0.5) @ spin + side / 2 + [3.0, -5.0]

    spot = (0.3125, 0.4375)  # the middle of the eighth cell across and the eleventh down
    x, y = placed([spot])[0]
    rows, columns = np.mgrid[:side, :side] + 0.5
    values = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (0.03 * scale) ** 2).astype(np.float32)
    cells = aligned_map(values, meshed(placed(ALIGNED_FIVE), side))
    assert cells.dtype == np.float16
    assert np.unravel_index(np.nanargmax(cells), cells.shape) == (10, 7)


def test_cells_are_means_of_the_map_and_beyond_the_crop_nothing():
    """The face fills the frame exactly but for a shift by four cells: those four rows are unknown."""
    five = np.array(ALIGNED_FIVE) * SIDE - [0, 4 * SIDE / ALIGNED_SIDE]
    values = np.random.default_rng(1).random((SIDE, SIDE), np.float32)
    values = np.repeat(np.repeat(values[::10, ::10], 10, 0), 10, 1)
    cells = aligned_map(values, meshed(five))
    assert np.isnan(cells[:4]).all()
    for row in range(4, ALIGNED_SIDE):
        for column in range(ALIGNED_SIDE):
            assert cells[row, column] == pytest.approx(values[10 * (row - 4), 10 * column], abs=0.25)
    flat = aligned_map(np.full((SIDE, SIDE), 0.375, np.float32), meshed(np.array(ALIGNED_FIVE) * SIDE))
    assert (flat == 0.375).all()


def test_the_colour_of_a_mask_is_asked_only_where_there_is_one():
    """The crop is half the size of what it shows."""
    crop = np.full((100, 100, 3), (190, 140, 120), np.uint8)
    crop[50:80, 20:80] = (60, 110, 200)
    face = replace(FACE, crop=crop, crop_box=Box(100, 100, 300, 300), box=Box(140, 140, 260, 260))
    assert colour_of_mask(face, "covered") == colour_of_mask(face, "with_mask") == "blue"
    assert colour_of_mask(face, "uncovered") is None
    assert colour_of_mask(face, "visor") is None


def test_rows_hold_the_measures(tmp_path):
    """The label decides about the mask's colour, and without one the prediction, which is covered."""
    five = np.array(ALIGNED_FIVE) * 96
    face = replace(meshed(five, 96), crop=FACE.crop, box=FACE.box, crop_box=FACE.crop_box)
    photo = Image(face.crop, face.photo_sha256)
    told = [explanation("one", evidences.evidence(), face=face)]
    bare, unknown = rows_of("a.png", "", photo, ["uncovered", None], [told, told])
    assert bare["mask_colour"] is None
    assert unknown["mask_colour"] == colour_of_mask(face, "covered") is not None
    assert bare["yaw"] == pytest.approx(0, abs=0.01)
    assert bare["dhash"] == difference_hash(face.crop)
    assert bare["seen"] == seen_of(face)
    assert (bare["surround"] == surround_of(face.crop).ravel()).all()
    wanted = aligned_map(told[0].heatmaps["occlusion"].values, face)
    assert (bare["aligned_map"] == wanted.ravel()).all()
    write_part(tmp_path / "a", [bare, unknown])
    write_part(tmp_path / "b", [bare, unknown])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
