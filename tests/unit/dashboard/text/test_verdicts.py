import re
from dataclasses import asdict, replace

import numpy as np
import pytest

from dashboard.i18n import catalogue
from dashboard.text import verdicts
from dashboard.text.verdicts import LEVELS
from tests.support import evidences
from tests.support.evidences import area, evidence
from xai.evidence.interventions.areas import OUTSIDE
from xai.evidence.verdict.rules import THRESHOLDS
from xai.evidence.verdict.saliency_flags import WITNESSES, witness_flags
from xai.evidence_types import AREAS, CONDITIONS, VERDICTS, Reason, Steadiness

NUMBER = re.compile(r"-?\d+(?:\.\d+)?%?")
CATALOGUE = catalogue()


def sentences(found, level):
    """Everything that is said of one evidence."""
    said = [
        verdicts.headline(found, level),
        verdicts.because(found, level),
        verdicts.other_area(found, level),
        verdicts.steadiness(found, level),
        verdicts.price(found, level),
        *verdicts.flag_lines(found, level),
    ]
    if found.areas:
        said += [verdicts.effects_note(found, level), verdicts.alt_effects(found, level)]
        for name in CONDITIONS:
            said.append(verdicts.condition_line(found, name, level))
            said.append(verdicts.alt_condition(found, name, level))
    return said


def is_in(shown, numbers):
    """Whether a number as it is shown is one of the numbers, rounded as it is shown."""
    percent = shown.endswith("%")
    digits = len(shown.rstrip("%").partition(".")[2])
    value = float(shown.rstrip("%"))
    return any(f"{(100 if percent else 1) * n:.{digits}f}" == f"{value:.{digits}f}" for n in numbers)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("level", LEVELS)
def test_no_number_is_said_that_was_not_measured(level, seed):
    found = evidences.drawn(np.random.default_rng(seed))
    numbers = evidences.every_number(asdict(found))
    for sentence in sentences(found, level):
        for shown in NUMBER.findall(sentence.replace("−", "-")):
            assert is_in(shown, numbers), f"{shown} in {sentence!r}"


def test_the_check_of_the_numbers_finds_a_wrong_one():
    numbers = evidences.every_number(asdict(evidence()))
    assert is_in("82%", numbers)
    assert is_in("0.07", numbers)
    assert not is_in("83%", numbers)
    assert not is_in("0.08", numbers)


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_figure_on_the_other_side_of_its_threshold_gets_other_words(level, name):
    at = getattr(THRESHOLDS, name)
    said = []
    for value in (at - 0.004, at + 0.004):
        found = evidence(strict=area(**{name: value}))
        words = verdicts.condition_line(found, name, level)
        said.append((NUMBER.sub("#", words), verdicts.condition_word(found.areas["strict"].conditions[name])))
    assert said[0][0] != said[1][0]
    assert {word for _, word in said} == {"yes", "no"}


def test_each_verdict_has_words_of_its_own():
    for level in LEVELS:
        said = {
            verdicts.headline(evidence(verdict, (Reason("unsteady", {}),)), level) for verdict in VERDICTS
        }
        assert len(said) == len(VERDICTS)


def test_the_area_and_the_place_are_named():
    strict, wide = area("mixed", exclusion=0.4, strongest="forehead"), area("mixed", exclusion=0.3)
    assert verdicts.headline(evidence("mixed", strict=strict), "plain") == (
        "It looked at the nose and mouth, and also elsewhere: the forehead."
    )
    lower = evidence("supported", deciding="wide", wide=wide)
    assert verdicts.headline(lower, "plain") == "It looked at the lower face."


def test_a_covered_face_says_that_all_of_it_lies_under_the_mask():
    found = evidence("supported")
    assert verdicts.other_area(found, "plain") == ("All of it lies in what a mask covers (the lower face).")
    assert f"necessity 0.97 (threshold {THRESHOLDS.necessity:.2f})" in verdicts.other_area(found, "technical")


def test_cannot_tell_says_why_and_the_others_do_not():
    small = evidence("cannot tell", (Reason("small", {"value": 11.25, "limit": 14.0}),))
    said = verdicts.because(small, "plain")
    assert "11.2 pixels" in said
    assert "at least 14" in said
    assert "larger photo" in said
    assert verdicts.because(evidence("supported", (Reason("needed", {"value": 0.8}),)), "plain") == ""


def test_what_was_not_measured_is_not_spoken_of():
    nothing = evidence("cannot tell", (Reason("no_mesh"),))
    assert verdicts.other_area(nothing, "plain") == ""
    assert verdicts.steadiness(nothing, "plain") == ""
    with pytest.raises(ValueError, match="no edit"):
        verdicts.condition_line(nothing, "necessity", "plain")


