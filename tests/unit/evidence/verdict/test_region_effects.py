"""From contrasts to effects: each formula written out again, one number at a time."""

import numpy as np
import pytest

from xai.evidence.interventions.areas import OUTSIDE
from xai.evidence.verdict.region_effects import blank_effect, measure, outside_effect, turn_effects
from xai.evidence.verdict.region_plan import plan, shifted_plan
from xai.evidence_types import AREAS

TARGETS = ("covered", "incorrect", "uncovered", "with_mask", "without_mask", "hat")
TURNED_BY = {
    "covered": ["bare"],
    "with_mask": ["bare"],
    "uncovered": ["masked"],
    "without_mask": ["masked"],
    "incorrect": ["masked", "bare"],
    "hat": ["masked", "bare"],
}
LOWER = ("cheeks", "chin", "rest_of_lower_face")


def middle(values):
    values = sorted(values)
    if not values:
        return 0.0
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def lower_middle(values):
    values = sorted(values)
    while len(values) > 2:
        values = values[1:-1]
    return values[0] if values else 0.0


def second_largest(values):
    values = list(values)
    if len(values) < 2:
        return 0.0
    values.remove(max(values))
    return max(values)


def slow_outside(drops, target, place):
    found = second_largest(abs(d) for n, d in drops.items() if n[0] == "blank" and n[1] == place)
    for family in TURNED_BY[target] if place in LOWER else ():
        turned = [abs(d) for n, d in drops.items() if n[0] == "turn" and n[1] == place and n[2] == family]
        found = max(found, middle(turned))
    return found


def slow_turn(drops, target, place):
    sham = lower_middle(d for n, d in drops.items() if n[0] == "sham" and n[1] == place)
    best = None
    for family in TURNED_BY[target]:
        net = {}
        for name, drop in drops.items():
            if name[0] == "turn" and name[1] == place and name[2] == family:
                net[name[3]] = drop - (sham if sham > 0 else 0)
        if net and (best is None or min(net.values()) > min(best.values())):
            best = net
    return best or {}


def slow_measure(found, target, area):
    drops = {}
    for name, value in found.items():
        drops[name] = found["face",] - value
    turned = slow_turn(drops, target, area)
    outside = {}
    for place in OUTSIDE[area]:
        if any(n[0] in ("blank", "turn") and n[1] == place for n in drops):
            outside[place] = slow_outside(drops, target, place)
    needed, reaches, shares = [], [], []
    for content, effect in turned.items():
        reach = max([0.0, effect, *outside.values()])
        everywhere = [d for n, d in drops.items() if n[0] == "every" and n[2] == content]
        reach = max(reach, middle(everywhere))
        for name, drop in drops.items():
            if name[:2] == ("turn", "wide") and name[3] == content:
                reach = max(reach, drop)
        reaches.append(reach)
        reach = max(reach, 1e-9)
        turned_round = 2 * found["face",] if found["face",] > 1 else 2.0
        needed.append(min(1.0, effect / (reach if reach < turned_round else turned_round)))
        shares.append(effect / reach)
    returned = []
    for name, every in drops.items():
        if name[0] == "every" and ("keep", area, *name[1:]) in drops and every > 0.2:
            part = 1 - drops["keep", area, *name[1:]] / every
            returned.append(min(2.0, max(-1.0, part)))
    spread = max(shares) - min(shares)
    return min(turned.values()), needed, spread, middle(reaches), outside, returned


def some_answers(names, rng):
    """Contrasts at random; one set in three hardly moves at all, and one in three falls nearly everywhere."""
    size, fall = [(2.0, 0.0), (0.2, 0.0), (2.0, 3.0)][rng.integers(3)]
    found = {name: float(3 - fall + rng.normal(0, size)) for name in names}
    return found | {("face",): float(rng.choice([3.0, 0.4]))}


