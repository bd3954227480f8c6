"""Component: a box on a photo that the visitor moves and resizes.

Its frontend is the three files beside this one. It makes no network requests; it returns four numbers in
photo pixels, or that the box is left as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard import session
from dashboard.components import component
from dashboard.i18n import t
from xai.types import MIN_FACE, Box

__all__ = ["Frame", "draw", "parse_box", "sent_by"]


@dataclass(frozen=True)
class Frame:
    """A photo with the box to edit.

    Attributes:
        src: URL of the image; it may be smaller than the photo.
        alt: text alternative of the image.
        width: of the photo, pixels.
        height: of the photo, pixels.
        box: initial position, in photo pixels.
        id: identifies the box: drawn again under the same id, it stays as the visitor left it.
    """

    src: str
    alt: str
    width: int
    height: int
    box: Box
    id: str


_mount = component("box_editor")

_WORDS = ("hint", "sides", "left", "top", "width", "height", "use", "leave")


def draw(frame: Frame, key: str, used: Callable[[], None], left: Callable[[], None]) -> None:
    """Draw the component.

    Args:
        frame: what is shown.
        key: of the component.
        used: called when the visitor confirms the box; ``sent_by`` then returns it.
        left: called when the visitor leaves it as it was.
    """
    _mount(key=key, data=_payload(frame), on_box_change=used, on_leave_change=left)


def sent_by(key: str) -> object:
    """The box that the component under ``key`` has just sent: any JSON value, or None."""
    state = session.get_state(key)
    return state.get("box") if isinstance(state, Mapping) else None


def parse_box(sent: object, width: int, height: int) -> Box:
    """The box in what a browser sent.

    Args:
        sent: ``[left, top, width, height]``, whole photo pixels.
        width: of the photo.
        height: of the photo.

    Raises:
        ValueError: anything else, a side under ``MIN_FACE``, or a box that is not entirely within the photo.
    """
    match sent:
        case [int(left), int(top), int(across), int(down)] if not any(isinstance(n, bool) for n in sent):
            on_it = 0 <= left <= width - across and 0 <= top <= height - down
            if on_it and min(across, down) >= MIN_FACE:
                return Box(left, top, left + across, top + down)
    raise ValueError(
        f"a box must be [left, top, width, height] in whole pixels on the photo of {width}x{height}, "
        f"each side at least {MIN_FACE}"
    )


def _payload(frame: Frame) -> Mapping[str, object]:
    box = frame.box
    left, top = max(0, box.left), max(0, box.top)
    return {
        "src": frame.src,
        "alt": frame.alt,
        "width": frame.width,
        "height": frame.height,
        "least": MIN_FACE,
        "box": [left, top, min(box.right, frame.width) - left, min(box.bottom, frame.height) - top],
        "id": frame.id,
        "words": {name: t(f"box_canvas.{name}") for name in _WORDS},
    }
