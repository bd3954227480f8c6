import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from xai.evidence.validation.statistics import Draws, holm, sign_flip
from xai.evidence.validation.verdict_rates import Judged, rates

VERDICTS = ("supported", "mixed", "not supported", "cannot tell")
FEW = Draws(rounds=60)


def row(group="a", verdict="supported", *, target="covered", label="covered", model="m", **numbers):
    reason = "unsteady" if verdict == "cannot tell" else None
    fields = {"effect": 3.0, "outside": 0.3, "reach": 4.0, "reason": reason, **numbers}
    return Judged(model, group, label, target, verdict, "strict", **fields)


def some_rows(seed, faces=60, photos=20):
    """Rows at random: two models, two classes, some labels unknown, some faces without edits."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(faces):
        verdict = str(random.choice(VERDICTS))
        label = [None, "covered", "uncovered"][random.integers(3)]
        numbers = dict(zip(("effect", "outside", "reach"), random.normal(1, 1, 3).tolist(), strict=True))
        names = ("necessity", "exclusion", "sufficiency")
        numbers |= {n: None if random.random() < 0.3 else float(random.random()) for n in names}
        if verdict == "cannot tell" and random.random() < 0.5:
            numbers = dict.fromkeys((*numbers, *names)) | {"reason": "turned"}
        where = {
            "target": str(random.choice(["covered", "uncovered"])),
            "model": str(random.choice(["m", "n"])),
        }
        rows.append(row(f"photo {random.integers(photos)}", verdict, label=label, **where, **numbers))
    return rows


def slow_interval(values, groups, middle, rounds, seed):
    """The bootstrap over groups, drawn photo by photo; values are None where a face has none."""
    random = np.random.default_rng(seed)
    names, found = sorted(set(groups)), []
    for _ in range(rounds):
        photos = [names[i] for i in random.integers(0, len(names), len(names))]
        drawn = [v for photo in photos for v, g in zip(values, groups, strict=True) if g == photo]
        known = [v for v in drawn if v is not None]
        if known:
            found.append(middle(known))
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
    assert got.verdicts == {v: sum(j.verdict == v for j in own) for v in VERDICTS}
    codes = [j.reason for j in own if j.verdict == "cannot tell"]
    assert got.abstained == {code: codes.count(code) for code in codes}
    assert list(got.abstained.values()) == sorted(got.abstained.values(), reverse=True)
    for verdict in VERDICTS:
        check_figure(got.among_all[verdict], [float(j.verdict == verdict) for j in own], groups, np.mean)
    assert set(got.among_told) == set(VERDICTS[:3])
    for verdict, figure in got.among_told.items():
        told = [None if j.verdict == "cannot tell" else float(j.verdict == verdict) for j in own]
        check_figure(figure, told, groups, np.mean)
    for name, figure in got.conditions.items():
        check_figure(figure, [getattr(j, name) for j in own], groups, np.median)


def check_figure(figure, values, groups, middle):
    known = [v for v in values if v is not None]
    own = {g for v, g in zip(values, groups, strict=True) if v is not None}
    assert (figure.faces, figure.groups) == (len(known), len(own))
    assert figure.value == (pytest.approx(middle(known)) if known else None)
    if len(own) < 10:
        assert figure.interval is None
    elif figure.value not in (0, 1):
        expected = slow_interval(values, groups, middle, FEW.rounds, FEW.seed)
        np.testing.assert_allclose(figure.interval, expected)


def test_faces_of_a_photo_are_drawn_whole():
    """Five copies of every face in its own photo tell nothing new; as photos of their own they would."""
    rows = [row(f"p{i % 15}", VERDICTS[i % 4], necessity=i / 30) for i in range(30)]
    once, copied = (rates(r, FEW)["m"]["covered"] for r in (rows, rows * 5))
    apart = rates([replace(r, group=f"{r.group} {i}") for i in range(5) for r in rows], FEW)["m"]["covered"]
    for verdict in VERDICTS:
        np.testing.assert_allclose(
            copied.together.among_all[verdict].interval, once.together.among_all[verdict].interval
        )
    widths = [np.ptp(r.together.among_all["mixed"].interval) for r in (once, apart)]
    assert widths[1] < 0.6 * widths[0]
    assert copied.test.p == once.test.p
    assert copied.together.conditions["necessity"].interval == once.together.conditions["necessity"].interval


@pytest.mark.parametrize("seed", range(8))
def test_more_supported_faces_never_lower_the_supported_rate(seed):
    rows = [replace(j, model="m", target="covered") for j in some_rows(seed, faces=12, photos=9)]
    last = (0.0, 0.0)
    for extra in range(6):
        together = rates(rows + [row(f"more {i}") for i in range(extra)], FEW)["m"]["covered"].together
        now = (together.among_all["supported"].value, together.among_told["supported"].value or 0.0)
        assert now[0] >= last[0]
        assert now[1] >= last[1]
        last = now


def test_the_order_of_the_answers_plays_no_part():
    rows = some_rows(4)
    one, other = rates(rows, FEW), rates(rows[::-1], FEW)
    assert list(one) == list(other) == ["m", "n"]
    for model, target in product(one, ("covered", "uncovered")):
        a, b = one[model][target], other[model][target]
        assert (a.together, a.right, a.wrong, a.test.p) == (b.together, b.right, b.wrong, b.test.p)


def test_wrong_answers_and_unknown_ones_stay_apart():
    rows = [row(f"p{i}", "supported") for i in range(12)]
    rows += [row(f"q{i}", "not supported", label="incorrect") for i in range(11)] + [
        row("r", "mixed", label=None)
    ]
    found = rates(rows, FEW)["m"]["covered"]
    assert (found.together.faces, found.right.faces, found.wrong.faces) == (24, 12, 11)
    assert found.right.among_all["supported"].value == 1
    assert found.wrong.among_all["not supported"].value == 1
    assert found.together.verdicts == {"supported": 12, "mixed": 1, "not supported": 11, "cannot tell": 0}


def test_the_tests_are_corrected_over_all_pairs_that_have_enough_photos():
    rows = some_rows(7, faces=200, photos=30) + [row(f"p{i}", model="rare") for i in range(9)]
    found = rates(rows, FEW)
    tests = [t.test for classes in found.values() for t in classes.values()]
    alone = found["rare"]["covered"].test
    assert alone.too_few
    assert (alone.p, alone.adjusted, alone.rejected, alone.lead.interval) == (None, None, None, None)
    assert alone.lead.value == pytest.approx(2.7)
    tested = [t for t in tests if not t.too_few]
    assert len(tested) == 4
    assert tuple(t.adjusted for t in tested) == holm([t.p for t in tested])
    assert [t.rejected for t in tested] == [t.adjusted <= 0.05 for t in tested]
    with_ten = rates([row(f"p{i}", model="rare") for i in range(10)], FEW)["rare"]["covered"].test
    assert (with_ten.p, with_ten.adjusted, with_ten.rejected) == (1 / 1024, 1 / 1024, True)


def test_the_test_asks_every_face_with_edits_whatever_its_verdict():
    rows = [row(f"p{i}", VERDICTS[i % 4], effect=float(i), outside=1.0) for i in range(20)]
    unedited = [row(f"q{i}", "cannot tell", effect=None, outside=None, reach=None) for i in range(5)]
    test = rates(rows + unedited, FEW)["m"]["covered"].test
    assert (test.lead.faces, test.lead.value) == (20, pytest.approx(np.mean(np.arange(20) - 1.0)))
    assert test.p == sign_flip(np.arange(20) - 1.0, np.array([f"p{i}" for i in range(20)]))


def test_nothing_and_one_face():
    assert rates([]) == {}
    found = rates([row("a", "cannot tell", effect=None, outside=None, reach=None)])["m"]["covered"]
    assert found.together.among_all["cannot tell"].value == 1
    assert found.together.among_all["cannot tell"].interval is None
    assert all(figure.value is None for figure in found.together.among_told.values())
    assert found.together.abstained == {"unsteady": 1}
    assert (found.wrong.faces, found.wrong.groups) == (0, 0)
    assert all(figure.value is None for figure in found.wrong.among_all.values())
    assert (found.test.too_few, found.test.p, found.test.lead.value) == (True, None, None)


def test_it_is_ready_for_json():
    for rows in (some_rows(1), some_rows(2, faces=3), [row()]):
        for classes in rates(rows, FEW).values():
            for found in classes.values():
                plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
                assert set(plain) == {"together", "right", "wrong", "test"}
                assert plain["together"]["verdicts"] == found.together.verdicts
                assert plain["test"]["p"] == found.test.p
