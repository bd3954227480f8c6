"""Component: a confusion matrix whose cells can be selected.

Its frontend is the three files beside this one. It makes no network requests; it returns the true class and
the predicted class of the selected cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dashboard import session
from dashboard.charts.palette import cell_colour
from dashboard.components import component
from dashboard.i18n import class_title, format_number, t

__all__ = ["Counted", "payload", "table"]


_mount = component("confusion_matrix")


class Counted(Protocol):
    """What a matrix is drawn of; an evaluation is one."""

    @property
    def confusion(self) -> Mapping[str, Mapping[str, int]]:
        """True class -> answer -> number of faces."""


def table(score: Counted, classes: Sequence[str], key: str, *, can_open: bool) -> tuple[str, str] | None:
    """Draw the confusion matrix of one evaluation.

    Args:
        score: the counts.
        classes: classes of the model, in order.
        key: of the component, unique per table.
        can_open: whether a cell can be selected; the cells are plain text otherwise.

    Returns:
        True and predicted class of the selected cell; None where none is.
    """
    state = session.get_state(key)
    sent = state.get("cell") if isinstance(state, Mapping) else None
    there = {(truth, answer) for truth in score.confusion for answer in classes}
    chosen = next((cell for cell in there if list(cell) == sent), None)
    data = {**payload(score, classes), "can_open": can_open, "chosen": chosen}
    _mount(key=key, data=data, on_cell_change=_nothing)
    return chosen


def payload(score: Counted, classes: Sequence[str]) -> Mapping[str, object]:
    """What the component receives; arguments as of ``table``. A true class without a face has no row."""
    rows = [truth for truth, answers in score.confusion.items() if sum(answers.values())]
    return {
        "caption": t("confusion.alt"),
        "answer": t("confusion.answer"),
        "truth": t("confusion.truth"),
        "columns": [class_title(name) for name in classes],
        "rows": [
            {"title": class_title(truth), "cells": [_cell(score, truth, answer) for answer in classes]}
            for truth in rows
        ],
    }


def _cell(score: Counted, truth: str, answer: str) -> Mapping[str, object]:
    faces = score.confusion[truth].get(answer, 0)
    share = faces / sum(score.confusion[truth].values())
    ground, ink = cell_colour(share)
    names = {"truth": class_title(truth), "answer": class_title(answer)}
    return {
        "cell": [truth, answer],
        "share": format_number(share, ".0%"),
        "faces": format_number(faces, ","),
        "said": t("confusion.alt_cell", **names, share=share, count=faces),
        "ground": ground,
        "ink": ink,
    }


def _nothing() -> None:
    """The page reads the cell itself; the callback only makes the value part of the state."""
