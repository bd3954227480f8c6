"""The rule: the vectorised one against plain words, every outcome, every boundary."""

from dataclasses import replace

import numpy as np
import pytest

from xai.evidence.verdict.region_conditions import (
    OUTCOMES,
    THRESHOLDS,
    Numbers,
    Thresholds,
    area_evidence,
    is_robust,
    numbers_of,
    outcomes,
)
from xai.evidence.verdict.region_effects import AreaEffects, Effects
from xai.evidence_types import VERDICTS

T = Thresholds(0.5, 0.2, 0.6, reach=0.3, outside=0.25, sure=0.0, spread=0.5)
CLEAR = {
    "contrast": 3.0,
    "reach": 5.0,
    "needed": 0.9,
    "effect": 4.5,
    "outside": 0.1,
    "returned": 0.9,
    "spread": 0.1,
}


def numbers(**changes):
    return Numbers(*(np.float64(value) * np.ones(()) for value in {**CLEAR, **changes}.values()))


def outcome(t=T, **changes):
    return list(OUTCOMES)[int(outcomes(numbers(**changes), t))]


def in_words(row, t):
    """The rule as one would say it. NaN was not measured, and is neither more nor less than anything."""
    contrast, reach, needed, effect, outside, returned, spread = row
    if contrast < t.sure:
        return "unsure"
    if reach < t.reach:
        return "nothing_moves"
    if spread > t.spread:
        return "donors_disagree"
    alone = outside / effect if effect > 0 else float("nan")
    if needed >= t.necessity and alone <= t.exclusion and returned >= t.sufficiency:
        return "supported"
    if needed >= t.necessity or returned >= t.sufficiency:
        return "mixed"
    return "only_together" if outside < t.outside * reach else "not_supported"


def at_random(count):
    rng = np.random.default_rng(2)
    columns = {
        "contrast": rng.normal(2, 2, count),
        "reach": rng.gamma(1.5, 1.5, count),
        "needed": rng.uniform(-0.3, 1.2, count),
        "effect": rng.normal(2, 2, count),
        "outside": rng.gamma(0.5, 0.5, count),
        "returned": rng.uniform(-1, 2, count),
        "spread": rng.gamma(1, 0.2, count),
    }
    rows = np.stack(list(columns.values()))
    rows[rng.random(rows.shape) < 0.04] = np.nan
    rows[rng.random(rows.shape) < 0.02] = 0.0
    edges = np.array([[T.sure], [T.reach], [T.necessity], [1.0], [T.exclusion], [T.sufficiency], [T.spread]])
    return np.where(rng.random(rows.shape) < 0.1, edges, rows)


@pytest.mark.parametrize(
    "thresholds", [T, THRESHOLDS, Thresholds(0.3, 0.3, 0.5, reach=1.0, outside=0.1, sure=1.0, spread=0.2)]
)
def test_the_rule_equals_itself_in_words(thresholds):
    rows = at_random(10_000)
    found = outcomes(Numbers(*rows), thresholds)
    expected = [list(OUTCOMES).index(in_words([float(v) for v in row], thresholds)) for row in rows.T]
    np.testing.assert_array_equal(found, expected)
    assert len(set(expected)) == len(OUTCOMES)


def test_shapes_do_not_matter():
    rows = at_random(60)
    flat = outcomes(Numbers(*rows), T)
    np.testing.assert_array_equal(outcomes(Numbers(*rows.reshape(7, 3, 20)), T), flat.reshape(3, 20))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "supported"),
        ({"contrast": -0.1}, "unsure"),
        ({"reach": 0.1}, "nothing_moves"),
        ({"needed": np.nan, "returned": np.nan}, "only_together"),
        ({"needed": 0.4, "returned": np.nan, "outside": 2.0}, "not_supported"),
        ({"spread": 0.6}, "donors_disagree"),
        ({"outside": 2.0}, "mixed"),
        ({"needed": 0.4}, "mixed"),
        ({"returned": 0.5}, "mixed"),
        ({"returned": np.nan}, "mixed"),
        ({"needed": 0.0, "effect": 0.0, "returned": 0.1, "outside": 4.0}, "not_supported"),
        ({"needed": 0.0, "effect": -1.0, "returned": np.nan, "outside": 4.0}, "not_supported"),
        ({"needed": 0.1, "effect": 0.5, "returned": 0.1, "outside": 0.5}, "only_together"),
    ],
)
def test_every_outcome_can_be_reached(changes, expected):
    assert outcome(**changes) == expected
    assert OUTCOMES[expected] in VERDICTS


