"""Every way in which the three conditions can come out, through the library's own rule, with its sentence."""

from itertools import product

import numpy as np
import pytest

from dashboard import i18n
from dashboard.preferences import LEVELS
from dashboard.text.verdict_summary import four_verdicts, in_one_breath
from dashboard.text.verdicts import because, condition_word, headline
from tests.support import evidences
from xai.evidence.interventions.areas import OUTSIDE
from xai.evidence.verdict.rules import OUTCOMES, THRESHOLDS, Numbers, outcomes
from xai.evidence_types import AREAS, VERDICTS, Reason
from xai.types import CLASSES, Prediction

REACH = 8.0
HOLDS, FAILS = 0.95, 0.05
TWO = ("with_mask", "without_mask")

SENTENCES = {
    "supported": ("It looked at the nose and mouth.", "Miró la nariz y la boca."),
    "mixed": (
        "It looked at the nose and mouth, and also elsewhere: the eyes.",
        "Miró la nariz y la boca, y además: los ojos.",
    ),
    "not enough": (
        "It looked at the nose and mouth, but that alone does not decide.",
        "Miró la nariz y la boca, pero eso solo no decide.",
    ),
    "more": (
        "It looked at the nose and mouth, and needed more: the eyes.",
        "Miró la nariz y la boca, y necesitó más: los ojos.",
    ),
    "spare": (
        "It looked at the nose and mouth, but could do without: the rest of the picture says the same.",
        "Miró la nariz y la boca, pero podía prescindir de ello: el resto de la imagen dice lo mismo.",
    ),
    "elsewhere": ("It looked elsewhere: the eyes.", "Miró otro lugar: los ojos."),
    "untold": ("Where it looked cannot be told.", "No se puede saber dónde miró."),
}

# Needed, nothing else, enough (None: not known) and whether a place outside does much -> sentence.
EXPECTED = {
    (True, True, True): "supported",
    (True, False, True): "mixed",
    (True, True, False): "not enough",
    (True, True, None): "not enough",
    (True, False, False): "more",
    (True, False, None): "more",
    (False, True, True): "spare",
    (False, False, True): "spare",
    (False, None, True): "spare",
}


@pytest.fixture
def spoken(monkeypatch):
    """Speak another language, as a page does whose reader chose it."""
    return lambda code: monkeypatch.setattr(i18n, "language", lambda: code)


def measured(needed, alone, enough, much_outside):
    """What gives these conditions; ``alone`` None: the area has no effect at all."""
    effect = {True: HOLDS * REACH, False: FAILS * REACH}[needed] if alone is not None else 0.0
    outside = 0.9 * THRESHOLDS.exclusion * effect if alone else 0.9 * REACH
    outside = outside if much_outside or alone else 0.9 * THRESHOLDS.outside * REACH
    returned = {True: HOLDS, False: FAILS, None: np.nan}[enough]
    row = (3.0, REACH, effect / REACH, effect, outside, returned, 0.0)
    return Numbers(*(np.float64(value) * np.ones(()) for value in row))


def combinations():
    """All but what cannot be: an area that is needed without an effect, much outside where nothing is."""
    for needed, alone, enough, much in product(
        (True, False), (True, False, None), (True, False, None), (True, False)
    ):
        if not (needed and alone is None) and not (alone and much):
            yield needed, alone, enough, much


def judged(needed, alone, enough, much):
    """Evidence as the library's rule judges these figures."""
    numbers = measured(needed, alone, enough, much)
    outcome = list(OUTCOMES)[int(outcomes(numbers))]
    found = OUTCOMES[outcome]
    area = evidences.area(
        found,
        float(numbers.needed),
        None if alone is None else float(numbers.alone),
        None if enough is None else float(numbers.returned),
    )
    reasons = (Reason(outcome, {"value": 0.1}),) if found == "cannot tell" else ()
    return evidences.evidence(found, reasons, strict=area)


@pytest.mark.parametrize("code", ["en", "es"])
@pytest.mark.parametrize("case", combinations(), ids=str)
def test_every_combination_has_the_sentence_that_goes_with_its_conditions(spoken, case, code):
    needed, alone, enough, much = case
    found = judged(*case)
    shown = [condition_word(c) for c in found.areas["strict"].conditions.values()]
    assert shown == [{True: "yes", False: "no", None: "unknown"}[each] for each in (needed, alone, enough)]
    neither = "elsewhere" if much else "untold"
    expected = EXPECTED.get((needed, alone, enough), neither)
    spoken(code)
    assert headline(found, "plain") == SENTENCES[expected][code == "es"]


