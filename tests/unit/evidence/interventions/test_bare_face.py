import hashlib
from pathlib import Path

import numpy as np
import pytest

from xai.errors import WeightsUnavailable
from xai.evidence.fitting.fit_bare_face import COMPONENTS, build
from xai.evidence.interventions import bare_face
from xai.evidence.interventions.bare_face import SHA256, bare_face_model, from_light, ridge, to_light
from xai.evidence.interventions.face_atlas import FaceFrame, with_rim
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

FILE = Path(bare_face.__file__).with_name("bare_face.safetensors")


@pytest.fixture(scope="module")
def astronaut():
    return find_faces(load_sample("astronaut-plain"))[0]


def test_the_shipped_file_is_the_pinned_one_and_small():
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == SHA256
    assert FILE.stat().st_size <= 6_000_000


def test_another_file_is_refused_by_name(tmp_path):
    altered = tmp_path / "bare_face.safetensors"
    data = bytearray(FILE.read_bytes())
    data[-1] ^= 1
    altered.write_bytes(data)
    for path in (altered, tmp_path / "missing.safetensors"):
        with pytest.raises(WeightsUnavailable, match=path.name):
            bare_face._read(path)


def test_ridge_solves_the_normal_equations_row_by_row():
    rng = np.random.default_rng(0)
    design, goal = rng.normal(size=(40, 6)), rng.normal(size=40)
    weights, penalty = rng.uniform(0, 2, 40), rng.uniform(0.1, 3, 6)
    normal, right = np.diag(penalty), np.zeros(6)
    for row, value, weight in zip(design, goal, weights, strict=True):
        normal = normal + weight * np.outer(row, row)
        right = right + weight * row * value
    coefficients, found = ridge(design, goal, weights, penalty)
    np.testing.assert_allclose(found, normal)
    np.testing.assert_allclose(coefficients, np.linalg.inv(normal) @ right)

    def cost(c):
        return (weights * (goal - design @ c) ** 2).sum() + (penalty * c**2).sum()

    for step in 1e-3 * np.vstack([np.eye(6), -np.eye(6)]):
        assert cost(coefficients + step) > cost(coefficients)


def test_light_goes_there_and_back():
    levels = np.arange(256, dtype=np.float32)
    np.testing.assert_allclose(from_light(to_light(levels)), levels, atol=1e-3)


def test_reading_a_ramp_gives_the_place_of_each_pixel():
    """Red is x and green is y of the crop, so a sheet must hold where each of its pixels came from."""
    frame = bare_face_model().frame
    side = 200
    landmarks = (frame.vertices[:468] * 1.3 + 15).astype(np.float32)
    rows, columns = np.mgrid[:side, :side] + 0.5
    ramp = np.stack([columns, rows, 0 * rows], axis=-1).round().astype(np.uint8)
    sheet = frame.read(ramp, landmarks)
    inside = frame.oval()
    y, x = np.nonzero(inside)
    expected = np.column_stack([x, y]) + 0.5
    error = np.abs(sheet[inside][:, :2] - (1.3 * expected + 15)).max(axis=1)
    assert np.quantile(error, 0.99) < 1.2, "but for pixels at the mouth's and the eyes' slits"
    assert np.median(error) < 0.6


def test_placing_undoes_reading():
    frame = bare_face_model().frame
    turn = np.array([[0.9, -0.3], [0.3, 0.9]], np.float32) * 1.4
    landmarks = (frame.vertices[:468] @ turn.T + (60, 10)).astype(np.float32)
    place = frame.place(landmarks, 220)
    rows, columns = np.nonzero(place.inside)
    where = np.column_stack([place.x[place.inside], place.y[place.inside]])
    error = np.abs(where @ turn.T + (60, 10) - np.column_stack([columns, rows]) - 0.5).max(axis=1)
    assert np.quantile(error, 0.99) < 0.01, "but for pixels at the mouth's and the eyes' slits"