def test_the_verdict_of_each_outcome():
    assert OUTCOMES == {
        "unsure": "cannot tell",
        "nothing_moves": "cannot tell",
        "donors_disagree": "cannot tell",
        "supported": "supported",
        "only_together": "cannot tell",
        "not_supported": "not supported",
        "mixed": "mixed",
    }


LITTLE = 1e-9


@pytest.mark.parametrize(
    ("at", "beyond", "on_it", "past_it"),
    [
        ({"contrast": 0.0}, {"contrast": -LITTLE}, "supported", "unsure"),
        ({"reach": 0.3}, {"reach": 0.3 - LITTLE}, "supported", "nothing_moves"),
        ({"spread": 0.5}, {"spread": 0.5 + LITTLE}, "supported", "donors_disagree"),
        ({"needed": 0.5}, {"needed": 0.5 - LITTLE}, "supported", "mixed"),
        ({"effect": 1.0, "outside": 0.2}, {"effect": 1.0, "outside": 0.2 + LITTLE}, "supported", "mixed"),
        ({"returned": 0.6}, {"returned": 0.6 - LITTLE}, "supported", "mixed"),
        (
            {"needed": 0.5, "returned": 0.0, "outside": 2.0},
            {"needed": 0.5 - LITTLE, "returned": 0.0, "outside": 2.0},
            "mixed",
            "not_supported",
        ),
        (
            {"needed": 0.0, "returned": 0.0, "outside": 1.25},
            {"needed": 0.0, "returned": 0.0, "outside": 1.25 - LITTLE},
            "not_supported",
            "only_together",
        ),
    ],
)
def test_a_threshold_belongs_to_the_side_it_names(at, beyond, on_it, past_it):
    assert (outcome(**at), outcome(**beyond)) == (on_it, past_it)


def verdicts(rows):
    return np.array(list(OUTCOMES.values()))[outcomes(Numbers(*rows), T)]


def test_more_outside_never_acquits():
    rows = at_random(4_000)
    more = rows.copy()
    more[4] += np.random.default_rng(0).gamma(1, 1, rows.shape[1])
    before, after = verdicts(rows), verdicts(more)
    assert not ((before != "supported") & (after == "supported")).any()
    assert not ((before == "not supported") & (after != "not supported")).any()
    assert ((before == "supported") & (after == "mixed")).any()


def test_more_of_the_area_never_accuses():
    rows = at_random(4_000)
    more, rng = rows.copy(), np.random.default_rng(0)
    more[2] += rng.gamma(1, 0.3, rows.shape[1])
    more[5] += rng.gamma(1, 0.3, rows.shape[1])
    before, after = verdicts(rows), verdicts(more)
    assert not ((before == "supported") & (after != "supported")).any()
    assert not ((before != "not supported") & (after == "not supported")).any()
    assert ((before == "not supported") & (after == "mixed")).any()


@pytest.mark.parametrize("name", ["necessity", "exclusion", "sufficiency", "sure", "reach", "spread"])
def test_a_stricter_threshold_never_acquits(name):
    rows = at_random(3_000)
    step = -0.1 if name in ("exclusion", "spread") else 0.1
    strict = replace(T, **{name: getattr(T, name) + step})
    loose = verdicts(rows) == "supported"
    held = np.array(list(OUTCOMES.values()))[outcomes(Numbers(*rows), strict)] == "supported"
    assert not (held & ~loose).any()
    assert (loose & ~held).any()


