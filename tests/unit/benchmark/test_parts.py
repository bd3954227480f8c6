"""Clock, lines, tables and agreement, against clocks and maps whose answer is known because it is made up."""

from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import Occlusion

from tests.support.oracles import occlusion_by_loop
from xai.attribution.occlusion.engine import baseline, occlude
from xai.attribution.occlusion.patch import Patch
from xai.attribution.occlusion.response_grid import OcclusionGrid
from xai.benchmark.baselines import captum_map, loop_map
from xai.benchmark.occlusion_result import agreement_of
from xai.benchmark.scaling import line
from xai.benchmark.system_info import gemm, gemm_flops, this_machine
from xai.benchmark.timing import Timing, time_interleaved
from xai.benchmark.workloads import is_random, load_workload, some_crops
from xai.errors import DataRejected, UnknownName
from xai.models.classifiers import to_input
from xai.types import ComputeInfo

CPU = torch.device("cpu")


class Ticker:
    """A clock that goes by as much as the work says."""

    def __init__(self):
        self.now, self.order = 0.0, []

    def work(self, name, seconds):
        def go():
            self.order.append(name)
            self.now += seconds

        return go

    def read(self):
        return self.now


def test_contestants_take_turns_and_each_round_starts_with_another():
    ticker = Ticker()
    found = time_interleaved(
        {"a": ticker.work("a", 1.0), "b": ticker.work("b", 2.0), "c": ticker.work("c", 4.0)},
        3,
        CPU,
        ticker.read,
    )
    assert "".join(ticker.order) == "abc" + "bca" + "cab"
    assert {name: timing.seconds for name, timing in found.items()} == {
        "a": (1.0,) * 3,
        "b": (2.0,) * 3,
        "c": (4.0,) * 3,
    }


def test_a_ratio_is_made_round_by_round():
    """Medians of 3 and 2 would give 1.5; the rounds themselves give 2, 3 and 1."""
    ratio = Timing((2.0, 9.0, 3.0)).over(Timing((1.0, 3.0, 3.0)))
    assert (ratio.median, ratio.low, ratio.high) == (2.0, 1.0, 3.0)
    assert Timing((2.0, 9.0, 3.0)).spread == pytest.approx(7 / 3)
    with pytest.raises(ValueError, match="at least one round"):
        Timing(())


def test_the_best_line_is_numpys_and_its_r2_the_squared_correlation():
    rng = np.random.default_rng(1)
    x = np.array([1.0, 2.0, 5.0, 9.0, 12.0])
    y = 0.3 + 0.7 * x + rng.normal(0, 0.4, 5)
    found = line(x, y)
    slope, intercept = np.polyfit(x, y, 1)
    assert found.slope == pytest.approx(slope)
    assert found.intercept == pytest.approx(intercept)
    assert found.r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)
    with pytest.raises(ValueError, match="three different amounts"):
        line([1, 2, 2], [1, 2, 2])


def test_the_matrix_product_is_as_large_as_it_says():
    product = gemm(CPU)()
    side = product.shape[0]
    assert product.shape == (side, side)
    assert gemm_flops(CPU) == 2 * side * side * side
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(side, side, generator=generator) for _ in range(2))
    assert float(product[3, 5]) == pytest.approx(float(left[3].double() @ right[:, 5].double()), rel=1e-3)


def test_the_machine_names_itself_and_its_versions():
    machine = this_machine(CPU)
    assert machine.processor
    assert machine.threads == torch.get_num_threads()
    assert machine.versions["torch"] == torch.__version__.split("+")[0]


@pytest.mark.parametrize("per_eval", [1, 7])
def test_the_rivals_make_the_map_that_is_theirs(small_cnn, noise_crop, per_eval):
    values, patch = to_input(noise_crop, 35), Patch(0.3, 0.11, "mean")
    fill = baseline(values, "mean")
    mean, _ = occlusion_by_loop(small_cnn, values, patch.windows(35), fill)
    original = small_cnn.probabilities(small_cnn.normalise(values)[None])[0].numpy()
    assert np.abs(loop_map(small_cnn, values, patch, 1) - (original[1] - mean[1])).max() < 1e-6
    theirs = Occlusion(small_cnn.probabilities).attribute(
        small_cnn.normalise(values)[None],
        sliding_window_shapes=(3, 10, 10),
        strides=(3, 4, 4),
        baselines=small_cnn.normalise(fill)[None],
        target=1,
    )
    found = captum_map(small_cnn, values, patch, 1, per_eval)
    assert np.abs(found - theirs[0, 0].numpy()).max() < 1e-6


