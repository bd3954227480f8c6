"""Bars of several models' answers, beside a face: a part that components share, and what is sent to it.

Its script and style stand before those of the components that name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.charts.palette import class_colour
from dashboard.i18n import class_title, format_number
from xai.types import Prediction

__all__ = ["PART", "Answer", "bars"]

PART = "answer_bars"
"""Name of the part, for ``components.component``."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A model's answer to an edited face.

    Attributes:
        model: its display name.
        sentence: what the edit did to its answer.
        flips: whether it changed the answer.
        before: its answer to the face as it is; None where it could not be run.
        now: its answer to the edited face; None where it could not be run.
    """

    model: str
    sentence: str
    flips: bool = False
    before: Prediction | None = None
    now: Prediction | None = None

    def payload(self) -> Mapping[str, object]:
        """What the component draws."""
        drawn = bars(self.now, self.before) if self.now and self.before else []
        return {"model": self.model, "sentence": self.sentence, "flips": self.flips, "bars": drawn}


def bars(now: Prediction, before: Prediction) -> list[Mapping[str, object]]:
    """One bar per class, in the model's order; a mark stands where the bar ended before."""
    return [
        {
            "name": class_title(name),
            "colour": class_colour(name),
            "part": now.of(name),
            "before": before.of(name),
            "written": format_number(now.of(name), ".0%"),
            "said": name == now.label,
        }
        for name in now.classes
    ]