@pytest.mark.parametrize(
    ("figures", "name", "words"),
    [
        ({"necessity": -0.2}, "necessity", "does nothing to overturn"),
        ({"sufficiency": 1.4}, "sufficiency", "the whole answer"),
        ({"sufficiency": 0.001}, "sufficiency", "nothing of the answer"),
        ({"exclusion": 3.25}, "exclusion", "3.2 times"),
        ({"exclusion": 5000.0}, "exclusion", "many times"),
        ({"exclusion": None}, "exclusion", "could not be measured"),
    ],
)
def test_odd_figures_read_well(figures, name, words):
    assert words in verdicts.condition_line(evidence(strict=area(**figures)), name, "plain")


def test_plain_words_are_plain():
    jargon = re.compile(
        r"log-odds|necessity|exclusion|sufficiency|contrast|forward pass|correlation|landmark|donor|≥|≤"
        r"|lift|\bmesh\b|spearman|median|net effect"
    )
    for key, sentence in CATALOGUE.items():
        if key.startswith("plain."):
            assert not jargon.search(sentence), key


def test_every_code_of_the_library_has_its_sentences():
    codes = {code for pair in evidences.CONDITION_CODES.values() for code in pair}
    codes |= {*evidences.ABSTENTIONS, "map_elsewhere", "map_there", "map_empty"}
    codes |= {verdict.replace(" ", "_") for verdict in VERDICTS}
    for code in codes:
        for level in LEVELS:
            assert f"{level}.{code}" in CATALOGUE
    assert codes >= evidences.DOCUMENTED - {"cannot", "tell"} - {"necessity", "exclusion", "sufficiency"} - {
        "xai", "evidence", "verdict"
    }  # fmt: skip
    assert {"map_elsewhere", "map_there", "map_empty"} == set(
        re.findall(r"``(map_\w+)``", witness_flags.__doc__)
    )


def test_every_place_region_area_and_witness_has_its_name():
    assert {f"where.{place}" for places in OUTSIDE.values() for place in places} == {
        key for key in CATALOGUE if key.startswith("where.")
    }
    assert {f"region.{name}" for name in evidences.REGIONS_TESTED} <= set(CATALOGUE)
    assert {f"area.{name}" for name in AREAS} <= set(CATALOGUE)
    assert {f"method_title.{name}" for name in WITNESSES} <= set(CATALOGUE)
    for name in AREAS:
        for verdict in VERDICTS:
            assert f"plain.other_{name}_{verdict.replace(' ', '_')}" in CATALOGUE


def test_both_levels_have_the_same_sentences_where_both_are_asked():
    plain = {key.partition(".")[2] for key in CATALOGUE if key.startswith("plain.")}
    technical = {key.partition(".")[2] for key in CATALOGUE if key.startswith("technical.")}
    only_plain = {key for key in plain if key.startswith("other_")}
    only_plain |= {"not_needed_none", "not_enough_none", "enough_all"}
    only_plain |= {"also_elsewhere_times", "also_elsewhere_many"}
    only_technical = {"figure", "other", "contrast", "reach", "share"}
    assert plain - only_plain == technical - only_technical
    assert only_plain <= plain
    assert only_technical <= technical


def test_every_sentence_of_both_levels_can_be_reached():
    """None is dead: over many evidences each is said at least once, seen by its longest part."""
    said = {level: "\n".join(_plenty(level)) for level in LEVELS}
    for key, sentence in CATALOGUE.items():
        level = key.partition(".")[0]
        if level in LEVELS:
            longest = max(re.split(r"\{[^}]*\}", sentence), key=len)
            assert longest in said[level], key


def _plenty(level):
    for seed in range(150):
        yield from sentences(evidences.drawn(np.random.default_rng(seed)), level)
        found = evidences.drawn(np.random.default_rng(seed))
        if found.areas:
            for name in CONDITIONS:
                yield verdicts.asked_for(name, found.areas["wide"].conditions[name], level)
    for code in evidences.ABSTENTIONS:
        values = {} if code == "no_mesh" else {"value": 1.0, "limit": 2.0}
        yield from sentences(evidence("cannot tell", (Reason(code, values),)), level)


def test_the_words_do_not_look_at_anything_but_the_evidence():
    one = evidence("supported")
    assert sentences(one, "plain") == sentences(replace(one), "plain")
    other = replace(one, steadiness=Steadiness(7, 8))
    assert verdicts.steadiness(one, "plain") != verdicts.steadiness(other, "plain")
