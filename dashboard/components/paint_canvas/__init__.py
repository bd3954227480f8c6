"""The face that is painted on, as a component of the page: what is sent to it and what comes back.

The component is three files beside this one. It asks nothing of the network; what comes back is a short list
of shapes in crop pixels and no picture.
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
"""What can be done on the face: paint, drag a rectangle, point at a part of the face."""

_WORDS = ("brush", "bar", "part", "tools", "size", "undo", "clear", "canvas", "hint", "at", "corner")


@dataclass(frozen=True, eq=False)
class Board:
    """What is painted on.

    Attributes:
        picture: RGB uint8 ``(S, S, 3)``, the crop with what is covered now.
        content: what a new cover will show at each place, as ``inline`` makes it.
        shapes: as the browser sent them, for a component that starts anew.
        now: what the model says of the picture; None where it could not be asked.
        alt: the picture, for those who do not see it.
        heard: what is said to those who listen when something has changed.
        parts: whether the parts of the face are known, so that one can be pointed at.
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
    """Draw the component. What it sends is read with ``sent_by``, also before it is drawn.

    Args:
        board: what is painted on.
        key: of the component; another face gets another one.
        pointed: called when a part of the face was pointed at.
    """
    _mount(key=key, data=_payload(board), on_shapes_change=_nothing, on_spot_change=pointed)


def sent_by(key: str, name: str) -> object:
    """What the component under ``key`` last sent as ``shapes`` or ``spot``: any JSON value, or None."""
    state = session.get_state(key)
    return state.get(name) if isinstance(state, Mapping) else None


def inline(picture: NDArray[np.uint8]) -> str:
    """A picture, RGB uint8 ``(H, W, 3)``, as an address that holds it."""
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
    """The bars that stand right under the face where there is no room beside it."""
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
    """Blanks that the component itself fills."""
    return {"x": "{x}", "y": "{y}"} if name == "at" else {}


def _nothing() -> None:
    """The page reads the shapes itself; a name makes them part of the state."""
