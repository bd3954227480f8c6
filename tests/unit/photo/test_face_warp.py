"""One face laid on another, against faces that were turned by known amounts and against a literal loop."""

import numpy as np
import pytest

from xai.photo.face_warp import warp_to
from xai.types import Box, Face

FIVE = np.array([[30.0, 40.0], [70.0, 38.0], [52.0, 60.0], [38.0, 78.0], [66.0, 76.0]])


def face(landmarks, side=100):
    rng = np.random.default_rng(side)
    crop = rng.integers(0, 255, (side, side, 3), dtype=np.uint8)
    box = Box(0, 0, side, side)
    return Face("0" * 64, box, box, crop, np.asarray(landmarks, np.float32).reshape(-1, 2), 1.0)


def turned(points, degrees, scale, shift):
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T + shift


@pytest.mark.parametrize(
    ("degrees", "scale", "shift"), [(0, 1, (0, 0)), (20, 0.7, (30, -4)), (-50, 1.6, (9, 50))]
)
def test_a_known_turn_is_found(degrees, scale, shift):
    moved, fixed = face(FIVE), face(turned(FIVE, degrees, scale, shift))
    laid = warp_to(moved, fixed)
    assert laid.by_features
    back = FIVE @ laid.matrix[:, :2].T + laid.matrix[:, 2]
    assert np.allclose(back, fixed.landmarks, atol=1e-4)


def test_no_turn_scale_and_shift_brings_the_points_closer():
    rng = np.random.default_rng(3)
    moved, fixed = face(FIVE), face(turned(FIVE, 12, 0.9, (5, 5)) + rng.normal(0, 3, FIVE.shape))
    laid = warp_to(moved, fixed)

    def apart(a, b, shift):
        placed = FIVE @ np.array([[a, -b], [b, a]]).T + shift
        return ((placed - fixed.landmarks) ** 2).sum()

    a, b, shift = laid.matrix[0, 0], laid.matrix[1, 0], laid.matrix[:, 2]
    best = apart(a, b, shift)
    for _ in range(300):
        nudge = rng.normal(0, 0.01, 2)
        assert apart(a + nudge[0], b + nudge[1], shift + rng.normal(0, 0.3, 2)) >= best


def test_a_face_on_itself_stays_pixel_for_pixel():
    one = face(FIVE)
    values = np.random.default_rng(0).normal(size=(100, 100)).astype(np.float32)
    laid = warp_to(one, one)
    assert np.array_equal(laid.crop(one.crop), one.crop)
    assert np.allclose(laid.values(values), values, atol=1e-5)


def slow_values(values, matrix, side):
    """Each pixel's middle brought back to the moved crop and read between four middles."""
    found = np.full((side, side), np.nan)
    back = np.linalg.inv(matrix[:, :2])
    for row in range(side):
        for column in range(side):
            x, y = back @ (np.array([column + 0.5, row + 0.5]) - matrix[:, 2])
            if 0 <= x <= values.shape[1] and 0 <= y <= values.shape[0]:
                u, v = np.clip([x - 0.5, y - 0.5], 0, np.array(values.shape[::-1]) - 1)
                left, top = min(int(u), values.shape[1] - 2), min(int(v), values.shape[0] - 2)
                du, dv = u - left, v - top
                found[row, column] = (1 - dv) * (
                    (1 - du) * values[top, left] + du * values[top, left + 1]
                ) + dv * ((1 - du) * values[top + 1, left] + du * values[top + 1, left + 1])
    return found


def test_a_map_is_read_where_the_loop_reads_it_and_ends_where_the_face_ends():
    rows, columns = np.mgrid[0:100, 0:100]
    values = (columns / 10 + np.sin(rows / 9)).astype(np.float32)
    laid = warp_to(face(FIVE), face(turned(FIVE, 25, 0.5, (40, 10)), side=60))
    expected = slow_values(values, laid.matrix, 60)
    found = laid.values(values)
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    assert 100 < np.isnan(found).sum() < 3000
    assert np.nanmax(np.abs(found - expected)) < 0.02  # OpenCV reads at thirty-seconds of a pixel


def test_labels_are_never_mixed_and_the_rest_is_elsewhere():
    labels = np.zeros((100, 100), np.int8)
    labels[:, 50:] = 6
    laid = warp_to(face(FIVE), face(turned(FIVE, 0, 0.5, (20, 20)), side=60))
    found = laid.labels(labels, elsewhere=5)
    assert set(np.unique(found)) == {0, 5, 6}
    assert (found[~laid.inside(100)] == 5).all()


def test_without_landmarks_the_frames_are_laid_on_each_other():
    laid = warp_to(face([], side=100), face(FIVE, side=50))
    assert not laid.by_features
    assert np.array_equal(laid.matrix, [[0.5, 0, 0], [0, 0.5, 0]])
    assert laid.inside(100).all()
