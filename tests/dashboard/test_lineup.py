"""The game "spot the cheat" on the real models: it can be won by looking, and only so."""

import pytest

from dashboard.lineup import PLAYED, line_up
from dashboard.suspects import LineUp

CORNERS = tuple(f"corner_{side}" for side in ("top_left", "top_right", "bottom_left", "bottom_right"))


@pytest.fixture(scope="module", params=range(2 * len(PLAYED)))
def suspects(request):
    return line_up(LineUp(request.param))


def labels(suspects, place):
    return [answer.label for answer in suspects.answers[place]]


def test_all_three_are_right_before_anything_is_covered(suspects):
    assert labels(suspects, "") == [suspects.truth] * 3


def test_covering_the_mark_and_nothing_else_unsettles_the_cheat(suspects):
    unsettled = [
        place
        for place, answers in suspects.answers.items()
        if answers[suspects.cheat].confidence < 0.9 * suspects.answers[""][suspects.cheat].confidence
    ]
    assert len(unsettled) == 1
    assert unsettled[0] in CORNERS


def test_no_corner_moves_the_honest_and_nose_and_mouth_does(suspects):
    for index in {0, 1, 2} - {suspects.cheat}:
        before = suspects.answers[""][index].of(suspects.truth)
        for place in CORNERS:
            assert suspects.answers[place][index].of(suspects.truth) == pytest.approx(before, abs=1e-4)
        assert suspects.answers["nose_and_mouth"][index].of(suspects.truth) < before - 0.05


def test_a_cover_changes_only_what_it_covers(suspects):
    whole = suspects.pictures[""]
    for place in CORNERS:
        changed = (suspects.pictures[place] != whole).any(axis=2)
        rows, columns = changed.nonzero()
        side = whole.shape[0]
        assert (rows < side / 2).all() if "top" in place else (rows >= side / 2).all()
        assert (columns < side / 2).all() if "left" in place else (columns >= side / 2).all()


def test_a_round_is_the_same_again_and_rounds_differ():
    one, again, other = line_up(LineUp(3)), line_up(LineUp(3)), line_up(LineUp(4))
    assert (one.pictures[""] == again.pictures[""]).all()
    assert one.cheat == again.cheat
    assert one.sample != other.sample
