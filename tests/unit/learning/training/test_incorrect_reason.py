"""Learning reasons: planted evidence is found, measuring sets stay out, scores are counted right."""

import json

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from xai.errors import DataRejected
from xai.learning.data.splits import Example, read_examples
from xai.learning.publishing.results_tables import write_table
from xai.learning.training import incorrect_reason
from xai.learning.training.incorrect_reason import learn_reasons, measure_reasons, with_reasons
from xai.models.classifiers import load_classifier
from xai.models.incorrect_reason import load_reasons
from xai.photo.synthetic_masks.wear_styles import REASONS

COLOURS = {
    "nose": (240, 60, 50),
    "nose and mouth": (60, 230, 70),
    "chin": (60, 70, 240),
    "elsewhere": (240, 240, 60),
}
"""The colour of the bar that is planted for each reason."""


def planted(folder, reason_names, per_reason, seed):
    """A labels.csv set of noise with a bar whose colour tells the reason."""
    rng = np.random.default_rng(seed)
    (folder / "incorrect").mkdir(parents=True)
    lines = ["file,class,group,split,reason"]
    for number in range(per_reason):
        for reason, written in reason_names.items():
            crop = rng.integers(0, 90, (70, 70, 3), dtype=np.uint8)
            crop[20:50] = COLOURS[reason]
            file = f"incorrect/{reason.replace(' ', '-')}{number}.png"
            cv2.imwrite(str(folder / file), crop)
            lines.append(f"{file},incorrect,g{number},train,{written}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return read_examples(folder)


@pytest.fixture
def drawn(tmp_path):
    return planted(tmp_path / "drawn", {reason: reason for reason in COLOURS}, 12, 1)


def test_planted_reasons_are_learned_and_measured(small_cnn, drawn, tmp_path):
    head = learn_reasons(small_cnn, drawn)
    assert head.about["sets"] == ["drawn"]
    assert head.about["faces"] == 48
    assert head.about["held_out"]["n"] == 48  # each face once, by a head that saw none of its group
    assert head.about["held_out"]["precision"] >= 0.9
    assert head.threshold < 1
    names = {"nose": "nose_uncovered", "nose and mouth": "nose_mouth_uncovered", "chin": "chin_uncovered"}
    scores = measure_reasons(head, small_cnn, planted(tmp_path / "mfn", names, 10, 2))
    assert scores.n == 30
    assert scores.accuracy >= 0.95
    assert set(scores.per_reason) == set(names)


def test_scores_are_counted_by_hand():
    named, true = torch.tensor([0, 0, 1, 2, 2]), torch.tensor([0, 1, 1, 2, 0])
    scores = incorrect_reason._score(functional.one_hot(named, 4).float(), true)
    assert scores.accuracy == pytest.approx(0.6)
    assert scores.per_reason == {"nose": 0.5, "nose and mouth": 0.5, "chin": 1.0}
    assert (scores.said, scores.precision) == (1.0, scores.accuracy)
    assert scores.precision_of == {"nose": 0.5, "nose and mouth": 1.0, "chin": 0.5}
    assert scores.counts["nose"] == {"nose": 1, "nose and mouth": 0, "chin": 1, "elsewhere": 0}


def test_the_head_is_at_the_least_of_the_penalised_loss():
    generator = torch.Generator().manual_seed(3)
    features, true = torch.randn(80, 5, generator=generator), torch.arange(80) % 4
    decay = 0.1
    weight, bias = incorrect_reason._fit(features, true, decay)
    mean, spread = features.mean(dim=0), features.std(dim=0) + 1e-4
    inner = (weight * spread).requires_grad_()
    shift = (bias + weight @ mean).requires_grad_()
    loss = functional.cross_entropy((features - mean) / spread @ inner.T + shift, true)
    (loss + 0.5 * decay * inner.square().sum()).backward()
    assert inner.grad.abs().max() < 1e-3
    assert shift.grad.abs().max() < 1e-3


def test_rare_reasons_count_as_much():
    features = torch.tensor([[1.0]] * 96 + [[-1.0]] * 4 + [[0.2]] * 2)
    true = torch.tensor([0] * 96 + [1] * 4 + [2, 3])
    weight, bias = incorrect_reason._fit(features, true, 1e-3)
    assert (features[96:100] @ weight.T + bias).argmax(dim=1).tolist() == [1] * 4


def test_what_is_passed_over_and_what_is_refused(small_cnn, drawn, tmp_path):
    other = Example(tmp_path / "x.png", "covered", "drawn", "g", reason="nose")
    unsaid = Example(tmp_path / "y.png", "incorrect", "drawn", "g")
    assert with_reasons([other, unsaid, drawn[0]]) == (drawn[0],)
    measuring = planted(tmp_path / "mfn", {reason: reason for reason in COLOURS}, 2, 3)
    with pytest.raises(DataRejected, match="mfn is for measuring only"):
        learn_reasons(small_cnn, measuring)
    with pytest.raises(DataRejected, match="0 groups of faces with the reason 'chin'"):
        learn_reasons(small_cnn, [e for e in drawn if e.reason != "chin"])
    head = learn_reasons(small_cnn, drawn)
    with pytest.raises(DataRejected, match="No incorrect face"):
        measure_reasons(head, small_cnn, [other, unsaid])


def test_the_call_writes_a_head_that_is_found(call, drawn, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "w"))
    data = drawn[0].path.parents[1]
    status, out, _ = call(
        "train-reasons",
        "custom_cnn_relu_bn",
        "--data",
        data,
        "--out",
        tmp_path / "w",
        "--measure",
        data,
        "--json",
    )
    made = json.loads(out)
    assert status == 0
    assert made["measured"]["drawn"]["accuracy"] > 0.9

    page = write_table(tmp_path / "w").read_text()
    held = made["held_out"]
    assert f"| custom_cnn_relu_bn | drawn, held out | 48 | {held['accuracy']:.3f} | " in page
    assert f" | {made['threshold']} | {held['said']:.3f} | {held['precision']:.3f} |" in page
    assert f"| custom_cnn_relu_bn | drawn | 48 | {made['measured']['drawn']['accuracy']:.3f} | " in page
    head = load_reasons(load_classifier("custom_cnn_relu_bn", "cpu"))
    assert head.about["faces"] == 48
    assert head.weight.shape[0] == len(REASONS)


