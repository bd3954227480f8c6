"""What a drawn mask is made with: the bending of the sheet, the canvas, and what is read off the photo."""

import cv2
import numpy as np
import pytest

from xai.photo.synthetic_masks.canvas import Canvas
from xai.photo.synthetic_masks.layout import ThinPlate
from xai.photo.synthetic_masks.lighting import linear, photo_blur, photo_grain, srgb


def test_thin_plate_passes_its_points_and_keeps_straight_things_straight():
    rng = np.random.default_rng(1)
    points, goals = rng.uniform(50, 90, (15, 2)), rng.uniform(-1, 1, (15, 3))
    np.testing.assert_allclose(ThinPlate.through(points, goals)(points), goals, atol=1e-3)
    matrix, shift = np.array([[2.0, 0.3], [-0.4, 1.1]]), np.array([5.0, -7.0])
    elsewhere = rng.uniform(0, 150, (40, 2))
    straight = ThinPlate.through(points, points @ matrix + shift)
    np.testing.assert_allclose(straight(elsewhere), elsewhere @ matrix + shift, atol=1e-2)


def test_canvas_spreads_a_parabola_exactly_and_reduces_to_its_mean():
    canvas = Canvas(10, 20, 90, 70, 3)
    nodes = canvas.nodes()
    (plane,) = canvas.spread(((nodes[:, 0] - 40) ** 2 + 3 * nodes[:, 1])[:, None])
    y, x = (np.mgrid[0:150, 0:240] + 0.5) / 3 - 0.5 + np.array([20, 10])[:, None, None]
    inner = (slice(12, -12), slice(12, -12))
    np.testing.assert_allclose(plane[inner], ((x - 40) ** 2 + 3 * y)[inner], atol=0.05)
    square = canvas.reduce(canvas.fill(np.float32([[29.5, 29.5], [59.5, 29.5], [59.5, 49.5], [29.5, 49.5]])))
    assert square[10:30, 20:50].min() > 0.99
    assert abs(square.sum() - 30 * 20) < 30 * 20 * 0.06


def test_sharpness_and_grain_are_read_off_the_picture():
    rng = np.random.default_rng(0)
    big = np.full((1200, 1200, 3), 128, np.uint8)
    for _ in range(60):
        cv2.fillPoly(big, [rng.integers(0, 1200, (4, 2))], [int(c) for c in rng.integers(0, 255, 3)])
    for sigma in (1.0, 2.0, 3.0):
        soft = cv2.resize(cv2.GaussianBlur(big, (0, 0), 4 * sigma), (300, 300), interpolation=cv2.INTER_AREA)
        assert abs(photo_blur(soft) - sigma) < 0.25
    assert photo_blur(cv2.resize(big, (300, 300), interpolation=cv2.INTER_AREA)) < 0.4
    for sigma in (2, 5, 9):
        noisy = np.clip(128 + rng.normal(0, sigma, (200, 200, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
        assert abs(photo_grain(noisy) / sigma - 1) < 0.15


def test_gamma_is_undone_and_done_again():
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(srgb(linear(every)), every, atol=0.01)
    assert linear(np.uint8(188)) == pytest.approx((188 / 255) ** 2.2, rel=1e-5)
