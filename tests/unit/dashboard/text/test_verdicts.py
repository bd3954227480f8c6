"""What is said of a verdict: for every reason of the library, in both languages, and no number made up."""

import re
from dataclasses import asdict, replace

import numpy as np
import pytest

from dashboard import i18n
from dashboard.i18n import messages
from dashboard.preferences import LEVELS
from dashboard.text import verdicts
from tests.support import evidences
from tests.support.evidences import FOLLOWS, STAYS, edit, evidence, family, mover
from xai.evidence.interventions.families import FAMILIES
from xai.evidence.verdict.saliency_flags import CROSS_CHECK_METHODS, saliency_disagreements
from xai.evidence_types import VERDICTS, Reason, Tally

NUMBER = re.compile(r"-?\d+(?:\.\d+)?%?")
CATALOGUE = messages()
LANGUAGES = ("en", "es")
OUTCOMES = list(evidences.outcomes())


@pytest.fixture
def spoken(monkeypatch):
    """Speak another language, as a page does whose reader chose it."""
    return lambda code: monkeypatch.setattr(i18n, "language", lambda: code)


def sentences(found, level):
    """Everything that is said of one evidence."""
    speaks_for, against = verdicts.for_and_against(found)
    return [
        verdicts.headline(found),
        verdicts.verdict_reason(found),
        verdicts.looked_at(found),
        *speaks_for,
        *against,
        *(figure.line for figure in verdicts.figures(found)),
        *verdicts.flag_lines(found, level),
    ]


def missed(found):
    """How many edits had another effect than expected, for every count."""
    counts = [(each.held, each.of) for each in (found.follow, found.stay)]
    counts += [(r.values["held"], r.values["of"]) for r in found.reasons if "held" in r.values]
    apart = [r.values["family"] for r in found.reasons if r.code in ("moved_by", "hangs_on")]
    for first in apart[:1]:
        rest = [f.tally for f in found.families if f.asks == "stay" and f.family != first]
        counts.append((sum(tally.held for tally in rest), sum(tally.of for tally in rest)))
    return [of - held for held, of in counts] + [of for _, of in counts]


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
    numbers = evidences.every_number(asdict(found)) + missed(found)
    for sentence in sentences(found, level):
        for shown in NUMBER.findall(sentence.replace("−", "-")):
            assert is_in(shown, numbers), f"{shown} in {sentence!r}"


def test_the_check_of_the_numbers_finds_a_wrong_one():
    numbers = evidences.every_number(asdict(evidence()))
    assert is_in("43%", numbers)
    assert is_in("22", numbers)
    assert not is_in("44%", numbers)
    assert not is_in("21", numbers)


def test_every_code_of_the_library_has_its_sentence_and_no_sentence_is_for_nothing():
    said = {key.partition(".")[2] for key in CATALOGUE if key.startswith("found.")}
    variants = {"rim_mask": "rim", "rim_bare": "rim", "follows_partly_moved": "follows_partly"}
    assert {variants.get(key, key) for key in said} == evidences.DOCUMENTED
    remedies = {key.partition(".")[2] for key in CATALOGUE if key.startswith("remedy.")}
    assert remedies == set(evidences.ABSTENTIONS)
    deciding = {reasons[0].code for _, reasons in OUTCOMES}
    assert deciding | {"moved_by", "hangs_on", "stays"} == evidences.DOCUMENTED


def test_every_family_of_the_library_has_its_name_and_every_cue_its_own():
    assert {f"family.{name}" for name in FAMILIES} == {k for k in CATALOGUE if k.startswith("family.")}
    stay = {name for name, family in FAMILIES.items() if family.asks == "stay"}
    assert {f"cue.{name}" for name in stay} == {key for key in CATALOGUE if key.startswith("cue.")}
    assert {f"asks.{family.asks}" for family in FAMILIES.values()} == {
        key for key in CATALOGUE if key.startswith("asks.")
    }


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("target", ["covered", "incorrect", "uncovered", "with_mask", "Without Mask"])
def test_every_outcome_has_a_line_of_fewer_than_thirty_words_that_begins_with_its_word(spoken, target, code):
    spoken(code)
    for found, reasons in OUTCOMES:
        one = evidence(found, reasons, target=target)
        line = verdicts.headline(one)
        assert line.startswith(f"{verdicts.word(found)}. ")
        assert line.endswith(".")
        assert len(line.split()) < 30, line
        assert "{" not in line + verdicts.verdict_reason(one)


