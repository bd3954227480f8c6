import pytest

from dashboard.charts.curves import curves
from dashboard.text import faithfulness
from tests.support.map_checks import check, curve


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
    assert [said.split("check: ")[1].split(".")[0] for said in weights] == ["passed", "failed", "cannot tell"]
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
    assert "network: yes" in faithfulness.shares_line(check(share=0.21), "plain")
    assert "no clear difference" in faithfulness.shares_line(check(share=0.19), "plain")
    assert "cannot tell" in faithfulness.shares_line(check(share=None), "plain")
    assert "40%" in faithfulness.shares_line(check(), "technical")


def test_the_alternative_text_of_a_curve_holds_its_areas():
    said = faithfulness.alt_curve("deletion", curve())
    assert [number in said for number in ("25%", "50%", "75%")] == [True] * 3
