"""The block of a verdict as it is drawn, with answers, maps and evidence by hand: no model process."""

from base64 import b64encode

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import evidences
from tests.support.evidences import edit, picture
from xai.evidence_types import VERDICTS, EditedFace, Reason, Tally
from xai.photo.images import encode_jpeg


def block(evidence, truth, held):
    """One model that says "mask worn correctly" with .81; its maps lie in bands from top to bottom."""
    from dashboard.widgets import verdict_panel
    from dashboard.worker.jobs import FaceExplanation
    from tests.support.explanations import REGION_MAP, explanation

    explained = {"m": FaceExplanation(explanation("m"), REGION_MAP, passes=1, check_passes=1)}
    verdict_panel.answers(explained, truth, held)["m"].fill(evidence, "plain")


def drawn(evidence, truth=None, held=None):
    """The block with this verdict; it raised nothing."""
    page = AppTest.from_function(block, args=(evidence, truth, held), default_timeout=60).run()
    assert not page.exception
    return page


def words_of(page):
    """Everything but the heading."""
    return "\n".join(str(part.value) for part in (*page.markdown, *page.caption, *page.warning))


def strip_of(page):
    """The strips as HTML, in their order, without the sheet that arranges them."""
    return [part.proto.body for part in page.get("html") if "<figure>" in part.proto.body]


@pytest.mark.parametrize(
    ("truth", "said"), [("covered", "Right: "), ("uncovered", "Wrong: "), (None, "You have not told us")]
)
def test_the_heading_is_the_verdict_and_whether_the_answer_is_right_stands_by_itself(truth, said):
    page = drawn(evidences.evidence("supported"), truth)
    (heading,) = page.header
    line = "Focus supported. It looks at nose and mouth and nothing else that was tried."
    assert heading.value.endswith(f" {line}]")
    assert said in words_of(page)
    assert "right" not in heading.value


def test_asked_about_another_answer_the_heading_names_it():
    page = drawn(evidences.evidence("supported", target="uncovered"), "covered")
    assert "Asked about “no mask”: Focus supported." in page.header[0].value
    assert "Right: " in words_of(page)


def test_both_questions_stand_side_by_side_with_what_was_counted():
    shown = words_of(drawn(evidences.evidence("supported", follow=Tally(5, 9), place_share=0.37)))
    assert shown.index("**Lower-face edits**") < shown.index("**Other edits**")
    assert "answer reacted 5 of 9 times" in shown
    assert "nose and mouth alone: 37% of the effect" in shown
    assert "answer stayed 22 of 24 times" in shown


def test_the_edited_faces_stand_in_their_order_with_answer_and_mark():
    shown = (edit("background", held=False), edit("lower_face"), edit("light"))
    found = evidences.evidence("mixed", strip=tuple(map(EditedFace, shown, map(picture, range(3)))))
    follow, stay = strip_of(drawn(found))
    assert follow.count("<figure>") == 1
    assert stay.count("<figure>") == 2
    assert stay.count('class="failed"') == 1
    for words in ("should change – did ✓", "“mask worn incorrectly”", "Another person&#x27;s lower face"):
        assert words in follow
    assert stay.index("should stay – changed ✗") < stay.index("should stay – did ✓")
    assert 'alt="The face, edited: other light. The model says “mask worn correctly”."' in stay
    assert b64encode(encode_jpeg(picture(1))).decode() in follow


def test_words_from_a_model_do_no_harm_in_the_strip():
    evil = edit("lower_face", label='<b onload="x">')
    found = evidences.evidence(strip=(EditedFace(evil, picture(0)),))
    (html,) = strip_of(drawn(found))
    assert "<b onload" not in html
    assert "&lt;b onload=&quot;x&quot;&gt;" in html


def test_where_nothing_was_asked_there_are_neither_counts_nor_faces():
    page = drawn(evidences.evidence("cannot tell"))
    assert "Cannot tell. The face is too small to edit." in page.header[0].value
    assert "at least 14 are needed. Upload a larger photo" in words_of(page)
    assert "Lower-face edits" not in words_of(page)
    assert strip_of(page) == []


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_four_verdicts_are_explained_beside_each_and_the_present_one_is_marked(verdict):
    page = drawn(evidences.evidence(verdict))
    lines = [part.value for part in page.markdown if "**" in part.value and ":material/" in part.value]
    marked = [line for line in lines if "this one" in line]
    assert len(marked) == 1
    shape = page.header[0].value.partition("[")[2].split()[0]
    assert shape in marked[0]
    assert "Where it looked does not say whether it is right." in words_of(page)


def test_a_map_that_lies_elsewhere_is_said_beside_the_verdict_and_explained():
    page = drawn(evidences.evidence("supported"))
    assert "A map disagrees; maps prove less." in words_of(page)
    assert "The verdict says what the answer depends on" in words_of(page)
    untold = drawn(evidences.evidence("cannot tell", (Reason("no_donors"),)))
    assert "disagrees" not in words_of(untold)


@pytest.mark.parametrize("held", ["hand", "sticker", None])
def test_a_wrong_answer_to_a_hard_sample_says_why_models_fall_for_it(held):
    (warning,) = drawn(evidences.evidence("supported"), "uncovered", held).warning
    assert warning.value.startswith("Wrong: ")
    assert ("Why models fall for it" in warning.value) == (held is not None)
    assert held is None or held in warning.value
    assert not drawn(evidences.evidence("supported"), "covered", held).warning
