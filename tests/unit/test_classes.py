"""What class names mean, in every spelling, and that whoever decides by a class reads it in the one table."""

from dataclasses import fields
from typing import get_args, get_type_hints

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import i18n
from dashboard.charts import palette
from dashboard.charts.predictions import class_bars
from dashboard.text.predictions import is_right, right_or_wrong
from dashboard.text.regions import area_name
from dashboard.views.compare.aligned_maps import layer
from dashboard.views.compare.class_mapping import can_mean_the_same
from dashboard.views.compare.text import MapPair, class_notes
from dashboard.worker.jobs import FaceExplanation
from tests.support.explanations import REGION_MAP, explanation
from xai import render
from xai.classes import (
    INCORRECT_GOES,
    MEANINGS,
    ClassInfo,
    Hue,
    class_info,
    class_named,
    nearest_class,
    possible_wearings,
    wearings_by_class,
)
from xai.evidence.map_similarity import agreement
from xai.evidence.verdict.region_plan import deciding_area, families
from xai.evidence_types import AREAS
from xai.types import CLASSES, Prediction

BINARY = ("with_mask", "without_mask")


def test_every_spelling_belongs_to_one_class():
    spellings = [spelling for info in MEANINGS.values() for spelling in (info.name, *info.aliases)]
    assert len(spellings) == len(set(spellings))
    for info in MEANINGS.values():
        assert info.wearings
        assert set(info.wearings) <= set(CLASSES)
        for spelling in (info.name, *info.aliases):
            for written in (
                spelling,
                spelling.upper(),
                spelling.replace("_", " "),
                spelling.replace("_", "-"),
            ):
                assert class_named(f" {written} ") is info


@pytest.mark.parametrize("name", ["", "happy", "maskless", "7"])
def test_another_word_is_no_class(name):
    assert class_named(name) is None
    assert wearings_by_class([name, "covered"]) == {name: (), "covered": ("covered",)}


@pytest.mark.parametrize(
    ("classes", "goes", "expected"),
    [
        (CLASSES, "unknown", [("covered",), ("incorrect",), ("uncovered",)]),
        (CLASSES, "with", [("covered",), ("incorrect",), ("uncovered",)]),
        (("Without_Mask", "MASK"), "unknown", [("uncovered",), ("covered",)]),
        (("Without_Mask", "MASK"), "with", [("uncovered",), ("covered", "incorrect")]),
        (("Without_Mask", "MASK"), "without", [("incorrect", "uncovered"), ("covered",)]),
        (
            ("with_mask", "without_mask", "mask_weared_incorrect"),
            "with",
            [("covered",), ("uncovered",), ("incorrect",)],
        ),
        (("covered", "uncovered"), "without", [("covered",), ("incorrect", "uncovered")]),
    ],
)
def test_where_a_mask_worn_incorrectly_belongs(classes, goes, expected):
    assert goes in INCORRECT_GOES
    assert wearings_by_class(classes, goes) == dict(zip(classes, expected, strict=True))


@pytest.mark.parametrize("info", MEANINGS.values(), ids=MEANINGS)
def test_no_class_lacks_a_field_and_every_field_names_what_exists(info):
    chosen = {name: get_args(hint) for name, hint in get_type_hints(ClassInfo).items()}
    for field in fields(ClassInfo):
        value = getattr(info, field.name)
        assert value, f"{info.name} has no {field.name}"
        if isinstance(value, str) and chosen[field.name]:
            assert value in chosen[field.name]
    assert set(info.opposites) <= set(CLASSES) - set(info.wearings)
    assert MEANINGS[info.binary].binary == info.binary
    assert info.deciding_area in AREAS
    assert info.hue != class_info("visor").hue


@pytest.mark.parametrize("code", i18n.languages())
@pytest.mark.parametrize("info", MEANINGS.values(), ids=MEANINGS)
def test_every_class_has_its_words_in_every_language(info, code):
    words = i18n.messages(code)
    for key in (f"class.{info.name}", f"short.{info.name}", f"area.{info.looks_at}"):
        assert words[key]


def test_the_table_holds_the_three_classes_and_those_of_two():
    assert tuple(MEANINGS)[:3] == CLASSES
    assert [name for name, info in MEANINGS.items() if info.binary == name] == list(BINARY)
    assert all(MEANINGS[name].wearings == (name,) for name in CLASSES)


@pytest.mark.parametrize("name", MEANINGS)
def test_the_regions_are_measured_where_and_against_what_the_table_says(name):
    drawn = {"covered": "masked", "uncovered": "bare"}
    assert deciding_area(name) == class_info(name).deciding_area
    assert families(name) == tuple(drawn[wearing] for wearing in class_info(name).opposites)


