import numpy as np
import pytest
import torch
from captum.attr import Occlusion

from tests.support.models import OneWindow, make_classifier
from tests.support.oracles import (
    full_precision,
    gaussian_blur_by_loop,
    occlusion_by_loop,
    smooth_occlusion_by_loop,
)
from xai.attribution.base import AttributionRequest
from xai.attribution.methods import METHODS
from xai.attribution.occlusion.engine import baseline, occlude
from xai.attribution.occlusion.method import occlusion_all
from xai.attribution.occlusion.patch import FACE_FILLS, FILLS, GaussianPatch, Patch, windows
from xai.errors import Cancelled, UnknownName
from xai.models.classifiers import to_input
from xai.models.inference import runtimes

PATCHES = [
    Patch(),
    Patch(0.3, 0.11, "mean"),
    Patch(0.2, 0.2, "blur"),
    Patch(1.0, 1.0),
    Patch(0.03, 0.4, "mean"),
]


@pytest.mark.parametrize("patch", PATCHES)
def test_equals_one_forward_per_position(placed_cnn, noise_crop, patch):
    values = to_input(noise_crop, 35, placed_cnn.device)
    places = patch.windows(35)
    with np.errstate(invalid="ignore"):
        expected, _ = occlusion_by_loop(placed_cnn, values, places, baseline(values, patch.fill))
    grid = occlude(placed_cnn, values, patch)
    for index in range(3):
        seen = np.isfinite(expected[index])
        assert np.abs(grid.probability_map(index) - expected[index])[seen].max() < 1e-6
        assert np.abs(grid.drop_map(index) - (grid.original[index] - expected[index]))[seen].max() < 1e-6
        assert (grid.drop_map(index)[~seen] == 0).all()


@pytest.mark.parametrize(
    ("patch", "rows"),
    [(GaussianPatch(), 14), (GaussianPatch(0.1, 0.23, "grey"), 4), (GaussianPatch(0.5, 1), 1)],
)
def test_a_soft_patch_equals_one_forward_per_centre(placed_cnn, noise_crop, patch, rows):
    values = to_input(noise_crop, 35, placed_cnn.device)
    fill = baseline(values, patch.fill)
    expected = smooth_occlusion_by_loop(placed_cnn, values, rows, patch.size, fill)
    grid = occlude(placed_cnn, values, patch)
    assert grid.probabilities.shape == (rows, rows, 3)
    for index in range(3):
        assert np.abs(grid.drop_map(index) - expected[index]).max() < 1e-6
        assert np.abs(expected[index]).max() > 1e-5
    params = {"spread": patch.size, "stride": patch.stride, "fill": patch.fill}
    made = METHODS["smooth_occlusion"].run()(placed_cnn, values, 2, params, lambda done, total: None)
    np.testing.assert_array_equal(made.values, grid.drop_map(2))
    assert METHODS["smooth_occlusion"].forwards(params, 35) == rows**2


def test_a_soft_patch_is_exact_in_fast_mode_too(small_cnn, noise_crop):
    values = to_input(noise_crop, 35)
    exact, fast = (occlude(small_cnn, values, GaussianPatch(), mode=mode) for mode in ("exact", "fast"))
    np.testing.assert_array_equal(exact.probabilities, fast.probabilities)
    assert fast.computed == exact.computed


def test_a_soft_patch_finds_the_window_that_a_model_sees():
    classifier = make_classifier(OneWindow(20, 12, 9), 56)
    values = torch.full((3, 56, 56), 0.9)
    found = occlude(classifier, values, GaussianPatch(fill="grey")).drop_map(0)
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert 20 <= row < 29
    assert 12 <= column < 21


@pytest.mark.parametrize("wrong", [{"size": 0.0}, {"stride": 1.5}])
def test_a_soft_patch_out_of_bounds_is_refused(wrong):
    with pytest.raises(ValueError, match=r"shares of the side in \(0, 1\]"):
        GaussianPatch(**wrong)
    with pytest.raises(UnknownName, match="fill"):
        GaussianPatch(fill="magic")


@pytest.mark.parametrize("patch", [p for p in PATCHES if p.stride <= p.size])
def test_equals_captum(placed_cnn, noise_crop, patch):
    values = to_input(noise_crop, 35, placed_cnn.device)
    picture = placed_cnn.normalise(values)[None]
    window, stride = max(1, round(patch.size * 35)), max(1, round(patch.stride * 35))
    for target in range(3):
        with full_precision():
            theirs = Occlusion(placed_cnn.probabilities).attribute(
                picture,
                sliding_window_shapes=(3, window, window),
                strides=(3, stride, stride),
                baselines=placed_cnn.normalise(baseline(values, patch.fill))[None],
                target=target,
                perturbations_per_eval=16,
            )
        ours = occlude(placed_cnn, values, patch).drop_map(target)
        assert np.abs(ours - theirs[0, 0].cpu().numpy()).max() < 1e-5


