"""What a visitor's session holds of an audit: the photos, what has become of them, and the results."""

from __future__ import annotations

import io
import weakref
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

from dashboard import own_photos, session
from dashboard.i18n import t
from dashboard.worker.audit_jobs import Examined, Finished, SetFile
from xai.audit.claims.definitions import Claim

__all__ = [
    "FILES",
    "GIVEN",
    "MEGABYTES",
    "Audit",
    "Face",
    "PhotoSet",
    "audit",
    "counted",
    "has_room",
    "keep",
    "keep_set",
    "photo_set",
]

FILES = 1_000
MEGABYTES = 200
"""Limits of one set, which is held in memory."""

_MEGABYTES_OF_ALL = 1_000
"""Limit of what all visitors' sets hold together."""

Face = tuple[str, int]
"""Name of a file, and number of a face in it from 0."""

_SET, _AUDIT, GIVEN = own_photos.AUDIT_STATES
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """The files to audit.

    Attributes:
        files: in the order of names, with their bytes.
        notices: a sentence for each label that cannot be used.
        name: of the folder or zip; empty where there is none.
    """

    files: tuple[SetFile, ...]
    notices: tuple[str, ...] = ()
    name: str = ""

    @cached_property
    def bare(self) -> tuple[SetFile, ...]:
        """The files without their bytes, as they travel to a job that does not read them."""
        return tuple(replace(file, data=b"") for file in self.files)

    @cached_property
    def named(self) -> Mapping[str, SetFile]:
        """Name -> file."""
        return {file.name: file for file in self.files}

    @cached_property
    def size(self) -> int:
        """Bytes in all."""
        return sum(len(file.data) for file in self.files)


_HELD: weakref.WeakSet[PhotoSet] = weakref.WeakSet()
"""The sets of all visitors."""


@dataclass(eq=False)
class Audit:
    """An audit under way, or done.

    Attributes:
        photos: the set.
        models: names of the models.
        claims: fixed when it was begun.
        folder: files of its folder: name in it -> bytes.
        outcomes: what became of the files of the closed parts.
        waiting: what was found in the files after these.
        running: whether it goes on while the page is open.
        failure: why it stopped, where that was not asked for.
        controls: faces that the control models have answered for, and how many in all.
        finished: the results, once they are there.
        pictures: faces that were cut out, as JPEG files.
        notes: finding -> status and note.
        report: notes and faces that the last report was made with, and its files.
    """

    photos: PhotoSet
    models: tuple[str, ...]
    claims: tuple[Claim, ...]
    folder: dict[str, bytes]
    outcomes: tuple[Mapping[str, object], ...] = ()
    waiting: list[Examined] = field(default_factory=list)
    running: bool = True
    failure: str | None = None
    controls: tuple[int, int] = (0, 0)
    finished: Finished | None = None
    pictures: dict[Face, bytes] = field(default_factory=dict)
    notes: dict[str, dict[str, str]] = field(default_factory=dict)
    report: tuple[str, Mapping[str, bytes]] | None = None

    @property
    def done(self) -> int:
        """How many files have been examined."""
        return len(self.outcomes) + len(self.waiting)

    @property
    def seen(self) -> set[object]:
        """Digests of the photos that were examined."""
        found = [*self.outcomes, *(each.outcome for each in self.waiting)]
        return {each["sha256"] for each in found if each["outcome"] in ("read", "no_face")}

    def resume_file(self) -> bytes:
        """A zip of settings, ledger, and whole parts, the same bytes for the same content."""
        kept = {n: d for n, d in self.folder.items() if n.partition("/")[0] in _RESUMED}
        return zipped(kept)


_RESUMED = ("settings.json", "about.json", "claims.toml", "ledger.jsonl", "parts")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of files by name, the same bytes for the same content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _DATE), files[name], zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def counted(what: str, number: int) -> str:
    """A number of things in words: an entry of ``audit_count``, in the singular for one."""
    return t(f"audit_count.{what}_{'one' if number == 1 else 'many'}", n=number)


def photo_set() -> PhotoSet | None:
    """The set of this visitor."""
    return cast("PhotoSet | None", session.get_state(_SET))


def has_room(size: int) -> bool:
    """Whether the server takes a set of so many bytes beside those of other visitors."""
    own = photo_set()
    held = sum(each.size for each in _HELD if each is not own)
    return held + size <= _MEGABYTES_OF_ALL * 2**20


def keep_set(photos: PhotoSet | None) -> None:
    """Keep a set until the visitor chooses another; with None the last one is forgotten, with its audit."""
    if photos is not None:
        _HELD.add(photos)
    session.set_state(_SET, photos)
    keep(None)


def audit() -> Audit | None:
    """The audit of this visitor."""
    return cast("Audit | None", session.get_state(_AUDIT))


def keep(begun: Audit | None) -> None:
    """Keep an audit; with None the last one is forgotten."""
    session.set_state(_AUDIT, begun)
