"""The jobs of an audit, and their results: a photo at a time, so that other visitors' jobs come in between.

The model process keeps nothing between two jobs. The folder of an audit, as the command line writes it,
travels as the bytes of its files by their names in it. Cheap to import: no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xai.audit.claims.definitions import Claim

__all__ = [
    "IN_ZIP",
    "PART_FILES",
    "AskedAgain",
    "AuditJob",
    "BeginAudit",
    "ClosePart",
    "CutFaces",
    "ExamineFile",
    "Examined",
    "FinishAudit",
    "Finished",
    "Folder",
    "ListSet",
    "ListedSet",
    "ResumeAudit",
    "Resumed",
    "SetFile",
    "Upload",
    "WriteReport",
]

IN_ZIP = -1
"""Instead of an index of an upload: the file was in a zip."""

PART_FILES = 32
"""Files of one part, as the command line's."""

Folder = Mapping[str, bytes]
"""Files of an audit's folder: name in it, with ``/``, -> bytes."""


@dataclass(frozen=True)
class Upload:
    """A file as it was uploaded.

    Attributes:
        name: with the folders that it lay in, where those are known.
        size: bytes.
        packed: the bytes of a zip; empty of any other file, which need not travel to be listed.
    """

    name: str
    size: int
    packed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class SetFile:
    """One file of a set.

    Attributes:
        name: unique in the set and safe to show.
        size: bytes.
        upload: index of the upload that it is; ``IN_ZIP`` where it comes out of one.
        label: class that its folder is named after; None where there is none.
        refusal: why it is not read at all; empty where it is.
        sha256: digest of its bytes, where they are known.
        data: its bytes; empty where they need not travel.
    """

    name: str
    size: int
    upload: int
    label: str | None = None
    refusal: str = ""
    sha256: str = ""
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class ListSet:
    """List what was uploaded; the result is ``ListedSet``.

    Attributes:
        uploads: all of them.
        most: bytes that one zip may unpack to.
    """

    uploads: tuple[Upload, ...]
    most: int


@dataclass(frozen=True)
class ListedSet:
    """A set.

    Attributes:
        files: in the order of names; those out of zips with their bytes.
        notices: a sentence for each label that cannot be used.
    """

    files: tuple[SetFile, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class BeginAudit:
    """Fix what an audit is asked; the result is its ``Folder``.

    Attributes:
        files: the set, without bytes.
        models: names of the models.
        claims: made before anything is read.
        about: what the auditor says of it, as of ``about.json``.
    """

    files: tuple[SetFile, ...]
    models: tuple[str, ...]
    claims: tuple[Claim, ...]
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ResumeAudit:
    """Open a resume file; the result is ``Resumed``.

    Attributes:
        files: the set, without bytes and with digests.
        packed: the resume file, a zip.
    """

    files: tuple[SetFile, ...]
    packed: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class Resumed:
    """An audit that goes on.

    Attributes:
        folder: its folder; empty where it is another audit's.
        models: its models.
        claims: its claims.
        outcomes: what became of each file so far, as of ``Examined``.
        other: what is not as it was, as keys of ``settings.json``.
    """

    folder: Folder
    models: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    outcomes: tuple[Mapping[str, Any], ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExamineFile:
    """Examine one file; the result is ``Examined``.

    Attributes:
        file: with its bytes.
        models: names of the models.
        known: whether an earlier file has the same bytes: it is only noted.
    """

    file: SetFile
    models: tuple[str, ...]
    known: bool = False


@dataclass(frozen=True, eq=False)
class Examined:
    """What was found in a file: numbers and names, no pictures.

    Attributes:
        rows: one for each face and model.
        outcome: what became of the file: the fields of an outcome in the ledger.
    """

    rows: Sequence[Mapping[str, Any]]
    outcome: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class ClosePart:
    """Write the next part of an audit; the result is the ``Folder`` of what is new.

    Attributes:
        folder: of the audit.
        files: the set, without bytes.
        examined: of the part's files, in their order.
    """

    folder: Folder = field(repr=False)
    files: tuple[SetFile, ...]
    examined: tuple[Examined, ...]


@dataclass(frozen=True, eq=False)
class FinishAudit:
    """Test the control models, judge the claims, collect the findings.

    The result is ``Finished``, or ``AskedAgain`` while control models have faces left.

    Attributes:
        folder: of the audit, with all parts.
        files: the set; those of the faces whose turn it is with their bytes.
        models: names of the models.
        claims: of the audit.
    """

    folder: Folder = field(repr=False)
    files: tuple[SetFile, ...]
    models: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, eq=False)
class AskedAgain:
    """The control models have answered for some faces; the job is to be submitted again.

    Attributes:
        folder: what is new in the audit's folder.
        photos: names of the files whose bytes are needed next.
        done: faces done.
        total: faces in all.
    """

    folder: Folder = field(repr=False)
    photos: tuple[str, ...]
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Finished:
    """The results of an audit.

    Attributes:
        folder: what is new in the audit's folder.
        summary: as of ``summary.json``.
        findings: as of ``findings.json``.
        keys: the name of each finding, under which a note about it goes into the report.
        wanted: photo and number of each face that the report shows.
        rows: of every face and model, without maps and other long columns.
        outcomes: what became of each file, as of ``Examined``.
    """

    folder: Folder = field(repr=False)
    summary: Mapping[str, Any]
    findings: Mapping[str, Any]
    keys: tuple[str, ...]
    wanted: tuple[tuple[str, int], ...]
    rows: tuple[Mapping[str, Any], ...]
    outcomes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, eq=False)
class CutFaces:
    """Cut faces out of a photo; the result is a JPEG file for each.

    Attributes:
        file: with its bytes.
        turn: quarter turns clockwise by which the photo was turned.
        boxes: left, top, right, bottom in pixels of the turned photo.
    """

    file: SetFile
    turn: int
    boxes: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, eq=False)
class WriteReport:
    """Write the report; the result is the ``Folder`` of what is new.

    Attributes:
        folder: of a finished audit.
        files: the set; those of the faces that the report shows with their bytes.
        notes: name of a finding -> ``{"status": ..., "note": ...}``.
        faces: which faces are shown; None where faces are left out.
    """

    folder: Folder = field(repr=False)
    files: tuple[SetFile, ...]
    notes: Mapping[str, Mapping[str, str]]
    faces: tuple[tuple[str, int], ...] | None


AuditJob = ListSet | BeginAudit | ResumeAudit | ExamineFile | ClosePart | FinishAudit | CutFaces | WriteReport
