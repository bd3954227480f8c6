"""A head fitted to five points: against heads that were turned by hand, and against the mesh network."""

import gc
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from xai.errors import WeightsUnavailable
from xai.photo import face_shape
from xai.photo.face_shape import fit_head, fit_of, mesh_of, with_mesh
from xai.photo.faces import find_faces
from xai.photo.mesh import eye_distance, five_of
from xai.photo.sample_rendering import load_sample


def seen(places, yaw=0.0, roll=0.0, scale=50.0):
    """Places of the mean head, turned to the picture's right and tilted clockwise, in pixels."""
    turned = Rotation.from_euler("ZYX", [roll, -yaw, 0], degrees=True).apply(places)
    return (scale * turned[:, :2] + 200).astype(np.float32)


@pytest.mark.parametrize("roll", [0, -70, 180])
@pytest.mark.parametrize("yaw", [-60, -30, 0, 15, 45, 70])
def test_the_mean_head_is_found_in_any_pose(yaw, roll):
    shape = face_shape._shape()
    found = fit_head(seen(shape.five, yaw, roll))
    assert found.yaw == pytest.approx(yaw, abs=0.5)
    assert found.residual < 0.01
    assert np.abs(found.points - seen(shape.mean, yaw, roll)).max() < 1.0, "pixels of 50 an eye distance"


def test_a_nose_that_points_to_the_right_of_the_picture_has_a_positive_yaw():
    five = np.array([(60, 60), (100, 60), (95, 85), (68, 100), (98, 100)], np.float32)
    assert fit_head(five).yaw > 20
    assert fit_head((160, 0) - five[[1, 0, 2, 4, 3]] * (1, -1)).yaw < -20


@pytest.mark.parametrize("sample", ["admiral-plain", "astronaut-plain", "admiral-blue", "astronaut-red"])
def test_it_lies_within_a_tenth_of_the_eyes_distance_of_the_mesh(sample):
    face = find_faces(load_sample(sample))[0]
    coarse = replace(face, landmarks=five_of(face.landmarks))
    apart = np.linalg.norm(mesh_of(coarse) - face.landmarks, axis=1) / eye_distance(coarse.landmarks)
    assert np.median(apart) < 0.1
    assert mesh_of(face) is face.landmarks
    assert with_mesh(coarse).landmarks is mesh_of(coarse)


def test_points_that_are_no_face_have_a_large_residual():
    rng = np.random.default_rng(0)
    faces = [fit_head(rng.uniform(0, 100, (5, 2)).astype(np.float32)).residual for _ in range(20)]
    assert np.median(faces) > 0.3


@pytest.mark.parametrize("five", [np.zeros((5, 2)), np.full((5, 2), 40.0), np.eye(5, 2) * 1e4])
def test_points_that_coincide_or_lie_far_apart_give_finite_numbers(five):
    found = fit_head(five.astype(np.float32))
    assert np.isfinite(found.points).all()
    assert np.isfinite([found.yaw, found.residual]).all()


def test_a_fit_is_made_once_for_a_face_and_forgotten_with_it():
    face = find_faces(load_sample("admiral-plain"))[0]
    before = len(face_shape._FITS)
    assert fit_of(face) is fit_of(replace(face, score=0.1))
    assert len(face_shape._FITS) == before + 1
    del face
    gc.collect()
    assert len(face_shape._FITS) == before


def test_a_face_without_landmarks_has_no_head():
    face = replace(find_faces(load_sample("admiral-plain"))[0], landmarks=np.zeros((0, 2), np.float32))
    assert with_mesh(face) is face
    with pytest.raises(ValueError, match="has none"):
        fit_of(face)


def test_an_altered_file_is_refused(monkeypatch):
    monkeypatch.setattr(face_shape, "SHA256", "0" * 64)
    face_shape._shape.cache_clear()
    try:
        with pytest.raises(WeightsUnavailable, match="install it again"):
            face_shape._shape()
    finally:
        face_shape._shape.cache_clear()