def test_every_hue_has_a_shade_wherever_a_class_is_drawn():
    for shades in (render._SHADES, palette._SHADES):
        assert tuple(shades) == get_args(Hue)
        assert len(set(shades.values())) == len(shades)


@pytest.mark.parametrize(
    ("classes", "answer", "wearings"),
    [
        (CLASSES, "incorrect", ("incorrect",)),
        (("Covered", "Bare"), "Covered", ("covered",)),
        (BINARY, "with_mask", ("covered", "incorrect")),
        (("Mask", "No Mask"), "Mask", ("covered", "incorrect")),
        (BINARY, "without_mask", ("uncovered",)),
        (("with_mask", "without_mask", "mask_weared_incorrect"), "with_mask", ("covered",)),
        (("happy", "with_mask"), "happy", ("happy",)),
    ],
)
def test_an_answer_may_mean_what_no_other_class_of_its_model_is_there_for(classes, answer, wearings):
    assert possible_wearings(answer, classes) == wearings
    assert possible_wearings(answer)[: len(wearings)] == wearings


def said(*classes):
    """A model's answer, the first of its classes."""
    return Prediction(classes, np.array([0.9, *[0.1 / (len(classes) - 1)] * (len(classes) - 1)], np.float32))


@pytest.mark.parametrize("spelt", ["Covered", "mask_worn_correctly", "with mask", "MASK"])
def test_a_card_may_spell_a_class_as_it_likes(spelt):
    shipped, own = said("covered", "uncovered"), said(spelt, "Bare Face")
    assert badge(own) == badge(shipped)
    assert class_bars(own).data[0].marker.color == class_bars(shipped).data[0].marker.color
    assert is_right(own, "covered")
    assert can_mean_the_same(spelt, "covered")
    assert nearest_class("covered", own.classes) == spelt
    assert i18n.class_title(spelt) in (i18n.class_title("covered"), i18n.class_title("with_mask"))


@pytest.mark.parametrize(("spelt", "notes"), [("Covered", 0), ("Mask", 1), ("Bare", 1)])
def test_two_maps_explain_one_answer_where_the_models_only_spell_it_differently(spelt, notes):
    first, second = (
        FaceExplanation(explanation(prediction=answer, target=answer.label), REGION_MAP, 1, 1)
        for answer in (said("covered", "uncovered"), said(spelt, "happy"))
    )
    frame = first.explanation.face
    one, two = (layer(each, "occlusion", "probability", "m", frame) for each in (first, second))
    found = agreement((one.values, two.values), (one.shares, two.shares))
    assert len(class_notes(MapPair(one, two, found, found, "both"))) == notes


def test_a_class_that_is_not_known_is_called_as_it_is_and_grey():
    strange = said("happy", "sad")
    assert badge(strange) == "grey"
    assert set(class_bars(strange).data[0].marker.color) == {palette.SLATE}
    assert (class_info("happy").name, class_info("happy").wearings) == ("happy", ())
    assert right_or_wrong(strange, "covered") == i18n.t("answer.not_comparable", truth="mask worn correctly")
    assert area_name("happy") == "nose and mouth"


def test_a_new_class_is_one_entry(monkeypatch):
    """Colours, badge, words and meanings come from the table alone."""
    entry = ClassInfo(
        "valve", ("covered",), ("with_valve",), "with_mask", "mask", "wide", ("uncovered",), "orange"
    )
    before = (
        render.class_colour("With Valve"),
        palette.class_colour("With Valve"),
        badge(said("valve", "bare")),
    )
    monkeypatch.setitem(MEANINGS, "valve", entry)
    for code, words in (("en", "mask with a valve"), ("es", "mascarilla con válvula")):
        monkeypatch.setitem(i18n.messages(code), "class.valve", words)
    one = said("With Valve", "bare")
    assert render.class_colour("With Valve") == render.class_colour("incorrect") != before[0]
    assert palette.class_colour("With Valve") == palette.class_colour("incorrect") != before[1]
    assert badge(one) == "orange" != before[2]
    assert i18n.class_title("With Valve") == "mask with a valve"
    assert class_bars(one).data[0].y[0] == "mask with a valve"
    assert area_name("With Valve") == "the mask"
    assert is_right(one, "covered")
    assert can_mean_the_same("With Valve", "covered")
    assert wearings_by_class(one.classes) == {"With Valve": ("covered",), "bare": ("uncovered",)}


def badge(prediction):
    """The colour of the answer's badge on a page."""

    def page(prediction):
        from dashboard.widgets.map_panel import answer

        answer(prediction, "m")

    shown = AppTest.from_function(page, args=(prediction,), default_timeout=30).run()
    assert not shown.exception
    return next(line.value for line in shown.markdown if "-badge[" in line.value)[1:].split("-badge")[0]
