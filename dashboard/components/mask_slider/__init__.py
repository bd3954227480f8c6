"""Component: a face with a mask that is pulled down by a handle; what is sent to it.

Its frontend is the three files beside this one. It makes no network requests and returns nothing; pictures
and answers of all heights are sent at once, so that the handle moves without the server.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.components import answer_bars, component
from dashboard.components.answer_bars import Answer
from dashboard.i18n import format_number, t
from xai.types import Prediction

__all__ = ["Step", "payload", "pull"]


@dataclass(frozen=True, eq=False)
class Step:
    """The mask at one height.

    Attributes:
        height: 1 over the nose, 0 under the chin.
        edge: where the mask's top edge is, as a share of the picture's height from the top.
        picture: the picture as a JPEG file.
        answers: of each model.
        alt: text alternative: the height, and what each model says.
    """

    height: float
    edge: float
    picture: bytes
    answers: Sequence[Prediction]
    alt: str


_mount = component("mask_slider", answer_bars.PART)


def pull(steps: Sequence[Step], answers: Sequence[Answer], start: int, key: str) -> None:
    """Draw the face, its handle, and the models' answers.

    Args:
        steps: from the highest mask to the lowest.
        answers: of each model; ``before`` is the answer that may flip.
        start: index of the step that is shown first.
        key: of the component, unique per face and models.
    """
    _mount(key=key, data=payload(steps, answers, start, key))


def payload(steps: Sequence[Step], answers: Sequence[Answer], start: int, name: str) -> Mapping[str, object]:
    """What the component draws."""
    return {
        "name": name,
        "start": start,
        "label": t("cover_slide.height"),
        "hint": t("cover_slide.hint"),
        "mark": t("cover_slide.mark"),
        "answers": [answer.payload() for answer in answers],
        "steps": [_step(step, answers) for step in steps],
    }


def _step(step: Step, answers: Sequence[Answer]) -> Mapping[str, object]:
    pairs = zip(step.answers, answers, strict=True)
    return {
        "height": step.height,
        "written": format_number(step.height, ".0%"),
        "edge": step.edge,
        "src": f"data:image/jpeg;base64,{base64.b64encode(step.picture).decode()}",
        "alt": step.alt,
        "bars": [answer_bars.bars(now, answer.before or now) for now, answer in pairs],
    }
