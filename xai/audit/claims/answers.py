"""The table of an audit as columns in one fixed order, and whether an answer is right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xai.classes import class_info
from xai.errors import DataRejected
from xai.types import CLASSES

__all__ = ["UNMOVED", "column", "ordered", "right_answer"]

UNMOVED = ("nothing_moves", "not_among_changes")
"""Reasons for which it cannot be told where an answer looks: no edit moves it, or only a whole other photo.

In a comparison of small faces with larger ones such an answer counts as not *supported*: a model that reads
something else on small faces alone may give many of them.
"""

_KEY = ("photo_sha256", "photo", "face", "model")
_OPTIONAL = ("label", "reason", "yaw", "mask_colour", "aligned_map")


def ordered(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The columns of these names and of the key, rows in the order of the key, whatever theirs is.

    The key is the photo's digest and name, the face and the model.

    Raises:
        DataRejected: the table lacks a column, repeats a row, has a label that is none of ``CLASSES``, or has
            no value where every row needs one.
    """
    wanted = list(dict.fromkeys((*_KEY, "label", *names)))
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise DataRejected(f"The rows should have a column {missing[0]!r}; they have {table.column_names}.")
    rows = table.select(wanted).sort_by([(name, "ascending") for name in _KEY]).combine_chunks()
    for name in wanted:
        if name not in _OPTIONAL and rows.column(name).null_count:
            raise DataRejected(f"Every row should have a value in the column {name!r}; one is empty.")
    keys = list(zip(*(column(rows, name) for name in _KEY), strict=True))
    twice = next((second for first, second in pairwise(keys) if first == second), None)
    if twice is not None:
        raise DataRejected(f"Each face should have one row for each model; face {twice} has two.")
    labels = set(rows.column("label").to_pylist()) - {None, *CLASSES}
    if labels:
        raise DataRejected(
            f"A label should be one of {', '.join(CLASSES)}, or empty; one is {min(labels)!r}."
        )
    return rows


def column(table: pa.Table, name: str) -> NDArray[np.object_]:
    """The values of a column, object ``(N,)``; None where there is none."""
    return np.array([*table.column(name).to_pylist(), None], object)[:-1]


def right_answer(label: str | None, said: str, observed: Sequence[str]) -> bool | str:
    """Whether an answer is right, or why that is not known, as a code.

    The table does not say where a two-class model puts a mask worn incorrectly.

    Args:
        label: one of ``CLASSES``, or None.
        said: the answer, as the model spells it.
        observed: all answers of the model in the set.
    """
    meant = class_info(said)
    if label is None:
        return "no_label"
    if not meant.wearings:
        return "unknown_class"
    three = meant.name in CLASSES or any("incorrect" in class_info(name).wearings for name in observed)
    return label in meant.wearings if three or label != "incorrect" else "incorrect_not_stated"
