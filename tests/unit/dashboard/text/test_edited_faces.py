"""The edited faces in words: in their order, under their question, with a tick only where one is due."""

import pytest

from dashboard import i18n
from dashboard.text.edited_faces import edited_faces
from tests.support.evidences import edit, evidence, picture
from xai.evidence.interventions.families import FAMILIES
from xai.evidence_types import EditedFace, Reason


def strip(*answers, **more):
    return evidence(strip=tuple(EditedFace(a, picture(n)) for n, a in enumerate(answers)), **more)


def test_those_that_should_change_come_first_under_their_own_heading():
    shown = edited_faces(strip(edit("light"), edit("lower_face"), edit("background"), edit("removed")))
    assert list(shown) == ["The answer should change:", "The answer should stay:"]
    follow, stay = shown.values()
    assert [each.change for each in follow] == [
        "Another person's lower face",
        "Bare skin in place of the mask",
    ]
    assert [each.change for each in stay] == ["Other light", "Another person's hair, clothes and background"]
    assert (follow[0].picture == picture(1)).all()


def test_a_question_without_faces_has_no_heading_and_no_strip_nothing():
    assert list(edited_faces(strip(edit("light")))) == ["The answer should stay:"]
    assert edited_faces(evidence("cannot tell", (Reason("no_mesh"),))) == {}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (edit("lower_face"), "should change – did ✓"),
        (edit("lower_face", label="covered"), "should change – far less sure ✓"),
        (edit("lower_face", held=False), "should change – stayed ✗"),
        (edit("light"), "should stay – did ✓"),
        (edit("light", held=False), "should stay – changed ✗"),
    ],
)
def test_a_tick_stands_where_the_answer_did_what_it_should_and_words_stand_beside_it(answer, found):
    ((shown,),) = edited_faces(strip(answer)).values()
    assert shown.found == found
    assert shown.held == ("✓" in found) == answer.held


def test_the_answer_is_that_of_the_edited_face_and_the_alternative_text_has_it_too():
    ((shown,),) = edited_faces(strip(edit("upper_face", label="uncovered", held=False))).values()
    assert shown.answer == "now says “no mask”;"
    assert shown.alt == "The face, edited: another person's eyes and forehead. The model says “no mask”."


@pytest.mark.parametrize("code", ["en", "es"])
def test_every_family_that_can_be_shown_has_words_in_every_language(monkeypatch, code):
    monkeypatch.setattr(i18n, "language", lambda: code)
    names = [name for name, family in FAMILIES.items() if family.asks in ("follow", "stay")]
    shown = edited_faces(strip(*map(edit, names)))
    changes = [each.change for faces in shown.values() for each in faces]
    assert len(set(changes)) == len(names)
    assert all(change[0].isupper() for change in changes)
