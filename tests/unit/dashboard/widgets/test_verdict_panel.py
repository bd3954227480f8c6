"""The block of a verdict as it is drawn, with answers, maps and evidence by hand: no model process."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import evidences
from xai.evidence_types import VERDICTS, Reason

UNSTEADY = (Reason("unsteady", {"value": 5.0, "limit": 8.0}),)


def block(evidence, truth, held):
    """One model that says "mask worn correctly" with .81; its maps lie in bands from top to bottom."""
    from dashboard.widgets import verdict_panel
    from dashboard.worker.jobs import Explained
    from tests.support.explanations import REGION_MAP, explanation

    explained = {"m": Explained(explanation("m"), REGION_MAP, passes=1, check_passes=1)}
    verdict_panel.answers(explained, truth, held)["m"].fill(evidence, "plain")


def drawn(evidence, truth=None, held=None):
    """The block with this verdict; it raised nothing."""
    page = AppTest.from_function(block, args=(evidence, truth, held), default_timeout=60).run()
    assert not page.exception
    return page


def words_of(page):
    """Everything but the heading."""
    return "\n".join(str(part.value) for part in (*page.markdown, *page.caption, *page.warning))


@pytest.mark.parametrize(
    ("truth", "start"),
    [
        ("covered", "It says “mask worn correctly”, which is right. It looked"),
        ("uncovered", "It says “mask worn correctly”, which is wrong. It looked"),
        (None, "It says “mask worn correctly”. It looked"),
    ],
)
def test_the_heading_says_answer_truth_and_place_and_nothing_says_it_twice(truth, start):
    page = drawn(evidences.evidence("supported"), truth)
    (heading,) = page.header
    assert f" {start}" in heading.value
    assert ("That is right" in words_of(page), "That is wrong" in words_of(page)) == (
        False,
        truth == "uncovered",
    )


def test_asked_about_another_answer_the_truth_stays_beside_the_answer():
    page = drawn(evidences.evidence("supported", target="uncovered"), "covered")
    assert "asked about “no mask” instead" in page.header[0].value
    assert "That is right" in words_of(page)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_four_verdicts_are_explained_beside_each_and_the_present_one_is_marked(verdict):
    reasons = UNSTEADY if verdict == "cannot tell" else ()
    page = drawn(evidences.evidence(verdict, reasons))
    lines = [part.value for part in page.markdown if "**" in part.value and ":material/" in part.value]
    marked = [line for line in lines if "this one" in line]
    assert len(marked) == 1
    shape = page.header[0].value.partition("[")[2].split()[0]
    assert shape in marked[0]
    assert "Where it looked does not say whether it is right." in words_of(page)


def test_a_map_that_lies_elsewhere_is_said_beside_the_verdict_and_explained():
    page = drawn(evidences.evidence("supported"))
    assert "A map differs; this verdict counts." in words_of(page)
    assert "What the answer rests on is said by the verdict" in words_of(page)
    untold = drawn(evidences.evidence("cannot tell", UNSTEADY))
    assert "differs" not in words_of(untold)


@pytest.mark.parametrize("held", ["hand", "sticker", None])
def test_a_wrong_answer_to_a_hard_sample_says_why_models_fall_for_it(held):
    (warning,) = drawn(evidences.evidence("supported"), "uncovered", held).warning
    assert warning.value.startswith("That is wrong")
    assert ("Why models fall for it" in warning.value) == (held is not None)
    assert held is None or held in warning.value
    assert not drawn(evidences.evidence("supported"), "covered", held).warning
