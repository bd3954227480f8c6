"""Where a map disagrees with the verdict, from shares made by hand."""

from types import SimpleNamespace

import pytest

from xai.evidence.verdict.saliency_flags import saliency_disagreements
from xai.types import REGIONS, RegionShares

AREA = {
    "nose": 0.05,
    "mouth": 0.05,
    "chin": 0.05,
    "cheeks": 0.1,
    "eyes": 0.1,
    "forehead": 0.15,
    "elsewhere": 0.5,
}


def shares(**parts):
    """A map's shares; what is not named lies elsewhere."""
    share = dict.fromkeys(REGIONS, 0.0) | parts
    return RegionShares(share | {"elsewhere": 1 - sum(parts.values())}, AREA)


def flags(verdict, maps, *, asked=True):
    evidence = SimpleNamespace(verdict=verdict, families=("any",) if asked else ())
    explanation = SimpleNamespace(heatmaps=dict.fromkeys(maps), shares=maps)
    return [(flag.code, dict(flag.values)) for flag in saliency_disagreements(evidence, explanation)]


ON, OFF, BETWEEN = shares(nose=0.5, mouth=0.5), shares(nose=0.05, chin=0.075), shares(nose=0.2, mouth=0.175)
"""The lower face is a quarter of the crop: lifts of 4, .5 and 1.5."""


def test_a_map_that_agrees_is_silent():
    assert flags("supported", {"gradcam": ON, "hirescam": BETWEEN}) == []
    assert flags("not supported", {"gradcam": OFF, "hirescam": BETWEEN}) == []


def test_a_map_elsewhere_speaks_against_supported():
    found = flags("supported", {"gradcam": OFF, "hirescam": ON})
    assert found == [("map_elsewhere", {"method": "gradcam", "value": pytest.approx(0.5)})]


def test_a_map_on_the_area_speaks_against_not_supported():
    found = flags("not supported", {"gradcam": OFF, "hirescam": ON})
    assert found == [("map_there", {"method": "hirescam", "value": pytest.approx(4.0)})]


@pytest.mark.parametrize("verdict", ["supported", "not supported"])
def test_an_empty_map_is_said(verdict):
    assert flags(verdict, {"gradcam": None}) == [("map_empty", {"method": "gradcam"})]


@pytest.mark.parametrize("verdict", ["mixed", "cannot tell"])
def test_verdicts_that_claim_neither_have_nothing_to_disagree_with(verdict):
    assert flags(verdict, {"gradcam": ON, "hirescam": OFF, "layercam": OFF}) == []


def test_without_edits_there_is_no_flag():
    assert flags("supported", {"gradcam": OFF}, asked=False) == []


def test_at_the_limits_nothing_is_said():
    one, two = shares(nose=0.125, mouth=0.125), shares(nose=0.25, mouth=0.25)
    assert flags("supported", {"gradcam": one}) == []
    assert flags("not supported", {"gradcam": two}) == []


def test_chin_and_cheeks_are_of_the_lower_face():
    """A quarter of the crop with three fifths of the map: a lift of 2.4."""
    hanging = shares(nose=0.05, mouth=0.05, chin=0.3, cheeks=0.2)
    assert flags("supported", {"gradcam": hanging}) == []
    assert flags("not supported", {"gradcam": hanging}) == [
        ("map_there", {"method": "gradcam", "value": pytest.approx(2.4)})
    ]


def test_other_maps_are_not_heard():
    assert flags("supported", {"rise": OFF, "eigencam": OFF, "occlusion": OFF}) == []


def test_witnesses_speak_in_one_order():
    maps = {"hirescam": None, "gradcam": OFF}
    assert [f[1]["method"] for f in flags("supported", maps)] == ["gradcam", "hirescam"]
