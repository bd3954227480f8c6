"""Bars, sections of pages and shared calls, on figures that are made up."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from xai.benchmark.occlusion_result import Agreement, Comparison
from xai.benchmark.report import Report, Section
from xai.benchmark.scaling import BatchSharing, line, measure_together
from xai.benchmark.system_info import this_machine
from xai.benchmark.targets import Target, comparison_bars, growth_bars, together_bar
from xai.benchmark.timing import Timing
from xai.errors import XaiError
from xai.types import ComputeInfo

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
DOCUMENT = Path(__file__).parents[3] / "docs" / "benchmarks.md"
MARKED = "Before.\n<!-- benchmark occlusion -->\nold\n<!-- /benchmark occlusion -->\nAfter.\n"


def timings(**seconds):
    return {name: Timing((value, value)) for name, value in seconds.items()}


def comparison(**changes):
    """A ResNet-50 that meets every bar by a hair."""
    fields = {
        "model": "mine", "architecture": "resnet50", "device": "cpu", "side": 224, "positions": 169,
        "flops": 8_000_000_000, "gemm_flops": 17_000_000_000, "captum_sweep": {8: 17.0},
        "timings": timings(ours=10.0, ours_again=10.0, fast=9.0, undoubted=2.125, captum=17.0, gemm=0.1),
        "max_abs_diff": 1e-6, "naive_abs_diff": None,
        "memory": {"exact": 400.0, "exact_more": 410.0, "fast": 300.0, "captum": 900.0},
        "agreement": Agreement(30, 0, 0, 0.99, 0.999, 30, 0.01, 30),
        "computed": ComputeInfo("a"), "fast_computed": ComputeInfo("b"),
    }  # fmt: skip
    return Comparison(**{**fields, **changes})


def missed(found):
    return [bar.name for bar in comparison_bars(found) if bar.met is False]


def test_a_bar_that_is_reached_is_met_and_one_step_less_is_missed():
    assert [bar.met for bar in comparison_bars(comparison())] == [True] * 8
    quicker = timings(ours=10.1, ours_again=10.1, fast=9.0, undoubted=2.2, captum=17.0, gemm=0.1)
    assert missed(comparison(timings=quicker)) == [
        "mine: captum's time over exact",
        "mine: captum's time over fast, undoubted",
    ]
    assert missed(comparison(max_abs_diff=2e-5)) == ["mine: largest difference from captum"]
    fat = {"exact": 401.0, "exact_more": 450.0}
    assert missed(comparison(memory=fat)) == [
        "mine: MiB over idle",
        "mine: MiB that four times the places add",
    ]
    agreed = Agreement(29, 0, 0, 0.98, 0.99, 28, 0.1, 29)
    assert len(missed(comparison(agreement=agreed))) == 3


def test_a_network_without_a_bar_of_its_own_is_never_to_be_slower_than_captum():
    slow = timings(ours=10.0, ours_again=10.0, fast=10.0, captum=9.9, gemm=0.1)
    other = comparison(architecture="densenet169", timings=slow, agreement=None)
    assert missed(other) == ["mine: captum's time over exact"]
    assert "missed by 0.01: mine: captum's time over exact: at least 1 asked, 0.99 found" in [
        str(bar) for bar in comparison_bars(other)
    ]
    assert missed(replace(other, architecture="resnet18", timings=timings(**{
        "ours": 10.0, "ours_again": 10.0, "fast": 10.0, "captum": 14.9, "gemm": 0.1}))) != []  # fmt: skip


def test_what_was_not_measured_is_neither_met_nor_missed():
    without = [bar for bar in comparison_bars(comparison(memory={}, agreement=None)) if bar.met is None]
    assert len(without) == 2
    assert str(without[0]).startswith("not measured: mine: MiB over idle: at most 400 asked")


def test_lines_and_shared_calls_have_bars():
    straight, bent = line((1, 2, 3), (1, 2, 3)), line((1, 2, 3), (1, 2, 9))
    assert [bar.met for bar in growth_bars({"m": {"faces": straight, "models": bent}})] == [True, False]
    shared = BatchSharing("m", 10, 3, Timing((9.0, 8.0)), Timing((10.0, 10.0)))
    assert (shared.maps, together_bar(shared).met) == (30, True)
    assert together_bar(shared).found == pytest.approx(0.85)
    assert together_bar(replace(shared, shared=Timing((11.0, 11.0)))).met is False


def test_one_shared_call_and_the_single_ones_ask_the_same(small_cnn, monkeypatch):
    from xai.benchmark import scaling

    asked, occlude_all = [], scaling.occlude_all

    def listened(requests, mode):
        asked.append([(id(r.classifier), r.values[0, 0, 0].item()) for r in requests])
        return occlude_all(requests, mode=mode)

    monkeypatch.setattr(scaling, "occlude_all", listened)
    found = measure_together(small_cnn, 1, "exact", faces=2, models=3)
    shared = next(calls for calls in asked if len(calls) == 6)
    single = [calls[0] for calls in asked if len(calls) == 1][3:]  # after those that warm up
    assert single == shared
    assert len(set(shared)) == 6
    assert len({model for model, _ in shared}) == 3
    assert found.shared.median > 0
    assert found.as_dict()["ratio"] == pytest.approx(found.shared.median / found.single.median)


def test_a_section_is_filled_between_its_marks_and_nothing_else_changes(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(MARKED)
    Section.find(page, "occlusion").fill("| new |")
    assert page.read_text() == MARKED.replace("old", "| new |")
    Section.find(page, "occlusion").fill("| newer |")
    assert page.read_text() == MARKED.replace("old", "| newer |")
    with pytest.raises(XaiError, match="it needs <!-- benchmark scaling -->"):
        Section.find(page, "scaling")
    with pytest.raises(XaiError, match=r"nowhere\.md cannot take the table"):
        Section.find(tmp_path / "nowhere.md", "occlusion")


@pytest.mark.parametrize("name", ["occlusion", "scaling"])
def test_the_document_of_the_project_takes_both_tables(name):
    section = Section.find(DOCUMENT, name)
    assert section.before.endswith(f"<!-- benchmark {name} -->")


def test_the_page_names_the_machine_the_command_and_every_bar():
    machine = replace(this_machine(CPU), processor="Slide rule", cores=7, memory=3.0, half=())
    bars = [Target("speed", 2.0, 2.5), Target("weight", 1.0, 3.0, at_least=False)]
    report = Report({"x": 1}, machine, [("way", "seconds"), ("ours", "2")], ["  a remark"], bars)
    said = report.markdown("python -m xai benchmark")
    assert said.startswith("Measured by `python -m xai benchmark` on Slide rule, no half precision, 7 cores")
    assert "| way | seconds |\n|---|---|\n| ours | 2 |" in said
    assert "- a remark" in said
    assert "- missed by 2: weight: at most 1 asked, 3 found" in said
    assert json.loads(json.dumps(report.record))["bars"][0]["met"] is True


def test_the_call_writes_what_it_prints_and_asks_for_the_page_first(call, tmp_path):
    page, out = tmp_path / "page.md", tmp_path / "out.md"
    page.write_text(MARKED)
    words = ("benchmark", "occlusion", "--model", "custom_cnn_tanh", "--patch", "0.5", "--stride", "0.5",
             "--faces", 1, "--rounds", 1, "--skip", "memory", "--skip", "naive")  # fmt: skip
    status, _, err = call(*words, "--update", page, "--markdown", out, "--json")
    assert status == 0, err
    assert page.read_text() == MARKED.replace("old", out.read_text().rstrip("\n"))
    assert "`python -m xai benchmark occlusion --model custom_cnn_tanh --patch 0.5" in out.read_text()
    status, printed, err = call(*words, "--update", tmp_path / "nowhere.md")
    assert (status, printed) == (2, "")
    assert err.splitlines() == [err.strip()], "before anything was measured"
