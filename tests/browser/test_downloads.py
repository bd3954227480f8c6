"""What a visitor takes away really arrives, in both languages, and says one and the same thing."""

import csv
import io
import json
import re
import zipfile

import pytest
from PIL import Image as Pictures
from pypdf import PdfReader

from dashboard.i18n import messages

pytestmark = pytest.mark.browser

PATIENCE = 240_000
KINDS = ("png", "pdf", "csv", "json")


@pytest.fixture
def page(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    opened.faults = []
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.address = server.address
    yield opened
    context.close()


def open_in(page, code):
    """The page of the first sample, with both verdicts."""
    page.goto(f"{page.address}/?lang={code}", timeout=PATIENCE)
    said = messages(code)
    page.get_by_text(said["trust.title"].partition("}")[2].strip(": ")).nth(1).wait_for(timeout=PATIENCE)
    return said


def taken(page, words, folder):
    """What the button with these words gives: the name of the file and its bytes."""
    with page.expect_download(timeout=PATIENCE) as taking:
        page.get_by_role("button", name=words).click()
    path = folder / taking.value.suggested_filename
    taking.value.save_as(path)
    return path.name, path.read_bytes()


@pytest.mark.parametrize("code", ["en", "es"])
def test_each_button_gives_its_file_and_the_zip_has_all_of_them(page, tmp_path, code):
    said = open_in(page, code)
    files = {}
    for kind in KINDS:
        name, files[kind] = taken(page, said[f"taken.{kind}"], tmp_path)
        assert re.fullmatch(rf"face-[0-9a-f]{{8}}\.{kind}", name)
    name, packed = taken(page, said["take.button"], tmp_path)
    assert name.endswith(".zip")
    archive = zipfile.ZipFile(io.BytesIO(packed))
    inside = {"png": "page.png", "pdf": "page.pdf", "csv": "numbers.csv", "json": "numbers.json"}
    for kind, name in inside.items():
        assert archive.read(name) == files[kind], kind
    agree(said, files)
    assert page.faults == []


def agree(said, files):
    """The picture is upright A4 in print, the PDF has one page; table, JSON and PDF name the same numbers."""
    with Pictures.open(io.BytesIO(files["png"])) as picture:
        assert picture.size == (1654, 2339)
    (sheet,) = PdfReader(io.BytesIO(files["pdf"])).pages
    words = re.sub(r"\s+", "", sheet.extract_text())
    numbers = json.loads(files["json"])
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8"))))
    assert len(numbers["models"]) == 2
    assert numbers["photo_sha256"] in words
    assert re.sub(r"\s+", "", said["sheet.title"]) in words
    for model, found in numbers["models"].items():
        assert found["weights_sha256"] in words
        assert re.sub(r"\s+", "", said["sheet.untested"]) not in words
        own = [row for row in rows if row["model"] == model]
        table = {row["item"]: float(row["value"]) for row in own if row["quantity"] == "probability"}
        assert table == found["probabilities"]
        (verdict,) = [row["value"] for row in own if row["quantity"] == "verdict"]
        assert verdict == found["evidence"]["verdict"]
