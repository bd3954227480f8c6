import pytest

from dashboard.charts.evidence import bullet, curves, effect_bars
from dashboard.i18n import catalogue
from dashboard.text import faithfulness
from dashboard.worker.jobs import Explained
from tests.support.evidences import area, condition, evidence
from tests.support.map_checks import check, curve
from xai.evidence.verdict.rules import THRESHOLDS
from xai.evidence_types import RegionEvidence


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("necessity", 0.82, (THRESHOLDS.necessity, 1.0)),
        ("exclusion", 0.4, (0.0, THRESHOLDS.exclusion)),
        ("sufficiency", 0.2, (THRESHOLDS.sufficiency, 1.0)),
    ],
)
def test_a_bullet_has_the_value_the_threshold_and_the_allowed_side(name, value, allowed):
    held = condition(name, value)
    figure = bullet(name, held)
    assert figure.data[0].x[0] == value
    track, side, line = figure.layout.shapes
    assert (track.x0, track.x1) == (0, 1)
    assert (side.x0, side.x1) == allowed
    assert line.x0 == line.x1 == held.threshold


def test_a_bullet_stays_within_its_track_and_tells_pass_from_fail():
    assert bullet("exclusion", condition("exclusion", 37.0)).data[0].x[0] == 1
    assert bullet("necessity", condition("necessity", -0.3)).data[0].x[0] == 0
    assert bullet("necessity", condition("necessity", None)).data[0].x[0] == 0
    colours = {bullet("necessity", condition("necessity", v)).data[0].marker.color for v in (0.2, 0.8, None)}
    assert len(colours) == 3


def test_the_effects_stand_at_their_regions_with_their_ranks():
    regions = {"eyes": RegionEvidence(0.31, 4), "nose_and_mouth": RegionEvidence(0.82, 1)}
    (bars,) = effect_bars(evidence(regions=regions)).data
    assert list(bars.y) == ["nose and mouth", "eyes"]
    assert list(bars.x) == [0.82, 0.31]
    assert list(bars.text) == ["82% · rank 1", "31% · rank 4"]
    first, second = bars.marker.color
    assert first != second


def test_curves_show_three_orders_told_apart_by_their_dashes():
    drawn = {line.name: line for line in curves(curve()).data}
    assert list(drawn["this map"].y) == [1.0, 0.0, 0.0]
    assert list(drawn["edges"].y) == [1.0, 1.0, 0.0]
    assert len({line.line.dash for line in drawn.values()}) == 3


@pytest.mark.parametrize("kind", ["deletion", "insertion"])
def test_a_curve_is_told_with_its_areas(kind):
    said = faithfulness.curve_line(kind, curve(), "plain")
    assert "better than chance" in said
    assert "not clearly" not in said
    assert [number in said for number in ("25%", "50%", "75%")] == [True] * 3
    assert "not clearly better" in faithfulness.curve_line(kind, curve(beats_random=False), "plain")
    untold = faithfulness.curve_line(kind, curve(beats_random=None, beats_edges=None), "plain")
    assert "cannot tell" in untold
    assert "edge detector does as well" in faithfulness.curve_line(kind, curve(beats_edges=False), "plain")
    assert "25.0%" in faithfulness.curve_line(kind, curve(), "technical")


def test_each_finding_of_the_checks_has_words_of_its_own():
    weights = [faithfulness.weights_line(check(follows_weights=v), "plain") for v in (True, False, None)]
    assert [said.split("scrambled: ")[1].split(".")[0] for said in weights] == ["yes", "no", "cannot tell"]
    steady = [
        faithfulness.steady_line(check(noise=n, shift=s), "plain")
        for n, s in ((0.97, 0.85), (0.97, 0.6), (0.2, 0.9), (None, 0.9))
    ]
    assert [said.split("the same: ")[1].split(".")[0] for said in steady] == [
        "yes", "partly", "no", "cannot tell"
    ]  # fmt: skip
    assert "0.85" in faithfulness.steady_line(check(), "technical")
    assert "0.10" in faithfulness.weights_line(check(), "technical")


def test_a_share_counts_as_more_only_beyond_the_scatter_of_random_networks():
    # .11 beyond what is expected; twice its spread is .10
    assert "nothing: yes" in faithfulness.shares_line(check(share=0.21), "plain")
    assert "no clear difference" in faithfulness.shares_line(check(share=0.19), "plain")
    assert "cannot tell" in faithfulness.shares_line(check(share=None), "plain")
    assert "40%" in faithfulness.shares_line(check(), "technical")


def test_the_alternative_text_of_a_curve_holds_its_areas():
    said = faithfulness.alt_curve("deletion", curve())
    assert [number in said for number in ("25%", "50%", "75%")] == [True] * 3


def test_the_price_of_the_checks_follows_the_speed_of_the_maps():
    class Made:
        provenance = type("P", (), {"seconds": {"occlusion": 3.0, "gradcam": 1.0}})

    assert Explained(Made, None, passes=200, check_passes=600).check_seconds == pytest.approx(12.0)
    assert Explained(Made, None, passes=400, check_passes=600).check_seconds == pytest.approx(6.0)


def test_the_places_where_figures_stand_say_what_they_are():
    keys = catalogue()
    for name in ("necessity", "exclusion", "sufficiency"):
        assert f"condition.{name}" in keys
    assert area().conditions.keys() == {"necessity", "exclusion", "sufficiency"}
