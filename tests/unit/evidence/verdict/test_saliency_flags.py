"""Where a map disagrees with the verdict, from shares made by hand."""

from types import SimpleNamespace

import pytest

from xai.evidence.verdict.saliency_flags import witness_flags
from xai.evidence_types import Evidence
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


def flags(verdict, maps, area="strict", *, painted=True):
    areas = {"strict": None, "wide": None} if painted else {}
    evidence = Evidence("covered", area, verdict, (), (), 3.0, 5.0, areas, {}, 64, None, 9, 0.1)
    explanation = SimpleNamespace(heatmaps=dict.fromkeys(maps), shares=maps)
    return [(flag.code, dict(flag.values)) for flag in witness_flags(evidence, explanation)]


ON, OFF, BETWEEN = shares(nose=0.2, mouth=0.2), shares(nose=0.02, mouth=0.03), shares(nose=0.1, mouth=0.05)
"""Nose and mouth are a tenth of the crop: lifts of 4, .5 and 1.5."""


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
    assert flags("supported", {"gradcam": OFF}, painted=False) == []


def test_at_the_limits_nothing_is_said():
    one, two = shares(nose=0.05, mouth=0.05), shares(nose=0.1, mouth=0.1)
    assert flags("supported", {"gradcam": one}) == []
    assert flags("not supported", {"gradcam": two}) == []


def test_the_wide_area_counts_chin_and_cheeks():
    """A quarter of the crop with half the map: a lift of 2.4 on the wide area, 1 on the strict one."""
    hanging = shares(nose=0.05, mouth=0.05, chin=0.3, cheeks=0.2)
    assert flags("not supported", {"gradcam": hanging}, "strict") == []
    assert flags("not supported", {"gradcam": hanging}, "wide") == [
        ("map_there", {"method": "gradcam", "value": pytest.approx(2.4)})
    ]


def test_other_maps_are_not_heard():
    assert flags("supported", {"rise": OFF, "eigencam": OFF, "occlusion": OFF}) == []


def test_witnesses_speak_in_one_order():
    maps = {"hirescam": None, "gradcam": OFF}
    assert [f[1]["method"] for f in flags("supported", maps)] == ["gradcam", "hirescam"]
