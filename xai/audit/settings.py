"""What an audit was asked: kept in its folder, so that a killed run goes on only with the same settings."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch

from xai.atomic_write import write_atomically
from xai.attribution.methods import DEFAULT_METHODS
from xai.audit.claims.definitions import DEFAULT_CLAIMS, Claim, digest
from xai.audit.sources.files import SourceFile
from xai.errors import XaiError
from xai.export import check_free
from xai.models.cards import Card
from xai.models.classifiers import Classifier, machine_of

__all__ = [
    "SETTINGS_FILE",
    "Options",
    "alone",
    "card_digest",
    "check_settings",
    "code_digest",
    "package_versions",
    "set_digest",
    "settings_of",
    "threads_of",
]

SETTINGS_FILE = "settings.json"
"""Name of the file in the audit's folder."""

_LIBRARY = Path(__file__).resolve().parents[1]
_PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "scipy",
    "pyarrow",
    "openvino",
)
_SAID = {
    "models": "other models",
    "set": "another set of files or labels",
    "claims": "other claims",
    "donors": "other donors",
    "methods": "other methods",
    "device": "another device, kind of machine or number of threads",
    "code": "another version of this program",
    "packages": "other versions of packages",
}


@dataclass(frozen=True)
class Options:
    """What an audit is asked for before anything is read.

    Attributes:
        claims: they change no row, but an audit that was begun with other claims does not go on with these.
        donors: whose faces lend parts to the edits: those of the set, or the gallery's portraits.
    """

    claims: Sequence[Claim] = DEFAULT_CLAIMS
    donors: Literal["set", "gallery"] = "set"


def settings_of(
    classifiers: Sequence[Classifier], files: Sequence[SourceFile], options: Options
) -> dict[str, Any]:
    """Everything that the rows depend on and the claims that were made before them, ready for JSON.

    The set is told by the names, sizes and labels of its files: their bytes are read once, while they are
    audited.
    """
    return {
        "models": {c.name: card_digest(c.card) for c in classifiers},
        "set": {"files": len(files), "sha256": set_digest(files)},
        "claims": digest(tuple(options.claims)),
        "donors": options.donors,
        "methods": list(DEFAULT_METHODS),
        "device": sorted({machine_of(c.device) for c in classifiers}),
        "threads": torch.get_num_threads(),
        "code": code_digest(),
        "packages": package_versions(),
    }


@contextmanager
def threads_of(out: Path) -> Iterator[None]:
    """Let torch use as many threads as the audit in ``out`` was begun with, or one for a new audit.

    Sums over several threads are rounded otherwise, and processes of one thread each use cores better. A file
    of settings that cannot be read is left to ``check_settings``.
    """
    path, before = out / SETTINGS_FILE, torch.get_num_threads()
    try:
        begun = int(json.loads(path.read_text(encoding="utf-8"))["threads"]) if path.exists() else 1
    except (OSError, ValueError, KeyError, TypeError):
        begun = before
    torch.set_num_threads(max(1, begun))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def set_digest(files: Sequence[SourceFile]) -> str:
    """Hex digest of a set: of the names, sizes, labels and groups of its files."""
    listed = [
        (
            f.name,
            f.size,
            f.refusal,
            f.table,
            f.group,
            [(a.label, a.box and list(a.box)) for a in f.annotations],
        )
        for f in files
    ]
    return _digest(json.dumps(listed))


def card_digest(card: Card) -> str:
    """Hex digest of a model's card, which names that of its weights."""
    return _digest(json.dumps(card.as_dict(), default=str))


def check_settings(out: Path, settings: dict[str, Any]) -> None:
    """Make the folder of a new audit, or accept one whose settings are the same.

    The day on which it was begun, UTC, is noted beside them as ``begun``: no row depends on it. The
    environment variable ``SOURCE_DATE_EPOCH``, seconds, sets another (reproducible-builds.org).

    Raises:
        XaiError: the folder holds something else, or an audit with other settings; or it cannot be written.
    """
    path = out / SETTINGS_FILE
    if not path.exists():
        check_free(out)
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise XaiError(f"The folder {out} cannot be made: {error.strerror}.") from error
        text = json.dumps({**settings, "begun": _today()}, indent=1, sort_keys=True)
        write_atomically(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))
        return
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))
        other = [said for key, said in _SAID.items() if begun[key] != settings[key]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XaiError(f"{path} cannot be read; audit into a new folder.") from error
    if other:
        raise XaiError(
            f"The folder {out} holds an audit with {' and '.join(other)}; audit into a new folder, or call "
            "again as that one was called."
        )


def _today() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    return now.date().isoformat()


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Keep other runs out of an audit's folder until this one ends, however it ends.

    Raises:
        XaiError: another run writes to the folder.
    """
    with (out / SETTINGS_FILE).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise XaiError(
                f"Another run writes to {out}; wait for its end, or name another folder."
            ) from error
        yield


def package_versions() -> dict[str, str]:
    """Versions of the packages that the rows depend on."""
    return {name: metadata.version(name) for name in _PACKAGES if _is_installed(name)}


def code_digest() -> str:
    """Digest of the library's Python files and of the files they load."""
    digest = hashlib.sha256()
    for path in sorted(p for p in _LIBRARY.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        digest.update(f"{path.relative_to(_LIBRARY).as_posix()} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_installed(package: str) -> bool:
    return package != "openvino" or find_spec("openvino") is not None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
