"""The verdict as three questions with yes or no."""

from dataclasses import replace

import pytest

from dashboard.views.learn.three_questions import answers_of
from tests.support import evidences
from xai.evidence_types import Tally


def test_a_supported_verdict_passes_all_three():
    assert answers_of(evidences.evidence("supported")) == {"follows": True, "stays": True, "place": True}


def test_where_it_cannot_be_told_nothing_is_answered():
    assert set(answers_of(evidences.evidence("cannot tell")).values()) == {None}


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"follow": Tally(6, 10)}, "follows"),
        ({"place_share": 0.05}, "place"),
        ({"families": (evidences.family("background", held=1, holds=False),)}, "stays"),
    ],
)
def test_each_question_fails_alone(change, failed):
    answers = answers_of(replace(evidences.evidence("supported"), **change))
    assert [name for name, held in answers.items() if not held] == [failed]


def test_what_was_not_measured_is_neither_yes_nor_no():
    found = replace(evidences.evidence("supported"), place_share=None, follow=Tally(0, 0))
    assert answers_of(found) == {"follows": None, "stays": True, "place": None}
