"""Examines the photos of one part of a set: rows for its faces, and what became of each file.

A part depends on no other part, so any process may examine it. What only the whole set can tell, that a photo
repeats an earlier one, is settled afterwards, in the order of the set.

A photo on which the program fails is refused with the error's name, and a face that cannot be explained is
counted, while the faces beside it have rows. What is no fault of the photo ends the audit: memory that runs
out, a device or a disk that fails, a missing file, and an error that every photo of a part meets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from xai.audit.ledger import OTHER_LABELS, Kind, Outcome
from xai.audit.rows import rows_of
from xai.audit.sources.files import SourceFile
from xai.audit.sources.labels import labels_of_faces
from xai.errors import (
    Cancelled,
    DataRejected,
    ImageRejected,
    MemoryRanOut,
    ThirdPartyMissing,
    WeightsUnavailable,
    XaiError,
)
from xai.evidence.interventions.donors import Donor
from xai.evidence.interventions.face_edits import FaceEdits, edits_with
from xai.models.classifiers import Classifier
from xai.models.inference.batch_job import memory_ran_out
from xai.photo.image_headers import MAX_BYTES
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright
from xai.pipeline import Pair, explain_all
from xai.types import Explanation, Faces, Image, Progress

__all__ = [
    "SYSTEMATIC",
    "Donors",
    "Examine",
    "Part",
    "Photo",
    "end_unless_of_photo",
    "examine_part",
    "examine_photo",
    "settle",
]

SYSTEMATIC = 4
"""From so many photos on, a part on all of whose photos the program failed says nothing about the photos."""

_NOT_THE_PHOTO = (Cancelled, DataRejected, MemoryRanOut, ThirdPartyMissing, WeightsUnavailable)

_LONGEST = 200  # characters of another package's message


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo, examined.

    Attributes:
        image: the photo as its faces were detected in it.
        faces: left to right.
        explanations: of each face, one per classifier in their order; none where it cannot be explained.
        failures: number of such a face, from 0 -> why, one sentence.
    """

    image: Image
    faces: Faces
    explanations: Sequence[Sequence[Explanation]]
    failures: Mapping[int, str] = field(default_factory=dict)


Donors = Sequence[Donor] | None
"""Faces that lend parts to others; the gallery's where None."""

Examine = Callable[[bytes, Sequence[Classifier], str, Donors], Photo]
"""Bytes of a photo, classifiers, group of the photo, donors -> the photo, examined; ``XaiError`` where it is
refused.
"""


@dataclass(frozen=True, eq=False)
class Part:
    """What was found in some consecutive files of a set.

    Attributes:
        rows: one for each face and model, as ``rows_of`` makes them.
        outcomes: of each file, in order.
    """

    rows: Sequence[dict[str, Any]]
    outcomes: Sequence[Outcome]


def examine_photo(
    data: bytes,
    classifiers: Sequence[Classifier],
    group: str = "",
    donors: Donors = None,
    progress: Progress | None = None,
) -> Photo:
    """Read a photo, find its faces and test each classifier's prediction for each.

    A face that one of the classifiers cannot be tested on has no explanation at all, so that all classifiers
    are compared on the same faces.

    Args:
        data: bytes of the photo.
        classifiers: whose predictions are tested.
        group: of photos that belong together; empty where it stands alone. Its faces lend each other nothing.
        donors: that lend parts to its faces; the gallery's where None.
        progress: called with (0, 0) once the photo is decoded, and before each face with (faces done, faces);
            raising in it stops the work.

    Raises:
        ImageRejected: it is not accepted.
        MemoryRanOut: there is not enough memory for one face.
        ThirdPartyMissing: a network's file, or a portrait that lends parts, is not installed.
    """
    progress = progress or (lambda _done, _total: None)
    image = read_image(data)
    progress(0, 0)
    image, faces = find_faces_upright(image)
    failures: dict[int, str] = {}
    explained: list[Sequence[Explanation]] = []
    for number, face in enumerate(faces):
        progress(number, len(faces))
        edits = edits_with(face, donors, group or image.sha256)
        explained.append(_explained(number, edits, classifiers, failures))
    return Photo(image, faces, explained, failures)


def _explained(
    number: int, edits: FaceEdits, classifiers: Sequence[Classifier], failures: dict[int, str]
) -> Sequence[Explanation]:
    """Face by face, so that a photo of twenty takes no more memory than a portrait."""
    try:
        return explain_all([Pair(edits, classifier) for classifier in classifiers])
    except Exception as error:
        end_unless_of_photo(error)
        failures[number] = f"Face {number + 1} cannot be explained: {_message(error)}"
        return ()