def grid_of(drops, redone=""):
    """A grid of two classes whose map of the first is these drops, patch on patch without overlap."""
    drops = np.asarray(drops, np.float32)
    probabilities = np.stack([0.9 - drops, 0.1 + drops], axis=2)
    original, cover = np.array([0.9, 0.1], np.float32), np.eye(len(drops), dtype=np.float32)
    return OcclusionGrid(probabilities, original, cover, ComputeInfo("made up", redone=redone))


def test_agreement_counts_peaks_ranks_and_differences():
    exact = grid_of([[0.5, 0.1], [0.2, 0.3]])
    near = grid_of([[0.52, 0.12], [0.19, 0.3]])
    swapped = grid_of([[0.3, 0.1], [0.2, 0.5]], "ranking")
    flat = grid_of([[0.1, 0.1], [0.1, 0.1]])
    found = agreement_of([(exact, near), (exact, swapped), (flat, flat)])
    assert (found.faces, found.without_order, found.same_peak, found.same_answer) == (3, 1, 2, 3)
    assert found.least_spearman == pytest.approx(1 - 6 * (1 + 1) / (4 * 15))  # ranks of two places exchanged
    assert found.median_spearman == pytest.approx((1 + found.least_spearman) / 2)
    assert found.max_abs_diff == pytest.approx(0.2, abs=1e-6)
    assert found.redone == 1


def test_an_architecture_has_random_weights_and_a_model_its_own():
    random, installed = (
        load_workload("mobilenet_v3_small", "cpu", 96),
        load_workload("custom_cnn_relu_bn", "cpu"),
    )
    assert is_random(random)
    assert random.card.input_size == 96
    assert not is_random(installed)
    assert installed.card.input_size == 35
    again = load_workload("mobilenet_v3_small", "cpu")
    assert again.card.input_size == 224
    for one, other in zip(random.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_model_at_another_side_keeps_its_weights():
    own, larger = load_workload("mobilenet_v2", "cpu"), load_workload("mobilenet_v2", "cpu", 160)
    assert (own.card.input_size, larger.card.input_size) == (128, 160)
    batch = torch.rand(1, 3, 160, 160)
    assert torch.equal(own.probabilities(batch), larger.probabilities(batch))


@pytest.mark.parametrize(
    ("name", "side", "error", "sentence"),
    [
        ("mobilenet_v9", None, UnknownName, "no classifier or architecture 'mobilenet_v9'"),
        ("custom_cnn_relu_bn", 96, ValueError, "takes pictures of 35 pixels alone, not 96"),
        ("inception_v3", 64, ValueError, "107 pixels and more, not 64"),
    ],
)
def test_what_cannot_be_measured_is_refused(name, side, error, sentence):
    with pytest.raises(error, match=sentence):
        load_workload(name, "cpu", side)


def test_faces_come_spread_over_a_set_or_from_the_gallery(tmp_path, noise_crop):
    from PIL import Image

    (tmp_path / "covered").mkdir()
    for shade in range(10):
        Image.fromarray(np.full((40, 40, 3), shade * 20, np.uint8)).save(tmp_path / f"covered/{shade}.png")
    shades = [int(crop.mean()) // 20 for crop in some_crops(tmp_path, 4)]
    assert shades == [0, 3, 6, 9]
    assert len(some_crops(tmp_path, 50)) == 10
    assert some_crops(None, 1)[0].shape[2] == 3
    with pytest.raises(DataRejected, match="no folder"):
        some_crops(Path("nowhere"), 1)


def test_occlusion_of_a_subject_is_the_engines():
    """A random network at a small side: what the benchmark times is what it compares."""
    classifier = load_workload("mobilenet_v3_small", "cpu", 64)
    values = to_input(some_crops(None, 1)[0], 64)
    ours = occlude(classifier, values, Patch(1 / 4, 1 / 4)).drop_map(0)
    assert np.abs(ours - loop_map(classifier, values, Patch(1 / 4, 1 / 4), 0)).max() < 1e-5
