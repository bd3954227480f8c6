"""Class names in letters that the font of the report lacks."""

import io
import subprocess
from dataclasses import replace

import numpy as np
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from dashboard.i18n import messages
from dashboard.reports.content import command
from dashboard.reports.letters import can_write
from dashboard.reports.pdf import sheet_pdf
from tests.support.explanations import explanation, sheet
from xai.packaged_files import font_file
from xai.types import Prediction

NAMES = ("戴口罩", "visor", "没戴")


def explained(classes, target=0):
    """An answer with the first class, and maps for one of them."""
    plain = explanation()
    maps = {name: replace(each, target=classes[target]) for name, each in plain.heatmaps.items()}
    prediction = Prediction(classes, np.array([0.7, 0.2, 0.1], np.float32))
    return replace(plain, prediction=prediction, target=classes[target], heatmaps=maps)


def said_on_paper(monkeypatch, classes):
    found = sheet(monkeypatch, [explained(classes)])
    return PdfReader(io.BytesIO(sheet_pdf(found))).pages[0].extract_text()


def test_a_class_that_the_font_lacks_is_called_by_its_number_and_a_remark_says_so(monkeypatch):
    said = " ".join(said_on_paper(monkeypatch, NAMES).split())
    assert not set("".join(NAMES[::2])) & set(said)
    assert "class 1 of 3" in said
    assert "class 3 of 3" in said
    assert "visor" in said
    assert messages()["sheet.class_letters"].format(names="class 1 of 3, class 3 of 3") in said


def test_a_class_that_the_font_has_keeps_its_name(monkeypatch):
    said = said_on_paper(monkeypatch, ("Маска", "χωρίς μάσκα", "visière"))
    assert "Маска" in said
    assert "of 3" not in said


def test_the_font_can_write_what_its_two_files_hold():
    for bold in (False, True):
        with TTFont(font_file(bold)) as font:
            letters = set(font.getBestCmap())
        assert {letter for letter in range(32, 0x2FFF) if can_write(chr(letter))} <= letters
    assert can_write("Añ – × 9")
    assert not can_write("a口")


def test_the_command_names_the_class_in_letters_that_a_shell_reads_back():
    shown = command([explained(NAMES, target=2)])
    assert can_write(shown)
    echo = ["bash", "-c", f"export LC_ALL=C.UTF-8; printf '%s\\n' {shown}"]
    words = subprocess.run(echo, capture_output=True, text=True, check=True).stdout.splitlines()
    assert words[words.index("--target") + 1] == NAMES[2]
