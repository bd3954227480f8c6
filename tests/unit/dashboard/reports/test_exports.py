"""The numbers that are taken away, parsed back and held against what was measured."""

import csv
import io
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from dashboard.reports.exports import face_zip, numbers_csv, numbers_json
from tests.support import evidences
from tests.support import explanations as by_hand
from tests.support.paths import ROOT
from xai.evidence.interventions.families import FAMILIES
from xai.export import evidence_dict
from xai.types import REGIONS


def rows(explanations):
    return list(csv.DictReader(io.StringIO(numbers_csv(explanations).decode("utf-8"))))


def value(table, model, quantity, source="", item=""):
    """The one cell under these names; None where it is empty."""
    found = [
        row["value"]
        for row in table
        if (row["model"], row["quantity"], row["source"], row["item"]) == (model, quantity, source, item)
    ]
    assert len(found) == 1, (model, quantity, source, item)
    return float(found[0]) if found[0] else None


def test_every_number_of_the_table_is_the_measured_one_to_the_last_digit():
    both = by_hand.two_models()
    table = rows(both)
    for each in both:
        name, evidence = each.provenance.model, each.evidence
        for answer, probability in zip(
            each.prediction.classes, each.prediction.probabilities.tolist(), strict=True
        ):
            assert value(table, name, "probability", item=answer) == probability
        for method, counted in each.shares.items():
            for region in REGIONS:
                assert value(table, name, "share", method, region) == counted.share[region]
                assert value(table, name, "area", method, region) == counted.area[region]
        for question in ("follow", "place", "stay"):
            tally = getattr(evidence, question)
            assert value(table, name, f"{question}_held") == tally.held
            assert value(table, name, f"{question}_of") == tally.of
        assert value(table, name, "place_share") == evidence.place_share
        for found in evidence.families:
            assert value(table, name, "held", found.family) == found.tally.held
            assert value(table, name, "effect", found.family) == found.effect
            assert value(table, name, "part", found.family) == found.part
        for edit in evidence.edits:
            assert value(table, name, "edit_probability", edit.family, edit.edit) == edit.probability
            assert value(table, name, "edit_drop", edit.family, edit.edit) == edit.drop
            assert value(table, name, "edit_held", edit.family, edit.edit) == edit.held
    assert {row["value"] for row in table if row["quantity"] == "verdict"} == {"supported", "cannot tell"}


def test_what_has_no_value_is_an_empty_cell_and_not_a_zero():
    undefined = evidences.evidence("mixed", place_share=None)
    table = rows([by_hand.explanation(evidence=undefined)])
    assert value(table, "mobilenet_v2", "place_share") is None
    assert value(table, "mobilenet_v2", "part", "lower_face") is None
    assert value(table, "mobilenet_v2", "holds", "same_class") is None
    assert value(table, "mobilenet_v2", "holds", "background") == 0


def test_what_was_not_measured_has_no_row():
    table = rows([by_hand.without_regions(by_hand.explanation())])
    assert {row["quantity"] for row in table} == {"answer", "probability"}


def test_json_holds_all_that_the_explanation_holds():
    both = by_hand.two_models()
    read = json.loads(numbers_json(both))
    assert list(read["models"]) == [each.provenance.model for each in both]
    for each in both:
        one = read["models"][each.provenance.model]
        assert one["probabilities"] == each.prediction.as_dict()
        assert one["evidence"] == json.loads(json.dumps(evidence_dict(each.evidence)))
        follow = [e for e in each.evidence.edits if FAMILIES[e.family].asks == "follow"]
        told = one["evidence"]["follow"]["edits"]
        assert [edit["probability"] for edit in told] == [edit.probability for edit in follow]
        assert one["evidence"]["stay"]["share"] == each.evidence.stay.share
        assert one["weights_sha256"] == each.provenance.weights_sha256
        assert one["heatmaps"]["occlusion"]["parameters"] == by_hand.PATCH
        for method, counted in each.shares.items():
            for region, found in one["heatmaps"][method]["shares"].items():
                assert (found["share"], found["area"]) == (counted.share[region], counted.area[region])
    largest = max(np.abs(each.heatmaps["occlusion"].values).max() for each in both)
    assert read["occlusion_scale"] == pytest.approx(largest)


def test_the_zip_holds_what_is_put_beside_it_and_is_the_same_at_any_time(monkeypatch):
    both = by_hand.two_models()
    first = face_zip(both, {"page.pdf": b"%PDF"})
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert face_zip(both, {"page.pdf": b"%PDF"}) == first
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert archive.testzip() is None
    assert archive.read("page.pdf") == b"%PDF"
    assert archive.read("numbers.json") == numbers_json(both)


def test_the_first_page_brings_neither_the_makers_of_pages_nor_fonts_nor_torch():
    code = (
        "import sys, dashboard.views.photo.downloads;"
        "heavy = {'fpdf', 'fontTools', 'pypdfium2', 'torch', 'matplotlib'};"
        "found = heavy & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
