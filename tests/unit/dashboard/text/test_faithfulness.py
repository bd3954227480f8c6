"""What is said where a map does no clear better than chance: what is compared with what, in numbers."""

import re
from dataclasses import replace

import pytest

from dashboard import i18n
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


BEHIND = {"own_area": 0.5, "random_area": 0.4, "beats_random": False}
AHEAD = {"own_area": 0.4, "random_area": 0.5, "beats_random": False}
"""For deletion, where less is better: an order worse than chance, and a lead that is not clear."""


def turned_round(areas):
    """The same for insertion, where more is better."""
    return {**areas, "own_area": areas["random_area"], "random_area": areas["own_area"]}


NO_BETTER = {"deletion": curve(**BEHIND), "insertion": curve(**turned_round(BEHIND))}

FAILED = {
    "scrambled weights": ({"follows_weights": False}, "With random weights it hardly changes."),
    "worse than chance both ways": (NO_BETTER, "Its order of places is no better than chance."),
    "equal to chance": (
        {name: replace(each, own_area=0.4, random_area=0.4) for name, each in NO_BETTER.items()},
        "Its order of places is no better than chance.",
    ),
    "both": ({**NO_BETTER, "follows_weights": False}, "With random weights it hardly changes."),
}
HELD = {
    "all passes": {},
    "nothing to compare": {"follows_weights": None},
    "worse by deletion alone": {"deletion": curve(**BEHIND)},
    "worse by insertion alone": {"insertion": curve(**turned_round(BEHIND))},
    "a lead that is not clear": {"deletion": curve(**AHEAD), "insertion": curve(**turned_round(AHEAD))},
    "worse one way, a lead that is not clear the other": {
        "deletion": curve(**BEHIND),
        "insertion": curve(**turned_round(AHEAD)),
    },
    "no order can be right": {name: replace(each, beats_random=None) for name, each in NO_BETTER.items()},
    "unsteady, and like an untrained network": {"noise": 0.1, "shift": 0.1, "share": 0.1},
}


@pytest.mark.parametrize(("given", "reason"), FAILED.values(), ids=FAILED)
def test_a_map_fails_where_it_ignores_the_weights_or_its_order_is_no_better_than_chance(given, reason):
    assert faithfulness.failed_check(check(**given)) == reason


@pytest.mark.parametrize("given", HELD.values(), ids=HELD)
def test_nothing_less_than_that_is_a_failure(given):
    assert faithfulness.failed_check(check(**given)) == ""


def test_why_a_map_failed_is_said_in_spanish_too(monkeypatch):
    monkeypatch.setattr(i18n, "language", lambda: "es")
    said = {faithfulness.failed_check(check(**given)) for given, _ in FAILED.values()}
    assert said == {i18n.messages("es")[f"trust.{key}"] for key in ("failed_weights", "failed_order")}
