"""The mesh: it follows the face, and gives way to the five points where it cannot be believed."""

from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from xai.photo import mesh
from xai.photo.mesh import Mesh, disagreement, eye_distance, find_landmarks, fit_mesh, five_of

FIVE = np.array([(70, 80), (115, 82), (91, 105), (70, 122), (110, 124)], np.float32)
"""The points of the astronaut's face in the crop below, set by eye to two pixels."""


@pytest.fixture(scope="module")
def crop():
    (path,) = [
        Path(f.locate()) for f in metadata.files("scikit-image") if str(f).endswith("data/astronaut.png")
    ]
    return np.ascontiguousarray(np.asarray(PIL.Image.open(path).convert("RGB"))[20:212, 132:324])


def test_mesh_lies_on_the_face(crop):
    fitted = fit_mesh(crop, FIVE)
    assert fitted.presence > 0.9
    assert np.abs(five_of(fitted.points) - FIVE).max() < 9
    forehead, chin = fitted.points[10], fitted.points[152]
    left_ear, right_ear = fitted.points[234], fitted.points[454]
    assert forehead[1] < FIVE[:2, 1].min() < FIVE[3:, 1].max() < chin[1]
    assert left_ear[0] < FIVE[0, 0] < FIVE[1, 0] < right_ear[0]
    np.testing.assert_array_equal(find_landmarks(crop, FIVE), fitted.points)


def test_mesh_does_not_lean_on_exact_points(crop):
    nudged = FIVE + np.array([(2, 1), (-1, 2), (1, -2), (-2, 0), (1, 1)], np.float32)
    assert np.abs(fit_mesh(crop, nudged).points - fit_mesh(crop, FIVE).points).mean() < 1.5


def test_mirrored_face_has_the_mirrored_mesh(crop):
    swap, width = [1, 0, 2, 4, 3], np.array([crop.shape[1], 0])
    mirrored = (FIVE * (-1, 1) + width).astype(np.float32)[swap]
    plain = five_of(fit_mesh(crop, FIVE).points)
    back = five_of(fit_mesh(np.ascontiguousarray(crop[:, ::-1]), mirrored).points) * (-1, 1) + width
    assert np.abs(back[swap] - plain).mean() < 0.04 * eye_distance(FIVE)


def test_mesh_scales_with_the_crop(crop):
    half = cv2.resize(crop, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    difference = fit_mesh(half, FIVE / 2).points * 2 - fit_mesh(crop, FIVE).points
    assert np.abs(difference).mean() < 1.5


def test_tiny_face_keeps_five_points(crop, monkeypatch):
    monkeypatch.setattr(mesh, "fit_mesh", lambda *_: pytest.fail("no mesh is fitted to a tiny face"))
    tiny = FIVE * np.float32(7.9 / 45.04)
    assert eye_distance(tiny) < 8
    assert find_landmarks(crop, tiny) is tiny


def test_unsure_mesh_gives_way(crop):
    noise = np.random.default_rng(0).integers(0, 256, crop.shape, dtype=np.uint8)
    assert fit_mesh(noise, FIVE).presence < 0.5
    assert find_landmarks(noise, FIVE) is FIVE


@pytest.mark.parametrize(("shift", "points"), [(0.39, 468), (0.41, 5)])
def test_mesh_that_disagrees_gives_way(crop, monkeypatch, shift, points):
    fitted = np.zeros((468, 2), np.float32)
    for vertex, point in zip((33, 133, 362, 263, 1, 61, 291), (0, 0, 1, 1, 2, 3, 4), strict=True):
        fitted[vertex] = FIVE[point]
    fitted[291, 0] += np.float32(shift) * np.hypot(45, 2)
    assert disagreement(fitted, FIVE) == pytest.approx(shift, abs=1e-4)
    monkeypatch.setattr(mesh, "fit_mesh", lambda *_: Mesh(fitted, fitted[:, 0], 0.99))
    assert len(find_landmarks(crop, FIVE)) == points


def test_eye_distance_of_a_profile_comes_from_the_height():
    profile = np.array([(10, 10), (12, 10), (4, 20), (10, 30), (12, 30)], np.float32)
    assert eye_distance(profile) == pytest.approx(18)
