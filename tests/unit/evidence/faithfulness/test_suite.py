"""The faithfulness checks as a whole: models whose answer is known, what they leave alone, what they cost."""

import math
import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.models import OneWindow, make_classifier, make_face
from xai.attribution.base import Attribution
from xai.attribution.methods import METHODS, Method
from xai.errors import UnknownName
from xai.evidence.faithfulness import deletion_insertion
from xai.evidence.faithfulness.pixel_order import edge_map
from xai.evidence.faithfulness.suite import Checks, cost, faithfulness
from xai.models.classifiers import load_classifier, to_input
from xai.models.ground_truth import aligned_face, load_family
from xai.models.inference import runtimes
from xai.photo.faces import find_faces
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample
from xai.pipeline import explain_maps
from xai.types import Heatmap

pytestmark = pytest.mark.slow

QUICK = Checks(steps=3, orders=2, stages=2, networks=2, noises=1, shifts=((1, 0),))


@pytest.fixture(scope="module")
def masked():
    return find_faces(load_sample("admiral-blue"))[0]


@pytest.fixture
def edges_method(monkeypatch):
    """A method that shows edges and never looks at the network."""
    module = types.ModuleType("edges_for_a_test")
    module.run = lambda asked, params, progress: Attribution(edge_map(asked.values).astype(np.float32))
    monkeypatch.setitem(sys.modules, "edges_for_a_test", module)
    method = Method("edges", "Edges", "activation", "-", "edges_for_a_test:run")
    monkeypatch.setitem(METHODS, "edges", method)


@pytest.fixture
def face(noise_crop, masked):
    return make_face(noise_crop, masked.landmarks * np.float32(len(noise_crop) / len(masked.crop)))


def count_pictures(network):
    seen = []
    network.register_forward_hook(lambda module, given, answer: seen.append(len(answer)))
    return seen


def figures(found):
    for one in found.values():
        for test in (one.deletion, one.insertion):
            yield from (test.own.area, test.random_area, test.spread, test.edges.area, test.gain, test.span)
        r, s = one.randomisation, one.stability
        yield from (*r.stages, *r.stages_absolute, *r.random, r.likeness)
        yield from (*s.noise, *s.shift, s.noise_change, s.shift_change, s.kept)
        yield one.shares.beyond("nose", "mouth")


def window_map(side, top, left, size, sign=1.0):
    values = np.zeros((side, side), np.float32)
    values[top : top + size, left : left + size] = 1
    return Heatmap(sign * values, "activation", "gradcam", {}, "covered")


def test_the_true_window_beats_chance_and_its_inverse_loses():
    known = load_family("aperture_nose_and_mouth", "cpu")[0]
    face = aligned_face(find_faces(load_sample("admiral-plain"))[0])
    target = known.classifier.predict([face.crop])[0].label
    seen = np.kron(known.seen, np.ones((2, 2))).astype(np.float32)
    checks = Checks(stages=1, networks=1, noises=0, shifts=(), start="grey")
    for sign in (1, -1):
        heatmap = Heatmap(sign * seen, "activation", "gradcam", {}, target)
        found = faithfulness(face, known.classifier, {"gradcam": heatmap}, checks)["gradcam"]
        assert found.grid == 24  # the cells of the layer
        assert found.deletion.span == found.insertion.span > 0.8
        for test in (found.deletion, found.insertion):
            assert test.beats_random is (sign > 0), (test.kind, test.gain, test.spread)
            assert sign * test.gain > 0.15
            assert sign * test.gain_over_edges > 0.1


def test_a_curve_that_cannot_tell_says_so(masked):
    """A blurred mask is still a mask: insertion from a blurred picture has no way to go."""
    known = load_family("aperture_nose_and_mouth", "cpu")[0].classifier
    face = aligned_face(masked)
    checks = replace(QUICK, start="blur")
    insertion = faithfulness(face, known, explain_maps(face, known, ("gradcam",)), checks)[
        "gradcam"
    ].insertion
    assert 0 <= insertion.span < 0.05
    assert insertion.beats_random is None


def test_a_window_is_found_and_lost_to_the_step(monkeypatch):
    """One cell of 49 holds all there is: the area is known without running anything."""
    crop = np.full((56, 56, 3), 255, np.uint8)
    classifier = make_classifier(OneWindow(16, 24, 8), 56, mean=(0.5,) * 3, std=(0.5,) * 3)
    monkeypatch.setattr("xai.attribution.layers.default_layer", lambda classifier: "")
    checks = replace(QUICK, steps=49)
    params = {"patch": 1 / 7, "stride": 1 / 7, "fill": "grey"}
    heatmap = replace(window_map(56, 16, 24, 8), method="occlusion", params=params)
    found = faithfulness(make_face(crop), classifier, {"occlusion": heatmap}, checks)["occlusion"]
    sure, grey = (1 / (1 + math.exp(-2 * level) + math.exp(-20 - level)) for level in (6.0, 0.0))
    assert found.deletion.own.area == pytest.approx(((sure + grey) / 2 + 48 * grey) / 49, abs=1e-6)
    assert found.deletion.span == pytest.approx(sure - grey, abs=1e-6)
    assert found.randomisation.follows_weights is None  # there are no weights
    assert found.shares is None  # and no landmarks


