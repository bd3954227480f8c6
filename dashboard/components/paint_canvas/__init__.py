"""Component: a canvas for painting over a face; what is sent to it and what it returns.

Its frontend is the three files beside this one. It makes no network requests; it returns a short list of
shapes in crop pixels, never an image.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard import session
from dashboard.components import answer_bars, component
from dashboard.components.answer_bars import Answer
from dashboard.components.paint_canvas.shapes import MOST_POINTS, MOST_SHAPES
from dashboard.i18n import t
from xai.photo.images import encode_jpeg

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
        covered: whether anything is covered.
        answers: of each model.
        note: how much is covered.
        alt: text alternative of the image.
        parts: whether the parts of the face are known, so that they can be clicked.
    """

    picture: NDArray[np.uint8]
    content: str
    shapes: object
    covered: bool
    answers: Sequence[Answer]
    note: str
    alt: str
    parts: bool


_mount = component("paint_canvas", answer_bars.PART)


def paint(board: Board, key: str, pointed: Callable[[], None], cleared: Callable[[], None]) -> None:
    """Draw the component. ``sent_by`` reads what it sends, even before it is drawn.

    Args:
        board: what is painted on.
        key: of the component, unique per face.
        pointed: called when a part of the face was clicked.
        cleared: called when everything is to be uncovered.
    """
    _mount(
        key=key,
        data=_payload(board),
        on_shapes_change=_nothing,
        on_spot_change=pointed,
        on_cleared_change=cleared,
    )


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
        "covered": board.covered,
        "answers": [answer.payload() for answer in board.answers],
        "note": board.note,
        "mark": t("cover.mark") if board.covered else "",
        "alt": board.alt,
        "heard": " ".join(f"{answer.model}: {answer.sentence}" for answer in board.answers),
        "tools": list(TOOLS if board.parts else TOOLS[:2]),
        "most": MOST_SHAPES,
        "points": MOST_POINTS,
        "words": {name: t(f"cover_canvas.{name}", **_blanks(name)) for name in _WORDS},
    }


def _blanks(name: str) -> Mapping[str, str]:
    """Placeholders that the component itself fills."""
    return {"x": "{x}", "y": "{y}"} if name == "at" else {}


def _nothing() -> None:
    """The page reads the shapes itself; the callback only makes them part of the state."""
