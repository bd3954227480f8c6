import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from xai.evidence.interventions.families import FAMILIES
from xai.evidence.validation.statistics import ResamplingConfig
from xai.evidence.validation.verdict_rates import SET_LIMITS, FaceVerdict, rates

VERDICTS = ("supported", "mixed", "not supported", "cannot tell")
STAYS = tuple(name for name, family in FAMILIES.items() if family.asks == "stay")
FEW = ResamplingConfig(rounds=80)


def row(group="a", verdict="supported", *, target="covered", label="covered", model="m", **more):
    """An answer that follows and stays, but for what is named: ``followed``, or a family's share and
    effect."""
    stayed, effects = dict.fromkeys(STAYS, 1.0), dict.fromkeys(STAYS, 0.0) | {"lower_face": 8.0}
    for name in set(more) & set(STAYS):
        stayed[name], effects[name] = more.pop(name)
    fields = {"followed": 1.0, "place_share": 0.5, "kept": 1.0, "reason": "follows", **more}
    return FaceVerdict(model, group, label, target, verdict, stayed=stayed, effects=effects, **fields)


def unasked(group="a", reason="turned", **more):
    fields = {"target": "covered", "label": "covered", "model": "m", **more}
    return FaceVerdict(
        fields["model"], group, fields["label"], fields["target"], "cannot tell", reason=reason
    )


