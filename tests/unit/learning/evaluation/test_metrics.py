import numpy as np
import pytest

from tests.support.oracles import calibration_error_by_loop
from xai.learning.evaluation.metrics import (
    bootstrap_intervals,
    calibration_error,
    class_scores,
    confusion_matrix,
    summary,
)
from xai.models.card_schema import LEAST_GROUPS, interval_gap

# rows: truth; worked by hand
TRUTH = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
ANSWER = np.array([0, 0, 0, 1, 1, 0, 2, 2, 2, 1])


def test_confusion_by_hand():
    assert confusion_matrix(TRUTH, ANSWER, 3).tolist() == [[3, 1, 0], [1, 1, 0], [0, 1, 3]]


def test_scores_by_hand():
    scores = class_scores(confusion_matrix(TRUTH, ANSWER, 3))
    assert scores["precision"].tolist() == [3 / 4, 1 / 3, 1.0]
    assert scores["recall"].tolist() == [3 / 4, 1 / 2, 3 / 4]
    assert scores["specificity"].tolist() == [5 / 6, 6 / 8, 1.0]
    assert scores["npv"].tolist() == [5 / 6, 6 / 7, 6 / 7]
    assert scores["f1"] == pytest.approx([3 / 4, 2 / 5, 6 / 7])


def test_summary_by_hand():
    figures = summary(TRUTH, ANSWER, 3)
    assert figures["accuracy"] == 0.7
    assert figures["aca"] == pytest.approx((3 / 4 + 1 / 2 + 3 / 4) / 3)
    assert figures["f1"] == pytest.approx((3 / 4 + 2 / 5 + 6 / 7) / 3)


def test_a_class_without_faces_is_left_out_of_the_means():
    figures = summary(np.array([0, 0, 1]), np.array([0, 2, 1]), 3)
    assert figures["aca"] == pytest.approx((1 / 2 + 1) / 2)


def test_a_class_that_is_never_answered_has_no_precision_at_all():
    figures = summary(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0]), 2)
    assert figures["precision"] == pytest.approx((1 / 2 + 0) / 2)


def test_what_has_nothing_to_divide_by_is_not_nought():
    figures = summary(np.array([0, 0]), np.array([0, 0]), 2)
    assert figures["accuracy"] == figures["recall"] == 1.0
    assert np.isnan(figures["specificity"])
    assert np.isnan(figures["npv"])


def test_calibration_error_equals_the_definition():
    rng = np.random.default_rng(0)
    confidence = np.append(rng.uniform(0.3, 1.0, 400), [1.0, 0.0])
    correct = rng.uniform(size=402) < confidence
    assert calibration_error(confidence, correct) == pytest.approx(
        calibration_error_by_loop(confidence, correct, 15)
    )


def test_bootstrap_keeps_groups_together():
    """Ten groups of a hundred equal faces carry the uncertainty of ten faces, not of a thousand."""
    values = np.repeat(np.arange(10) % 2, 100).astype(float)
    groups = np.repeat(np.arange(10), 100).astype(str)

    def mean(drawn):
        return {"mean": float(values[drawn].mean())}

    low, high = bootstrap_intervals(mean, groups)["mean"]
    alone_low, alone_high = bootstrap_intervals(mean, np.arange(1000).astype(str))["mean"]
    assert 0.45 < high - low < 0.75  # binomial with n = 10: 0.2 to 0.8
    assert alone_high - alone_low < 0.08
    assert low < 0.5 < high


def test_bootstrap_is_the_same_every_time():
    def mean(drawn):
        return {"mean": float(drawn.mean())}

    groups = np.arange(50).astype(str)
    assert bootstrap_intervals(mean, groups) == bootstrap_intervals(mean, groups)


def held_and_alike(groups, share, trials=1500):
    """How often bootstrap intervals of a share hold it, how often they have no width, and both."""
    rng = np.random.default_rng(0)
    right = rng.random((trials, groups)) < share
    found = []
    for each in right:
        drawn = each[rng.integers(0, groups, (400, groups))].mean(axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        found.append((low <= share <= high, low == high))
    return np.array(found)


def test_with_few_groups_an_interval_often_misses_and_its_width_gives_it_away():
    """What ``LEAST_GROUPS`` says of itself, counted."""
    five, ten = held_and_alike(5, 0.9), held_and_alike(LEAST_GROUPS, 0.9)
    assert five[:, 0].mean() == pytest.approx(0.41, abs=0.04)
    assert ten[:, 0].mean() == pytest.approx(0.64, abs=0.04)
    missed = ten[~ten[:, 0].astype(bool)]
    assert missed[:, 1].mean() > 0.95
    assert five[:, 1].mean() > 0.5 > ten[:, 1].mean()


def test_an_interval_is_told_from_ten_groups_on_and_with_a_width():
    assert interval_gap((0.44, 1.0), LEAST_GROUPS - 1) == "few"
    assert interval_gap((0.44, 1.0), LEAST_GROUPS) == ""
    assert interval_gap((0.0, 0.0), 300) == "alike"
    all_right = bootstrap_intervals(lambda drawn: {"right": 1.0}, np.arange(60).astype(str))["right"]
    assert interval_gap(all_right, 60) == "alike"
