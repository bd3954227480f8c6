"""Scores of maps on models of which it is known where they look."""

from dataclasses import replace

import numpy as np
import pytest

from xai.attribution.base import Attribution
from xai.attribution.methods import METHODS, Method
from xai.benchmark import map_faithfulness
from xai.benchmark.map_faithfulness import MEASURES, measure_faithfulness, measured_rows
from xai.errors import DataRejected, MapRefused
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.models.ground_truth import load_family
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

pytestmark = pytest.mark.slow

SAMPLES = {"admiral-plain": "uncovered", "astronaut-plain": "uncovered", "admiral-blue": "covered"}


@pytest.fixture(scope="module")
def faces():
    return [LabelledFace(find_faces(load_sample(name))[0], label, name) for name, label in SAMPLES.items()]


@pytest.fixture
def told(monkeypatch):
    """Methods whose maps are known: all in the window, half of it outside, refused."""
    seen = next(iter(load_family("aperture_eyes"))).seen

    def inside(asked, params, progress):
        return Attribution(seen.astype(np.float32))

    def halved(asked, params, progress):
        values = np.zeros(seen.shape, np.float32)
        rows, columns = np.nonzero(seen)
        values[rows[::2], columns[::2]] = 1
        values[: seen.shape[0] // 8].ravel()[: len(rows[::2])] = 1
        return Attribution(values)

    def refused(asked, params, progress):
        raise MapRefused("It is not shown.")

    for name, work in {"inside": inside, "halved": halved, "refused": refused}.items():
        monkeypatch.setattr(map_faithfulness, name, work, raising=False)
        at = f"xai.benchmark.map_faithfulness:{name}"
        monkeypatch.setitem(METHODS, name, Method(name, name, "activation", "-", run_at=at))
    monkeypatch.setattr(map_faithfulness, "WINDOWED", ("aperture_eyes",))
    return seen


def test_maps_of_known_place_have_known_scores(faces, told):
    lines = []
    found = measure_faithfulness(
        faces, lines.append, models=1, per_model=3, methods=("inside", "halved", "refused")
    )
    count = found["inside"].maps
    assert count >= 1
    assert lines == [f"aperture_eyes 1: {count} faces"]
    assert found["inside"].chance == pytest.approx(told.mean())
    values = {name: {m: f.value for m, f in score.figures.items()} for name, score in found.items()}
    assert [values["inside"][name] for name in ("pointing", "mass", "rank")] == [1, 1, 1]
    assert values["inside"]["likeness"] == pytest.approx(1)
    assert values["halved"]["mass"] == pytest.approx(0.5, abs=0.01)
    assert values["halved"]["rank"] == pytest.approx(0.5, abs=0.01)
    assert (found["refused"].maps, found["refused"].refused) == (0, count)
    assert values["refused"] == dict.fromkeys(MEASURES)
    rows = measured_rows(found)
    assert [row[0] for row in rows] == ["method", "inside", "halved", "refused"]
    assert rows[3][1:4] == ("0", str(count), "–")


def test_a_method_that_reads_the_window_beats_one_that_reads_all(faces, monkeypatch):
    monkeypatch.setattr(map_faithfulness, "WINDOWED", ("aperture_nose_and_mouth", "corner_mark"))
    found = measure_faithfulness(
        faces, lambda _told: None, models=1, per_model=2, methods=("integrated_gradients", "occlusion")
    )
    assert found["integrated_gradients"].figures["mass"].value > 0.99
    assert found["occlusion"].figures["pointing"].value > 0.5
    assert found["occlusion"].figures["mass"].value > 3 * found["occlusion"].chance


def test_without_a_face_that_is_answered_it_is_refused(faces):
    blind = [replace(each, face=replace(each.face, landmarks=each.face.landmarks[:0])) for each in faces]
    with pytest.raises(DataRejected, match="Of 3 faces none"):
        measure_faithfulness(blind, lambda _told: None, models=1, per_model=1, methods=("gradcam",))
