"""The one page that is taken away, read back by another program."""

import io
import re

import numpy as np
import pytest
from pypdf import PdfReader

from dashboard.preferences import LEVELS
from dashboard.reports.pdf import sheet_pdf
from tests.support import evidences
from tests.support import explanations as by_hand
from tests.support.explanations import explanation, sheet, two_models
from xai.render import excess, overlay

LONG_NAME = "a_model_whose_name_is_rather_long_and_has_no_space_at_all"


def read(data):
    return PdfReader(io.BytesIO(data))


def text(data):
    """All words in the order in which they stand, one space between any two."""
    (page,) = read(data).pages
    return re.sub(r"\s+", " ", page.extract_text())


def squeezed(words):
    """Without spaces: where a line ends is nobody's business."""
    return re.sub(r"\s+", "", words)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("code", ["en", "es"])
@pytest.mark.parametrize("models", [1, 2])
def test_every_sentence_and_number_of_the_sheet_can_be_found_on_one_page(monkeypatch, models, code, level):
    made = sheet(monkeypatch, two_models()[:models], code, level)
    found = squeezed(text(sheet_pdf(made)))
    said = [made.title, made.photo, made.not_right]
    for model in made.models:
        said += [model.name, model.answer, model.verdict, model.reason, *model.remarks]
        said += [bar.words for bar in model.bars]
        said += [words for each in model.figures for words in (each.title, each.said, each.more)]
        said += [strip.title for strip in model.strips]
        edits = [edit for strip in model.strips for edit in strip.edits]
        said += [words for edit in edits for words in (edit.change, edit.answer, edit.found)]
        said += [words for each in model.maps for words in (each.title, each.finding)]
        for table in filter(None, (model.table, model.numbers)):
            said += [table.title, *(cell for row in table.rows for cell in row), table.note]
    for scale in made.scales:
        said += [scale.unit, *scale.ticks, scale.words]
    for note in (made.not_said, made.made, made.again):
        said += [note.title, *note.lines]
    assert [words for words in said if squeezed(words) not in found] == []


def test_the_numbers_on_the_page_are_those_that_were_measured(monkeypatch):
    both = two_models()
    found = text(sheet_pdf(sheet(monkeypatch, both, "en", "technical")))
    evidence = both[0].evidence
    assert f"answer reacted {evidence.follow.held} of {evidence.follow.of} times" in found
    assert f"answer stayed {evidence.stay.held} of {evidence.stay.of} times" in found
    assert f"nose and mouth alone: {evidence.place_share:.0%} of the effect" in found
    for family in evidence.families:
        assert f"{family.effect:.2f}" in found
    for answer, probability in (
        ("mask worn correctly", 0.8125),
        ("mask worn incorrectly", 0.125),
        ("no mask", 0.0625),
    ):
        assert found.count(f"{answer} {probability:.0%}") == 2
    for each in both:
        assert each.provenance.weights_sha256 in found
    assert by_hand.FACE.photo_sha256 in found
    assert "--patch 0.14285714285714285 --stride 0.0625 --fill mean" in found