@pytest.mark.parametrize("code", LANGUAGES)
def test_different_reasons_get_different_lines(spoken, code):
    spoken(code)
    told = {}
    for found, reasons in OUTCOMES:
        key = (
            found,
            reasons[0].code,
            *(r.values["family"] for r in reasons if r.code != "family_missing" and "family" in r.values),
        )
        told.setdefault(verdicts.headline(evidence(found, reasons)), set()).add(key)
    assert [keys for keys in told.values() if len(keys) > 1] == []


def test_each_verdict_has_a_word_of_its_own():
    assert len({verdicts.word(verdict) for verdict in VERDICTS}) == len(VERDICTS)


LINES = {
    "supported": (
        ("supported", evidences.USUAL["supported"]),
        "Focus supported. It looks at nose and mouth and nothing else that was tried.",
        "Foco respaldado. Mira la nariz y la boca y nada más de lo que se ha probado.",
    ),
    "moved_by": (
        ("mixed", (mover("background"), FOLLOWS)),
        "Mixed focus. It looks at nose and mouth, but the answer also depends on hair, "
        "clothes and background.",
        "Foco mixto. Mira la nariz y la boca, pero la respuesta varía también según el pelo, "
        "la ropa y el fondo.",
    ),
    "hangs_on": (
        ("mixed", (mover("light"), FOLLOWS)),
        "Mixed focus. It looks at nose and mouth, but the answer also depends on the light.",
        "Foco mixto. Mira la nariz y la boca, pero la respuesta varía también según la luz.",
    ),
    "not supported": (
        ("not supported", evidences.USUAL["not supported"]),
        "Focus not supported. It does not look at nose and mouth: the answer depends on hair, "
        "clothes and background.",
        "Foco no respaldado. No mira la nariz y la boca: la respuesta varía según el pelo, "
        "la ropa y el fondo.",
    ),
    "cannot tell": (
        ("cannot tell", evidences.USUAL["cannot tell"]),
        "Cannot tell. The face is too small to edit.",
        "No se puede saber. La cara es demasiado pequeña para retocarla.",
    ),
}


@pytest.mark.parametrize(("code", "column"), [("en", 1), ("es", 2)])
@pytest.mark.parametrize("case", LINES)
def test_the_line_is_the_word_and_one_sentence(spoken, case, code, column):
    spoken(code)
    assert verdicts.headline(evidence(*LINES[case][0])) == LINES[case][column]


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    ("target", "area"), [("with_mask", "mask"), ("Mask on", "mask"), ("no-mask", "lower_face")]
)
def test_a_class_of_two_is_said_to_look_at_the_mask_or_the_lower_face(spoken, target, area, code):
    spoken(code)
    own, other = i18n.t(f"area.{area}"), i18n.t("area.nose_and_mouth")
    for found, reasons in OUTCOMES:
        line = verdicts.headline(evidence(found, reasons, target=target))
        assert reasons[0].code == "rim" or found == "cannot tell" or other not in line, line
        if found == "supported":
            assert own in line


def test_the_rim_is_that_of_the_mask_only_where_there_is_one():
    rim = ("mixed", (Reason("rim", {"value": 0.05, "limit": 0.12}), FOLLOWS))
    assert "rim of the mask" in verdicts.headline(evidence(*rim, target="incorrect"))
    assert "cheeks and chin" in verdicts.headline(evidence(*rim, target="Unmasked"))


PILLS = {
    "supported": (LINES["supported"][0], "Looked at: nose and mouth", "Miró: la nariz y la boca"),
    "moved_by": (LINES["moved_by"][0], "Looked at: other places too", "Miró: también otras partes"),
    "hangs_on": (LINES["hangs_on"][0], "Looked at: other places too", "Miró: también otras partes"),
    "redundant": (
        ("mixed", (Reason("redundant", {"value": 1.0}), Reason("follows_not", {"value": 0.1}))),
        "Looked at: other places too",
        "Miró: también otras partes",
    ),
    "partly": (
        ("mixed", (Reason("follows_partly", {"value": 0.5}), STAYS)),
        "Looked at: nose and mouth, in part",
        "Miró: la nariz y la boca, en parte",
    ),
    "partly, moved": (
        ("mixed", (Reason("follows_partly", {"value": 0.5}), mover("light"))),
        "Looked at: other places too",
        "Miró: también otras partes",
    ),
    "rim": (
        ("mixed", (Reason("rim", {"value": 0.05, "limit": 0.12}), FOLLOWS)),
        "Looked at: the rim",
        "Miró: el borde",
    ),
    "not supported": (LINES["not supported"][0], "Looked at: other places", "Miró: otras partes"),
    **{
        code: (
            ("cannot tell", (Reason(code, values),)),
            "Looked at: cannot tell",
            "Miró: no se puede saber",
        )
        for code, values in evidences.ABSTENTIONS.items()
    },
}
"""Deciding reason -> verdict and reasons, and where the model looked, in English and in Spanish."""


