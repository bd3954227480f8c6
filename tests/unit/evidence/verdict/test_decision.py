"""The rule, held against what it says in words."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from xai.evidence.interventions.families import FAMILIES, named_families
from xai.evidence.verdict import decision as module
from xai.evidence.verdict.decision import THRESHOLDS, decide, failing, judge_families, reach_of
from xai.evidence_types import EditAnswer, FamilyEvidence, Tally

COUNTS = {"follow": 6, "stay": 4, "sham": 3, "whole": 3}


def answers(drops=None, own="covered", **left):
    """Answers of a model that follows and stays, but for the families that are named: drops, or labels
    left."""
    found = []
    for name, family in FAMILIES.items():
        if name == "mask_look" and own == "uncovered":
            continue
        usual = 8.0 if family.asks in ("follow", "whole") else 0.0
        for number in range(COUNTS[family.asks]):
            drop = (drops or {}).get(name, usual)
            kept = number >= left[name] if name in left else drop < 4
            follow = family.asks == "follow"
            held = (not kept or drop >= 4) if follow else kept
            label = own if kept else "uncovered"
            found.append(EditAnswer(name, str(number), ("x",), label, 0.5, drop, held, 0.5))
    return found


def verdict(found, contrast=3.0, own="covered"):
    decision = decide(judge_families(found), contrast, own)
    return decision.verdict, decision.reasons[0].code, dict(decision.reasons[0].values)


def test_who_follows_and_stays_is_supported():
    decision = decide(judge_families(answers()), 3.0, "covered")
    assert decision.verdict == "supported"
    assert [reason.code for reason in decision.reasons] == ["follows", "stays"]
    wearing = [n for n, f in FAMILIES.items() if f.level == "wearing"]
    stays = [n for n, f in FAMILIES.items() if f.asks == "stay"]
    assert decision.follow == Tally(6 * len(wearing), 6 * len(wearing))
    assert decision.stay == Tally(4 * len(stays), 4 * len(stays))
    assert (decision.place, decision.place_share) == (Tally(6, 6), 1.0)


@pytest.mark.parametrize("family", [n for n, f in FAMILIES.items() if f.asks == "stay"])
def test_whatever_else_moves_it_is_named(family):
    code = "moved_by" if FAMILIES[family].level == "place" else "hangs_on"
    for found in (answers({family: 3.0}), answers(**{family: 2})):
        told, why, values = verdict(found)
        assert (told, why, values["family"]) == ("mixed", code, family)
    assert verdict(answers({family: 1.55}))[0] == "supported", "a fifth of the lower face's effect is borne"
    assert verdict(answers(**{family: 1}))[0] == "supported", "one of four is borne"


def test_one_odd_donor_is_no_evidence():
    found = answers()
    odd = next(i for i, a in enumerate(found) if a.family == "outside")
    found[odd] = replace(found[odd], drop=40.0, held=False, label="uncovered")
    assert verdict(found)[0] == "supported"


def test_one_direction_of_two_is_enough_where_directions_differ():
    """Two casts of six that move the answer are a cue; two lights of four are a mean of little."""
    for family, told in (("cast", "mixed"), ("mask_look", "mixed"), ("grain", "supported")):
        found = [a for a in answers() if a.family != family]
        found += [
            EditAnswer(family, str(i), (), "covered", 0.5, 2.5 if i < 2 else 0.0, True, 0.5) for i in range(6)
        ]
        assert verdict(found)[0] == told, family


def test_who_does_not_follow():
    wearing = {n: 0.1 for n, f in FAMILIES.items() if f.asks == "follow"}
    assert verdict(answers({**wearing, "outside": 6.0}))[:2] == ("not supported", "follows_not")
    assert verdict(answers(wearing))[:2] == ("mixed", "redundant")
    assert verdict(answers({**wearing, "whole_face": 0.1}))[:2] == ("cannot tell", "not_among_changes")
    nothing = answers({**wearing, "whole_face": 0.1, "other_photo": 0.1})
    assert verdict(nothing)[:2] == ("cannot tell", "nothing_moves")
    some = answers(dict.fromkeys(("lower_face", "drawn_on"), 0.1))
    assert verdict(some)[:2] == ("mixed", "follows_partly")


def test_the_rim_alone_is_not_nose_and_mouth():
    told, why, values = verdict(answers({"nose_and_mouth": 0.5}))
    assert (told, why) == ("mixed", "rim")
    assert values == {"value": 0.5 / 8, "limit": THRESHOLDS.rim}


def test_what_forbids_a_verdict():
    assert verdict(answers(), contrast=-0.1)[:2] == ("cannot tell", "unsure")
    assert verdict(answers(same_class=2))[:2] == ("cannot tell", "seam")
    assert verdict([a for a in answers() if a.family != "outside"])[:2] == ("cannot tell", "no_donors")
    assert verdict([])[:2] == ("cannot tell", "no_donors")


@pytest.mark.parametrize("own", ["covered", "incorrect", "uncovered"])
def test_a_named_family_that_is_missing_is_never_a_pass(own):
    """Without nose and mouth, light, cast, ... the word is not *supported*, whatever the rest says."""
    every = answers(own=own)
    for family in named_families(own):
        told = verdict([a for a in every if a.family != family], own=own)
        assert told[0] == "cannot tell", family
        if family not in ("outside", "lower_face"):
            assert told[1:] == ("family_missing", {"family": family})
    assert ("mask_look" in named_families(own)) == (own != "uncovered")


def test_effects_are_net_of_the_sham_where_something_was_laid():
    found = judge_families(answers({"same_class": 1.0, "outside": 2.0, "light": 2.0}))
    assert found["outside"].effect == pytest.approx(1.0)
    assert found["light"].effect == pytest.approx(2.0)
    assert found["lower_face"].effect == pytest.approx(7.0)
    assert found["light"].part == pytest.approx(2 / 7)
    assert (found["outside"].holds, found["light"].holds) == (True, False)


def slowly(found, contrast):
    """The rule in words, by plain loops, for a covered face that has been asked everything."""

    def of(name):
        return [a for a in found if a.family == name]

    sham = max(0.0, sum(a.drop for a in of("same_class")) / 3)
    lower = sum(a.drop for a in of("lower_face")) / 6 - sham
    if contrast < 0:
        return "cannot tell"
    if sum(a.label != "covered" for a in of("same_class")) > 1.5:
        return "cannot tell"
    follow = [a for a in found if FAMILIES[a.family].level == "wearing"]
    share = sum(a.held for a in follow) / len(follow)
    moved = False
    for name, family in FAMILIES.items():
        if family.asks == "stay":
            drops = sorted(a.drop for a in of(name))[:-1]
            effect = sum(drops) / len(drops) - (sham if family.donors else 0)
            limit = 0.2
            if name in ("cast", "mask_look"):
                effect, limit = drops[-1], 0.22
            left = sum(a.label != "covered" for a in of(name)) / 4
            moved |= effect > limit * max(lower, 0.2) or left > 0.34
    if share >= 0.7:
        if moved:
            return "mixed"
        inner = sum(a.drop for a in of("nose_and_mouth")) / 6 - sham
        return "mixed" if lower > 0.2 and inner / lower < 0.12 else "supported"
    if share >= 0.34:
        return "mixed"
    if moved:
        return "not supported"
    whole = sum(a.label != "covered" for a in of("whole_face")) / 3
    return "mixed" if whole >= 0.5 else "cannot tell"


@pytest.mark.parametrize("seed", range(300))
def test_the_rule_against_its_words(seed):
    rng = np.random.default_rng(seed)
    follow = rng.choice([0.0, 0.3, 0.6, 0.8, 1.0], p=[0.15, 0.15, 0.15, 0.25, 0.3])
    moves = {name: rng.choice([0.0, 1.0, 5.0], p=[0.9, 0.05, 0.05]) for name in FAMILIES}
    found = []
    for name, family in FAMILIES.items():
        for number in range(COUNTS[family.asks]):
            turns = rng.random() < follow if family.asks in ("follow", "whole") else False
            drop = float(rng.normal(8 if turns else moves[name], 0.5))
            kept = drop < 4
            found.append(
                EditAnswer(
                    name,
                    str(number),
                    (),
                    "covered" if kept else "incorrect",
                    0.5,
                    drop,
                    kept != (family.asks == "follow"),
                    0.5,
                )
            )
    contrast = float(rng.normal(3, 1.5))
    assert verdict(found, contrast)[0] == slowly(found, contrast)


def test_what_failed_is_asked_again_with_its_sham():
    def family(name, holds):
        return FamilyEvidence(name, FAMILIES[name].asks, Tally(1, 2), 0.0, None, holds, 1)

    for holds in product((True, False, None), repeat=2):
        found = {"outside": family("outside", holds[0]), "light": family("light", holds[1])}
        expected = [n for n, h in zip(("outside", "light"), holds, strict=True) if h is False]
        assert failing(found) == expected + ["same_class"] * (holds[0] is False)


def test_the_reach_is_the_median_of_whole_faces_and_never_nothing():
    assert reach_of({"whole_face": [1.0, 9.0, 5.0]}) == 5.0
    assert reach_of({"whole_face": [-3.0]}) == reach_of({}) == THRESHOLDS.moves


def test_every_code_is_documented():
    text = Path(module.__file__).read_text(encoding="utf-8")
    used = {part.split('"')[1] for part in text.split("Reason(")[1:] if part.startswith('"')}
    assert used >= {"unsure", "seam", "no_donors", "follows", "rim", "family_missing", "follows_partly"}
    assert all(code in module.__doc__ for code in used | {"moved_by", "hangs_on"})
