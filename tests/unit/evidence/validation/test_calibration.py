"""Verdicts counted on models whose answer is known, thresholds chosen, kinds left out."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from xai.evidence.interventions.plan import DIRECTIONS, plan, shifted_plan
from xai.evidence.validation import calibration as module
from xai.evidence.validation.calibration import Case, cases_of, choose, collect, report, verdicts
from xai.evidence.validation.labelled_faces import LabelledFace, in_turns
from xai.evidence.verdict.rules import THRESHOLDS, Thresholds
from xai.evidence.verdict.run import weigh
from xai.evidence_types import VERDICTS, deciding_area
from xai.models.ground_truth import KINDS, instances
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

GRID = {"necessity": (0.3, 0.6), "exclusion": (0.1, 0.3), "sufficiency": (0.5, 0.8)}


def asked_names(target):
    names = [*plan(target), *(("control", str(i)) for i in range(64))]
    for d in range(DIRECTIONS):
        names += [("shift", str(d), *name) for name in shifted_plan(target, deciding_area(target), d)]
    return names


def some_answers(rng, target):
    """Contrasts as some model might give them: a part by the area, a part by the rest, some noise."""
    area_does, rest_does, noise = rng.uniform(0, 5), rng.choice([0.1, 1.0, 4.0]), rng.choice([0.02, 0.3])
    wander = rng.uniform(0, 1, DIRECTIONS) < 0.15
    found, start = {}, float(rng.normal(3, 2))
    for name in asked_names(target):
        small = name[2:] if name[0] == "shift" else name
        area = small[1:2] in (("strict",), ("wide",))
        lost = {
            "face": 0.0,
            "turn": area_does if area else 0.1,
            "sham": 0.1,
            "blank": rest_does if small[1:2] in (("outside_strict",), ("outside_wide",)) else 0.05,
            "every": area_does + rest_does,
            "keep": rest_does,
            "control": 0.3,
        }[small[0]]
        if name[0] == "shift" and wander[int(name[1])]:
            lost = rng.uniform(0, 5)
        found[name] = start - lost * (1 + noise * float(rng.normal())) if small != ("face",) else start
    return found


@pytest.mark.parametrize("target", ["covered", "incorrect", "uncovered"])
def test_the_verdicts_of_many_are_those_of_each(target, monkeypatch):
    rng, answers = np.random.default_rng(5), []
    monkeypatch.setattr(module, "ask", lambda *_: answers[-1])
    face, cases = LabelledFace(None, target, "photo 3"), []
    for _ in range(20):
        answers.append(some_answers(rng, target))
        cases.append(cases_of(None, None, face, target, "aperture_nose"))
    assert (cases[0].model, cases[0].group, cases[0].label) == ("aperture_nose", "photo 3", target)
    for thresholds in (THRESHOLDS, Thresholds(0.3, 0.3, 0.5, steady=4)):
        one_by_one = [weigh(found, target, thresholds).verdict for found in answers]
        assert verdicts(cases, thresholds) == one_by_one
        assert len(set(one_by_one)) >= 3
    assert verdicts([]) == []


def case(kind, needed=0.9, alone=0.05, returned=0.9, *, target="covered", group="a", contrast=3.0):
    """A case whose nine rows are alike: contrast, reach, needed, effect, outside, returned, spread."""
    row = [contrast, 4.0, needed, 4 * needed, 4 * needed * alone, returned, 0.1]
    return Case(kind, group, target, target, np.array([row] * 9))


def told(own, thresholds):
    """The verdict of such a case in words; it never wavers."""
    contrast, reach, needed, effect, outside, returned, _ = (float(v) for v in own.numbers[0])
    yes = (needed >= thresholds.necessity, outside / effect <= thresholds.exclusion)
    if contrast < 0:
        return "cannot tell"
    if all(yes) and returned >= thresholds.sufficiency:
        return "supported"
    if yes[0] or returned >= thresholds.sufficiency:
        return "mixed"
    return "cannot tell" if outside < thresholds.outside * reach else "not supported"


def slow_score(cases, thresholds):
    """Mean over the kinds of the rate of right verdicts, less ten times the grave errors beyond 2 %."""
    kinds, total = sorted({own.model for own in cases}), 0.0
    for kind in kinds:
        own = [c for c in cases if c.model == kind]
        right = grave = 0
        for c in own:
            verdict = told(c, thresholds)
            expected = KINDS[kind].expected_wide if c.target == "incorrect" else KINDS[kind].expected
            right += verdict in expected
            grave += verdict == "supported" and "supported" not in expected
            grave += verdict == "not supported" and expected == ("supported",)
        total += right / len(own) - 10 * max(0.0, grave / len(own) - 0.02)
    return total / len(kinds)


def slow_choice(cases):
    scored = []
    for values in product(*GRID.values()):
        thresholds = Thresholds(**dict(zip(GRID, values, strict=True)))
        scored.append((slow_score(cases, thresholds), thresholds))
    best = max(score for score, _ in scored)
    rate = min(1.0, max(0.0, best))
    error = (rate * (1 - rate) / len(cases)) ** 0.5
    strictest = None
    for score, thresholds in scored:
        if score < best - error:
            continue
        key = (thresholds.exclusion, -thresholds.sufficiency)
        if strictest is None or key < (strictest.exclusion, -strictest.sufficiency):
            strictest = thresholds
    return strictest


def some_cases(seed, size=60):
    rng, found = np.random.default_rng(seed), []
    kinds = ("aperture_nose", "aperture_chin", "corner_mark", "mixture_050", "constant")
    for number in range(size):
        numbers = rng.uniform(0.2, 1), rng.gamma(1, 0.2), rng.uniform(0.3, 1)
        target = str(rng.choice(["covered", "incorrect"]))
        found.append(case(kinds[number % len(kinds)], *numbers, target=target, group=str(number % 7)))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_best_of_the_grid_by_trying_all(seed, monkeypatch):
    monkeypatch.setattr(module, "GRID", GRID)
    cases = some_cases(seed)
    for own in cases:
        assert verdicts([own], Thresholds(0.3, 0.3, 0.5)) == [told(own, Thresholds(0.3, 0.3, 0.5))]
    assert choose(cases) == slow_choice(cases)


def test_a_cheat_acquitted_weighs_more_than_many_right_ones(monkeypatch):
    """Loose exclusion is right on every nose and lets one cheat in five go; it is not taken."""
    monkeypatch.setattr(module, "GRID", GRID)
    noses = [case("aperture_nose", alone=a) for a in (0.05, 0.2, 0.2, 0.2, 0.2)]
    cheats = [case("corner_mark", needed=0.1, alone=20.0, returned=0.0)] * 4 + [
        case("corner_mark", alone=0.2)
    ]
    assert choose(noses).exclusion == 0.3
    assert choose(noses + cheats).exclusion == 0.1


def test_a_chin_model_is_right_where_the_lower_face_decides(monkeypatch):
    """For incorrect the chin is honest evidence: what supports it is no acquittal."""
    monkeypatch.setattr(module, "GRID", GRID)
    chins = [case("aperture_chin", alone=0.2, target="incorrect")] * 3
    assert choose(chins).exclusion == 0.3
    assert report(chins, Thresholds(0.5, 0.3, 0.5), left_out=False)["aperture_chin"]["right"] == 1.0
    strict = [case("aperture_chin", alone=0.2)] * 3
    assert report(strict, Thresholds(0.5, 0.3, 0.5), left_out=False)["aperture_chin"]["right"] == 0.0


def test_rows_by_hand():
    cases = [case("aperture_nose", group=g) for g in "aab"]
    cases += [case("aperture_nose", alone=0.9, group="b"), case("aperture_nose", contrast=-1.0, group="c")]
    cases += [case("constant", contrast=-1.0)] * 2
    found = report(cases, Thresholds(0.5, 0.2, 0.6), left_out=False)
    assert list(found) == ["aperture_nose", "constant"]
    row = found["aperture_nose"]
    assert row["verdicts"] == {"supported": 3, "mixed": 1, "not supported": 0, "cannot tell": 1}
    assert (row["models"], row["faces"], row["right"]) == (10, 5, 0.6)
    assert (row["expected"], row["expected_wide"]) == (["supported"], ["supported"])
    low, high = row["interval"]
    assert 0 <= low <= 0.6 <= high <= 1
    assert low < high
    assert found["constant"]["right"] == 1.0
    assert found["constant"]["interval"] == [1.0, 1.0]
    assert "left_out" not in row
    assert tuple(row["verdicts"]) == VERDICTS


def test_a_kind_that_is_left_out_has_no_say(monkeypatch):
    """The noses want a loose exclusion. Chosen on the cheats alone it is the strict one, and they fall."""
    monkeypatch.setattr(module, "GRID", {**GRID, "exclusion": (0.1, 0.3)})
    noses = [case("aperture_nose", alone=0.2)] * 6
    others = [case("mixture_050", alone=0.2)] * 4 + [case("corner_mark", 0.1, 20.0, 0.0)] * 4
    loose = Thresholds(0.5, 0.3, 0.6)
    found = report(noses + others, loose)
    assert found["aperture_nose"]["right"] == 1.0
    assert found["aperture_nose"]["left_out"] == 0.0
    assert choose(others).exclusion == 0.1
    assert found["corner_mark"]["left_out"] == found["corner_mark"]["right"] == 1.0


def labelled(label, name):
    return LabelledFace(None, label, name)


def test_faces_take_turns_by_class():
    rows = {"covered": "abcd", "uncovered": "xyz", "incorrect": "m"}
    faces = [labelled(label, name) for label, names in rows.items() for name in names]
    assert "".join(f.group for f in in_turns(faces, 0)) == "amxbyczd"
    assert "".join(f.group for f in in_turns(faces, 5)) == "bmzcxdya"
    assert in_turns([], 3) == []


@pytest.fixture(scope="module")
def gallery():
    names = {"astronaut-red": "covered", "admiral-plain": "uncovered", "admiral-blue": "covered"}
    return [LabelledFace(find_faces(load_sample(n))[0], truth, n) for n, truth in names.items()]


def test_a_small_calibration(gallery, monkeypatch):
    """Two kinds, two models of each, one face a model: asked only of what they get right."""
    monkeypatch.setattr(module, "instances", lambda kind, device: instances(kind, "cpu")[:2])
    bare = replace(gallery[0], face=replace(gallery[0].face, landmarks=np.zeros((0, 2), np.float32)))
    said = []
    found = list(collect([bare, *gallery], ["aperture_nose", "corner_mark"], said.append, per_model=1))
    assert [own.model for own in found].count("corner_mark") == 2
    assert [own.model for own in found].count("aperture_nose") == 2
    assert all(own.label == own.target for own in found)
    assert all(own.numbers.shape[1] == 7 for own in found)
    assert all(np.isfinite(own.numbers[:, :5]).all() for own in found)
    assert len(said) == 2
    rows = report(found, left_out=False)
    assert rows["corner_mark"]["verdicts"]["supported"] == 0
    assert rows["aperture_nose"]["verdicts"]["not supported"] == 0
