"""The call ``benchmark``: its keys, its figures against each other and its refusals."""

import json
import sys
from types import ModuleType

import numpy as np
import pytest

from xai.attribution.occlusion.patch import Patch
from xai.benchmark.memory import MemoryTask, peak_over_idle

KEYS = {
    "device",
    "dtype",
    "positions",
    "ours_s",
    "fast_s",
    "captum_s",
    "naive_s",
    "ratio_captum",
    "ratio_captum_fast",
    "ratio_naive",
    "max_abs_diff",
    "peak_rss_mb",
}
TWO_BY_TWO = ("--patch", "0.5", "--stride", "0.5", "--faces", "1")


def test_the_record_of_two_models_and_how_its_figures_hang_together(call):
    models = ("custom_cnn_relu_bn", "custom_cnn_tanh")
    named = [word for model in models for word in ("--model", model)]
    status, out, err = call(
        "benchmark", "occlusion", *named, *TWO_BY_TWO, "--rounds", 3, "--skip", "memory", "--json"
    )
    assert status == 0, err
    found = json.loads(out)
    assert found.keys() >= KEYS
    assert list(found["models"]) == list(models)
    first, second = (found["models"][name] for name in models)
    assert {key: found[key] for key in KEYS} == {key: first[key] for key in KEYS}
    assert second["agreement"] is None  # random weights
    assert first["agreement"]["faces"] == 1
    for record in (first, second):
        seconds = record["seconds"]
        assert {len(each) for each in seconds.values()} == {3}
        assert record["positions"] == 4  # 18 pixels and the rest, each way
        assert record["captum_s"] == pytest.approx(np.median(seconds["captum"]))
        by_round = np.array(seconds["captum"]) / np.array(seconds["ours"])
        assert record["ratio_captum"] == pytest.approx(np.median(by_round))
        assert record["ranges"]["ratio_captum"] == pytest.approx([by_round.min(), by_round.max()])
        assert record["passes_per_s"]["naive"] == pytest.approx(4 / record["naive_s"])
        share = 4 * record["gflops_per_pass"] / record["ours_s"] / record["gemm_gflops_per_s"]
        assert record["share_of_gemm"]["ours"] == pytest.approx(share)
        assert record["max_abs_diff"] < 1e-5
        assert record["naive_abs_diff"] < 1e-5
        assert record["captum_best"] in {int(size) for size in record["captum_sweep"]}


def test_operations_are_those_counted_by_hand(call):
    """Of convolutions and matrix products: two operations for every weight at every place."""
    status, out, _ = call(
        "benchmark", "occlusion", "--model", "custom_cnn_tanh", *TWO_BY_TWO, "--rounds", 1,
        "--skip", "memory", "--skip", "naive", "--json",
    )  # fmt: skip
    from torch import nn

    from xai.benchmark.workloads import load_workload

    network, operations = load_workload("custom_cnn_tanh", "cpu").network, []

    def count(module, _, output):
        places = output.shape[2] * output.shape[3] if output.ndim == 4 else 1
        operations.append(2 * module.weight.numel() * places)

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    import torch

    network(torch.zeros(1, 3, 35, 35))
    record = json.loads(out)
    assert status == 0
    assert record["gflops_per_pass"] * 1e9 == sum(operations)
    assert record["naive_s"] is None
    assert record["ratio_naive"] is None


def test_the_table_names_the_machine_and_the_ways(call):
    status, out, _ = call(
        "benchmark",
        "occlusion",
        "--model",
        "custom_cnn_relu_bn",
        *TWO_BY_TWO,
        "--rounds",
        1,
        "--skip",
        "memory",
    )
    assert status == 0
    assert "torch 2." in out.splitlines()[0]
    ways = [line.split()[3] for line in out.splitlines() if line.startswith("custom_cnn_relu_bn 35 px")]
    assert ways == ["naive", "captum", "ours", "fast", "fast,"]


@pytest.mark.slow
def test_growth_is_measured_for_each_kind_of_work(call):
    status, out, err = call("benchmark", "scaling", "--model", "custom_cnn_tanh", "--rounds", 1, "--json")
    assert status == 0, err
    found = json.loads(out)
    growths = found["models"]["custom_cnn_tanh"]
    assert found["together"]["custom_cnn_tanh"]["faces"] == 10
    assert [bar["asked"] for bar in found["bars"]] == [0.99, 0.99, 0.99, 1.0]
    assert set(growths) == {"positions", "faces", "models"}  # it takes one side alone
    assert growths["faces"]["amounts"] == [1, 2, 3, 4, 6]
    assert all(growth["slope"] > 0 for growth in growths.values())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("occlusion", "--model", "nothing"), "There is no classifier or architecture 'nothing'"),
        (("occlusion", "--patch", "0.1", "--stride", "0.2"), "--stride must not be larger than --patch"),
        (("occlusion", "--data", "nowhere"), "There is no folder nowhere"),
        (("occlusion", "--model", "custom_cnn_tanh", "--input-size", "96"), "35 pixels alone, not 96"),
    ],
)
def test_bad_use_is_one_sentence(call, words, sentence):
    status, out, err = call("benchmark", *words, "--faces", 1)
    assert status == 2
    assert out == ""
    assert sentence in err.splitlines()[-1]


@pytest.mark.slow
def test_memory_is_that_of_the_map_alone(monkeypatch):
    """Captum with all places at once holds as many masks as places; one at a time it does not."""
    main = ModuleType("__main__")  # a page's test may have left its page there, which the child would run
    monkeypatch.setitem(sys.modules, "__main__", main)
    task = MemoryTask("mobilenet_v3_small", "cpu", 160, Patch(1 / 4, 1 / 14), "captum")
    one, all_at_once = (
        peak_over_idle(task), peak_over_idle(MemoryTask(task.model, "cpu", 160, task.patch, "captum", 144))
    )  # fmt: skip
    assert all_at_once > one + 144 * 3 * 160 * 160 * 4 / 2**20  # at least the masked pictures themselves
