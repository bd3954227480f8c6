"""Several faces and classifiers together: the same as one by one, with less work."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.models import OneWindow, make_classifier, make_face
from xai.attribution import cam
from xai.attribution.base import AttributionRequest
from xai.attribution.methods import METHODS
from xai.errors import Cancelled
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.classifiers import to_input
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.pipeline import Pair, Wanted, explain, explain_all, maps_of_all

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def portrait():
    return find_faces(load_sample("astronaut-red"))[0]


@pytest.fixture
def other(small_cnn):
    """A second network of another size, and one that no class activation map is asked of."""
    return make_classifier(OneWindow(20, 20, 9), 56)


class Counted(FaceEdits):
    """Counts what is painted."""

    def __init__(self, face):
        super().__init__(face)
        self.painted = []

    def _make(self, name):
        self.painted.append(name)
        return super()._make(name)


def same(one, another):
    assert one.prediction.label == another.prediction.label
    assert one.target == another.target
    for name, heatmap in one.heatmaps.items():
        np.testing.assert_allclose(heatmap.values, another.heatmaps[name].values, atol=1e-5)
    np.testing.assert_array_equal(one.becomes, another.becomes)


def test_the_same_as_one_by_one_and_painted_once(small_cnn, other, portrait):
    faces = [portrait, replace(portrait, crop=np.ascontiguousarray(portrait.crop[:, ::-1] // 2))]
    edits, wanted = [Counted(face) for face in faces], Wanted(("occlusion",))
    pairs = [Pair(e, c) for e in edits for c in (small_cnn, other)]
    seen = []
    together = explain_all(pairs, wanted, lambda *p: seen.append(p))
    assert len(together) == 4
    for pair, found in zip(pairs, together, strict=True):
        alone = explain(pair.edits.original, pair.classifier, ("occlusion",))
        same(found, alone)
        assert found.provenance.model == pair.classifier.name
        assert found.evidence.verdict == alone.evidence.verdict
        assert found.evidence.reasons[:1] == alone.evidence.reasons[:1] or found.evidence.areas
        assert found.evidence.contrast == pytest.approx(alone.evidence.contrast, abs=1e-4)
        assert found.evidence.forwards == alone.evidence.forwards
    assert all(len(e.painted) == len(set(e.painted)) for e in edits)
    assert seen == sorted(seen)
    assert len({total for _, total in seen}) == 1
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize("name", [n for n, m in METHODS.items() if m.run_all_at and "occlusion" not in n])
def test_activation_maps_of_one_batch_are_those_of_single_inputs(small_cnn, noise_crop, monkeypatch, name):
    values = [to_input(np.roll(noise_crop, shift, axis=1) // (1 + shift % 2), 35) for shift in range(5)]
    asked = [AttributionRequest(small_cnn, v, i % 3) for i, v in enumerate(values)]
    monkeypatch.setattr(cam, "_BATCH", 3)
    passes = []
    small_cnn.network.register_forward_hook(lambda *_: passes.append(1))
    params = METHODS[name].complete({})
    together = METHODS[name].run_all()(asked, params, lambda *_: None)
    assert len(passes) == 2
    for a, found in zip(asked, together, strict=True):
        alone = METHODS[name].run()(a.classifier, a.values, a.target, params, lambda *_: None)
        assert found.values.ndim == 2
        scale = np.abs(alone.values).max()
        assert np.abs(found.values - alone.values).max() <= 1e-4 * scale


def test_maps_say_by_what_they_were_computed(small_cnn, noise_crop):
    pair = Pair(FaceEdits(make_face(noise_crop)), small_cnn)
    for mode in ("exact", "fast"):
        found = maps_of_all([pair], Wanted(mode=mode))[0]
        assert set(found.provenance.computed) == {"occlusion"}
        assert found.provenance.computed["occlusion"].runtime.startswith(("torch", "openvino"))
        assert found.provenance.computed["occlusion"].checked == 0  # too little work for half precision
        assert set(found.provenance.seconds) == {"occlusion", "gradcam"}


def test_all_of_it_can_be_stopped(small_cnn, noise_crop):
    pairs = [Pair(FaceEdits(make_face(noise_crop)), small_cnn)] * 3

    def stop(done, total):
        if done > 200:
            raise Cancelled("the visitor left")

    with pytest.raises(Cancelled):
        explain_all(pairs, Wanted(), stop)
    assert torch.isfinite(small_cnn.logits(torch.zeros(1, 3, 35, 35))).all()
