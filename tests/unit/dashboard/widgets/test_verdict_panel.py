"""The row of a model as it is drawn, with answers, maps and evidence by hand: no model process."""

import html
import re
from base64 import b64encode
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import i18n
from dashboard.text.predictions import answer_status
from dashboard.widgets import verdict_panel
from dashboard.worker.jobs import FaceExplanation
from tests.support import evidences
from tests.support.evidences import edit, mover, picture
from tests.support.explanations import REGION_MAP, explanation
from tests.support.pages import cards, pills, statuses, text
from xai.evidence_types import VERDICTS, EditedFace, Reason, Tally
from xai.photo.images import encode_jpeg
from xai.types import CLASSES

LANGUAGES = ("en", "es")
OUTCOMES = list(evidences.outcomes())


def block(evidence, truth, held, asked, spoken, more):
    """One model that says "mask worn correctly" with .81; its maps lie in bands from top to bottom."""
    import streamlit as st

    from dashboard.widgets import verdict_panel
    from dashboard.worker.jobs import FaceExplanation
    from tests.support.explanations import REGION_MAP, explanation

    st.session_state["reader language"] = spoken
    explained = {"m": FaceExplanation(explanation("m"), REGION_MAP, passes=1, check_passes=1)}
    ask = (lambda name: st.button(f"ask about {name}")) if asked else None
    panel = verdict_panel.answers(explained, truth, held, ask, **more)["m"]
    if evidence is not None:
        panel.fill(evidence, "plain")


def drawn(evidence, truth=None, held=None, asked=False, spoken="en", **more):
    """The row with this verdict; it raised nothing."""
    given = (evidence, truth, held, asked, spoken, more)
    page = AppTest.from_function(block, args=given, default_timeout=60).run()
    assert not page.exception
    return page


def words(page):
    """The card in words, without alternative texts: what a reader sees before opening anything."""
    (card,) = cards(page)
    return in_words(card)


def in_words(card):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card))).strip()


def column(page, title):
    """The arguments under a title."""
    (card,) = cards(page)
    (found,) = re.findall(rf"<h2>{title}</h2><ul>(.*?)</ul>", card)
    return [html.unescape(each) for each in re.findall(r"<li>(.*?)</li>", found)]


def strips_of(page):
    """All edited faces as HTML, by question; the key faces on the card are not among them."""
    return [part.proto.body for part in page.get("html") if 'class="edited-faces"' in part.proto.body]


@pytest.mark.parametrize(
    ("truth", "said"),
    [("covered", ["✓ Right"]), ("uncovered", ["✗ Wrong: no mask"]), (None, [])],
)
def test_the_answer_is_a_badge_and_whether_it_is_right_stands_by_itself(truth, said):
    page = drawn(evidences.evidence("supported"), truth)
    assert [part.value for part in page.markdown][:2] == ["**m**", ":green-badge[mask worn correctly, 81%]"]
    assert statuses(page) == said
    assert pills(page) == ["◉ Looked at: nose and mouth"]
    assert "right" not in words(page).lower()


@pytest.mark.parametrize(("subject", "hue"), [("face", "green"), ("untestable", "green"), ("whole", "gray")])
def test_an_answer_about_a_picture_without_a_face_has_no_colour(subject, hue):
    page = drawn(evidences.evidence("cannot tell"), subject=subject)
    assert page.markdown[1].value == f":{hue}-badge[mask worn correctly, 81%]"


def test_nothing_stands_there_as_a_heading_of_the_page():
    assert not drawn(evidences.evidence("supported"), "covered").header


def test_the_question_for_the_correct_answer_stands_beside_the_answer_where_it_is_asked():
    assert [b.label for b in drawn(evidences.evidence("supported"), asked=True).button] == ["ask about m"]
    assert not drawn(evidences.evidence("supported")).button


def test_before_the_verdict_the_row_says_what_comes():
    page = drawn(None, "covered")
    assert statuses(page) == ["✓ Right"]
    assert [part.value for part in page.caption] == [i18n.t("verdict.wait")]
    assert cards(page) == []
    assert [part.value for part in drawn(evidences.evidence("supported")).caption] == [
        i18n.t("verdict.not_right")
    ]


@pytest.mark.parametrize(
    ("coarse", "said"),
    [
        (("turned",), "Edits are placed coarsely: the head is turned."),
        (("five_points", "turned"), "located by five points only, the head is turned."),
    ],
)
def test_a_verdict_on_a_face_that_was_located_coarsely_says_so(coarse, said):
    page = drawn(evidences.evidence("supported", coarse=coarse))
    assert any(part.value.endswith(said) for part in page.caption)


