"""The score of the quiz against a literal count, and its table for a spreadsheet."""

import csv
import io
import random

import pytest

from dashboard.i18n import messages
from dashboard.views.learn import quiz_score
from dashboard.views.learn.quiz_score import OUTCOMES, SAYINGS, Answer
from dashboard.worker.quiz_questions import CONDITIONS, CUES, ExplainControl, Question, draw

WORDS = messages()


def answered(seed):
    chance = random.Random(seed)
    return tuple(Answer(q, chance.choice(SAYINGS), chance.uniform(1, 90)) for q in draw(seed))


def literal(answer):
    """What an answer is, written out."""
    if answer.said == "cannot_tell":
        return "cannot_tell"
    if answer.question.kind == "honest" and answer.said == "nose_and_mouth":
        return "right"
    if answer.question.kind == "cheat" and answer.said == "elsewhere":
        return "right"
    return "wrong"


@pytest.mark.parametrize("seed", range(40))
def test_the_score_is_what_a_literal_count_gives(seed):
    answers, counted = answered(seed), {(c, o): 0 for c in CONDITIONS for o in OUTCOMES}
    for answer in answers:
        counted[answer.question.condition, literal(answer)] += 1
    found = quiz_score.counts(answers)
    assert {(c, o): found[c][o] for c in CONDITIONS for o in OUTCOMES} == counted
    assert [sum(found[c].values()) for c in CONDITIONS] == [4, 4]


def test_the_table_has_a_row_for_each_answer_and_can_be_counted_again():
    answers = answered(3)
    rows = list(csv.DictReader(io.StringIO(quiz_score.answers_csv(answers).decode())))
    columns = ["question", "face", "model_kind", "condition", "answer", "right", "seconds"]
    assert list(rows[0]) == columns
    for row, answer in zip(rows, answers, strict=True):
        asked = answer.question
        assert list(row.values())[:5] == [
            str(asked.number),
            asked.sample,
            asked.kind,
            asked.condition,
            answer.said,
        ]
        assert row["right"] == ("1" if literal(answer) == "right" else "0")
        assert float(row["seconds"]) == pytest.approx(answer.seconds, abs=0.051)
    for condition in CONDITIONS:
        right = sum(int(row["right"]) for row in rows if row["condition"] == condition)
        assert right == quiz_score.counts(answers)[condition]["right"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x"])
def test_no_cell_is_a_formula(monkeypatch, cell):
    monkeypatch.setattr(Question, "job", property(lambda self: ExplainControl(self.sample, "honest_plain")))
    answer = Answer(Question(1, cell, "honest", "maps"), "elsewhere", 2.0)
    _, row = csv.reader(io.StringIO(quiz_score.answers_csv([answer]).decode()))
    assert row[1] == f"'{cell}"


def test_every_cue_has_a_name_for_the_solution():
    names = {quiz_score._why(question) for seed in range(30) for question in draw(seed)}
    read = {WORDS[f"cue_read.{name}"] for name in ("mark", "clothes", "background")}
    assert len(names) == 1 + len(CUES)
    assert {place for place in read for name in names if place in name} == read
