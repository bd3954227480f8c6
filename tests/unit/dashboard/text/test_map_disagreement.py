"""Maps beside verdicts: which ones contradict them, found again by loops, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest

from dashboard import i18n
from dashboard.preferences import LEVELS
from dashboard.text.map_disagreement import contradiction_notes
from dashboard.worker.jobs import FaceExplanation
from tests.support import evidences
from tests.support.explanations import REGION_MAP, SIDE, explanation
from xai.evidence import map_consistency
from xai.evidence.map_consistency import LEAST_DROP, verdict_regions
from xai.evidence_types import VERDICTS, Reason
from xai.types import REGIONS

LAST = "The verdict says what the answer depends on"
LOWER = {"nose", "mouth", "chin", "cheeks"}
UPPER = {"eyes", "forehead"}

# Verdict -> evidence, and the regions that its sentence names.
NAMED = {
    "supported": (evidences.evidence("supported"), LOWER),
    "mixed": (evidences.evidence("mixed", (evidences.mover("upper_face"), evidences.FOLLOWS)), UPPER | LOWER),
    "rim": (evidences.evidence("mixed", (Reason("rim", {"value": 0.05, "limit": 0.12}),)), LOWER),
    "redundant": (evidences.evidence("mixed", (Reason("redundant", {"value": 1.0}),)), set(REGIONS)),
    "elsewhere": (evidences.evidence("not supported"), {"elsewhere"}),
    "untold": (evidences.evidence("cannot tell", (Reason("no_donors"),)), set()),
}


def astray(evidence, one):
    """The maps of an answer that contradict its verdict."""
    return map_consistency.contradicting_maps(evidence, one.explanation.heatmaps, one.regions)


def explained(occlusion=None, gradcam=None, target="covered", regions=REGION_MAP, **params):
    """Maps by hand: values per region, painted flat over it."""
    made = explanation(target=target)
    maps = {}
    for method, values in (("occlusion", occlusion), ("gradcam", gradcam)):
        painted = np.zeros((SIDE, SIDE), np.float32)
        for name, value in (values or {}).items():
            painted[np.equal(REGION_MAP, REGIONS.index(name))] = value
        own = made.heatmaps[method]
        maps[method] = replace(own, values=painted, target=target, params={**own.params, **params})
    return FaceExplanation(replace(made, heatmaps=maps), regions, passes=1, check_passes=1)


def told(values, region_of, named):
    """By pixels: the region of the largest value, and the part of the positive values in named regions."""
    best, at, inside, total = -1.0, "", 0.0, 0.0
    for row, column in np.ndindex(values.shape):
        value, region = float(values[row, column]), REGIONS[region_of[row, column]]
        best, at = (value, region) if value > best else (best, at)
        total += max(value, 0.0)
        inside += max(value, 0.0) if region in named else 0.0
    return at, inside / total


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("peak", REGIONS)
def test_a_map_contradicts_where_its_peak_is_not_named(name, peak):
    evidence, named = NAMED[name]
    assert verdict_regions(evidence) == named
    found = astray(evidence, explained(occlusion={peak: 0.4}))
    assert [each.method for each in found] == (["occlusion"] if named and peak not in named else [])
    assert all((each.peak, each.outside, each.share) == (peak, True, 0.0) for each in found)


@pytest.mark.parametrize("seed", range(30))
def test_maps_by_chance_are_judged_as_a_loop_over_their_pixels_judges_them(seed):
    rng = np.random.default_rng(seed)
    values = dict(zip(REGIONS, rng.random(len(REGIONS)) ** 4, strict=True))
    evidence, named = list(NAMED.values())[seed % 5]
    one = explained(occlusion=values)
    at, share = told(one.explanation.heatmaps["occlusion"].values, REGION_MAP, named)
    found = astray(evidence, one)
    assert [each.method for each in found] == (["occlusion"] if at not in named or share < 0.5 else [])
    for each in found:
        assert (each.peak, each.outside) == (at, at not in named)
        assert each.share == pytest.approx(share, abs=1e-5)


def test_an_attention_map_is_judged_by_what_is_painted_beyond_an_even_spread():
    """Weight .9 everywhere and 1 on nose and mouth: most lies elsewhere, all of the colour lies there."""
    evidence, _ = NAMED["supported"]
    faint = dict.fromkeys(REGIONS, 0.9)
    assert astray(evidence, explained(gradcam=faint | {"nose": 1.0, "mouth": 1.0})) == ()
    (found,) = astray(evidence, explained(gradcam=faint | {"eyes": 1.0}))
    assert (found.peak, found.share) == ("eyes", 0.0)


def test_next_to_nothing_and_faces_without_regions_contradict_nothing():
    evidence, _ = NAMED["supported"]
    assert astray(evidence, explained(occlusion={"eyes": 0.9 * LEAST_DROP})) == ()
    assert astray(evidence, explained(occlusion={"eyes": -0.4})) == ()
    assert astray(evidence, explained(occlusion={"eyes": 0.4}, regions=None)) == ()
    assert len(astray(evidence, explained(occlusion={"eyes": 1.1 * LEAST_DROP}))) == 1


def test_every_family_that_a_verdict_can_name_has_its_regions():
    for family in (*evidences.PLACES, *evidences.LOOKS):
        found = evidences.evidence("not supported", (Reason("follows_not"), evidences.mover(family)))
        assert verdict_regions(found)
        assert (verdict_regions(found) == set(REGIONS)) == (family in evidences.LOOKS)


SAID = {
    ("supported", "eyes"): (
        (
            "“Occlusion map (cover test)” is strongest outside what the verdict names: the eyes.",
            "A patch over a hidden nose and mouth leaves them hidden, which is just what",
            "“mask worn correctly” says, so this map cannot show that they count.",
        ),
        (
            "«Mapa de oclusión (prueba de tapado)» tiene su máximo fuera de lo que nombra el veredicto:",
            "los ojos. Un parche sobre una nariz y una boca tapadas las deja tapadas, y eso es justo lo que",
            "dice «mascarilla bien puesta», así que este mapa no puede mostrar que cuentan.",
        ),
    ),
    ("elsewhere", "mouth"): (
        (
            "“Occlusion map (cover test)” is strongest outside what the verdict names:",
            "nose and mouth. A patch can disturb an answer that does not depend on the place: editing the",
            "whole lower face did not change it.",
        ),
        (
            "«Mapa de oclusión (prueba de tapado)» tiene su máximo fuera de lo que nombra el veredicto:",
            "la nariz y la boca. Un parche puede alterar una respuesta que no depende del lugar: retocar",
            "toda la parte baja de la cara no la cambió.",
        ),
    ),
}


@pytest.mark.parametrize(("code", "column"), [("en", 0), ("es", 1)])
@pytest.mark.parametrize("case", SAID, ids=" ".join)
def test_what_contradicts_is_said_with_why_and_which_one_counts(monkeypatch, case, code, column):
    monkeypatch.setattr(i18n, "language", lambda: code)
    name, peak = case
    notes = contradiction_notes(NAMED[name][0], explained(occlusion={peak: 0.4}), "plain")
    assert notes == {"occlusion": " ".join(SAID[case][column])}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("peak", REGIONS)
@pytest.mark.parametrize("flagged", [False, True])
def test_no_contradiction_goes_unsaid_and_none_is_made_up(level, name, peak, flagged):
    evidence, named = NAMED[name]
    flags = (Reason("map_elsewhere", {"method": "gradcam", "value": 0.4}),) if flagged else ()
    one = explained(occlusion={peak: 0.4}, gradcam=dict.fromkeys(REGIONS, 0.5) | {peak: 1.0})
    notes = contradiction_notes(replace(evidence, flags=flags), one, level)
    apart = bool(named) and peak not in named
    told_of = [sum(method in note for note in notes.values()) for method in ("Occlusion map", "Grad-CAM")]
    if level == LEVELS[0]:
        assert told_of == [apart, apart or flagged]
    unflagged = apart and not flagged
    assert list(notes) == ["gradcam"] * flagged + ["occlusion"] * apart + ["gradcam"] * unflagged


def test_a_patch_that_shows_bare_skin_is_not_excused_for_hiding():
    evidence, _ = NAMED["supported"]
    for target in ("covered", "Covered", "With-Mask"):
        notes = contradiction_notes(evidence, explained(occlusion={"eyes": 0.4}, target=target), "plain")
        assert "leaves them hidden" in notes["occlusion"]
    for other in (explained({"eyes": 0.4}, fill="bare"), explained({"eyes": 0.4}, target="uncovered")):
        assert "one small spot at a time" in contradiction_notes(evidence, other, "plain")["occlusion"]


def test_a_map_without_anything_for_the_answer_gets_no_reason_for_lying_elsewhere():
    evidence = replace(NAMED["supported"][0], flags=(Reason("map_empty", {"method": "gradcam"}),))
    notes = contradiction_notes(evidence, explained(occlusion={"nose": 0.4}), "plain")
    assert list(notes) == ["gradcam"]
    assert notes["gradcam"].endswith("nothing in that map supports the answer.")


def test_every_verdict_was_looked_at():
    assert {evidence.verdict for evidence, _ in NAMED.values()} == set(VERDICTS)
