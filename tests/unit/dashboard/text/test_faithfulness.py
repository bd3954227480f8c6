"""What is said where a map does no clear better than chance: what is compared with what, in numbers."""

import re

import pytest

from dashboard.text import faithfulness
from tests.support.map_checks import check, curve
from xai.evidence.faithfulness import deletion_insertion


def numbers(said):
    """All numbers in a sentence."""
    return [float(found) for found in re.findall(r"\d+(?:\.\d+)?", said)]


def lead(kind, own, random):
    """The part about the lead over random order, of a curve that did not beat it."""
    areas = {"own_area": own, "random_area": random}
    said = faithfulness.curve_line(kind, curve(beats_random=False, **areas), "plain")
    return said.partition("is better. ")[2]


def test_the_limits_are_those_of_the_library():
    assert (faithfulness.CLEAR_LEAD, faithfulness.LEAST_LEAD) == (
        deletion_insertion.CLEAR,
        deletion_insertion.LEAST_GAIN,
    )


@pytest.mark.parametrize(("kind", "own", "random"), [("deletion", 0.09, 0.36), ("insertion", 0.36, 0.09)])
def test_a_lead_within_the_scatter_of_chance_says_how_large_both_are(kind, own, random):
    said = lead(kind, own, random)
    assert numbers(said) == [27, deletion_insertion.CLEAR, 5, 12]  # 27 / 2.3 = 11.7
    assert "the 5 random orders" in said


@pytest.mark.parametrize("kind", ["deletion", "insertion"])
def test_no_lead_and_a_lead_of_next_to_nothing_are_called_that(kind):
    sign = 1 if kind == "insertion" else -1
    assert lead(kind, 0.5 - sign * 0.1, 0.5) == "That is no lead over random order."
    assert numbers(lead(kind, 0.5 + sign * 0.004, 0.5)) == [1, 0.4]


def test_a_clear_lead_needs_no_excuse():
    assert faithfulness.curve_line("deletion", curve(), "plain").endswith("Less is better.")


@pytest.mark.parametrize("level", ["plain", "technical"])
def test_shares_are_percentages_and_say_of_which_map(level):
    said = faithfulness.shares_line(check(share=0.59, expected=0.32), level)
    assert numbers(said)[:2] == [59, 32]
    assert "59%" in said
    assert "a coarser map, made anew for this test" in said


def test_a_share_within_the_scatter_of_random_networks_says_how_large_that_is():
    assert "that scatter is 5%" in faithfulness.shares_line(check(share=0.19), "plain")
    for clear_or_behind in (check(share=0.4), check(share=0.05), check(share=0.11, spread=None)):
        assert "scatter" not in faithfulness.shares_line(clear_or_behind, "plain")