@pytest.mark.parametrize(("code", "column"), [("en", 1), ("es", 2)])
@pytest.mark.parametrize("case", PILLS)
def test_where_it_looked_is_said_in_a_few_words(spoken, case, code, column):
    spoken(code)
    assert verdicts.looked_at(evidence(*PILLS[case][0])) == PILLS[case][column]


def test_every_deciding_reason_has_its_words_for_where_it_looked():
    told = {reasons[0].code for (_, reasons), *_ in PILLS.values()}
    assert told == {reasons[0].code for _, reasons in OUTCOMES}


@pytest.mark.parametrize("code", LANGUAGES)
def test_where_it_looked_names_nose_and_mouth_only_where_the_sentence_does(spoken, code):
    """The two stand beside each other in the report; one class of two is about the mask as a whole."""
    spoken(code)
    place = i18n.t("area.nose_and_mouth")
    for target in ("covered", "uncovered", "with_mask"):
        for found, reasons in OUTCOMES:
            one = evidence(found, reasons, target=target)
            said = verdicts.looked_at(one)
            assert "{" not in said
            assert len(said.split()) <= 9, said
            assert place not in said or place in verdicts.headline(one), said


def test_the_rim_of_the_mask_is_not_named_on_a_face_without_one():
    rim = ("mixed", (Reason("rim", {"value": 0.05, "limit": 0.12}), FOLLOWS))
    assert "the rim" in verdicts.looked_at(evidence(*rim, target="incorrect"))
    for target in ("uncovered", "Unmasked"):
        said = verdicts.looked_at(evidence(*rim, target=target))
        assert said == "Looked at: cheeks and chin"


PARTS = {
    "supported": (
        evidence("supported", follow=Tally(8, 8), stay=Tally(41, 41)),
        ["Lower face edited: reacted 8/8", "Rest edited: stayed 41/41"],
        [],
    ),
    "a few edits misbehave": (
        evidence("supported", follow=Tally(7, 8), stay=Tally(40, 41)),
        ["Lower face edited: reacted 7/8", "Rest edited: stayed 40/41"],
        ["Lower face edited: stayed 1/8", "Rest edited: changed 1/41"],
    ),
    "turned by something else": (
        evidence("mixed", (mover("cast", 5, 8), FOLLOWS), follow=Tally(8, 8), stay=Tally(38, 41)),
        ["Lower face edited: reacted 8/8", "Rest edited: stayed 38/41"],
        ["Other tint: changed 3/8"],
    ),
    "turned by something else, and a little by another": (
        evidence(
            "mixed",
            (mover("cast", 5, 8), FOLLOWS),
            follow=Tally(8, 8),
            stay=Tally(10, 14),
            families=(family("cast", 5, 8), family("light", 3, 4), family("background", 2, 2)),
        ),
        ["Lower face edited: reacted 8/8", "Rest edited: stayed 10/14"],
        ["Other tint: changed 3/8", "Other edits: changed 1/6"],
    ),
    "lessened by something else": (
        evidence("mixed", (mover("cast", 8, 8, 0.41), FOLLOWS), follow=Tally(8, 8), stay=Tally(41, 41)),
        ["Lower face edited: reacted 8/8", "Rest edited: stayed 41/41"],
        ["Other tint: less sure, 41% of the effect"],
    ),
    "the rim": (
        evidence(
            "mixed",
            (Reason("rim", {"value": 0.05, "limit": 0.12}), FOLLOWS),
            follow=Tally(8, 8),
            stay=Tally(41, 41),
            place_share=0.05,
        ),
        ["Lower face edited: reacted 8/8", "Rest edited: stayed 41/41"],
        ["Nose and mouth alone: 5%"],
    ),
    "never reacts": (
        evidence("not supported", follow=Tally(0, 8), stay=Tally(16, 41)),
        ["Rest edited: stayed 16/41"],
        [
            "Lower face edited: stayed 8/8",
            "Other background: changed 5/8",
        ],
    ),
    "never stays": (
        evidence("mixed", (mover("light", 0, 8), FOLLOWS), follow=Tally(8, 8), stay=Tally(0, 41)),
        ["Lower face edited: reacted 8/8"],
        ["Other light: changed 8/8"],
    ),
    "cannot tell, after the edits": (
        evidence("cannot tell", (Reason("nothing_moves", {"value": 0.0}),), follow=Tally(0, 8)),
        ["Rest edited: stayed 22/24"],
        ["Lower face edited: stayed 8/8", "Rest edited: changed 2/24"],
    ),
}