def examine_part(
    files: Sequence[SourceFile],
    classifiers: Sequence[Classifier],
    examine: Examine = examine_photo,
    donors: Donors = None,
    skip: Container[str] = (),
) -> Part:
    """Examine files one after the other; one photo at a time is in memory.

    Args:
        files: of the part.
        classifiers: whose predictions are tested.
        examine: how a photo is examined.
        donors: that lend parts to the faces; the gallery's where None.
        skip: hex digests of photos that were examined before: only noted as duplicates.

    Raises:
        DataRejected: a zip changed while it was audited.
        MemoryRanOut: there is not enough memory for one photo.
        ThirdPartyMissing: a network's file, or a portrait that lends parts, is not installed.
        XaiError: the device or the disk fails, or the program fails on every photo, at least ``SYSTEMATIC``.
    """
    found = [
        _examined(file, lambda data, group: examine(data, classifiers, group, donors), skip) for file in files
    ]
    tried = [each for each in found if each.failure is not None]
    if len(tried) >= SYSTEMATIC and all(each.failure for each in tried):
        raise XaiError(
            f"The program failed on all {len(tried)} photos from {tried[0].outcome.name} on, so the fault is "
            f"not theirs: {tried[0].failure} Mend it and call again; nothing is lost."
        )
    return Part([row for each in found for row in each.rows], [each.outcome for each in found])


def settle(files: Sequence[SourceFile], part: Part, known: dict[str, SourceFile]) -> Part:
    """The part without photos that repeat an earlier one.

    Args:
        files: of the part, in order.
        part: what was found in them.
        known: hex digest of each photo before it -> the first file that holds it; those of this part are
            added.
    """
    outcomes: list[Outcome] = []
    for file, outcome in zip(files, part.outcomes, strict=True):
        first = known.get(outcome.sha256)
        if first is not None:
            told = _repeats(file, first)
            outcomes.append(Outcome(file.name, "duplicate", outcome.sha256, sentence=told))
            continue
        outcomes.append(outcome)
        if outcome.outcome in ("read", "no_face"):
            known[outcome.sha256] = file
    kept = {outcome.name for outcome in outcomes if outcome.outcome == "read"}
    return replace(part, rows=[row for row in part.rows if row["photo"] in kept], outcomes=outcomes)


@dataclass(frozen=True, eq=False)
class _Examined:
    """One file: its outcome and rows, and how the program failed on it: empty where it did not, None where it
    had nothing to examine.
    """

    outcome: Outcome
    rows: Sequence[dict[str, Any]] = ()
    failure: str | None = None


def _examined(file: SourceFile, examine: Callable[[bytes, str], Photo], skip: Container[str]) -> _Examined:
    if file.table:
        return _Examined(Outcome(file.name, "labels"))
    if file.refusal:
        return _Examined(Outcome(file.name, "refused", sentence=file.refusal))
    sha256 = ""
    try:
        data = file.read()
        sha256 = hashlib.sha256(data).hexdigest() if len(data) <= MAX_BYTES else ""
        if sha256 in skip:
            return _Examined(Outcome(file.name, "duplicate", sha256))
        _refuse_zip(data)
        photo = examine(data, file.group)
    except _NOT_THE_PHOTO:
        raise
    except XaiError as error:
        return _Examined(Outcome(file.name, "refused", sha256, sentence=str(error)))
    except Exception as error:
        end_unless_of_photo(error)
        told = f"The program failed on the file: {_message(error)}"
        return _Examined(Outcome(file.name, "refused", sha256, sentence=told), failure=_message(error))
    return _of_photo(file, sha256, photo)


def _of_photo(file: SourceFile, sha256: str, photo: Photo) -> _Examined:
    """A photo of whose faces none can be explained is refused; one without a face is not."""
    size, lost = (photo.image.width, photo.image.height), len(photo.failures)
    labels, unmatched = labels_of_faces(file.annotations, photo.faces, size, photo.image.turn)
    rows = rows_of(file.name, file.group, photo.image, labels, photo.explanations)
    said = " ".join((*photo.image.notices, *photo.faces.notices, *photo.failures.values()))
    explained = len(photo.faces) - lost
    kind: Kind = "read" if explained else "refused" if lost else "no_face"
    outcome = Outcome(file.name, kind, sha256, explained, unmatched, lost, said)
    return _Examined(outcome, rows, "" if explained or not lost else next(iter(photo.failures.values())))


def end_unless_of_photo(error: Exception) -> None:
    """Raise what ends the audit: what is no fault of the photo, told in a sentence."""
    if isinstance(error, _NOT_THE_PHOTO):
        raise error
    if memory_ran_out(error):
        raise MemoryRanOut(
            f"There is not enough memory for one photo: {_message(error)} Close other programs and call "
            "again; nothing is lost."
        ) from error
    device = isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error)
    disk = isinstance(error, OSError) and error.errno is not None
    if device or disk or isinstance(error, ImportError):
        raise XaiError(
            f"The audit cannot go on: {_message(error)} Mend it and call again; nothing is lost."
        ) from error


def _message(error: Exception) -> str:
    """One sentence in one line; an error of this library is one already."""
    if isinstance(error, XaiError):
        return str(error)
    text = " ".join(str(error).split())
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"{said[:_LONGEST].rstrip('.')}."


def _repeats(file: SourceFile, first: SourceFile) -> str:
    """A copy without a label contradicts nothing."""
    labelled = file.annotations and first.annotations
    other = OTHER_LABELS if labelled and file.annotations != first.annotations else ""
    return f"It has the same bytes as {first.name}{other}."


def _refuse_zip(data: bytes) -> None:
    if data.startswith(b"PK\x03\x04"):
        raise ImageRejected("It is a zip inside the set; unpack it, or name it itself.")