def test_the_far_cheek_of_a_turned_head_is_not_read():
    model = bare_face_model()
    flat = model.frame.vertices[:468].copy()
    middle = flat[:, 0].mean()
    turned = flat.copy()
    left = flat[:, 0] < middle
    turned[left, 0] = middle - 0.02 * (middle - flat[left, 0])
    facing = model.frame.facing(turned)
    upper = model.visible()
    columns = np.arange(upper.shape[1])
    assert model.frame.facing(flat)[upper].mean() > 0.95
    assert facing[:, columns > middle + 3][upper[:, columns > middle + 3]].mean() > 0.95
    assert facing[:, columns < middle - 3][upper[:, columns < middle - 3]].mean() < 0.3


def test_a_face_made_by_the_model_is_found_again():
    """Coefficients that the upper face shows come back, and with them the lower face."""
    model = bare_face_model()
    truth = np.zeros(len(model.components))
    truth[:3] = (1.5, -1.0, 1.2)
    light = np.zeros((*model.frame.size, 3), np.float32)
    light[model.frame.oval()] = model.mean + np.tensordot(truth.astype(np.float32), model.components, 1)
    fit = model.fit(from_light(light), np.ones(model.frame.size, bool))
    lower = model.frame.oval() & ~model.visible()
    sheets = model.donors(fit, range(16))
    guess = np.median(to_light(sheets), axis=0)[lower]
    error = np.abs(guess - light[lower]).mean()
    average = np.zeros_like(light)
    average[model.frame.oval()] = model.mean
    assert fit.unexplained < 0.05
    assert error < 0.6 * np.abs(average - light)[lower].mean()


def test_donors_spread_as_the_posterior_says(monkeypatch, astronaut):
    """With all of the spread, the covariance of the coefficients is rest^2 NOISE (A'WA + penalty)^-1."""
    model = bare_face_model()
    frame = model.frame
    fit = model.fit(frame.read(astronaut.crop, astronaut.landmarks), frame.facing(astronaut.landmarks))
    draws = np.random.default_rng(0).normal(size=(20_000, len(fit.root))) @ fit.root.T
    seen = draws.var(axis=0)
    stated = (fit.root**2).sum(axis=1)
    np.testing.assert_allclose(seen, stated, rtol=0.06)
    assert stated[:-3].max() <= 1.0 + 1e-6, "seeing a face never makes its coefficients less certain"
    monkeypatch.setattr(bare_face, "SPREAD", 0.0)
    same = model.donors(fit, [0, 1])
    np.testing.assert_array_equal(same[0], same[1])


def test_too_few_portraits_are_refused(astronaut):
    with pytest.raises(ValueError, match=f"{COMPONENTS} components need more"):
        build([astronaut] * COMPONENTS)


def test_principal_components_equal_a_plain_decomposition(monkeypatch):
    from xai.evidence.fitting import fit_bare_face

    monkeypatch.setattr(fit_bare_face, "COMPONENTS", 4)
    rows = np.random.default_rng(0).normal(size=(12, 30)).astype(np.float32) * np.linspace(3, 0.1, 30)
    mean, components, deviations, rest = fit_bare_face._principal(rows.astype(np.float32))
    centred = rows - rows.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(mean, rows.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(deviations, sizes[:4] / np.sqrt(12), rtol=1e-4)
    np.testing.assert_allclose(np.abs((components * axes[:4]).sum(axis=1)), 1, atol=1e-4)
    np.testing.assert_allclose(rest**2 * 30, (sizes[4:] ** 2).sum() / 12, rtol=1e-3)


def test_the_rim_lies_outside_the_oval(astronaut):
    points = with_rim(astronaut.landmarks)
    frame = FaceFrame(points, bare_face_model().frame.triangles, astronaut.crop.shape[:2])
    inside = frame.oval()
    for x, y in points[468:]:
        column, row = int(x), int(y)
        if 0 <= column < inside.shape[1] and 0 <= row < inside.shape[0]:
            assert not inside[row, column]
