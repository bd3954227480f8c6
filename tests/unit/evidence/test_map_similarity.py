"""Agreement of two maps against loops that follow the definitions."""

import itertools

import numpy as np
import pytest
from scipy import stats

from xai.evidence.map_similarity import STRONGEST, agreement, strongest_overlap
from xai.types import REGIONS, RegionShares


def shares(*values):
    even = dict.fromkeys(REGIONS, 1 / len(REGIONS))
    return RegionShares(dict(zip(REGIONS, values, strict=True)), even)


def slow_overlap(first, second, part):
    """Mean over every order in which ties can be read, of the places that two lists of the largest share."""
    room = round(part * len(first))

    def lists(values):
        positive = [index for index, value in enumerate(values) if value > 0]
        return {
            frozenset(order[:room])
            for order in itertools.permutations(positive)
            if all(values[a] >= values[b] for a, b in itertools.pairwise(order))
        }

    (one,), (two,) = lists(first), lists(second)
    return len(one & two) / max(len(one), len(two))


def test_overlap_without_ties_follows_the_definition():
    rng = np.random.default_rng(0)
    for part in (0.2, 0.5, 0.8):
        for _ in range(20):
            first, second = rng.permutation(7) - 1.5, rng.permutation(7) - 2.5
            expected = slow_overlap(first.tolist(), second.tolist(), part)
            assert strongest_overlap(first, second, part) == pytest.approx(expected)


def test_ties_share_the_room_that_is_left_and_their_order_changes_nothing():
    first, second = np.array([3.0, 1.0, 1.0, 0.0]), np.array([1.0, 3.0, 1.0, 0.0])
    # Two places of room: each map holds one whole and two halves; they share a half, a half and a half.
    assert strongest_overlap(first, second, 0.5) == pytest.approx(0.75)
    for order in itertools.permutations(range(4)):
        turned = np.array(order)
        assert strongest_overlap(first[turned], second[turned], 0.5) == pytest.approx(0.75)


def test_a_map_overlaps_with_itself_wholly_and_unrelated_maps_by_chance():
    rng = np.random.default_rng(1)
    first, second = rng.random((400, 400)), rng.random((400, 400))
    assert strongest_overlap(first, first) == 1
    assert strongest_overlap(first, second) == pytest.approx(STRONGEST, abs=0.01)
    assert strongest_overlap(first, -first) is None


def test_correlation_is_that_of_scipy_over_the_pixels_that_both_reach():
    rng = np.random.default_rng(2)
    first = rng.integers(-4, 5, (9, 9)).astype(np.float32)
    second = (first + rng.integers(-2, 3, (9, 9))).astype(np.float32)
    second[:2] = np.nan
    found = agreement((first, second), (None, None))
    expected = stats.spearmanr(first[2:].ravel(), second[2:].ravel()).statistic
    assert found.correlation == pytest.approx(expected)
    assert found.regions is found.moved is None


def test_a_map_that_is_the_same_everywhere_has_no_order():
    flat, other = np.zeros((4, 4), np.float32), np.arange(16, dtype=np.float32).reshape(4, 4)
    found = agreement((flat, other), (None, None))
    assert found.correlation is None
    assert found.overlap is None


def test_what_would_have_to_move_is_counted_by_hand():
    one = shares(0.1, 0.5, 0.2, 0.1, 0.1, 0.0, 0.0)
    two = shares(0.1, 0.1, 0.2, 0.1, 0.2, 0.0, 0.3)
    found = agreement((np.eye(2, dtype=np.float32),) * 2, (one, two))
    assert found.moved == pytest.approx(0.4)  # from the nose, .1 to the cheeks and .3 elsewhere
    assert found.regions["nose"] == pytest.approx(0.4)
    assert found.regions["elsewhere"] == pytest.approx(-0.3)


def test_maps_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 2\) and \(3, 3\)"):
        agreement((np.eye(2, dtype=np.float32), np.eye(3, dtype=np.float32)), (None, None))