def assert_equal(effects, found, target, area):
    own = effects.areas[area]
    effect, needed, spread, reach, outside, returned = slow_measure(found, target, area)
    assert own.effect == pytest.approx(effect)
    assert own.needed == pytest.approx(needed)
    assert own.spread == pytest.approx(spread)
    assert own.reach == pytest.approx(reach)
    assert dict(own.outside) == pytest.approx(outside)
    assert own.returned == pytest.approx(returned)
    assert own.outside[own.strongest] == max(outside.values())


@pytest.mark.parametrize("target", TARGETS)
def test_the_whole_plan_equals_the_formulas_written_out(target):
    rng = np.random.default_rng(8)
    for _ in range(30):
        found = some_answers(plan(target), rng)
        effects = measure(found, target, AREAS)
        assert effects.contrast == found["face",]
        for area in AREAS:
            assert_equal(effects, found, target, area)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("area", AREAS)
def test_the_small_plan_equals_them_too(target, area):
    rng = np.random.default_rng(9)
    for _ in range(10):
        found = some_answers(shifted_plan(target, area, 3), rng)
        effects = measure(found, target, (area,))
        assert list(effects.areas) == [area]
        assert_equal(effects, found, target, area)


@pytest.mark.parametrize("target", TARGETS)
def test_single_places_equal_them(target):
    rng = np.random.default_rng(10)
    for _ in range(10):
        drops = {name: 3 - value for name, value in some_answers(plan(target), rng).items()}
        for place in {*OUTSIDE["strict"], *OUTSIDE["wide"]}:
            assert outside_effect(drops, target, place) == pytest.approx(slow_outside(drops, target, place))
        for place in ("nose", "mouth", "strict", "wide"):
            assert turn_effects(drops, target, place) == pytest.approx(slow_turn(drops, target, place))


def test_by_hand():
    """Covered, 5 log-odds. Bare donors leave 1, 2, 0, 3; the shams 4.5, 4, 3, so the lower median costs 1."""
    found = {
        ("face",): 5.0,
        ("turn", "strict", "bare", "bare0"): 1.0,
        ("turn", "strict", "bare", "bare1"): 2.0,
        ("turn", "strict", "bare", "bare2"): 0.0,
        ("turn", "strict", "bare", "bare3"): 3.0,
        ("sham", "strict", "moved0"): 4.5,
        ("sham", "strict", "moved1"): 4.0,
        ("sham", "strict", "alike0"): 3.0,
        ("blank", "outside_strict", "grey"): 2.0,
        ("blank", "outside_strict", "mean"): 5.5,
        ("blank", "outside_strict", "blur"): 4.9,
        ("blank", "outside_strict", "hue"): 6.0,
        ("turn", "rest_of_lower_face", "bare", "bare0"): 4.4,
        ("turn", "rest_of_lower_face", "bare", "bare1"): 4.2,
        ("turn", "rest_of_lower_face", "bare", "bare2"): 4.8,
        ("every", "bare", "bare0", "grey"): -3.0,
        ("every", "bare", "bare0", "mean"): -1.0,
        ("every", "bare", "bare1", "grey"): -1.0,
        ("every", "bare", "bare2", "grey"): 4.9,
        ("keep", "strict", "bare", "bare0", "grey"): 3.0,
        ("keep", "strict", "bare", "bare0", "mean"): 5.0,
        ("keep", "strict", "bare", "bare1", "grey"): -1.0,
        ("keep", "strict", "bare", "bare2", "grey"): -9.0,
    }
    own = measure(found, "covered", ("strict",)).areas["strict"]
    # net of the sham the donors cost 3, 2, 4, 1
    assert own.effect == pytest.approx(1)
    # blanks 3, .5, .1, 1: the second largest is 1; turned .6, .8, .2: their median is less than no blank's
    assert own.outside == pytest.approx({"outside_strict": 1.0, "rest_of_lower_face": 0.6})
    assert own.strongest == "outside_strict"
    # changing everything costs 7 and 6 | 8 | .1 | -; a part that does more counts: 6 | .1 -> 4 | - -> 1
    assert own.needed == pytest.approx((3 / 7, 2 / 6, 4 / 4, 1 / 1))
    assert own.spread == pytest.approx(1 - 2 / 6)
    assert own.reach == pytest.approx((4 + 6) / 2)
    # of 8, 6 and 6 come back 6, 6 and 0; the face that differs by .1 says nothing
    assert own.returned == pytest.approx((1 - 2 / 8, 1.0, 0.0))


