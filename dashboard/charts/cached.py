"""Cached figures: each is built once per session, however often the page reruns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any

import plotly.graph_objects as go

from dashboard import preferences
from dashboard.charts.palette import ink
from dashboard.session_cache import cached

__all__ = ["kept_figure"]


def kept_figure(what: Hashable, draw: Callable[[], go.Figure]) -> go.Figure:
    """The figure that shows ``what``, built now if this session has not cached it for the reader's language
    and theme. Building a figure takes plotly several milliseconds, and a page holds a dozen.

    Args:
        what: the kind of figure and every number and name in it.
        draw: builds it; it must not be changed afterwards.
    """
    return cached("figure", (preferences.language(), ink(), what), lambda: _Finished(draw()))


class _Finished(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure that no longer changes: plotly would copy all of it again for every page that shows it."""

    def to_dict(self) -> dict[str, Any]:
        """The figure as plotly's JSON describes it; the same object every time."""
        return self._finished

    @cached_property
    def _finished(self) -> dict[str, Any]:
        return dict(super().to_dict())
