"""What an entry of ``METHODS`` says of a method, and that the work is found by nothing but its entry."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.models import make_face
from xai.attribution.base import Attribution, AttributionRequest
from xai.attribution.methods import DEFAULT_METHODS, METHODS, Method, find_method
from xai.attribution.occlusion.patch import Patch
from xai.errors import UnknownName
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.classifiers import to_input
from xai.types import REGIONS, Heatmap

PLACE = "red_for_a_test"


def quiet(done, total):
    pass


@pytest.fixture
def work(monkeypatch):
    """A module with two ways of doing the same work: the red of a picture; the calls of each are counted."""
    module, calls = types.ModuleType(PLACE), []

    def one(asked, params, progress):
        calls.append("one")
        progress(1, 1)
        return Attribution(asked.values[0].numpy())

    def several(asked, params, progress, mode="exact"):
        calls.append("several")
        progress(len(asked), len(asked))
        return [Attribution(each.values[0].numpy()) for each in asked]

    module.one, module.several = one, several
    monkeypatch.setitem(sys.modules, PLACE, module)
    return calls


@pytest.mark.parametrize(
    ("at", "alone", "together"),
    [
        ({"run_at": f"{PLACE}:one"}, ["one"], ["one", "one"]),
        ({"run_targets_at": f"{PLACE}:several"}, ["several"], ["several", "several"]),
        ({"run_all_at": f"{PLACE}:several"}, ["several"], ["several"]),
    ],
)
def test_one_input_and_several_are_run_by_what_the_entry_names(
    small_cnn, noise_crop, work, at, alone, together
):
    method = Method("red", "Red", "red", "-", **at)
    values = [to_input(np.roll(noise_crop, shift, axis=0), 35) for shift in (0, 7)]
    made = method.run()(small_cnn, values[1], 0, {}, quiet)
    np.testing.assert_array_equal(made.values, values[1][0].numpy())
    assert work == alone
    work.clear()
    told = []
    found = method.run_all()(
        [AttributionRequest(small_cnn, each, 0) for each in values], {}, lambda *step: told.append(step)
    )
    for each, one in zip(values, found, strict=True):
        np.testing.assert_array_equal(one.values, each[0].numpy())
    assert work == together
    assert told[-1][0] == told[-1][1]
    assert method.run_in_steps() is None


def test_an_entry_without_work_or_with_signs_that_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="what does the work"):
        Method("nothing", "Nothing", "activation", "-")
    with pytest.raises(ValueError, match="what does the work"):
        Method("twice", "Twice", "activation", "-", "a:b", run_targets_at="a:b")
    with pytest.raises(ValueError, match="both signs"):
        Method("both", "Both", "activation", "-", "a:b", display="density", signed=True)


@pytest.mark.parametrize("name", METHODS)
def test_every_entry_names_work_that_exists(name):
    method = find_method(name)
    assert method.name == name
    assert callable(method.run())
    assert callable(method.run_all())
    steps = method.run_in_steps()
    assert steps is None or callable(steps)
    Heatmap(np.zeros((2, 2), np.float32), method.unit, name, method.complete({}), "covered")


def test_what_is_displayed_as_measured_has_a_unit_that_models_share():
    absolute = {name for name, method in METHODS.items() if method.display == "absolute"}
    assert absolute == {"occlusion", "smooth_occlusion", "region_ablation", "region_shapley", "rise"}
    assert {METHODS[name].unit for name in absolute} == {"probability"}
    assert {m.unit for m in METHODS.values() if m.display == "density"} == {"activation", "logit", "gradient"}
    assert DEFAULT_METHODS == ("occlusion", "gradcam")


@pytest.mark.parametrize("side", [35, 96, 224])
def test_forwards_are_counted_as_the_entry_says(side):
    patch = Patch()
    params = METHODS["occlusion"].complete({})
    assert params == {"patch": patch.size, "stride": patch.stride, "fill": patch.fill}
    places = sum(1 for _ in patch.windows(side) for _ in patch.windows(side))
    assert METHODS["occlusion"].forwards(params, side) == places
    counts = {name: method.forwards(method.complete({}), side) for name, method in METHODS.items()}
    assert [name for name, count in counts.items() if count == 1] == [
        "gradcam", "gradcam++", "hirescam", "layercam", "eigencam", "xgradcam", "finercam", "ablationcam",
        "deeplift",
    ]  # fmt: skip
    assert (counts["region_ablation"], counts["region_shapley"], counts["rise"]) == (8, 128, 1000)
    assert counts["smooth_occlusion"] == 196
    steps = METHODS["integrated_gradients"]
    assert steps.forwards(steps.complete({"steps": 70}), side) == 15 * 70
    assert replace(METHODS["gradcam"], forwards=lambda params, side: side).forwards({}, side) == side


def test_a_method_that_is_added_runs_in_the_pipeline(small_cnn, noise_crop, work, monkeypatch):
    from xai.pipeline import Pair, Wanted, maps_of_all

    monkeypatch.setitem(METHODS, "red", Method("red", "Red", "red", "-", f"{PLACE}:one"))
    pair = Pair(FaceEdits(make_face(noise_crop)), small_cnn)
    found = maps_of_all([pair], Wanted(("red", "gradcam")))[0]
    assert list(found.heatmaps) == ["red", "gradcam"]
    assert found.heatmaps["red"].unit == "red"
    assert found.heatmaps["red"].values.shape == noise_crop.shape[:2]


SHARED = [name for name, method in METHODS.items() if method.shares_passes]


def test_what_shares_passes_is_said_by_the_entries():
    assert set(METHODS) - set(SHARED) == {
        "refinecam", "integrated_gradients", "smoothgrad", "gradient_shap", "deeplift",
    }  # fmt: skip


@pytest.mark.parametrize("name", SHARED)
def test_maps_of_several_classes_are_those_of_one_and_take_passes_once(small_cnn, noise_crop, name):
    passes, method = [], METHODS[name]
    params = method.complete({"masks": 100} if name == "rise" else {})
    values = to_input(noise_crop, 35)
    regions = (torch.arange(35) * len(REGIONS) // 35).repeat(35, 1)

    def request(target, against=None):
        return AttributionRequest(small_cnn, values, target, against=against, regions=regions)

    wanted = [request(0), request(2), request(1, 2), request(1)]
    alone = [method.run_all()([each], params, quiet)[0].values for each in wanted]
    with small_cnn.network.register_forward_hook(lambda _n, given, _o: passes.append(len(given[0]))):
        method.run_all()(wanted[:1], params, quiet)
        one = sum(passes)
        together = method.run_all()(wanted, params, quiet)
    for made, expected in zip(together, alone, strict=True):
        np.testing.assert_allclose(made.values, expected, atol=1e-6)
    each_has_a_gradient = method.run_targets_at is None and "occlusion" not in name
    assert sum(passes) - one == (4 * one if each_has_a_gradient else one)


def test_a_method_that_does_not_exist_is_refused():
    with pytest.raises(UnknownName, match="occlusion"):
        find_method("magic")