def test_the_strongest_penalty_that_is_about_as_good_is_kept():
    def scores(share):
        return incorrect_reason.ReasonScores(100, share, {"nose": share}, {}, 1.0, share, {})

    tried = {0.001: scores(0.9), 0.01: scores(0.88), 0.1: scores(0.86)}
    assert incorrect_reason._strongest_of_the_best(tried) == 0.01  # one standard error of .9 of 100 is .03


def test_a_reason_is_said_from_where_nine_of_ten_are_right():
    """A hundred faces called by their nose with rising probability; the first ones are wrong."""
    sure = torch.linspace(0.5, 0.89, 100)
    told = torch.stack([sure, *[(1 - sure) / 3] * 3], dim=1)
    for wrong in (0, 10, 30, 60):
        true = torch.tensor([1] * wrong + [0] * (100 - wrong))
        threshold = incorrect_reason._threshold(told, true)
        said = [int(t) == 0 for p, t in zip(sure.tolist(), true, strict=True) if p >= threshold]
        assert sum(said) / len(said) >= 0.9
        lower = [int(t) == 0 for p, t in zip(sure.tolist(), true, strict=True) if p >= threshold - 0.01]
        assert threshold == 0 or sum(lower) / len(lower) < 0.9
    assert incorrect_reason._threshold(told, torch.ones(100, dtype=torch.int64)) == 1.0


def test_each_fifth_is_asked_of_a_head_that_never_saw_it():
    """A face whose label contradicts all others is told as they are, not as it was labelled."""
    values = torch.tensor([[1.0], [-1.0]] * 20) + torch.linspace(0, 0.1, 40)[:, None]
    true = torch.tensor([0, 1] * 20)
    true[8] = 1
    known = incorrect_reason._Known(values, true, tuple(map(str, range(40))))
    told = incorrect_reason._cross_fitted(known, torch.arange(40), 1e-3)
    assert told[8].argmax() == 0
    weight, bias = incorrect_reason._fit(
        values[torch.arange(40) % 5 != 3], true[torch.arange(40) % 5 != 3], 1e-3
    )
    torch.testing.assert_close(told[8], (values[8] @ weight.T + bias).softmax(dim=0))
