"""Component: a canvas for painting over a face; what is sent to it and what it returns.

Its frontend is the three files beside this one. It makes no network requests; it returns a short list of
shapes in crop pixels, never an image.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard import session
from dashboard.charts.palette import class_colour
from dashboard.components import component
from dashboard.components.paint_canvas.shapes import MOST_POINTS, MOST_SHAPES
from dashboard.i18n import class_title, format_number, t
from xai.photo.images import encode_jpeg
from xai.types import Prediction

__all__ = ["TOOLS", "Board", "inline", "paint", "sent_by"]

TOOLS = ("brush", "bar", "part")
"""Tools: paint, drag a rectangle, click a part of the face."""

_WORDS = ("brush", "bar", "part", "tools", "size", "undo", "clear", "canvas", "hint", "at", "corner")


@dataclass(frozen=True, eq=False)
class Board:
    """The face that is painted on.

    Attributes:
        picture: RGB uint8 ``(S, S, 3)``, the crop with its current cover.
        content: what a new cover shows at each pixel, as ``inline`` encodes it.
        shapes: as the browser sent them, to restore a newly mounted component.
        now: the model's prediction for the image; None where it could not be run.
        alt: text alternative of the image.
        heard: screen reader announcement when something has changed.
        parts: whether the parts of the face are known, so that they can be clicked.
    """

    picture: NDArray[np.uint8]
    content: str
    shapes: object
    now: Prediction | None
    alt: str
    heard: str
    parts: bool


_mount = component("paint_canvas")


def paint(board: Board, key: str, pointed: Callable[[], None]) -> None:
    """Draw the component. ``sent_by`` reads what it sends, even before it is drawn.

    Args:
        board: what is painted on.
        key: of the component, unique per face.
        pointed: called when a part of the face was clicked.
    """
    _mount(key=key, data=_payload(board), on_shapes_change=_nothing, on_spot_change=pointed)


def sent_by(key: str, name: str) -> object:
    """What the component under ``key`` last sent as ``shapes`` or ``spot``: any JSON value, or None."""
    state = session.get_state(key)
    return state.get(name) if isinstance(state, Mapping) else None


def inline(picture: NDArray[np.uint8]) -> str:
    """An image, RGB uint8 ``(H, W, 3)``, as a data URL."""
    return f"data:image/jpeg;base64,{base64.b64encode(encode_jpeg(picture)).decode()}"


def _payload(board: Board) -> Mapping[str, object]:
    return {
        "src": inline(board.picture),
        "content": board.content,
        "side": len(board.picture),
        "shapes": board.shapes if isinstance(board.shapes, list) else [],
        "answers": _answers(board.now) if board.now else [],
        "alt": board.alt,
        "heard": board.heard,
        "tools": list(TOOLS if board.parts else TOOLS[:2]),
        "most": MOST_SHAPES,
        "points": MOST_POINTS,
        "words": {name: t(f"cover_canvas.{name}", **_blanks(name)) for name in _WORDS},
    }


def _answers(now: Prediction) -> list[Mapping[str, object]]:
    """The probability bars under the face, for screens too narrow to show them beside it."""
    return [
        {
            "name": class_title(name),
            "colour": class_colour(name),
            "part": now.of(name),
            "written": format_number(now.of(name), ".0%"),
            "said": name == now.label,
        }
        for name in now.classes
    ]


def _blanks(name: str) -> Mapping[str, str]:
    """Placeholders that the component itself fills."""
    return {"x": "{x}", "y": "{y}"} if name == "at" else {}


def _nothing() -> None:
    """The page reads the shapes itself; the callback only makes them part of the state."""