@pytest.mark.parametrize("shifted", VERDICTS)
def test_what_stands(shifted):
    assert bool(is_robust("supported", shifted)) == (shifted == "supported")
    assert bool(is_robust("not supported", shifted)) == (shifted != "supported")
    assert bool(is_robust("mixed", shifted)) is True


def test_standing_in_arrays():
    own, moved = np.array([["supported"], ["not supported"]]), np.array([["supported", "mixed"]] * 2)
    np.testing.assert_array_equal(is_robust(own, moved), [[True, False], [False, True]])


def effects(needed=(0.9, 0.8), returned=(0.9, 0.7, 0.8), outside=None, effect=4.0, contrast=3.0):
    """Effects of one area whose reach is 5 and less than what turns the answer round."""
    places = {"eyes": 0.1, "forehead": 0.3, "outside_strict": 0.2} if outside is None else outside
    own = {"needed": tuple(needed), "spread": max(needed) - min(needed), "returned": tuple(returned)}
    return Effects(contrast, {"strict": AreaEffects(effect=effect, reach=5.0, outside=places, **own)})


def test_numbers_by_hand():
    found = numbers_of(effects(), "strict")
    expected = (3.0, 5.0, 0.8, 4.0, 0.3, 0.8, 0.1)
    assert [float(value) for value in found] == pytest.approx(list(expected))
    assert float(found.alone) == pytest.approx(0.3 / 4)
    assert float(found.share) == pytest.approx((0.8 + 0.8) / 2)
    assert np.isnan(numbers_of(effects(effect=0.0), "strict").alone)
    empty = numbers_of(effects(returned=(), needed=(0.4, 1.7)), "strict")
    assert np.isnan(empty.returned)
    assert float(empty.share) == pytest.approx(0.4)
    assert float(numbers_of(effects(needed=(1.6,), returned=(-0.4,)), "strict").share) == 0.5


def test_the_evidence_of_an_area():
    found = area_evidence(effects(returned=(0.59, 0.6, 0.9, 0.8)), "strict", T)
    assert found.effect == 4.0
    assert found.share == pytest.approx((0.8 + 0.7) / 2)
    assert (found.outside, found.strongest) == (0.3, "forehead")
    assert found.carried == 0.75
    assert found.verdict == "supported"
    named = {name: (c.value, c.threshold, c.holds) for name, c in found.conditions.items()}
    assert named == {
        "necessity": (pytest.approx(0.8), 0.5, True),
        "exclusion": (pytest.approx(0.075), 0.2, True),
        "sufficiency": (pytest.approx(0.7), 0.6, True),
    }


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({"needed": (0.45, 0.6)}, "necessity"),
        ({"outside": {"eyes": 0.9}}, "exclusion"),
        ({"returned": (0.5,)}, "sufficiency"),
    ],
)
def test_one_condition_that_fails(changes, fails):
    found = area_evidence(effects(**changes), "strict", T)
    assert {name for name, c in found.conditions.items() if c.holds is False} == {fails}
    assert found.verdict == "mixed"


def test_conditions_sit_on_their_thresholds():
    edge = effects(needed=(0.5,), outside={"eyes": 0.8}, effect=4.0, returned=(0.6,))
    found = area_evidence(edge, "strict", T)
    assert [c.holds for c in found.conditions.values()] == [True, True, True]
    assert found.carried == 1.0
    assert found.verdict == "supported"


def test_supported_is_all_three_conditions_and_a_verdict_at_all():
    rng = np.random.default_rng(6)
    seen = set()
    for _ in range(400):
        case = effects(
            rng.uniform(0, 1, 2),
            rng.uniform(0, 1.2, 3),
            {"eyes": float(rng.gamma(0.5, 1))},
            float(rng.normal(2, 2)),
        )
        found = area_evidence(case, "strict", T)
        holds = all(condition.holds for condition in found.conditions.values())
        refused = numbers_of(case, "strict").spread > T.spread
        assert (found.verdict == "supported") == (holds and not refused)
        seen.add(found.verdict)
    assert seen == set(VERDICTS)
