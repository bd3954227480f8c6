"""Figures that a visitor has seen: drawn once, whatever else on the page is drawn again."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import plotly.graph_objects as go

from dashboard import reader
from dashboard.palette import ink
from dashboard.shelves import kept

__all__ = ["kept_figure"]


def kept_figure(what: Hashable, draw: Callable[[], go.Figure]) -> go.Figure:
    """The figure that shows ``what``, drawn now if this session does not hold it in the reader's language and
    theme. Building a figure takes plotly several milliseconds, and a page holds a dozen.

    Args:
        what: the kind of figure and every number and name in it.
        draw: draws it.
    """
    return kept("figure", (reader.language(), ink(), what), draw)
