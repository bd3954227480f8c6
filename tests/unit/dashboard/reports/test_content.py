"""What a sheet says, against the numbers it says it of and the command line it names."""

import shlex
from dataclasses import replace

import pytest
from fontTools.ttLib import TTFont

from dashboard.i18n import languages, messages
from dashboard.reports.content import command
from dashboard.reports.layout import Column, TextStyle
from tests.support import evidences
from tests.support import explanations as by_hand
from tests.support.explanations import explanation, sheet
from xai.__main__ import _parser
from xai.attribution.methods import METHODS
from xai.packaged_files import font_file
from xai.photo.faces import whole_photo
from xai.types import Box, Image, Prediction


def parsed(explanations):
    """The command as the real command line understands it."""
    python, module, name, *words = shlex.split(command(explanations))
    assert (python, module, name) == (".venv/bin/python", "-m", "xai")
    return _parser().parse_args(words)


def test_the_command_has_the_settings_the_maps_were_made_with():
    asked = parsed(by_hand.two_models())
    assert asked.run.__name__ == "explain"
    assert asked.model == ["mobilenet_v2", "custom_cnn_relu_bn"]
    assert asked.method == ["occlusion", "gradcam"]
    given = {"patch": asked.patch, "stride": asked.stride, "fill": asked.fill}
    assert METHODS["occlusion"].complete(given) == by_hand.PATCH
    assert (asked.target, asked.whole) == (None, False)


def test_a_class_that_was_asked_for_stands_in_the_command():
    other = Prediction(("covered", "incorrect", "uncovered"), explanation().prediction.probabilities[::-1])
    assert parsed([explanation(), explanation("b", prediction=other)]).target == "covered"


@pytest.mark.parametrize(("width", "height"), [(96, 96), (60, 96), (96, 61)])
def test_a_whole_photo_is_said_to_be_one_and_a_small_box_in_its_corner_is_not(monkeypatch, width, height):
    face = whole_photo(Image(by_hand.CROP[:height, :width], "ef" * 32))
    whole = explanation(face=face)
    assert parsed([whole]).whole
    assert "whole photo" in sheet(monkeypatch, [whole], regions=None).photo
    corner = replace(by_hand.FACE, box=Box(0, 0, 50, 60), crop_box=Box(-20, -15, 70, 75), score=0.0)
    assert not parsed([explanation(face=corner)]).whole


def test_a_box_set_by_hand_is_said_to_be_beyond_the_command(monkeypatch):
    said = sheet(monkeypatch, [explanation()], by_hand=True).again.lines[0]
    assert "set by hand" in said
    assert "set by hand" not in sheet(monkeypatch, [explanation()]).again.lines[0]


def test_without_evidence_the_sheet_says_that_nothing_was_tested(monkeypatch):
    (model,) = sheet(monkeypatch, [explanation()]).models
    assert model.verdict == messages()["sheet.untested"]
    assert (model.figures, model.strips, model.numbers) == ((), (), None)
    assert model.table.header == ("region", "occlusion: share", "Grad-CAM: share", "size of the region")


def test_the_table_sums_nose_and_mouth(monkeypatch):
    one = explanation(evidence=evidences.evidence("supported"))
    (model,) = sheet(monkeypatch, [one]).models
    counted = one.shares["occlusion"]
    row = next(row for row in model.table.rows if row[0] == "nose and mouth")
    assert row[1] == f"{counted.share['nose'] + counted.share['mouth']:.0%}"
    assert row[3] == f"{counted.area['nose'] + counted.area['mouth']:.0%}"
    assert len(row) == 4


def test_the_verdict_the_two_questions_and_the_edited_faces_stand_on_the_sheet(monkeypatch):
    one = explanation(evidence=evidences.evidence("mixed"))
    (model,) = sheet(monkeypatch, [one]).models
    assert model.verdict.startswith(
        "Mixed focus. It looks at nose and mouth, but the answer also depends on "
    )
    assert [figure.title for figure in model.figures] == ["Lower-face edits", "Other edits"]
    assert model.figures[0].more == "nose and mouth alone: 43% of the effect"
    shown = [edit.picture for strip in model.strips for edit in strip.edits]
    assert len(shown) == len(one.evidence.strip) == 8
    assert all((a == b.picture).all() for a, b in zip(shown, one.evidence.strip, strict=True))


def test_only_a_reader_who_asked_for_numbers_gets_the_table_of_families(monkeypatch):
    one = explanation(evidence=evidences.evidence("mixed"))
    (plain,), (technical,) = (
        sheet(monkeypatch, [one], level=level).models for level in ("plain", "technical")
    )
    assert plain.numbers is None
    assert [row[0] for row in technical.numbers.rows] == [
        messages()[f"family.{found.family}"] for found in one.evidence.families
    ]
    assert "Thresholds: followed 0.7" in technical.numbers.note


def test_where_regions_are_not_known_there_is_no_table(monkeypatch):
    one = by_hand.without_regions(explanation())
    assert sheet(monkeypatch, [one], regions=None).models[0].table is None


def test_both_models_have_one_scale_and_its_ends_are_written_beside_it(monkeypatch):
    strong = explanation("b")
    louder = replace(strong.heatmaps["occlusion"], values=2 * strong.heatmaps["occlusion"].values)
    made = sheet(
        monkeypatch,
        [explanation(), replace(strong, heatmaps={**strong.heatmaps, "occlusion": louder})],
        code="es",
    )
    assert [model.maps[0].scale for model in made.models] == pytest.approx([1.2, 1.2])
    assert made.scales[0].ticks == ("−1,20", "0", "+1,20")


@pytest.mark.parametrize("bold", [False, True])
def test_the_font_has_every_letter_of_every_language(bold):
    letters = {letter for code in languages() for words in messages(code).values() for letter in words}
    with TTFont(font_file(bold)) as font:
        has = set(font.getBestCmap())
    assert {letter for letter in letters if ord(letter) not in has and letter != "\n"} == set()


def test_lines_are_broken_between_words_and_only_a_longer_word_within():
    marks = []
    column = Column(marks, lambda words, style: len(words) * style.size, 0, 0, 60)
    column.say("aa bbb cccc dddddddddddddd e", TextStyle(10))
    assert [line.words for line in marks] == ["aa bbb", "cccc", "dddddd", "dddddd", "dd e"]
    assert column.top == pytest.approx(5 * TextStyle(10).leading)