@pytest.mark.parametrize(("found", "speaks_for", "against"), PARTS.values(), ids=PARTS)
def test_for_and_against_hold_what_was_counted_each_on_its_side(found, speaks_for, against):
    assert verdicts.for_and_against(found) == (speaks_for, against)


def test_for_and_against_are_told_in_spanish_with_the_same_numbers(spoken):
    spoken("es")
    found = evidence("mixed", (mover("cast", 5, 8), FOLLOWS), follow=Tally(7, 8), stay=Tally(38, 41))
    assert verdicts.for_and_against(found) == (
        ["Parte baja retocada: reaccionó 7/8", "Resto retocado: igual 38/41"],
        ["Parte baja retocada: igual 1/8", "Otro tono: cambió 3/8"],
    )


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_outcome_has_few_and_short_arguments_and_none_where_nothing_was_tested(spoken, code):
    spoken(code)
    for found, reasons in OUTCOMES:
        one = evidence(found, reasons)
        speaks_for, against = verdicts.for_and_against(one)
        assert bool(speaks_for or against) == (reasons[0].code not in evidences.UNASKED)
        assert len(speaks_for) <= 2
        assert len(against) <= 4
        for line in (*speaks_for, *against):
            assert "{" not in line
            assert len(line.split()) <= 9, line
        moved = [r for r in reasons if r.code in ("moved_by", "hangs_on")]
        for reason in moved:
            title = i18n.t(f"edited_short.{reason.values['family']}")
            assert sum(line.startswith(f"{title}:") for line in against) == 1


def test_another_answer_that_was_asked_about_is_named():
    found = evidence(target="uncovered")
    assert verdicts.headline(found, "covered") == f"Asked about “no mask”: {verdicts.headline(found)}"
    assert verdicts.headline(found, "uncovered") == verdicts.headline(found)


def test_how_far_something_else_moves_the_answer_is_said_as_it_was():
    turned = verdicts.verdict_reason(evidence("mixed", (mover("light", 5, 8), FOLLOWS)))
    assert turned == "With other light the answer stayed in 5 of 8 tries."
    weaker = verdicts.verdict_reason(evidence("mixed", (mover("light", 8, 8, 0.41), FOLLOWS)))
    assert weaker.startswith("With other light the answer stayed, but the model grew less sure: 41% as much")
    assert verdicts.verdict_reason(evidence("mixed", (mover("light", 8, 8, 0.0), FOLLOWS))) == ""
    assert verdicts.verdict_reason(evidence("supported")) == ""
    partly = (Reason("follows_partly", {"value": 0.5}), STAYS)
    assert (
        verdicts.verdict_reason(evidence("mixed", partly))
        == "Nothing else that was tried changed the answer."
    )


def test_cannot_tell_says_what_can_be_done():
    said = verdicts.verdict_reason(evidence("cannot tell"))
    assert "11.2 pixels" in said
    assert "at least 14" in said
    assert "larger photo" in said


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.43, "nose and mouth alone: 43% of the effect"),
        (1.02, "nose and mouth alone: the full effect"),
        (-0.2, "nose and mouth alone: no effect"),
        (None, ""),
    ],
)
def test_both_questions_are_answered_by_counts_and_the_place_stands_in_the_line_of_the_first(share, words):
    follow, stay = verdicts.figures(evidence(place_share=share))
    assert follow.line == "Lower-face edits: answer reacted 7 of 8 times" + (words and f"; {words}")
    assert stay.line == "Other edits: answer stayed 22 of 24 times"


