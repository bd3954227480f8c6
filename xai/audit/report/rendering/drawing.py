"""Drawings as SVG: once in colours of their own for a PDF, once with classes, which take the page's theme."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape

__all__ = ["PAPER", "Drawing"]

PAPER: Mapping[str, str] = {
    "ink": "#0f181b",
    "quiet": "#4c5760",
    "rule": "#cdd3d8",
    "panel": "#f3f5f6",
    "paper": "#ffffff",
    "good": "#17693a",
    "bad": "#b3202f",
    "mixed": "#8a4b00",
    "unknown": "#4c5760",
    "accent": "#1f5f99",
    "limit": "#a5540f",
    "outline": "#3b454c",
    "halo": "#ffffff",
}
"""Role -> colour on paper; ``report.css`` has the same, and those of the dark theme."""

Attributes = dict[str, str]


@dataclass
class Drawing:
    """A drawing, filled mark by mark. Lengths are in units of the drawing, y downwards.

    Attributes:
        width, height: of the drawing; one unit is a CSS pixel at most, and six tenths of a point.
        alt: text alternative.
        caption: below the drawing, or "".
    """

    width: float
    height: float
    alt: str
    caption: str = ""
    _marks: list[Callable[[bool], str]] = field(default_factory=list, repr=False)

    def rect(self, left: float, top: float, width: float, height: float, role: str) -> None:
        """A filled rectangle."""
        self._add("rect", {"x": _n(left), "y": _n(top), "width": _n(width), "height": _n(height)}, fill=role)

    def line(self, start: tuple[float, float], end: tuple[float, float], role: str, width: float = 1) -> None:
        """A line."""
        ends = {"x1": _n(start[0]), "y1": _n(start[1]), "x2": _n(end[0]), "y2": _n(end[1])}
        self._add("line", {**ends, "stroke-width": _n(width)}, stroke=role)

    def path(self, steps: str, role: str, *, width: float = 0) -> None:
        """A path in the language of SVG: filled, or drawn as a line where it has a width."""
        if width:
            self._add("path", {"d": steps, "fill": "none", "stroke-width": _n(width)}, stroke=role)
        else:
            self._add("path", {"d": steps}, fill=role)

    def dot(self, x: float, y: float, radius: float, role: str) -> None:
        """A filled circle."""
        self._add("circle", {"cx": _n(x), "cy": _n(y), "r": _n(radius)}, fill=role)

    def text(self, at: tuple[float, float], words: str, role: str = "ink", **more: str) -> None:
        """A line of text.

        Args:
            at: where its baseline starts, or ends, as ``text_anchor`` says.
            words: the text.
            role: its colour.
            more: ``font_size``, ``font_weight``, ``text_anchor``.
        """
        given = {name.replace("_", "-"): value for name, value in more.items()}
        place = {"x": _n(at[0]), "y": _n(at[1])}
        self._add("text", {**place, **given}, fill=role, words=words)

    def picture(self, at: tuple[float, float, float, float], png: bytes) -> None:
        """A PNG over a rectangle: left, top, width, height."""
        address = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        place = dict(zip(("x", "y", "width", "height"), map(_n, at), strict=True))
        self._add("image", {**place, "href": address})

    def svg(self, *, themed: bool) -> str:
        """The drawing as SVG.

        Args:
            themed: with classes ``f-ROLE`` and ``s-ROLE`` for fills and strokes, for a page that has them;
                otherwise with the colours of ``PAPER`` and the font of the PDF.
        """
        size = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        size += f' width="{_n(self.width)}" height="{_n(self.height)}"'
        font = "" if themed else ' font-family="DejaVu"'
        named = f' role="img" aria-label="{escape(self.alt)}"' if themed else ""
        body = "".join(mark(themed) for mark in self._marks)
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}{font}{named} font-size="13">{body}</svg>'

    def _add(
        self, tag: str, attributes: Attributes, fill: str = "", stroke: str = "", words: str = ""
    ) -> None:
        def write(themed: bool) -> str:
            if themed:
                roles = " ".join(f"{k}-{role}" for k, role in (("f", fill), ("s", stroke)) if role)
                drawn = {"class": roles} if roles else {}
            else:
                drawn = {k: PAPER[role] for k, role in (("fill", fill), ("stroke", stroke)) if role}
            said = "".join(f' {name}="{escape(value)}"' for name, value in {**attributes, **drawn}.items())
            return f"<{tag}{said}>{escape(words)}</{tag}>" if words else f"<{tag}{said}/>"

        self._marks.append(write)


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
