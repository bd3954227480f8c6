"""Mean occlusion maps over many faces, aligned by their features, beside a drawn outline of a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dashboard import session
from dashboard.i18n import class_short_label, format_number, t
from xai.photo.images import encode_png
from xai.render import colour_bar, overlay

__all__ = ["legend", "show"]

Values = Sequence[Sequence[float | None]]

_CELL = 9
"""Pixels along a side of a cell in the picture."""

_WIDTH = 150
"""Displayed width in pixels."""

_LEGEND = 300
"""Width of the legend in pixels."""

_PAPER, _INK = 244, 90
"""Grey behind the map and of the outline."""

_OVAL = (0.2, 0.08, 0.8, 0.92)
_EYES, _NOSE, _MOUTH = ((0.35, 0.38), (0.65, 0.38)), (0.5, 0.569), (0.5, 0.677)
"""Where the features lie on an aligned map, across and down, 0..1 of its side."""


def legend(scale: float, kind: str) -> None:
    """The colours of the maps and what they mean for a model's ``answer``, or a ``difference`` of two."""
    low, high = (format_number(end, "+.2f") for end in (-scale, scale))
    with st.container(width=_LEGEND, gap="xxsmall"):
        alt = t(f"audit_legend.{kind}", low=low, high=high)
        st.image(encode_png(colour_bar(2 * _LEGEND, 20)), width=_LEGEND, alt=alt)
        st.caption(alt)


def show(maps: Sequence[Mapping[str, Any]], scale: float, key: str) -> None:
    """Maps side by side with their class, kind of answer and number of faces; those of no face are left out.

    Args:
        maps: ``class``, ``n``, ``values`` and, of one model, ``answer``.
        scale: value with the full colour.
        key: of what the maps are, unique in the session.
    """
    with st.container(horizontal=True, gap="small", key=f"audit-maps-{key}"):
        for each in maps:
            if not each["values"]:
                continue
            what = (key, each["class"], each.get("answer"), scale)
            picture = session.cached("picture", ("audit map", *what), partial(_drawn, each, scale))
            told = t(
                f"audit_map.{each.get('answer', 'both')}",
                name=class_short_label(each["class"]),
                n=each["n"],
                of=each["of"],
            )
            with st.container(width=_WIDTH, gap="xxsmall"):
                st.image(picture, width=_WIDTH, alt=told)
                st.caption(told)


def _drawn(one: Mapping[str, Any], scale: float) -> bytes:
    """The map in colours under the outline of a face."""
    cells = np.array([[0.0 if c is None else c for c in row] for row in one["values"]], np.float32)
    values = np.kron(cells, np.ones((_CELL, _CELL), np.float32))
    side = values.shape[0]
    paper = np.full((side, side, 3), _PAPER, np.uint8)
    return encode_png(_outlined(overlay(paper, values, scale=scale or 1.0), side))


def _outlined(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    picture = Image.fromarray(pixels)
    pen, ink = ImageDraw.Draw(picture), (_INK,) * 3
    pen.ellipse([side * each for each in _OVAL], outline=ink, width=2)
    for across, down in _EYES:
        pen.ellipse(_box(side, across, down, 0.06, 0.03), outline=ink, width=2)
    pen.arc(_box(side, *_NOSE, 0.05, 0.03), 0, 180, fill=ink, width=2)
    pen.ellipse(_box(side, *_MOUTH, 0.12, 0.035), outline=ink, width=2)
    return np.asarray(picture)


def _box(side: int, across: float, down: float, wide: float, high: float) -> list[float]:
    return [side * each for each in (across - wide, down - high, across + wide, down + high)]
