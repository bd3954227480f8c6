"""Contrast and colour vision, computed for the grounds of both themes."""

import itertools
import tomllib

import numpy as np
import pytest

from dashboard.charts import palette
from tests.support.paths import ROOT
from xai.classes import MEANINGS
from xai.types import CLASSES

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
THEMES = ("light", "dark")
TEXT, GRAPHIC = 4.5, 3.0
"""WCAG 2.2: least contrast of text (1.4.3) and of what must be seen of a chart (1.4.11)."""

MARKS = {"blue": palette.BLUE, "orange": palette.ORANGE, "purple": palette.PURPLE, "brown": palette.BROWN}
MARKS |= {"slate": palette.SLATE, **{name: palette.class_colour(name) for name in MEANINGS}}
MARKS |= {f"method {i}": colour for i, colour in enumerate(palette.METHOD)}

# Machado, Oliveira & Fernandes 2009, severity 1: linear RGB as those see it who lack one kind of cone.
VISION = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour):
    if colour.startswith("rgb("):
        levels = np.array([int(part) for part in colour[4:-1].split(",")]) / 255
    else:
        levels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    light = sorted(float(linear(colour) @ (0.2126, 0.7152, 0.0722)) + 0.05 for colour in (one, other))
    return light[1] / light[0]


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        rgb, 0, 1
    )
    f = np.cbrt(xyz / (0.9505, 1.0, 1.089))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_measure_knows_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", MARKS)
def test_every_mark_of_a_chart_stands_out_from_the_ground(theme, name):
    assert contrast(MARKS[name], THEME[theme]["backgroundColor"]) >= GRAPHIC


@pytest.mark.parametrize("theme", THEMES)
def test_text_and_links_can_be_read_on_both_grounds(theme):
    for ground in ("backgroundColor", "secondaryBackgroundColor"):
        for ink in ("textColor", "linkColor", "primaryColor"):
            assert contrast(THEME[theme][ink], THEME[theme][ground]) >= TEXT, (ink, ground)


@pytest.mark.parametrize("theme", THEMES)
def test_charts_write_in_the_colour_of_the_theme(theme):
    assert palette.INK[theme] == THEME[theme]["textColor"]


@pytest.mark.parametrize("theme", THEMES)
def test_the_number_in_a_cell_can_be_read_at_every_share_and_a_large_one_stands_out(monkeypatch, theme):
    monkeypatch.setattr(palette, "_theme", lambda: theme)
    far = []
    for share in np.linspace(0, 1, 41):
        ground, ink = palette.cell_colour(float(share))
        assert contrast(ground, ink) >= TEXT
        far.append(contrast(ground, THEME[theme]["backgroundColor"]))
    assert far == sorted(far)
    assert far[0] < 1.3
    assert far[-1] >= GRAPHIC


@pytest.mark.parametrize("kind", VISION)
def test_measured_and_published_differ_in_every_kind_of_colour_vision(kind):
    """Shapes differ too; colours that are told apart are a second sign."""
    seen = [lab(np.array(VISION[kind]) @ linear(colour)) for colour in (palette.BLUE, palette.ORANGE)]
    assert np.linalg.norm(seen[0] - seen[1]) > 20


@pytest.mark.parametrize("kind", VISION)
def test_the_classes_differ_in_every_kind_of_colour_vision(kind):
    """Every bar of a class has its word as well."""
    classes = [palette.class_colour(name) for name in CLASSES]
    for one, other in itertools.combinations(classes, 2):
        seen = [lab(np.array(VISION[kind]) @ linear(colour)) for colour in (one, other)]
        assert np.linalg.norm(seen[0] - seen[1]) > 8


def test_a_class_has_its_colour_in_every_spelling_and_an_unknown_one_that_of_what_is_beside_the_point():
    for info in MEANINGS.values():
        assert {palette.class_colour(spelt.upper()) for spelt in (info.name, *info.aliases)} == {
            palette.class_colour(info.name)
        }
    assert palette.class_colour("visor") == palette.SLATE