def test_the_arguments_stand_on_two_sides_and_a_side_without_any_says_so():
    page = drawn(evidences.evidence("mixed", (mover("cast", 5, 8), evidences.FOLLOWS), follow=Tally(8, 8)))
    assert column(page, "For") == [
        "Lower face edited: reacted 8/8",
        "Rest edited: stayed 22/24",
    ]
    assert column(page, "Against")[0] == "Other tint: changed 3/8"
    nothing = evidences.evidence("not supported", follow=Tally(0, 8), stay=Tally(0, 24))
    assert column(drawn(nothing), "For") == ["Nothing that was tried"]


def test_a_map_that_disagrees_speaks_against_and_is_explained_among_the_details():
    page = drawn(evidences.evidence("supported"))
    assert column(page, "Against")[-1] == "Occlusion points elsewhere"
    assert "**Why a map disagrees**" in text(page)
    assert "The verdict says what the answer depends on" in text(page)
    untold = drawn(evidences.evidence("cannot tell", (Reason("no_donors"),)))
    assert not [line for line in column(untold, "Against") if "elsewhere" in line]
    assert "disagrees" not in text(untold)


def test_the_card_shows_the_key_faces_in_one_row_each_with_answer_and_mark():
    found = evidences.evidence("mixed", strip=tuple(
        EditedFace(each, picture(n))
        for n, each in enumerate((edit("lower_face"), edit("outside"), edit("light", held=False)))
    ))  # fmt: skip
    (card,) = cards(drawn(found))
    (row,) = re.findall(r'<ul class="edited-faces key-faces">.*?</ul>', card)
    assert row.count("<figure>") == 4
    assert row.count('class="failed"') == 1
    for told in ("Original", "worn correctly 81%", "Other lower face", "✓ reacted", "✓ stayed", "✗ changed"):
        assert told in row
    assert 'alt="The face, edited: other light. The model says “mask worn incorrectly”."' in row
    assert b64encode(encode_jpeg(picture(0))).decode() in row


def test_all_edited_faces_are_among_the_details_in_their_order_with_answer_and_mark():
    shown = (edit("background", held=False), edit("lower_face"), edit("light"))
    found = evidences.evidence("mixed", strip=tuple(map(EditedFace, shown, map(picture, range(3)))))
    follow, stay = strips_of(drawn(found))
    assert follow.count("<figure>") == 1
    assert stay.count("<figure>") == 2
    assert stay.count('class="failed"') == 1
    for said in ("should change – did ✓", "“mask worn incorrectly”", "Another person&#x27;s lower face"):
        assert said in follow
    assert stay.index("should stay – changed ✗") < stay.index("should stay – did ✓")
    assert 'alt="The face, edited: other light. The model says “mask worn correctly”."' in stay
    assert b64encode(encode_jpeg(picture(1))).decode() in follow


def test_the_details_hold_the_verdict_in_a_sentence_and_both_questions_with_their_counts():
    shown = text(drawn(evidences.evidence("supported", follow=Tally(5, 9), place_share=0.37)))
    assert "**Focus supported. It looks at nose and mouth and nothing else that was tried.**" in shown
    follow = "Lower-face edits: answer reacted 5 of 9 times; nose and mouth alone: 37% of the effect"
    assert shown.index(follow) < shown.index("Other edits: answer stayed 22 of 24 times")
    assert "Where it looked does not say whether it is right." in shown


def test_asked_about_another_answer_the_details_name_it():
    page = drawn(evidences.evidence("supported", target="uncovered"), "covered")
    assert "Asked about “no mask”: Focus supported." in text(page)
    assert statuses(page) == ["✓ Right"]


def test_a_map_that_the_library_flagged_is_a_warning_among_the_details():
    flag = Reason("map_elsewhere", {"method": "gradcam", "value": 0.6})
    (warning,) = drawn(evidences.evidence("supported", flags=(flag,))).warning
    assert warning.value.startswith("“Activation map (Grad-CAM)” disagrees:")


def test_words_from_a_model_do_no_harm_on_the_card_nor_in_the_strips():
    evil = edit("lower_face", label='<b onload="x">')
    found = evidences.evidence(strip=(EditedFace(evil, picture(0)),))
    page = drawn(found)
    for drawn_as in (*strips_of(page), *cards(page)):
        assert "<b onload" not in drawn_as
        assert "&lt;b onload=&quot;x&quot;&gt;" in drawn_as


