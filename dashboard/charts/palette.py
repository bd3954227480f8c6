"""The colours of charts. Each stands out from the background of both themes; a test computes the contrast.

Colour is never the only sign: whatever has a colour also has a word, a shape or a dash.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from xai.classes import Hue, class_info

__all__ = [
    "AREA",
    "BLUE",
    "BROWN",
    "GRID",
    "INK",
    "INK_ON_CELL",
    "METHOD",
    "ORANGE",
    "PURPLE",
    "SLATE",
    "cell_colour",
    "class_colour",
    "ink",
]

BLUE = "#2f7fc1"
"""What was measured here; a condition that holds."""

ORANGE = "#c26a1b"
"""A threshold; what somebody else published."""

METHOD = ("#8a5fc7", "#2a7f9e", "#a5683a", "#5b7c2a", "#a3568a", "#7d7a1e")
"""Colours of methods, in the order in which a chart lists them."""

PURPLE = "#8a5fc7"
BROWN = "#a5683a"
SLATE = "#7c848e"
"""Everything secondary: other regions, chance level, an unknown class."""

_SHADES: Mapping[Hue, str] = {"green": "#1b803e", "orange": "#c96000", "red": "#cf3545", "grey": SLATE}
"""Hue of a class -> its shade in charts, fit for both backgrounds; images have their own in
``xai.render``."""

AREA = "rgba(128,128,128,.45)"
GRID = "rgba(128,128,128,.25)"

INK_ON_CELL = ("#000000", "#ffffff")
"""Text on a light and on a dark cell."""

_DARK_FROM = {"light": 0.715, "dark": -1.0}
"""Theme -> share above which white text is more readable on a cell than black."""

_SCALE = {"light": ((226, 238, 247), (18, 76, 130)), "dark": ((30, 45, 44), (32, 108, 172))}
"""Theme -> colour of a cell at share 0 and at share 1: both away from the background."""

INK = {"light": "#0f181b", "dark": "#e8ebe6"}
"""Theme -> colour of its text, as in ``.streamlit/config.toml``."""


def class_colour(name: str) -> str:
    """Colour of a class in charts, however a model spells it.

    >>> class_colour("Covered") == class_colour("with_mask"), class_colour("visor") == SLATE
    (True, True)
    """
    return _SHADES[class_info(name).hue]


def ink() -> str:
    """Text colour of this visitor's theme."""
    return INK[_theme()]


def cell_colour(share: float) -> tuple[str, str]:
    """Background and text colour of a table cell that shows a share, 0..1: the larger, the further from the
    background of this visitor's theme.
    """
    theme = _theme()
    mixed = [round(least + (most - least) * share) for least, most in zip(*_SCALE[theme], strict=True)]
    return "rgb({},{},{})".format(*mixed), INK_ON_CELL[share > _DARK_FROM[theme]]


def _theme() -> str:
    return st.context.theme.type or "light"