def test_where_nothing_was_asked_there_are_no_figures():
    for code in evidences.UNASKED:
        assert verdicts.figures(evidence("cannot tell", (Reason(code, evidences.ABSTENTIONS[code]),))) == ()
    assert len(verdicts.figures(evidence("cannot tell", (Reason("no_donors"),)))) == 2


@pytest.mark.parametrize("seed", range(80))
def test_whatever_the_librarys_rule_decides_can_be_said(spoken, seed):
    rng = np.random.default_rng(seed)
    asked = [name for name in FAMILIES if rng.random() < 0.9]
    loyal = rng.choice([0.02, 0.5, 0.98], size=2)
    answers = []
    for name in asked:
        asks = FAMILIES[name].asks
        for number in range(int(rng.integers(1, 7))):
            held = rng.random() < loyal[int(asks in ("stay", "sham"))]
            answers.append(edit(name, number, bool(held)))
    found = evidences.judged(answers, float(rng.normal(2, 3)), own=str(rng.choice(["covered", "uncovered"])))
    for code in LANGUAGES:
        spoken(code)
        line = verdicts.headline(found)
        assert line.startswith(verdicts.word(found.verdict))
        assert "{" not in line + verdicts.verdict_reason(found)
    assert (found.follow.held, found.follow.of) == (
        sum(a.held for a in answers if FAMILIES[a.family].level == "wearing"),
        sum(FAMILIES[a.family].level == "wearing" for a in answers),
    )


def test_a_perfect_model_is_supported_and_one_that_follows_nothing_is_not():
    perfect = [edit(name, n) for name in FAMILIES for n in range(4)]
    assert verdicts.headline(evidences.judged(perfect)).startswith("Focus supported. ")
    deaf = [edit(n, i, FAMILIES[n].asks not in ("follow", "stay")) for n in FAMILIES for i in range(4)]
    assert verdicts.headline(evidences.judged(deaf)).startswith("Focus not supported. It does not look at ")


def test_words_are_plain():
    jargon = re.compile(
        r"log-odds|necessity|exclusion|sufficiency|contrast|forward pass|correlation|landmark|donor|≥|≤"
        r"|lift|\bmesh\b|spearman|median|net effect|\bsham\b"
    )
    sections = (
        "plain.", "found.", "remedy.", "how_far.", "question.", "cue.", "family.", "edited.", "four.",
        "looked_at.", "argument.", "argument_title.", "argument_counted.", "edited_short.", "edited_mark.",
    )  # fmt: skip
    for key, sentence in CATALOGUE.items():
        if key.startswith(sections):
            assert not jargon.search(sentence), key


def test_both_levels_have_the_flags_that_the_library_documents():
    documented = set(re.findall(r"``(map_\w+)``", saliency_disagreements.__doc__))
    for level in LEVELS:
        assert {key.partition(".")[2] for key in CATALOGUE if key.startswith(f"{level}.")} == documented
    assert {f"method_title.{name}" for name in CROSS_CHECK_METHODS} <= set(CATALOGUE)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_key_has_all_four_and_marks_the_present_one(verdict):
    lines = verdicts.verdict_legend(evidence(verdict), {name: f"<{name}>" for name in VERDICTS})
    assert [line.split(">")[0][1:] for line in lines] == list(VERDICTS)
    assert [line for line in lines if "this one" in line] == [lines[VERDICTS.index(verdict)]]
    assert all(f"**{verdicts.word(name)}:**" in line for name, line in zip(VERDICTS, lines, strict=True))
    assert ["right" in line or "wrong" in line or "nor against" in line for line in lines] == [True] * 4


def test_the_words_do_not_look_at_anything_but_the_evidence():
    one = evidence("supported")
    assert sentences(one, "plain") == sentences(replace(one), "plain")
    assert sentences(one, "plain") != sentences(replace(one, stay=Tally(21, 24)), "plain")


@pytest.mark.parametrize(
    ("share", "place"), [(0.4, "nose and mouth"), (0.02, "the lower face"), (None, "nose and mouth")]
)
def test_nose_and_mouth_are_not_named_where_alone_they_hardly_move_the_answer(share, place):
    """Something else moves it as well, so the line is not the rim's; it must not contradict the place
    share."""
    reasons = (
        Reason("moved_by", {"family": "mask_look", "held": 7, "of": 8, "value": 0.75}),
        Reason("follows"),
    )
    line = verdicts.headline(evidence("mixed", reasons, place_share=share))
    assert place in line
    assert ("nose and mouth" in line) == (place == "nose and mouth")
