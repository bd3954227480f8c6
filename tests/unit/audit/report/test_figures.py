"""Charts put their marks where the numbers say, in colours that can be told apart and read."""

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from xai.audit.measures import ALIGNED_FIVE
from xai.audit.report import figures
from xai.audit.report.figures import Dot, dot_plot, grouped_plot, map_drawing, map_legend
from xai.audit.report.rendering import html
from xai.audit.report.rendering.drawing import PAPER
from xai.render import colour_bar, overlay

CSS = Path(html.__file__).with_name("report.css").read_text(encoding="utf-8")
TEXTS = ("ink", "quiet", "good", "bad", "mixed", "unknown", "accent")
MARKS = (*TEXTS, "limit")


def variables(block):
    return dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", block))


LIGHT = variables(CSS.split("@media")[0])
DARK = LIGHT | variables(re.search(r"prefers-color-scheme:dark\)\{(.*?)\}\}", CSS, re.DOTALL)[1])
PRINT = LIGHT | variables(CSS.split("@media print")[1])


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK, PRINT, dict(PAPER)])
def test_text_and_marks_stand_out_from_every_background(theme):
    backgrounds = [theme["paper"], theme["panel"]]
    for role in MARKS:
        least = 4.5 if role in TEXTS else 3.0
        assert min(contrast(theme[role], each) for each in backgrounds) >= least, role
    for number in range(1, 5):
        if f"shade-{number}" in theme:
            assert contrast(theme["ink"], theme[f"shade-{number}"]) >= 4.5


def test_paper_and_page_share_their_colours():
    assert {name: LIGHT[name] for name in PAPER} == dict(PAPER)


def drawn(drawing):
    """The marks of a drawing: (tag, attributes, text)."""
    root = ElementTree.fromstring(drawing.svg(themed=False))
    return [(e.tag.split("}")[1], e.attrib, e.text) for e in root]


def test_dots_bars_and_limits_stand_where_their_numbers_do():
    plot = dot_plot([Dot("a", 0.5, (0.25, 1.0), 0.75), Dot("b", None, None, 0.5)], "two claims")
    marks = drawn(plot)
    ticks = {
        words: float(a["x"]) for tag, a, words in marks if tag == "text" and words in ("25%", "50%", "75%")
    }
    (dot,) = [float(a["cx"]) for tag, a, _ in marks if tag == "circle"]
    bars = [(float(a["x1"]), float(a["x2"])) for tag, a, _ in marks if a.get("stroke-width") == "3.5"]
    limits = [float(a["x1"]) for tag, a, _ in marks if a.get("stroke") == PAPER["limit"]]
    assert dot == pytest.approx(ticks["50%"])
    assert bars == [(pytest.approx(ticks["25%"]), pytest.approx(2 * ticks["75%"] - ticks["50%"]))]
    assert limits == [pytest.approx(ticks["75%"]), pytest.approx(ticks["50%"])]
    assert "no estimate" in [words for *_, words in marks]
    assert plot.alt == "two claims"


def test_a_difference_has_zero_in_the_middle_and_a_limit_on_both_sides():
    marks = drawn(dot_plot([Dot("a", -0.3, (-0.42, -0.1), 0.1)], "x", differences=True))
    labels = {words: float(a["x"]) for tag, a, words in marks if tag == "text"}
    limits = sorted(float(a["x1"]) for _, a, _ in marks if a.get("stroke") == PAPER["limit"])
    (dot,) = [float(a["cx"]) for tag, a, _ in marks if tag == "circle"]
    assert np.mean(limits) == pytest.approx(labels["0 points"])
    assert dot < limits[0]
    assert labels["0 points"] - dot == pytest.approx(3 * (limits[1] - labels["0 points"]))


def test_groups_share_one_axis_and_squares_stand_in_the_middle_of_their_value():
    groups = {"Size": [Dot("small", 0.0, (0.0, 0.5), square=True)], "Light": [Dot("dark", 1.0, (0.5, 1.0))]}
    marks = drawn(grouped_plot(groups, "Right answers", "x"))
    ticks = {words: float(a["x"]) for tag, a, words in marks if tag == "text"}
    (square,) = [float(a["x"]) + float(a["width"]) / 2 for tag, a, _ in marks if tag == "rect"]
    (dot,) = [float(a["cx"]) for tag, a, _ in marks if tag == "circle"]
    bars = [(float(a["x1"]), float(a["x2"])) for tag, a, _ in marks if a.get("stroke-width") == "3.5"]
    assert (square, dot) == (pytest.approx(ticks["0%"]), pytest.approx(ticks["100%"]))
    assert bars == [
        (pytest.approx(ticks["0%"]), pytest.approx(ticks["50%"])),
        (pytest.approx(ticks["50%"]), pytest.approx(ticks["100%"])),
    ]
    tops = {words: float(a["y"]) for tag, a, words in marks if tag == "text"}
    assert tops["Right answers"] < tops["Size"] < tops["small"] < tops["Light"] < tops["dark"]


def test_every_role_of_a_mark_has_a_class_on_the_page():
    rows = [Dot("a", 0.5, (0.4, 0.6), 0.5, role="mixed", square=True), Dot("b", None, None)]
    many = [
        dot_plot(rows, "x"),
        grouped_plot({"g": rows}, "t", "x"),
        map_drawing([[0.1]], 1, "x", ""),
        map_legend(1),
    ]
    used = {name for each in many for name in re.findall(r'class="([^"]+)"', each.svg(themed=True))}
    for name in {part for each in used for part in each.split()}:
        assert f".{name}{{" in CSS


def picture_in(drawing):
    (data,) = [a["href"].split(",")[1] for tag, a, _ in drawn(drawing) if tag == "image"]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_maps_share_one_scale_of_colours_with_the_legend():
    values = np.zeros((24, 24), np.float32)
    values[3, 4], values[20, 10] = 0.2, -0.1
    cells = values.tolist()
    cells[0][0] = None
    pixels = picture_in(map_drawing(cells, 0.4, "a map", "below"))
    large = pixels.reshape(24, 10, 24, 10, 3)
    assert (large == large[:, :1, :, :1]).all(), "each cell is of one colour"
    expected = overlay(np.full((24, 24, 3), 255, np.uint8), values, scale=0.4, opacity=1.0)
    assert np.array_equal(large[:, 0, :, 0], expected)
    assert (large[0, 0, 0, 0] == 255).all()
    legend = picture_in(map_legend(0.4))
    assert np.array_equal(legend, colour_bar(*legend.shape[1::-1]))
    near = np.abs(legend[0].astype(int) - large[3, 0, 4, 0]).sum(axis=1).argmin()
    assert near / len(legend[0]) == pytest.approx(0.75, abs=0.01)


def test_the_outline_lies_where_faces_are_aligned():
    left, right, nose, *mouth = ALIGNED_FIVE
    assert (left, right) == figures._EYES
    assert nose == figures._NOSE
    assert np.mean(mouth, axis=0) == pytest.approx(figures._MOUTH)


def test_names_in_a_drawing_are_escaped_and_cut():
    plot = dot_plot([Dot("<b>" + "n" * 100, 0.5, (0.4, 0.6))], '"><script>')
    for themed in (True, False):
        root = ElementTree.fromstring(plot.svg(themed=themed))
        assert {e.tag.split("}")[1] for e in root} <= {"text", "line", "circle"}
    (name,) = [e.text for e in root if (e.text or "").startswith("<b>")]
    assert len(name) < 60