def test_an_edge_detector_is_caught_and_grad_cam_passes(edges_method, masked):
    classifier = load_classifier("mobilenet_v2", "cpu")
    before = {name: value.clone() for name, value in classifier.network.state_dict().items()}
    batch = classifier.prepare([masked.crop])
    answer = classifier.probabilities(batch)
    state = torch.get_rng_state()
    explained = explain_maps(masked, classifier, ("gradcam", "edges"))
    found = faithfulness(masked, classifier, explained, replace(QUICK, steps=1, stages=5, networks=5))
    edges, cam = found["edges"].randomisation, found["gradcam"].randomisation
    assert edges.stages == pytest.approx([1.0] * 5)
    assert edges.follows_weights is False
    assert cam.follows_weights is True
    assert abs(cam.likeness) < 0.4
    assert len(set(cam.random)) == 5
    assert cam.layers == (21, 42, 63, 84, 105)
    assert found["edges"].shares.beyond("nose", "mouth") == pytest.approx(0)
    after = classifier.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(classifier.probabilities(batch), answer)
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(m.training or m._forward_hooks for m in classifier.network.modules())


@pytest.mark.parametrize(
    "methods", [("gradcam",), ("occlusion", "gradcam"), ("occlusion", "gradcam", "layercam")]
)
def test_the_cost_is_known_before(small_cnn, face, methods):
    explained = explain_maps(face, small_cnn, methods)
    seen, told = count_pictures(small_cnn.network), []
    found = faithfulness(face, small_cnn, explained, QUICK, lambda *at: told.append(at))
    price = cost(small_cnn, methods, QUICK)
    assert sum(seen) == price
    assert told[-1] == (price, price)
    assert told == sorted(told)
    assert {total for _, total in told} == {price}
    assert tuple(found) == methods


def test_the_default_cost_of_the_two_default_methods():
    assert cost(load_classifier("mobilenet_v2", "cpu"), ("occlusion", "gradcam")) == 606


def test_networks_without_batch_statistics_are_cheaper(masked):
    known = load_family("aperture_nose", "cpu")[0].classifier
    explained = explain_maps(masked, known, ("gradcam",))
    seen = count_pictures(known.network)
    faithfulness(masked, known, explained, QUICK)
    assert sum(seen) == cost(known, ("gradcam",), QUICK)


def test_shares_and_maps_are_those_of_the_explanation(small_cnn, face):
    """At the layer's own resolution the original's shares are those of its raw map, cell by cell."""
    found = faithfulness(face, small_cnn, explain_maps(face, small_cnn, ("gradcam",), "incorrect"), QUICK)[
        "gradcam"
    ]
    raw = METHODS["gradcam"].run()(small_cnn, to_input(face.crop, 35), 1, {}, lambda *_: None).values
    assert (found.grid, found.target) == (len(raw), "incorrect")
    cell = np.arange(70) * len(raw) // 70
    nose, total = region_masks(face)["nose"], 0.0
    for y in range(70):
        for x in range(70):
            total += nose[y, x] * max(float(raw[cell[y], cell[x]]), 0.0)
    whole = np.maximum(raw[cell[:, None], cell], 0).sum()
    assert found.shares.own.share["nose"] == pytest.approx(total / whole, abs=1e-5)


def test_batch_size_and_repetition_do_not_change_the_figures(small_cnn, face, monkeypatch):
    explained = explain_maps(face, small_cnn, ("occlusion", "gradcam"))
    first = list(figures(faithfulness(face, small_cnn, explained, QUICK)))
    assert list(figures(faithfulness(face, small_cnn, explained, QUICK))) == first
    other = list(figures(faithfulness(face, small_cnn, explained, replace(QUICK, seed=1))))
    assert other != first
    monkeypatch.setattr(deletion_insertion, "_BATCH_PIXELS", 5 * 35 * 35)
    monkeypatch.setattr(runtimes, "_CPU_PIXELS", 5 * 35 * 35)
    small = list(figures(faithfulness(face, small_cnn, explained, QUICK)))
    assert small == pytest.approx(first, abs=1e-6)


def test_raising_in_progress_stops_the_work(small_cnn, face):
    explained = explain_maps(face, small_cnn, ("gradcam",))
    seen = count_pictures(small_cnn.network)
    for stop in (1, 20, 30):
        seen.clear()

        def progress(done, total, stop=stop):
            if done >= stop:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            faithfulness(face, small_cnn, explained, QUICK, progress)
        assert sum(seen) < stop + 32


def test_bad_input_is_named(small_cnn, face):
    covered = explain_maps(face, small_cnn, ("gradcam",), "covered").heatmaps["gradcam"]
    two = {"gradcam": covered, "hirescam": replace(covered, method="hirescam", target="incorrect")}
    with pytest.raises(ValueError, match="all of one class, not 2 of"):
        faithfulness(face, small_cnn, two)
    with pytest.raises(ValueError, match="one map or more"):
        faithfulness(face, small_cnn, {})
    with pytest.raises(UnknownName, match="method"):
        faithfulness(face, small_cnn, {"x": replace(covered, method="crystal ball")})
    with pytest.raises(UnknownName, match="class"):
        faithfulness(face, small_cnn, {"gradcam": replace(covered, target="hat")})
    for wrong in ({"fill": "pink"}, {"start": "masked"}):
        with pytest.raises(UnknownName, match="grey, mean, blur"):
            Checks(**wrong)
    with pytest.raises(ValueError, match="orders must be at least 2, not 1"):
        Checks(orders=1)
    with pytest.raises(ValueError, match="must not be zero"):
        Checks(shifts=((0, 0),))


def test_a_drawn_fill_is_remade_in_grey_and_said(small_cnn, face):
    heatmap = explain_maps(face, small_cnn, ("occlusion",)).heatmaps["occlusion"]
    drawn = replace(heatmap, params={**heatmap.params, "fill": "masked"})
    ours, plain = (
        faithfulness(face, small_cnn, {"occlusion": one}, QUICK)["occlusion"] for one in (drawn, heatmap)
    )
    assert ours.remade == {"patch": 1 / 4, "stride": 1 / 4, "fill": "grey"} == plain.remade
    assert ours.randomisation == plain.randomisation
