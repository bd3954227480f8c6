"""A method that is added to ``METHODS`` alone: drawn, worded and compared by what its entry says, in each
language; and the words of the methods that are there.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import i18n, preferences
from dashboard.charts.predictions import region_bars
from dashboard.components.map_comparison import Panel, payload
from dashboard.text import map_units
from dashboard.text.map_disagreement import contradiction_notes
from dashboard.text.predictions import alt_map, finding
from dashboard.views.compare.aligned_maps import layer, render_map, shared_scale
from dashboard.views.compare.text import (
    MapPair,
    agreement_sentence,
    alt_difference,
    alt_layer,
    basis,
    heading,
)
from dashboard.worker.jobs import FaceExplanation
from tests.support import evidences
from tests.support.explanations import REGION_MAP, SIDE, explanation, shares_of
from xai.attribution.methods import METHODS, Method
from xai.evidence.map_similarity import agreement
from xai.evidence_types import Reason
from xai.render import overlay
from xai.types import Heatmap

LANGUAGES = tuple(i18n.languages())
THIRD = {
    "gradients": Method(
        "gradients", "Gradient × input", "gradient", "-", "a:b", display="absolute", signed=True
    ),
    "sizes": Method("sizes", "Gradient size", "gradient", "-", "a:b", display="absolute"),
    "ablation": Method("ablation", "Ablation", "probability", "-", "a:b", display="absolute", signed=True),
    "attention": Method("attention", "Attention rollout", "attention", "-", "a:b", display="density"),
}
VALUES = np.linspace(-0.25, 0.5, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)


@pytest.fixture(params=THIRD)
def third(request, monkeypatch):
    """The entry of a method that nothing but ``METHODS`` knows."""
    entry = THIRD[request.param]
    monkeypatch.setitem(METHODS, entry.name, entry)
    return entry


@pytest.fixture(params=LANGUAGES)
def code(request, monkeypatch):
    for module in (i18n, preferences):
        monkeypatch.setattr(module, "language", lambda: request.param)
    return request.param


def explained(entry, values=VALUES, shares=True, **more):
    """A face with the usual maps and one by the method."""
    made = explanation(**more)
    values = values if entry.signed else np.abs(values) * (values > 0)
    one = Heatmap(values, entry.unit, entry.name, {}, made.target)
    counted = shares_of(values) if shares and (values > 0).any() else None
    made = replace(
        made, heatmaps={**made.heatmaps, entry.name: one}, shares={**made.shares, entry.name: counted}
    )
    return FaceExplanation(made, REGION_MAP, 1, 1)


def clean(sentence, entry):
    """The sentence, which is of this method and of no other, with nothing left to fill."""
    assert entry.title in sentence
    others = [METHODS[name].title for name in ("occlusion", "gradcam")]
    assert not [word for word in (*others, "patch", "parche", "{", "}") if word in sentence]
    return sentence


@pytest.mark.parametrize("case", ["places", "nothing", "no regions", "weak"])
def test_what_it_found_is_said_under_its_own_title(third, code, case):
    values = {"nothing": -np.abs(VALUES), "weak": VALUES / 100}.get(case, VALUES)
    made = explained(third, values, shares=case != "no regions").explanation
    said = clean(finding(made, third.name), third)
    assert said in clean(alt_map(made, third.name, "m"), third)
    if case == "places" and third.display == "density":
        assert i18n.format_number(made.shares[third.name].of("nose", "mouth")[0], ".0%") in said
    if case == "places" and third.display == "absolute":
        assert i18n.format_number(0.5 * (100 if third.unit == "probability" else 1), ".0f") in said
    assert ("0.5" in said or "0,5" in said) or case != "weak" or third.unit != "probability"


def test_every_language_says_it_in_its_own_words(third, monkeypatch):
    made, said = explained(third).explanation, []
    for spoken in LANGUAGES:
        monkeypatch.setattr(i18n, "language", lambda spoken=spoken: spoken)
        said.append((finding(made, third.name), *map_units.legend(third.name, 0.5)))
    for one, other in pairwise(said):
        assert all(a != b for a, b in zip(one, other, strict=True))


def test_its_legend_says_how_it_is_drawn(third, code):
    alt, words = map_units.legend(third.name, 0.5)
    clean(words, third)
    number = i18n.format_number(1.5 if third.display == "density" else 0.5, ".2f")[:3]
    assert number in alt
    teal = "Teal" if code == "en" else "Verde azulado"
    assert (teal in words) == third.signed
    assert (alt == i18n.t("legend.bar_alt", scale=0.5)) == third.signed


def test_its_map_is_drawn_by_its_entry(third):
    def page(explanation):
        from dashboard.widgets import map_panel

        look = map_panel.MapStyle(map_panel.scales([explanation]), 0.7, 1.0)
        for method, scale in look.scales.items():
            map_panel.legend(method, scale)
        map_panel.show(explanation, look, "k", {})

    made = explained(third).explanation
    shown = AppTest.from_function(page, args=(made,), default_timeout=60).run()
    assert not shown.exception
    captions = [line.value for line in shown.caption]
    assert third.title in captions
    assert len([line for line in captions if line.startswith("**")]) == 3
    assert finding(made, third.name) in [line.value for line in shown.markdown]
    assert finding(made, "occlusion") == shown.markdown[1].value


def test_its_share_of_the_regions_is_drawn_under_its_title(third):
    made = explained(third).explanation
    figure = region_bars({name: counted for name, counted in made.shares.items() if counted})
    assert [bars.name for bars in figure.data] == ["occlusion", "Grad-CAM", third.title, "size of the region"]
    assert len({bars.marker.color for bars in figure.data}) == 4


def test_it_is_compared_in_its_own_unit(third, code):
    one, two = explained(third), explained(third, VALUES[::-1].copy(), seed=2)
    frame = one.explanation.face
    for unit in ("probability", "contrast"):
        first, second = (layer(e, third.name, unit, t, frame) for e, t in ((one, "A"), (two, "B")))
        a, b = (layer(e, "occlusion", unit, t, frame) for e, t in ((one, "A"), (two, "B")))
        shown = agreement((first.values, second.values), (first.shares, second.shares))
        covering = agreement((a.values, b.values), (a.shares, b.shares))
        pair = MapPair(first, second, shown, covering, "A and B")
        assert first.unit == (unit if third.unit == "probability" else map_units.display_unit(third.name))
        assert first.signed == third.signed
        clean(agreement_sentence(pair), third)
        told = clean(alt_layer(first), third)
        assert ("+" in told) == third.signed
        assert alt_difference(pair)
        assert heading(pair)
        assert basis(replace(pair, over=True))
        full = shared_scale([first, second])
        assert np.array_equal(
            render_map(first, full, 0.7), overlay(first.crop, first.painted, scale=full, opacity=0.7)
        )
        panels = [Panel(each.title, each.crop, "", each.values, each.signed) for each in (first, second)]
        assert "{value}" in payload(panels, REGION_MAP, first.unit, code)["words"]["value"]


@pytest.mark.parametrize("level", preferences.LEVELS)
def test_where_it_contradicts_the_verdict_it_is_named(third, code, level):
    flags = (Reason("map_elsewhere", {"method": third.name, "value": 0.3}),)
    evidence = replace(evidences.evidence("supported"), flags=flags)
    notes = contradiction_notes(evidence, explained(third), level)
    assert third.title in notes[third.name]
    assert i18n.t("astray.other") in clean(notes[third.name], third)


def test_methods_that_the_catalogue_names_are_said_in_its_words(monkeypatch):
    assert map_units.method_title("gradcam++") == "Activation map, many places (Grad-CAM++)"
    assert map_units.method_short("occlusion") == "occlusion"
    assert map_units.method_short("hirescam") == "HiResCAM"
    monkeypatch.setattr(i18n, "language", lambda: "es")
    assert map_units.method_short("occlusion") == "oclusión"
    alt, words = map_units.legend("occlusion", 0.4)
    assert words == i18n.t("legend.occlusion", points=40.0)
    assert alt == i18n.t("legend.bar_alt", scale=0.4)
    assert map_units.legend("gradcam", 1.5)[1] == i18n.t("legend.gradcam", scale=2.5)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_sentence_for_whatever_its_map_holds(method, code):
    made = explanation()
    for values in (VALUES, -np.abs(VALUES), VALUES / 100):
        one = Heatmap(values, METHODS[method].unit, method, {}, made.target)
        for counted in (shares_of(np.abs(values)), None):
            case = replace(made, heatmaps={method: one}, shares={method: counted})
            assert "{" not in finding(case, method)
            assert ("Grad-CAM" in finding(case, method)) == ("gradcam" in method)
