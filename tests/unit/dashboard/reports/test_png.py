"""The page as a picture: what the PDF says, dot by dot."""

import io

import numpy as np
import pytest
from PIL import Image as Pictures
from pypdf import PdfReader

from dashboard.reports.pdf import page_png, sheet_pdf
from tests.support import evidences
from tests.support.explanations import explanation, sheet, two_models
from xai.evidence_types import Tally

POINTS, DOTS = 72, 200
"""To an inch: of the PDF, of the picture."""


def pixels(data):
    with Pictures.open(io.BytesIO(data)) as picture:
        assert picture.format == "PNG"
        assert picture.mode == "RGB"
        return np.asarray(picture)


def placed(data):
    """Every picture of the PDF with its place on the page: left, top, right, bottom in points."""
    page = PdfReader(io.BytesIO(data)).pages[0]
    images = {each.name.partition(".")[0]: each.image.convert("RGB") for each in page.images}
    found = []

    def visit(operator, operands, matrix, _):
        if operator == b"Do":
            width, _, _, height, left, bottom = matrix
            top = float(page.mediabox.height) - bottom - height
            found.append((images[operands[0][1:]], (left, top, left + width, top + height)))

    page.extract_text(visitor_operand_before=visit)
    return found


def test_every_picture_of_the_page_stands_where_the_page_has_it(monkeypatch):
    page = sheet_pdf(sheet(monkeypatch, two_models()))
    drawn = pixels(page_png(page))
    pictures = placed(page)
    assert len(pictures) >= 1 + 2 * 2 + 2  # the face, the maps of both models, the scales
    for picture, place in pictures:  # of noise: a pixel astray, and nothing of it would be found again
        left, top, right, bottom = (round(each * DOTS / POINTS) for each in place)
        wanted = picture.resize((right - left, bottom - top), Pictures.Resampling.BILINEAR)
        shown = drawn[top:bottom, left:right]
        assert np.corrcoef(shown.ravel(), np.asarray(wanted).ravel())[0, 1] > 0.75


@pytest.mark.parametrize("code", ["en", "es"])
def test_it_is_upright_a4_in_print_light_and_the_same_every_time(monkeypatch, code):
    page = sheet_pdf(sheet(monkeypatch, two_models(), code))
    data = page_png(page)
    assert data == page_png(page)
    with Pictures.open(io.BytesIO(data)) as picture:
        assert picture.size == (round(8.27 * DOTS), round(11.69 * DOTS) + 1)
        assert picture.info["dpi"] == pytest.approx((DOTS, DOTS), abs=0.01)
    drawn = pixels(data)
    margin = 29 * DOTS // POINTS
    assert all((edge == 255).all() for edge in (drawn[:margin], drawn[-margin:]))
    assert all((edge == 255).all() for edge in (drawn[:, :margin], drawn[:, -margin:]))
    assert drawn.mean() > 200


def test_a_language_and_a_verdict_change_the_picture(monkeypatch):
    def drawn(*given):
        return page_png(sheet_pdf(sheet(monkeypatch, *given)))

    counted = [[explanation(evidence=evidences.evidence(stay=Tally(held, 24)))] for held in (22, 21)]
    untested = [explanation(), explanation("custom_cnn_relu_bn", seed=2)]
    pictures = {drawn(two_models(), "en"), drawn(two_models(), "es"), *map(drawn, (untested, *counted))}
    assert len(pictures) == 5


def test_pages_are_drawn_in_several_threads_at_once(monkeypatch):
    """A server makes each download in a thread of its own, and PDFium bears but one at a time."""
    from concurrent.futures import ThreadPoolExecutor

    page = sheet_pdf(sheet(monkeypatch, two_models()))
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(page_png, [page] * 8))) == 1