@pytest.mark.parametrize("code", evidences.UNASKED)
def test_where_nothing_was_asked_the_reason_and_what_to_do_stand_alone(code):
    one = evidences.evidence("cannot tell", (Reason(code, evidences.ABSTENTIONS[code]),))
    page = drawn(one, subject="untestable")
    (card,) = cards(page)
    said = [html.unescape(each) for each in re.findall(r"<p>(.*?)</p>", card)]
    assert said == [verdict_panel.deciding_reason(one), verdict_panel.verdict_reason(one)]
    assert 'class="looked-at cannot-tell alone"' in card
    assert "<figure>" not in card
    assert "For" not in words(page)
    assert strips_of(page) == []
    assert "Lower-face edits" not in text(page)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_four_verdicts_are_explained_and_the_present_one_is_marked_with_the_shape_of_its_badge(verdict):
    page = drawn(evidences.evidence(verdict))
    lines = [part.value for part in page.markdown if part.value[:1] in verdict_panel._SIGNS.values()]
    assert [line[0] for line in lines] == [verdict_panel._SIGNS[each] for each in VERDICTS]
    marked = [line for line in lines if "this one" in line]
    assert len(marked) == 1
    assert pills(page)[0][0] == marked[0][0] == verdict_panel._SIGNS[verdict]
    (card,) = cards(page)
    assert f'class="looked-at {verdict.replace(" ", "-")}' in card


def test_each_verdict_has_a_shape_of_its_own_and_none_is_a_tick_or_a_cross():
    assert set(verdict_panel._SIGNS) == set(VERDICTS)
    assert len(set(verdict_panel._SIGNS.values())) == len(VERDICTS)
    assert not set("✓✗✔✘") & set(verdict_panel._SIGNS.values())


@pytest.mark.parametrize("held", ["hand", "sticker", None])
def test_a_wrong_answer_to_a_hard_sample_says_why_models_fall_for_it(held):
    wrong = drawn(evidences.evidence("supported"), "uncovered", held)
    assert statuses(wrong) == ["✗ Wrong: no mask"]
    why = [part.value for part in wrong.caption if "Why models fall for it" in part.value]
    assert len(why) == (held is not None)
    assert held is None or held in why[0]
    assert "Why models fall for it" not in text(drawn(evidences.evidence("supported"), "covered", held))


def test_the_row_speaks_the_readers_language():
    page = drawn(evidences.evidence("supported", follow=Tally(8, 8)), "covered", spoken="es")
    assert pills(page) == ["◉ Miró: la nariz y la boca"]
    assert column(page, "A favor")[0] == "Parte baja retocada: reaccionó 8/8"
    assert statuses(page) == [i18n.messages("es")["answer.badge_right"]]


LIMIT = 60
"""Words of a row: its model, its badges and its card, as a reader sees them before opening anything."""

PROBABILITIES = {
    "covered": (0.8125, 0.125, 0.0625),
    "incorrect": (0.125, 0.8125, 0.0625),
    "uncovered": (0.0625, 0.125, 0.8125),
}
LESSENED = [
    (verdict, tuple(mover(r.values["family"], 8, 8) if "held" in r.values else r for r in reasons))
    for verdict, reasons in OUTCOMES
    if any("held" in reason.values for reason in reasons)
]
"""Outcomes in which something else makes the model less sure and turns no answer."""


def counted(row):
    """Words with a letter; numbers and marks are no words."""
    return sum(any(char.isalpha() for char in word) for word in " ".join(row).split())


def rows(answer):
    """Every row of a model that answers so, in words: whatever is right, and whatever the verdict."""
    chances = np.array(PROBABILITIES[answer], np.float32)
    prediction = replace(explanation().prediction, probabilities=chances)
    assert prediction.label == answer
    made = FaceExplanation(explanation(prediction=prediction), REGION_MAP, 1, 1)
    said = i18n.t("answer.heading", answer=i18n.class_title(answer), probability=prediction.confidence)
    for truth in (*CLASSES, None):
        status = i18n.t("truth.ask") if truth is None else answer_status(prediction, truth)[0]
        for verdict, reasons in (*OUTCOMES, *LESSENED):
            found = evidences.evidence(verdict, reasons, target=answer)
            astray = () if verdict == "cannot tell" else ("occlusion", "gradcam")
            card = verdict_panel._card(found, made, astray=astray)
            yield "Normalised ReLU CNN", said, status, in_words(card)


@pytest.mark.parametrize("answer", CLASSES)
@pytest.mark.parametrize("code", LANGUAGES)
def test_no_row_has_more_than_sixty_words_whatever_the_verdict_and_the_answer(monkeypatch, code, answer):
    """At its longest: edits misbehave on both sides, and both maps disagree."""
    monkeypatch.setattr(i18n, "language", lambda: code)
    counts = {row: counted(row) for row in rows(answer)}
    longest = max(counts, key=counts.get)
    assert counts[longest] <= LIMIT, (counts[longest], longest)
    assert counts[longest] > 45, "it is the longest row there is"
