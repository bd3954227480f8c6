"""Frozen values as one file and back, without pickle: their tree as JSON, their arrays as NPZ.

Only the classes listed here are ever made; a file can hold nothing that runs.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.jobs import Explained, Seen
from xai import evidence_types, types
from xai.atomic_write import write_whole
from xai.errors import DataRejected

__all__ = ["read_value", "write_value"]

_CLASSES = {
    kind.__name__: kind
    for kind in (
        Explained,
        Seen,
        evidence_types.EditAnswer,
        evidence_types.EditedFace,
        evidence_types.Evidence,
        evidence_types.FamilyEvidence,
        evidence_types.Reason,
        evidence_types.Tally,
        types.Box,
        types.Computed,
        types.Explanation,
        types.Face,
        types.Heatmap,
        types.Prediction,
        types.Provenance,
        types.RegionShares,
        types.SaidReason,
    )
}
_TREE, _ABOUT = "tree", "about"

Tree = Any
"""What JSON can hold."""


def write_value(path: Path, about: str, value: object) -> None:
    """Write a value with what it is about, whole or not at all.

    Args:
        path: of the file; its folder exists.
        about: any text; ``read_value`` asks for the same one.
        value: of the classes that travel between the processes, tuples, mappings by text, numbers, texts.

    Raises:
        TypeError: it holds something else.
        XaiError: the file cannot be written.
    """
    arrays: list[NDArray[Any]] = []
    tree = json.dumps(_flattened(value, arrays))
    packed = io.BytesIO()
    named = {str(number): array for number, array in enumerate(arrays)}
    np.savez_compressed(packed, **{_ABOUT: np.array(about), _TREE: np.array(tree)}, **named)  # type: ignore[arg-type]
    write_whole(path, lambda unfinished: unfinished.write_bytes(packed.getvalue()))


def read_value(path: Path, about: str) -> object:
    """The value in a file that ``write_value`` made; its arrays cannot be written to.

    Raises:
        FileNotFoundError: there is no such file.
        DataRejected: it is damaged, or about something else.
    """
    data = path.read_bytes()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            if str(held[_ABOUT]) != about:
                raise DataRejected(
                    f"{path} should be about {about!r} and is about something else; delete it."
                )
            return _made(json.loads(str(held[_TREE])), held)
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as damage:
        raise DataRejected(f"{path} should hold a value and is damaged ({damage}); delete it.") from damage


def _flattened(value: object, arrays: list[NDArray[Any]]) -> Tree:
    """The value as JSON can hold it; its arrays are put aside in ``arrays``."""
    if isinstance(value, np.generic):
        value = value.item()
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.ndarray():
            arrays.append(value)
            return {"array": str(len(arrays) - 1)}
        case types.Faces():
            return {"faces": [_flattened(each, arrays) for each in value], "notices": list(value.notices)}
        case tuple():
            return [_flattened(each, arrays) for each in value]
        case Mapping():
            return {"mapping": {str(name): _flattened(each, arrays) for name, each in value.items()}}
    name = type(value).__name__
    if is_dataclass(value) and _CLASSES.get(name) is type(value):
        held = {field.name: _flattened(getattr(value, field.name), arrays) for field in fields(value)}
        return {"class": name, "fields": held}
    raise TypeError(
        f"a value of the class {name} cannot be written; list the class in dashboard.prefetch.serialization"
    )


def _made(tree: Tree, arrays: Mapping[str, NDArray[Any]]) -> Any:
    match tree:
        case list():
            return tuple(_made(each, arrays) for each in tree)
        case {"array": str(name)}:
            array = arrays[name]
            array.flags.writeable = False
            return array
        case {"faces": list(held), "notices": list(notices)}:
            return types.Faces((_made(each, arrays) for each in held), notices)
        case {"mapping": dict(held)}:
            return {name: _made(each, arrays) for name, each in held.items()}
        case {"class": str(name), "fields": dict(held)}:
            return _CLASSES[name](**{field: _made(each, arrays) for field, each in held.items()})
        case None | bool() | int() | float() | str():
            return tree
    raise ValueError("it holds what no value is made of")