def test_the_combinations_give_every_verdict_and_every_sentence():
    found = [judged(*case) for case in combinations()]
    assert {each.verdict for each in found} == set(VERDICTS)
    assert {headline(each, "plain") for each in found} == {english for english, _ in SENTENCES.values()}
    assert len({headline(each, "technical") for each in found}) == len(SENTENCES)


@pytest.mark.parametrize("name", ["necessity", "exclusion", "sufficiency"])
@pytest.mark.parametrize("level", LEVELS)
def test_a_figure_near_its_limit_is_a_close_call_on_either_side_with_both_numbers(name, level):
    limit = getattr(THRESHOLDS, name)
    for value in (limit - 0.03, limit + 0.03):
        found = evidences.evidence("mixed", strict=evidences.area("mixed", **{name: value}))
        form = ".1%" if level == "plain" else ".3f"
        said = because(found, level)
        assert said.startswith("A close call: ")
        assert f"{value:{form}}" in said
        assert f"{limit:{form}}" in said
    for value in (limit - 0.07, limit + 0.07, None):
        strict = evidences.area("mixed", **{"exclusion": 0.5} | {name: value})
        assert because(evidences.evidence("mixed", strict=strict), level) == ""


def test_a_verdict_that_cannot_be_told_says_why_and_nothing_of_close_calls():
    strict = evidences.area("cannot tell", necessity=THRESHOLDS.necessity)
    reason = Reason("unsteady", {"value": 5.0, "limit": 8.0})
    assert "close call" not in because(evidences.evidence("cannot tell", (reason,), strict=strict), "plain")


def said(label, classes=CLASSES):
    """A prediction of this class."""
    return Prediction(classes, np.array([float(name == label) for name in classes], np.float32))


@pytest.mark.parametrize(
    ("classes", "label", "truth", "start"),
    [
        (CLASSES, "covered", "covered", "It says “mask worn correctly”, which is right. "),
        (CLASSES, "uncovered", "covered", "It says “no mask”, which is wrong. "),
        (CLASSES, "covered", None, "It says “mask worn correctly”. "),
        (
            ("with_mask", "without_mask"),
            "with_mask",
            "covered",
            "It says “a mask is present”, which is right.",
        ),
        (("covered", "uncovered"), "covered", "incorrect", "It says “mask worn correctly”. "),
    ],
)
def test_the_answer_its_truth_and_the_place_stand_in_one_breath(classes, label, truth, start):
    found = evidences.evidence("supported", target=label)
    line = in_one_breath(found, said(label, classes), truth, "plain")
    assert line.startswith(start)
    assert line.endswith(" It looked at the nose and mouth.")


def test_another_answer_that_was_asked_about_is_named_and_not_called_right():
    found = evidences.evidence("supported", target="uncovered")
    assert in_one_breath(found, said("covered"), "covered", "plain") == (
        "It says “mask worn correctly”; asked about “no mask” instead: It looked at the nose and mouth."
    )


@pytest.mark.parametrize("code", ["en", "es"])
def test_no_breath_is_of_thirty_words_or_more(spoken, code):
    spoken(code)
    shown = []
    for area, label, truth, case in product(AREAS, CLASSES, (*CLASSES, None), combinations()):
        for place in OUTSIDE[area]:
            found = judged(*case).deciding
            own = evidences.area(found.verdict, *(c.value for c in found.conditions.values()), place)
            parts = {"strict": own, "wide": own}
            one = evidences.evidence(own.verdict, (), deciding=area, target=label, **parts)
            shown.append(in_one_breath(one, said(label), truth, "plain"))
    longest = max(shown, key=lambda line: len(line.split()))
    assert len(longest.split()) < 30, longest


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_key_has_all_four_and_marks_the_present_one(verdict):
    found = evidences.evidence(verdict, (Reason("unsteady", {"value": 5.0, "limit": 8.0}),))
    lines = four_verdicts(found, {name: f"<{name}>" for name in VERDICTS})
    assert [line.split(">")[0][1:] for line in lines] == list(VERDICTS)
    assert [line for line in lines if "this one" in line] == [lines[VERDICTS.index(verdict)]]
    assert ["right" in line or "wrong" in line or "nor against" in line for line in lines] == [True] * 4
