"""The report of an audit as a browser shows it: from a file, in both themes, on a phone and on paper."""

import numpy as np
import pytest

from tests.support.audits import HOSTILE, audited
from xai.audit.report.write import wanted_faces, write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    audited(folder / "photos", folder / "out", hostile=HOSTILE.values())
    faces = wanted_faces(folder / "out")
    write_report(folder / "out", {key: np.full((80, 80, 3), (40, 90, 120), np.uint8) for key in faces})
    return (folder / "out" / "report.html").as_uri()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_fits_and_its_policy_lets_style_and_pictures_through(browser, address, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.goto(address)
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 25, 28)"}[scheme]
    narrow = """[...document.querySelectorAll("dd, li, p, h1, h2, h3")]
        .filter(each => each.scrollWidth > each.clientWidth + 1).length"""
    assert page.evaluate(narrow) == 0, "no text is cut"
    small = """[...document.querySelectorAll("svg text")]
        .filter(each => each.getBoundingClientRect().height < 9).length"""
    assert page.evaluate(small) == 0, "charts can be read"
    page.close()


def test_a_link_of_the_contents_leads_to_its_section(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.get_by_role("link", name="Glossary").click()
    assert page.get_by_role("heading", name="Glossary").is_visible()
    assert page.url.endswith("#glossary")
    page.close()


def test_the_report_is_printed_on_white_paper_a4_wide(browser, address, tmp_path):
    from pypdf import PdfReader

    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.pdf(path=tmp_path / "printed.pdf", prefer_css_page_size=True)
    box = PdfReader(tmp_path / "printed.pdf").pages[0].mediabox
    assert (float(box.width), float(box.height)) == (pytest.approx(595, abs=1), pytest.approx(842, abs=1))
    page.close()
