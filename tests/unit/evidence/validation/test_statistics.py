from itertools import product

import numpy as np
import pytest

from xai.evidence.validation.statistics import (
    DRAWS,
    Draws,
    Figure,
    LeadTest,
    corrected,
    holm,
    lead_test,
    means,
    shares,
    sign_flip,
)


def step_down(p, level):
    """Holm's procedure as he gives it: reject the smallest against level / m, and on until one stays."""
    left = dict(enumerate(p))
    rejected = set()
    while left:
        smallest = min(left, key=left.get)
        if left.pop(smallest) > level / (len(left) + 1):
            break
        rejected.add(smallest)
    return [i in rejected for i in range(len(p))]


def all_flips(leads, groups):
    """Every way to flip whole groups, one at a time."""
    names = sorted(set(groups))
    observed = sum(leads)
    hits = 0
    for signs in product((1, -1), repeat=len(names)):
        sign = dict(zip(names, signs, strict=True))
        hits += sum(sign[g] * lead for g, lead in zip(groups, leads, strict=True)) >= observed - 1e-9
    return hits / 2 ** len(names)


def test_holm_by_hand():
    """Smallest first: 4 x .005, 3 x .01, 2 x .03, and .04 may not fall below .06."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == (1.0, 1.0)
    assert holm([0.05]) == (0.05,)
    assert holm([]) == ()


@pytest.mark.parametrize("seed", range(40))
def test_holm_rejects_what_the_step_down_loop_rejects(seed):
    random = np.random.default_rng(seed)
    p = (random.random(random.integers(1, 15)) ** 3).tolist()
    p += p[:2]  # ties
    for level in (0.01, 0.05, 0.2):
        assert [a <= level for a in holm(p)] == step_down(p, level)
    order = random.permutation(len(p))
    np.testing.assert_array_equal(np.array(holm(p))[order], holm(np.array(p)[order]))


@pytest.mark.parametrize("seed", range(6))
def test_the_flips_equal_a_loop_over_all_of_them(seed):
    random = np.random.default_rng(seed)
    groups = [f"p{i}" for i in random.integers(0, 7, 15)]
    leads = random.normal(0.4, 1, 15).round(1).tolist()  # rounded: sums tie
    assert sign_flip(np.array(leads), np.array(groups)) == all_flips(leads, groups)


def test_random_flips_come_near_all_of_them(monkeypatch):
    random = np.random.default_rng(3)
    leads, groups = random.normal(0.5, 1, 12), np.array([f"p{i}" for i in range(12)])
    every = sign_flip(leads, groups)
    monkeypatch.setattr("xai.evidence.validation.statistics._EXACT", 0)
    assert 0.05 < every < 0.3
    assert abs(sign_flip(leads, groups) - every) < 4 * np.sqrt(every / 9999)


def test_an_area_that_always_leads_gets_a_tiny_p_and_one_that_never_does_a_large_one():
    leads, groups = np.linspace(0.5, 4, 40), np.array([f"p{i}" for i in range(40)])
    assert sign_flip(leads, groups) == 1 / 10000
    assert sign_flip(leads[:10], groups[:10]) == 1 / 1024
    assert sign_flip(-leads, groups) > 0.99
    assert sign_flip(np.zeros(30), groups[:30]) == 1


def test_the_level_holds_where_faces_of_a_photo_are_alike_because_photos_flip_whole():
    random = np.random.default_rng(0)
    rejected = np.zeros(2)
    for _ in range(200):
        sizes = random.integers(1, 7, 25)
        photo = np.repeat(np.arange(25), sizes)
        leads = np.repeat(2 * random.standard_t(4, 25), sizes) + random.normal(0, 1, len(photo))
        alone = np.arange(len(photo))  # as if every face were a photo of its own
        rejected += [sign_flip(leads, g.astype(str), rounds=499) <= 0.05 for g in (photo, alone)]
    assert 0.01 <= rejected[0] / 200 <= 0.095
    assert rejected[1] / 200 > 0.12


def test_a_share_of_none_is_not_known_to_be_zero():
    column, groups = {"never": np.zeros(80), "always": np.ones(80)}, np.repeat(np.arange(40), 2).astype(str)
    found = shares(column, groups, Draws(rounds=120))
    low, high = found["never"].interval
    assert low == 0
    assert (1 - high) ** 40 == pytest.approx(0.025)  # forty photos without one, at the upper end
    assert found["always"].interval == (pytest.approx(1 - high), 1)
    plain = means(column, groups, Draws(rounds=120))
    assert plain["never"].interval == (
        0,
        0,
    )  # a mean of zeros is not a share


def test_nothing_is_said_of_too_few():
    nothing = lead_test(np.zeros(0), np.zeros(0, np.str_), DRAWS)
    assert nothing == LeadTest(Figure(None, None, 0, 0), True, None)
    many_faces = lead_test(np.ones(90), np.repeat(np.arange(9), 10).astype(str), DRAWS)
    assert many_faces == LeadTest(Figure(1.0, None, 90, 9), True, None)
    assert corrected([nothing, many_faces]) == [nothing, many_faces]
    assert corrected([]) == []


def test_the_family_is_what_was_tested():
    tests = [LeadTest(Figure(1.0, None, 9, 9), p is None, p) for p in (0.02, None, 0.04, 0.015)]
    found = corrected(tests)
    assert [t.p for t in found] == [0.02, None, 0.04, 0.015]
    assert [t.adjusted for t in found] == [0.045, None, 0.045, 0.045]
    assert [t.rejected for t in found] == [True, None, True, True]
    more = corrected([*tests, LeadTest(Figure(0.0, None, 9, 9), False, 0.5)])
    assert [t.rejected for t in more] == [False, None, False, False, False]
