"""The edited faces in words: in their order, under their question, with a tick only where one is due."""

from dataclasses import replace

import pytest

from dashboard import i18n
from dashboard.text.edited_faces import edited_faces, key_faces
from tests.support.evidences import edit, evidence, picture
from tests.support.explanations import CROP, explanation
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


def keys(*answers):
    """The key faces after the first, by what was changed; and all of them."""
    shown = key_faces(strip(*answers), explanation())
    return [each.change for each in shown[1:]], shown


def test_the_first_key_face_is_the_face_as_it_is_with_the_models_answer():
    _, (first, *_) = keys(edit("lower_face"))
    assert first.picture is CROP
    assert (first.change, first.answer, first.found) == ("Original", "worn correctly 81%", "")
    assert first.held
    assert first.alt == "The face as it is. The model says “mask worn correctly”."


def test_the_key_faces_are_a_lower_face_that_moved_it_all_else_replaced_and_the_strongest_other():
    changes, shown = keys(
        edit("lower_face", held=False),
        edit("drawn_on", 1),
        edit("upper_face", 2),
        edit("outside", 3),
        edit("light", 4, held=False),
        edit("background", 5, held=False),
    )
    assert changes == ["Mask drawn on", "Rest replaced", "Other light"]
    assert [each.held for each in shown] == [True, True, True, False]
    assert [each.found for each in shown] == ["", "✓ reacted", "✓ stayed", "✗ changed"]
    assert [(each.picture == picture(at)).all() for each, at in zip(shown[1:], (1, 3, 4), strict=True)]


def test_a_lower_face_that_nothing_moved_is_shown_as_well_with_its_cross():
    changes, shown = keys(edit("lower_face", held=False), edit("outside"), edit("light"))
    assert changes == ["Other lower face", "Rest replaced", "Other light"]
    assert shown[1].found == "✗ stayed"
    assert not shown[1].held


def test_without_the_usual_edits_what_there_is_takes_their_places_and_none_comes_twice():
    assert keys()[0] == []
    assert keys(edit("light"))[0] == ["Other light"]
    assert keys(edit("lower_face"), edit("drawn_on"))[0] == ["Other lower face", "Mask drawn on"]
    assert keys(edit("upper_face"), edit("light"))[0] == ["Other eyes", "Other light"]
    again = (edit("lower_face"), edit("outside"), edit("outside", 1), edit("light"))
    assert keys(*again)[0] == ["Other lower face", "Rest replaced", "Other light"]


def test_a_key_face_says_the_answer_with_the_models_confidence_in_it():
    answer = replace(edit("outside", label="incorrect", held=False), confidence=0.62)
    _, (_, shown) = keys(answer)
    assert shown.answer == "worn incorrectly 62%"
    assert shown.found == "✗ changed"
    assert shown.alt == (
        "The face, edited: everything but the lower face from another person. "
        "The model says “mask worn incorrectly”."
    )


@pytest.mark.parametrize("code", ["en", "es"])
def test_every_family_that_can_be_a_key_face_has_a_few_words_of_its_own(monkeypatch, code):
    monkeypatch.setattr(i18n, "language", lambda: code)
    names = [name for name, family in FAMILIES.items() if family.asks in ("follow", "stay")]
    assert {f"edited_short.{name}" for name in names} == {
        key for key in i18n.messages(code) if key.startswith("edited_short.")
    }
    told = [keys(edit(name))[0] for name in names]
    assert len({change for (change,) in told}) == len(names)
    assert all(len(change.split()) <= 4 for (change,) in told)