def some_rows(seed, faces=60, photos=20):
    """Rows at random: two models, two classes, some labels unknown, some faces that nothing was asked of."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(faces):
        where = {
            "group": f"photo {random.integers(photos)}",
            "target": str(random.choice(["covered", "uncovered"])),
            "model": str(random.choice(["m", "n"])),
            "label": [None, "covered", "uncovered"][random.integers(3)],
        }
        if random.random() < 0.2:
            rows.append(unasked(**where))
            continue
        moved = {
            name: (float(random.random()), float(random.normal(1, 1)))
            for name in STAYS
            if random.random() < 0.5
        }
        share = None if random.random() < 0.2 else float(random.random())
        rows.append(
            row(
                verdict=str(random.choice(VERDICTS)),
                kept=float(random.random()),
                followed=float(random.random()),
                place_share=share,
                **where,
                **moved,
            )
        )
    return rows


def slow_interval(values, groups, rounds, seed):
    """The bootstrap over groups, drawn photo by photo; values are None where a face has none."""
    random = np.random.default_rng(seed)
    names, found = sorted(set(groups)), []
    for _ in range(rounds):
        photos = [names[i] for i in random.integers(0, len(names), len(names))]
        drawn = [v for photo in photos for v, g in zip(values, groups, strict=True) if g == photo]
        known = [v for v in drawn if v is not None]
        if known:
            found.append(np.mean(known))
    return np.percentile(found, [2.5, 97.5])


@pytest.mark.parametrize("seed", range(2))
def test_rates_equal_plain_loops(seed):
    rows = some_rows(seed, faces=110, photos=22)
    found = rates(rows, FEW)
    for model, target in product(("m", "n"), ("covered", "uncovered")):
        cell = [j for j in rows if j.model == model and j.target == target]
        parts = {
            "together": cell,
            "right": [j for j in cell if j.label == j.target],
            "wrong": [j for j in cell if j.label not in (None, j.target)],
        }
        for part, own in parts.items():
            check_rates(getattr(found[model][target], part), own)


def check_rates(got, own):
    groups = [j.group for j in own]
    assert (got.faces, got.groups) == (len(own), len(set(groups)))
    assert got.judged == sum(j.followed is not None for j in own)
    assert got.verdicts == {v: sum(j.verdict == v for j in own) for v in VERDICTS}
    codes = [j.reason for j in own if j.verdict == "cannot tell"]
    assert got.abstained == {code: codes.count(code) for code in codes}
    assert list(got.abstained.values()) == sorted(got.abstained.values(), reverse=True)
    for verdict in VERDICTS:
        check_figure(got.among_all[verdict], [float(j.verdict == verdict) for j in own], groups)
    check_figure(got.followed, [j.followed for j in own], groups)
    check_figure(got.place_share, [j.place_share for j in own], groups)
    check_figure(got.stayed, [j.kept for j in own], groups)
    asked = [j for j in own if j.effects]
    typical = np.mean([j.effects["lower_face"] for j in asked]) if asked else None
    for name, family in got.families.items():
        check_figure(family.stayed, [(j.stayed or {}).get(name) for j in own], groups)
        parts = [None if j.effects is None else j.effects[name] / typical for j in own]
        check_figure(family.part, parts, groups)


def check_figure(figure, values, groups):
    known = [v for v in values if v is not None]
    own = {g for v, g in zip(values, groups, strict=True) if v is not None}
    assert (figure.faces, figure.groups) == (len(known), len(own))
    assert figure.value == (pytest.approx(np.mean(known)) if known else None)
    if len(own) < 10:
        assert figure.interval is None
    elif figure.value not in (0, 1):
        np.testing.assert_allclose(figure.interval, slow_interval(values, groups, FEW.rounds, FEW.seed))


def test_faces_of_a_photo_are_drawn_whole():
    """Five copies of every face in its own photo tell nothing new; as photos of their own they would."""
    rows = [row(f"p{i % 15}", VERDICTS[i % 4], followed=i / 30) for i in range(30)]
    once, copied = (rates(r, FEW)["m"]["covered"].together for r in (rows, rows * 5))
    apart = rates([replace(r, group=f"{r.group} {i}") for i in range(5) for r in rows], FEW)["m"]["covered"]
    for verdict in VERDICTS:
        np.testing.assert_allclose(copied.among_all[verdict].interval, once.among_all[verdict].interval)
    widths = [np.ptp(r.among_all["mixed"].interval) for r in (once, apart.together)]
    assert widths[1] < 0.6 * widths[0]
    np.testing.assert_allclose(copied.followed.interval, once.followed.interval)


def test_the_order_of_the_answers_plays_no_part():
    rows = some_rows(4)
    one, other = rates(rows, FEW), rates(rows[::-1], FEW)
    assert list(one) == list(other) == ["m", "n"]
    for model, target in product(one, ("covered", "uncovered")):
        assert (
            json.dumps(one[model][target].as_dict(), default=str)[:200]
            == json.dumps(other[model][target].as_dict(), default=str)[:200]
        )


def test_wrong_answers_and_unknown_ones_stay_apart():
    rows = [row(f"p{i}", "supported") for i in range(12)]
    rows += [row(f"q{i}", "not supported", label="incorrect") for i in range(11)]
    rows += [row("r", "mixed", label=None)]
    found = rates(rows, FEW)["m"]["covered"]
    assert (found.together.faces, found.right.faces, found.wrong.faces) == (24, 12, 11)
    assert found.right.among_all["supported"].value == 1
    assert found.wrong.among_all["not supported"].value == 1


def verdict(rows):
    found = rates(rows, FEW)["m"]["covered"].together.verdict
    return found.verdict, found.why


def forty(**more):
    return [row(f"p{i}", **more) for i in range(40)]


def test_a_model_that_follows_and_stays_on_forty_photos_is_supported():
    assert verdict(forty()) == ("supported", "follows")
    assert verdict(forty()[:9]) == ("cannot tell", "few_photos")
    assert verdict(forty()[:10]) == ("cannot tell", "too_wide"), "none of ten can still be three of ten"


@pytest.mark.parametrize("family", STAYS)
def test_what_moves_a_model_is_named(family):
    for moved in ((0.4, 0.0), (1.0, 4.0)):
        assert verdict(forty(**{family: moved})) == ("mixed", family)
        assert verdict(forty(followed=0.2, **{family: moved})) == ("not supported", family)
    assert verdict(forty(**{family: (0.97, 1.0)})) == ("supported", "follows")


def test_a_model_that_does_not_follow_and_is_moved_by_nothing_named():
    assert verdict(forty(followed=0.2)) == ("mixed", "follows_not")
    nothing = forty(followed=0.0, place_share=None, outside=(0.1, 9.0))
    assert verdict(nothing) == ("not supported", "outside"), (
        "the lower face does nothing, so no part of it is known"
    )
    half = [row(f"p{i}", followed=float(i % 3 > 0)) for i in range(40)]
    assert verdict(half) == ("cannot tell", "too_wide")


def test_nose_and_mouth_must_carry_their_part():
    assert verdict(forty(place_share=0.05)) == ("mixed", "rim")
    some = [row(f"p{i}", place_share=0.3 + 0.1 * (i % 2)) for i in range(40)]
    assert verdict(some) == ("supported", "follows")
    wide = [row(f"p{i}", place_share=0.2 + (2.0 if i % 2 else -2.0)) for i in range(40)]
    assert verdict(wide) == ("cannot tell", "too_wide")


def test_a_model_is_never_supported_on_the_few_faces_that_could_be_judged():
    silent = [unasked(f"q{i}") for i in range(41)]
    assert verdict(forty() + silent) == ("cannot tell", "few_judged")
    assert verdict(forty() + silent[:39]) == ("supported", "follows")


def test_a_named_family_that_was_never_asked_is_no_pass():
    bare = [replace(j, stayed={k: v for k, v in j.stayed.items() if k != "mask_look"}) for j in forty()]
    assert verdict(bare) == ("cannot tell", "few_photos")
    as_uncovered = [replace(j, target="uncovered", label="uncovered") for j in bare]
    assert rates(as_uncovered, FEW)["m"]["uncovered"].together.verdict.verdict == "supported"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_what_the_rule_says_it_finds_it_finds_nine_times_in_ten(seed):
    """Draw sets of 60 photos of a model whose background carries that part; count how often that is named."""
    random, spread = np.random.default_rng(seed), 3.0

    def drawn(part):
        return [row(f"p{i}", background=(1.0, float(random.normal(8 * part, spread)))) for i in range(60)]

    finds = np.median([rates(drawn(0.2), FEW)["m"]["covered"].together.verdict.finds for _ in range(5)])
    assert SET_LIMITS.part < finds < 0.6
    named = [verdict(drawn(finds)) == ("mixed", "background") for _ in range(60)]
    assert 0.78 <= np.mean(named) <= 0.99
    assert np.mean([verdict(drawn(0.0))[0] == "supported" for _ in range(20)]) > 0.9


def test_nothing_and_one_face():
    assert rates([]) == {}
    found = rates([unasked()])["m"]["covered"]
    assert found.together.among_all["cannot tell"].value == 1
    assert found.together.among_all["cannot tell"].interval is None
    assert found.together.abstained == {"turned": 1}
    assert (found.together.judged, found.together.followed.value) == (0, None)
    assert found.together.verdict.verdict == "cannot tell"
    assert (found.wrong.faces, found.wrong.groups) == (0, 0)


def test_it_is_ready_for_json():
    for rows in (some_rows(1), some_rows(2, faces=3), [row()]):
        for classes in rates(rows, FEW).values():
            for found in classes.values():
                plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
                assert set(plain) == {"together", "right", "wrong"}
                assert plain["together"]["verdicts"] == found.together.verdicts
