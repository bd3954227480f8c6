"""The colours of charts. Each can be told from the ground of both themes; a test computes how well.

Colour is never the only sign: what has a colour has a word, a shape or a dash as well.
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
"""A limit; what somebody else published."""

METHOD = ("#8a5fc7", "#2a7f9e", "#a5683a", "#5b7c2a", "#a3568a", "#7d7a1e")
"""Colours of methods, in the order in which a chart lists them."""

PURPLE = "#8a5fc7"
BROWN = "#a5683a"
SLATE = "#7c848e"
"""What is beside the point: other regions, chance, a class that is not known."""

_SHADES: Mapping[Hue, str] = {"green": "#1b803e", "orange": "#c96000", "red": "#cf3545", "grey": SLATE}
"""Hue of a class -> its shade in charts, fit for both grounds; pictures have their own in ``xai.render``."""

AREA = "rgba(128,128,128,.45)"
GRID = "rgba(128,128,128,.25)"

INK_ON_CELL = ("#000000", "#ffffff")
"""Text on a pale and on a full cell."""

_DARK_FROM = 0.715
"""Share from which white can be read better than black."""

_PALE, _FULL = (226, 238, 247), (18, 76, 130)


INK = {"light": "#0f181b", "dark": "#e8ebe6"}
"""Theme -> colour of its text, as ``.streamlit/config.toml`` says it."""


def class_colour(name: str) -> str:
    """Colour of a class in charts, however a model spells it.

    >>> class_colour("Covered") == class_colour("with_mask"), class_colour("visor") == SLATE
    (True, True)
    """
    return _SHADES[class_info(name).hue]


def ink() -> str:
    """Text colour of the theme that this visitor sees."""
    return INK.get(st.context.theme.type or "", INK["light"])


def cell_colour(share: float) -> tuple[str, str]:
    """Ground and text of a cell of a table of shares, 0..1: the fuller, the darker, in both themes."""
    mixed = [round(pale + (full - pale) * share) for pale, full in zip(_PALE, _FULL, strict=True)]
    return "rgb({},{},{})".format(*mixed), INK_ON_CELL[share > _DARK_FROM]