@pytest.mark.parametrize("seed", range(12))
def test_whatever_was_found_fits_on_one_page_and_inside_its_margins(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    both = [explanation(f"{LONG_NAME}_{n}", evidences.drawn(rng), n) for n in (1, 2)]
    (page,) = read(sheet_pdf(sheet(monkeypatch, both, "es", LEVELS[seed % 2]))).pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    spots, sizes = [], []

    def visit(words, _, matrix, font, size):
        if words.strip():
            spots.append((matrix[4], matrix[5]))
            sizes.append(size)

    page.extract_text(visitor_text=visit)
    assert len(spots) > 60
    assert min(x for x, _ in spots) >= 29
    assert min(y for _, y in spots) >= 29
    assert max(y for _, y in spots) <= 842 - 29
    assert min(sizes) > 4, "too small to be read"


def test_pictures_are_the_maps_pixel_for_pixel_and_each_has_a_text_of_its_own(monkeypatch):
    both = two_models()
    made = sheet(monkeypatch, both)
    data = sheet_pdf(made)
    pictures = [np.asarray(each.image.convert("RGB")) for each in read(data).pages[0].images]
    scale = max(float(np.abs(each.heatmaps["occlusion"].values).max()) for each in both)
    beyond = max(1.0, *(float(excess(each.heatmaps["gradcam"].values).max()) for each in both))
    painted = [overlay(by_hand.CROP, both[0].heatmaps["occlusion"].values, scale=scale)]
    painted += [overlay(by_hand.CROP, excess(each.heatmaps["gradcam"].values), scale=beyond) for each in both]
    for wanted in painted:
        assert any(p.shape == wanted.shape and (p == wanted).all() for p in pictures)
    for each in both[0].evidence.strip:
        assert any(p.shape == each.picture.shape and (p == each.picture).all() for p in pictures)
    texts = alternative_texts(read(data))
    for model in made.models:
        for each in (*model.maps, *(edit for strip in model.strips for edit in strip.edits)):
            assert each.alt in texts
    assert made.outlined_words in texts


@pytest.mark.parametrize(("index", "lowest"), [(0, -1.0), (1, 0.0)])
def test_the_strip_of_colours_has_the_colour_of_each_value_where_the_value_stands(monkeypatch, index, lowest):
    made = sheet(monkeypatch, [explanation()])
    pictures = [np.asarray(each.image.convert("RGB")) for each in read(sheet_pdf(made)).pages[0].images]
    strip = [each for each in pictures if each.shape[0] < 10][index]
    scale, white = made.models[0].maps[index].scale, np.full((1, 1, 3), 255, np.uint8)
    for part in (0.0, 0.1, 0.35, 0.5, 0.8, 1.0):
        at = round(part * (strip.shape[1] - 1))
        value = scale * (lowest + (1.0 - lowest) * at / (strip.shape[1] - 1))
        painted = overlay(white, np.full((1, 1), value, np.float32), scale=scale, opacity=1.0)
        np.testing.assert_allclose(strip[2, at].astype(int), painted[0, 0].astype(int), atol=4)


def alternative_texts(document):
    """Every /Alt in the tree of the document's structure."""
    found, waiting = [], [document.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif hasattr(node, "get"):
            if "/Alt" in node:
                found.append(str(node["/Alt"]))
            if "/K" in node:
                waiting.append(node["/K"])
    return found


@pytest.mark.parametrize("code", ["en", "es"])
def test_title_language_and_fonts_are_in_the_file_and_no_date_of_its_own(monkeypatch, code):
    made = sheet(monkeypatch, two_models(), code)
    data = sheet_pdf(made)
    assert data == sheet_pdf(made)
    document = read(data)
    assert document.metadata.title == made.title
    assert document.metadata.creation_date.year == 2000
    assert document.trailer["/Root"]["/Lang"] == code
    fonts = [font.get_object() for font in document.pages[0]["/Resources"]["/Font"].values()]
    assert len(fonts) == 2
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "DejaVu" in described["/FontName"]
        assert "/FontFile2" in described


def test_lines_are_as_wide_as_the_measuring_said(monkeypatch):
    """Letters are measured one by one; a PDF sets them side by side and moves none."""
    from fpdf import FPDF

    from xai.packaged_files import font_file

    pdf = FPDF(unit="pt")
    pdf.add_font("DejaVu", "", font_file(False))
    pdf.set_font("DejaVu", "", 7)
    words = sheet(monkeypatch, two_models(), "es").not_said.lines[1]
    alone = sum(pdf.get_string_width(letter) for letter in words)
    assert alone == pytest.approx(pdf.get_string_width(words), abs=0.05)
    for font in pdf.fonts.values():
        font.close()


@pytest.mark.parametrize("code", ["en", "es"])
def test_no_word_over_a_column_of_a_table_is_broken(monkeypatch, code):
    made = sheet(monkeypatch, two_models(), code, "technical")
    found = text(sheet_pdf(made)).split()
    tables = [table for model in made.models for table in (model.table, model.numbers)]
    words = {word for table in tables for title in table.header for word in title.split()}
    assert words <= set(found)


def test_words_that_fit_no_page_are_refused(monkeypatch):
    endless = explanation("name " * 20_000)
    with pytest.raises(ValueError, match=r"do not fit on a page: they end at \d+ of 812 points"):
        sheet_pdf(sheet(monkeypatch, [endless]))
