"""A map that failed its own checks is folded, with the reason, where it would have been drawn."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.explanations import explanation

TITLES = {"occlusion": "Occlusion map (cover test)", "gradcam": "Activation map (Grad-CAM)"}


def panel(made, failed, later):
    """The panel of one model; the maps in ``later`` fail after it is drawn."""
    from dashboard.widgets import map_panel

    look = map_panel.MapStyle(map_panel.scales([made]), 0.7, 1.0)
    places = map_panel.show(made, look, "k", failed)
    for method, reason in later.items():
        map_panel.fold(places[method], made, method, look, reason)


def drawn(failed=(), later=()):
    page = AppTest.from_function(
        panel, args=(explanation(), dict(failed), dict(later)), default_timeout=60
    ).run()
    assert not page.exception
    return page


def maps(block):
    """The titles of the maps that are drawn in a part of the page."""
    return [part.value for part in block.caption if part.value in TITLES.values()]


def folded(page):
    return [part for part in page.expander if part.label == "Show it anyway"]


def test_maps_that_passed_are_side_by_side_and_nothing_is_folded():
    page = drawn()
    assert maps(page) == list(TITLES.values())
    assert folded(page) == []


@pytest.mark.parametrize("when", ["failed", "later"])
@pytest.mark.parametrize("method", TITLES)
def test_a_map_that_failed_is_folded_with_its_reason_also_after_it_was_drawn(method, when):
    page = drawn(**{when: {method: "It ignores the weights."}})
    said = f"{TITLES[method]}: this map failed its own check. It ignores the weights."
    assert [part.value for part in page.caption].count(said) == 1
    (fold,) = folded(page)
    assert not fold.proto.expanded
    assert maps(fold) == [TITLES[method]], "the map can still be seen"
    assert maps(page).count(TITLES[method]) == 1, "and only there"
    (other,) = TITLES.keys() - {method}
    assert maps(page).count(TITLES[other]) == 1


def test_both_maps_may_fail():
    page = drawn({"occlusion": "One."}, {"gradcam": "Two."})
    assert [maps(fold) for fold in folded(page)] == [[TITLES["occlusion"]], [TITLES["gradcam"]]]