def test_the_weakest_donor_counts():
    rng = np.random.default_rng(1)
    drops = {name: 3 - value for name, value in some_answers(plan("covered"), rng).items()}
    turned = turn_effects(drops, "covered", "strict")
    weakest = min(turned, key=turned.get)
    for content in turned:
        stronger = {
            **drops,
            ("turn", "strict", "bare", content): drops["turn", "strict", "bare", content] + 9,
        }
        least = min(turn_effects(stronger, "covered", "strict").values())
        assert (least > turned[weakest]) == (content == weakest)


@pytest.mark.parametrize(
    ("contrast", "lost", "needed"),
    [(5.0, 6.0, 0.6), (5.0, 12.0, 1.0), (0.2, 1.0, 0.5), (9.0, 9.0, 9 / 16), (-3.0, 1.0, 0.5)],
)
def test_turning_the_answer_round_is_as_much_as_it_takes(contrast, lost, needed):
    """Changing everything costs 16. Turned round, 5 is -5: ten; an answer below 1 counts as one of 1."""
    found = {
        ("face",): contrast,
        ("turn", "strict", "bare", "bare0"): contrast - lost,
        ("every", "bare", "bare0", "grey"): contrast - 16,
    }
    own = measure(found, "covered", ("strict",)).areas["strict"]
    assert own.needed == pytest.approx((needed,))
    assert own.reach == 16


def test_a_sham_that_raises_the_answer_takes_nothing_off():
    drops = {("turn", "strict", "bare", "bare0"): 2.0}
    for sham, net in ((-1.5, 2.0), (0.0, 2.0), (0.5, 1.5)):
        found = turn_effects({**drops, ("sham", "strict", "moved0"): sham}, "covered", "strict")
        assert found == {"bare0": net}


def test_one_strange_blank_is_no_effect_and_two_are():
    quiet = {("blank", "eyes", name): 0.0 for name in ("grey", "mean", "blur", "hue")}
    one = {**quiet, ("blank", "eyes", "hue"): -7.0}
    two = {**one, ("blank", "eyes", "grey"): 4.0}
    assert [blank_effect(drops, "eyes") for drops in (quiet, one, two)] == [0.0, 0.0, 4.0]
    assert blank_effect({("blank", "eyes", "grey"): 7.0}, "eyes") == 0.0
    assert blank_effect(two, "forehead") == 0.0


def test_incorrect_is_turned_by_whichever_class_moves_it_more():
    def drops(masked, bare):
        named = {"masked": masked, "bare": bare}
        return {("turn", "wide", f, f"{f}{i}"): v for f, row in named.items() for i, v in enumerate(row)}

    assert turn_effects(drops((1, 9, 9), (2, 2, 2, 2)), "incorrect", "wide") == dict.fromkeys(
        ("bare0", "bare1", "bare2", "bare3"), 2
    )
    chosen = turn_effects(drops((3, 9, 9), (2, 2, 2, 2)), "incorrect", "wide")
    assert chosen == {"masked0": 3, "masked1": 9, "masked2": 9}
    assert set(turn_effects(drops((3, 9, 9), (2, 2, 2, 2)), "covered", "wide")) == {
        "bare0", "bare1", "bare2", "bare3",
    }  # fmt: skip


def test_what_a_mask_covers_counts_turned_or_blank_whichever_does_more():
    blank = {("blank", "chin", name): 1.0 for name in ("grey", "mean")}
    for turned, found in ((0.5, 1.0), (-4.0, 4.0)):
        drops = {**blank, ("turn", "chin", "masked", "masked0"): turned}
        assert outside_effect(drops, "uncovered", "chin") == found
    elsewhere = {("blank", "eyes", "grey"): 1.0, ("blank", "eyes", "mean"): 1.0}
    assert outside_effect({**elsewhere, ("turn", "eyes", "masked", "masked0"): 9.0}, "uncovered", "eyes") == 1
