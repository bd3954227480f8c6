"""The quiz of the lesson as a learner takes it; maps and edits of its models by hand."""

import re
from dataclasses import replace

import pytest

from dashboard import session
from dashboard.i18n import messages
from dashboard.views.learn import quiz
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import FaceExplanation
from dashboard.worker.quiz_questions import draw
from tests.support import evidences
from tests.support.explanations import REGION_MAP, explanation
from tests.support.pages import Clock, page_at

pytestmark = pytest.mark.usefixtures("one_model_process")

WORDS = messages()
SEED = 11
QUESTIONS = draw(SEED)
RIGHT = {"honest": "nose_and_mouth", "cheat": "elsewhere"}
VERDICTS = {"honest": "supported", "cheat": "not supported"}


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(quiz, "time", made)
    return made


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch):
    """The quiz of one seed, on explanations by hand."""
    monkeypatch.setattr(quiz, "draw", lambda _seed: QUESTIONS)
    kinds = {question.job: question.kind for question in QUESTIONS}

    def control(job, _show):
        found = evidences.evidence(VERDICTS[kinds[job]])
        return FaceExplanation(explanation(model=job.network, evidence=found), REGION_MAP, 1, 0)

    monkeypatch.setattr(session, "control", control)


def visit(**address):
    return page_at("learn", step="quiz", **address).run()


def text(page):
    parts = [*page.header, *page.subheader, *page.markdown, *page.caption, *page.error]
    return "\n".join(str(part.value) for part in parts)


def strip(page):
    """The pictures of the question, as HTML."""
    (found,) = (part.proto.body for part in page.get("html") if "key-faces" in part.proto.body)
    return found


def answer(page, clock, said, seconds=5.0):
    clock.now += seconds
    return page.button(key=f"quiz {said}").click().run()


def test_before_it_begins_the_page_says_what_it_measures_and_that_nothing_is_kept():
    page = visit()
    assert not page.exception
    for key in ("quiz.offer", "quiz.measures", "quiz.private"):
        assert WORDS[key] in text(page)
    assert not page.get("download_button")[1:], "only the handout can be saved"


def test_a_question_shows_maps_or_edits_and_nothing_that_gives_the_answer_away(clock):
    page = visit()
    page.button(key="quiz start").click().run()
    for question in QUESTIONS:
        assert not page.exception
        condition = WORDS[f"quiz_condition.{question.condition}"]
        number = WORDS["quiz.number"].format(number=question.number, total=8, condition=condition)
        assert page.subheader[0].value == number
        shown = strip(page)
        captions = re.findall(r'<span class="change">(.*?)</span>', shown)
        maps = {WORDS["method_title.occlusion"], WORDS["method_title.gradcam"]}
        assert captions[0] == WORDS["key_face.original"]
        assert (set(captions[1:]) == maps) == (question.condition == "maps")
        assert not maps & set(captions) or question.condition == "maps"
        assert shown.count('class="answer"') == (1 if question.condition == "maps" else len(captions))
        assert WORDS[f"quiz_legend.{question.condition}"] in text(page)
        assert not re.search('class="found"|class="failed"|✓|✗', shown)
        assert not any(WORDS[f"outcome.{name}"] in text(page) for name in ("supported", "not_supported"))
        answer(page, clock, "cannot_tell")


def test_a_whole_quiz_is_scored_by_what_was_shown_and_explained(clock):
    page = visit()
    page.button(key="quiz start").click().run()
    for question in QUESTIONS:  # right with edits, wrong with maps but for the last of them, left open
        wrong = "elsewhere" if question.kind == "honest" else "nose_and_mouth"
        last = question is [each for each in QUESTIONS if each.condition == "maps"][-1]
        said = RIGHT[question.kind] if question.condition == "edits" else "cannot_tell" if last else wrong
        answer(page, clock, said, seconds=question.number)
    assert not page.exception
    table = page.table[0].value
    assert table.to_numpy().tolist() == [
        [WORDS["quiz_condition.maps"], "0", "3", "1"],
        [WORDS["quiz_condition.edits"], "4", "0", "0"],
    ]
    solutions = [line.value for line in page.markdown if WORDS["quiz.verdict"][:12] in line.value]
    for question, line in zip(QUESTIONS, solutions, strict=True):
        assert f"**Question {question.number}, " in line
        assert f"**{WORDS['quiz_saying.' + RIGHT[question.kind]]}.**" in line
        verdict = VERDICTS[question.kind].replace(" ", "_")
        assert WORDS["quiz.verdict"].format(verdict=WORDS[f"outcome.{verdict}"]) in line
    answers = page.session_state["quiz"].answers
    assert [each.seconds for each in answers] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert WORDS["quiz.measures"] in text(page)
    assert WORDS["quiz.save"] in [button.proto.label for button in page.get("download_button")]
    page.button(key="quiz again").click().run()
    assert page.subheader[0].value.startswith("Question 1 of 8")


def test_a_double_click_answers_one_question(clock):
    page = visit()
    page.button(key="quiz start").click().run()
    answer(page, clock, "elsewhere")
    answer(page, clock, "elsewhere", seconds=0.1)
    assert len(page.session_state["quiz"].answers) == 1
    assert page.subheader[0].value.startswith("Question 2 of 8")
    answer(page, clock, "elsewhere", seconds=1.9)
    assert page.session_state["quiz"].answers[1].seconds == pytest.approx(2.0)


def test_another_step_and_another_language_lose_no_answer(clock):
    page = visit()
    page.button(key="quiz start").click().run()
    answer(page, clock, "elsewhere")
    page.button(key="back").click().run()
    page.button(key="next").click().run()
    assert page.subheader[0].value.startswith("Question 2 of 8")
    answer(page, clock, "elsewhere")
    assert len(page.session_state["quiz"].answers) == 2


def test_a_model_process_that_fails_is_said_in_one_sentence(monkeypatch, clock):
    page = visit()

    def fail(_job, _show):
        raise JobError("died")

    monkeypatch.setattr(session, "control", fail)
    page.button(key="quiz start").click().run()
    assert not page.exception
    assert [error.value for error in page.error] == [WORDS["failure.died"]]
    assert page.session_state["quiz"].answers == ()


def test_it_is_drawn_anew_for_every_sitting(monkeypatch):
    monkeypatch.setattr(quiz, "draw", draw)
    drawn = set()
    monkeypatch.setattr(session, "control", lambda *_: FaceExplanation(_whole(), REGION_MAP, 1, 0))
    for _ in range(3):
        page = visit()
        page.button(key="quiz start").click().run()
        drawn.add(page.session_state["quiz"].questions)
    assert len(drawn) == 3


def _whole():
    return replace(explanation(), evidence=evidences.evidence("supported"))


def test_it_is_asked_in_spanish():
    said = messages("es")
    page = visit(lang="es")
    page.button(key="quiz start").click().run()
    assert not page.exception
    assert page.subheader[0].value.startswith("Pregunta 1 de 8")
    assert {button.label for button in page.button} >= {said["quiz_saying.elsewhere"]}