def test_batch_size_does_not_change_the_answer(placed_cnn, noise_crop, monkeypatch):
    values = to_input(noise_crop, 35, placed_cnn.device)
    whole = occlude(placed_cnn, values, Patch())
    monkeypatch.setattr(runtimes, "_CPU_PIXELS", 35 * 35 * 3)
    monkeypatch.setattr(runtimes, "_GPU_LARGEST", 3)
    assert np.abs(occlude(placed_cnn, values, Patch()).probabilities - whole.probabilities).max() < 1e-6


def test_map_of_a_model_that_sees_one_window_lies_there(device):
    side, top, left, size = 56, 30, 12, 8
    classifier = make_classifier(OneWindow(top, left, size), side, device)
    values = torch.full((3, side, side), 0.95)
    patch = Patch(1 / 7, 1 / 14)
    grid = occlude(classifier, values, patch)
    drop = grid.drop_map(0)
    reach = round(patch.size * side)
    near = np.zeros((side, side), bool)
    near[top - reach : top + size + reach, left - reach : left + size + reach] = True
    assert (drop[~near] == 0).all()
    assert drop[top : top + size, left : left + size].min() > 0
    peak = np.unravel_index(drop.argmax(), drop.shape)
    assert top <= peak[0] < top + size
    assert left <= peak[1] < left + size


def test_becomes_map_says_which_answer_the_patch_leads_to(device):
    side = 56
    classifier = make_classifier(OneWindow(24, 24, 8), side, device)
    values = torch.full((3, side, side), 0.95)
    becomes = occlude(classifier, values, Patch(0.5, 1 / 14)).becomes_map()
    values_dark = values.clone()
    values_dark[:, 24:32, 24:32] = 0.05
    assert becomes.dtype == np.int8
    assert (becomes == 0).all()  # middle grey lies on the bright class's side of this model
    dark = occlude(classifier, values_dark, Patch(0.5, 1 / 14)).becomes_map()
    middle, corner = dark[28, 28], dark[0, 0]
    assert (middle, corner) == (0, 1)


@pytest.mark.parametrize("fill", [fill for fill in FILLS if fill not in FACE_FILLS])
def test_fills(noise_crop, fill, device):
    values = to_input(noise_crop, 20, device)
    expected = {
        "grey": lambda v: np.full_like(v, 0.5),
        "mean": lambda v: np.broadcast_to(v.mean(axis=(1, 2), keepdims=True), v.shape),
        "blur": lambda v: gaussian_blur_by_loop(v, 2.0),
    }[fill](values.cpu().numpy())
    assert np.abs(baseline(values, fill).cpu().numpy() - expected).max() < 1e-5


@pytest.mark.parametrize("fill", FACE_FILLS)
def test_a_fill_drawn_on_the_face_is_handed_in(placed_cnn, noise_crop, fill):
    values, patch = to_input(noise_crop, 35, placed_cnn.device), Patch(0.3, 0.11, fill)
    drawn = torch.rand(3, 35, 35, generator=torch.Generator().manual_seed(1)).to(values.device)
    expected, _ = occlusion_by_loop(placed_cnn, values, patch.windows(35), drawn)
    grid = occlude(placed_cnn, values, patch, hidden=drawn)
    for index in range(3):
        assert np.abs(grid.probability_map(index) - expected[index]).max() < 1e-6
    params = {"patch": 0.3, "stride": 0.11, "fill": fill}
    made = occlusion_all([AttributionRequest(placed_cnn, values, 1, drawn)], params, lambda *_: None)[0]
    assert np.abs(made.probability - expected[1]).max() < 1e-6
    with pytest.raises(ValueError, match="drawn for one face"):
        baseline(values, fill)
    with pytest.raises(ValueError, match="drawn for one face"):
        occlude(placed_cnn, values, patch)


def test_progress_counts_every_position_and_can_stop_the_work(placed_cnn, noise_crop):
    values = to_input(noise_crop, 35, placed_cnn.device)
    seen = []
    occlude(placed_cnn, values, Patch(), lambda done, total: seen.append((done, total)))
    positions = len(windows(35, 5, 2)) ** 2
    assert seen[0] == (0, positions)
    assert seen[-1] == (positions, positions)
    assert METHODS["occlusion"].forwards({"patch": 1 / 7, "stride": 1 / 14, "fill": "grey"}, 35) == positions

    def stop(done, total):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        occlude(placed_cnn, values, Patch(), stop)


@pytest.mark.parametrize("side", [1, 5, 17, 35, 128])
@pytest.mark.parametrize(("size", "stride"), [(1 / 7, 1 / 14), (0.01, 0.9), (1.0, 0.1), (0.33, 0.2)])
def test_windows_start_at_zero_and_reach_the_far_edge(side, size, stride):
    places = Patch(size, stride).windows(side)
    assert places[0][0] == 0
    assert places[-1][1] == side or stride > size
    assert all(start < stop <= side for start, stop in places)


def test_what_a_patch_refuses():
    with pytest.raises(UnknownName, match="grey, mean, blur"):
        Patch(fill="pink")
    for size, stride in ((0, 0.1), (0.1, 0), (1.2, 0.1)):
        with pytest.raises(ValueError, match="shares of the side"):
            Patch(size, stride)
