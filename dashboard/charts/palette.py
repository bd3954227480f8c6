"""The colours of charts. Each can be told from the ground of both themes; a test computes how well.

Colour is never the only sign: what has a colour has a word, a shape or a dash as well.
"""

from __future__ import annotations

import streamlit as st

__all__ = [
    "AREA",
    "BLUE",
    "BROWN",
    "CLASS",
    "GRID",
    "INK",
    "INK_ON_CELL",
    "METHOD",
    "ORANGE",
    "PURPLE",
    "SLATE",
    "cell_colour",
    "ink",
]

BLUE = "#2f7fc1"
"""What was measured here; a condition that holds."""

ORANGE = "#c26a1b"
"""A limit; what somebody else published."""

CLASS = {
    "covered": "#1b803e",
    "incorrect": "#c96000",
    "uncovered": "#cf3545",
    "with_mask": "#1b803e",
    "without_mask": "#cf3545",
}
"""Class -> its colour in charts: the hues of ``xai.render.CLASS_COLOURS``, fit for both grounds."""

METHOD = ("#8a5fc7", "#2a7f9e", "#a5683a", "#5b7c2a", "#a3568a", "#7d7a1e")
"""Colours of methods, in the order in which they are listed."""

PURPLE = "#8a5fc7"
BROWN = "#a5683a"
SLATE = "#7c848e"
"""What is beside the point: other regions, chance."""

AREA = "rgba(128,128,128,.45)"
GRID = "rgba(128,128,128,.25)"

INK_ON_CELL = ("#000000", "#ffffff")
"""Text on a pale and on a full cell."""

_DARK_FROM = 0.715
"""Share from which white can be read better than black."""

_PALE, _FULL = (226, 238, 247), (18, 76, 130)


INK = {"light": "#0f181b", "dark": "#e8ebe6"}
"""Theme -> colour of its text, as ``.streamlit/config.toml`` says it."""


def ink() -> str:
    """Text colour of the theme that this visitor sees."""
    return INK.get(st.context.theme.type or "", INK["light"])


def cell_colour(share: float) -> tuple[str, str]:
    """Ground and text of a cell of a table of shares, 0..1: the fuller, the darker, in both themes."""
    mixed = [round(pale + (full - pale) * share) for pale, full in zip(_PALE, _FULL, strict=True)]
    return "rgb({},{},{})".format(*mixed), INK_ON_CELL[share > _DARK_FROM]
