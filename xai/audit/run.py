"""Runs models over a set, part by part, and goes on after a kill where the last whole part ended."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai.audit.claims.definitions import DEFAULT_CLAIMS, Claim
from xai.audit.ledger import Kind, Ledger, Outcome
from xai.audit.rows import join_parts, rows_of, write_part
from xai.audit.settings import alone, check_settings, settings_of
from xai.audit.sources.files import SourceFile
from xai.audit.sources.labels import labels_of_faces
from xai.errors import Cancelled, DataRejected, ImageRejected, ThirdPartyMissing, WeightsUnavailable, XaiError
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.classifiers import Classifier
from xai.photo.image_headers import MAX_BYTES
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright
from xai.pipeline import Pair, explain_all
from xai.types import Explanation, Face, Faces, Image, Progress

__all__ = ["FACES_FILE", "PART_FILES", "Examine", "Photo", "examine_photo", "run_audit"]

PART_FILES = 32
"""Files of one part: about what a kill costs."""

FACES_FILE = "faces.parquet"
"""The rows of all parts, in the audit's folder."""


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo, examined.

    Attributes:
        image: the photo as its faces were detected in it.
        faces: left to right.
        explanations: of each face, one per classifier in their order.
    """

    image: Image
    faces: Faces
    explanations: Sequence[Sequence[Explanation]]


Examine = Callable[[bytes, Sequence[Classifier]], Photo]
"""The bytes of a photo and the classifiers -> the photo, examined; ``XaiError`` where it is refused."""


def run_audit(
    files: Sequence[SourceFile],
    classifiers: Sequence[Classifier],
    out: Path,
    progress: Progress | None = None,
    examine: Examine | None = None,
    claims: Sequence[Claim] = DEFAULT_CLAIMS,
) -> Ledger:
    """Audit every file and write ``out/faces.parquet``, with the parts and the ledger beside it.

    Called again after a kill it goes on, and what it writes is the same to the byte. One photo at a time is
    in memory, and the rows of one part.

    Args:
        files: the set.
        classifiers: whose predictions are tested.
        out: a new folder, or that of the same audit.
        progress: called after every part with (files done, files in all); raising in it stops the run.
        examine: how a photo is examined; ``examine_photo`` where None.
        claims: made before anything is read. They change no row, but an audit that was begun with other
            claims does not go on with these.

    Raises:
        XaiError: ``out`` holds something else or an audit with other settings, another run writes to it, or
            it cannot be written.
        DataRejected: a zip changed while it was audited.
        ThirdPartyMissing: a network's file, or a portrait that lends parts, is not installed.
    """
    check_settings(out, settings_of(classifiers, files, claims))
    with alone(out):
        return _run(files, classifiers, out, progress, examine or examine_photo)


def _run(
    files: Sequence[SourceFile],
    classifiers: Sequence[Classifier],
    out: Path,
    progress: Progress | None,
    examine: Examine,
) -> Ledger:
    ledger = Ledger(out)
    named = {file.name: file for file in files}
    known = {o.sha256: named[o.name] for o in ledger.outcomes() if o.outcome in ("read", "no_face")}
    auditor = _Auditor(classifiers, examine, known)
    for start in range(ledger.done * PART_FILES, len(files), PART_FILES):
        _report(progress, start, len(files))
        rows: list[dict[str, Any]] = []
        outcomes = [auditor.audit(file, rows) for file in files[start : start + PART_FILES]]
        write_part(ledger.part(ledger.done), rows)
        ledger.add(outcomes)
    _report(progress, len(files), len(files))
    join_parts(ledger.parts(), out / FACES_FILE)
    return ledger


def examine_photo(data: bytes, classifiers: Sequence[Classifier]) -> Photo:
    """Read a photo, find its faces and test each classifier's prediction for each.

    Raises:
        ImageRejected: it is not accepted.
        XaiError: a face cannot be explained.
    """
    image, faces = find_faces_upright(read_image(data))
    return Photo(image, faces, tuple(_explained(face, classifiers) for face in faces))


def _explained(face: Face, classifiers: Sequence[Classifier]) -> tuple[Explanation, ...]:
    """Face by face, so that a photo of twenty takes no more memory than a portrait."""
    edits = FaceEdits(face)
    try:
        return explain_all([Pair(edits, classifier) for classifier in classifiers])
    except ValueError as error:  # a network that answers with NaN
        raise XaiError(f"A face cannot be explained: {error}.") from error


@dataclass(frozen=True, eq=False)
class _Auditor:
    """Audits file after file; ``known`` are the pictures so far, sha256 -> the first file that held it."""

    classifiers: Sequence[Classifier]
    examine: Examine
    known: dict[str, SourceFile]

    def audit(self, file: SourceFile, rows: list[dict[str, Any]]) -> Outcome:
        """What became of the file; its rows are appended."""
        if file.table:
            return Outcome(file.name, "labels")
        if file.refusal:
            return Outcome(file.name, "refused", sentence=file.refusal)
        sha256 = ""
        try:
            data = file.read()
            sha256 = hashlib.sha256(data).hexdigest() if len(data) <= MAX_BYTES else ""
            if sha256 in self.known:
                return Outcome(file.name, "duplicate", sha256, sentence=_repeats(file, self.known[sha256]))
            _refuse_zip(data)
            photo = self.examine(data, self.classifiers)
        except (Cancelled, DataRejected, ThirdPartyMissing, WeightsUnavailable):  # not the photo's fault
            raise
        except XaiError as error:
            return Outcome(file.name, "refused", sha256, sentence=str(error))
        self.known[sha256] = file
        size = photo.image.width, photo.image.height
        labels, unmatched = labels_of_faces(file.annotations, photo.faces, size, photo.image.turn)
        rows.extend(rows_of(file.name, file.group, photo.image, labels, photo.explanations))
        said = " ".join(_notices(photo))
        kind: Kind = "read" if photo.faces else "no_face"
        return Outcome(file.name, kind, sha256, len(photo.faces), unmatched, said)


def _repeats(file: SourceFile, first: SourceFile) -> str:
    same = file.annotations == first.annotations
    return f"It has the same bytes as {first.name}{'' if same else ', and other labels'}."


def _notices(photo: Photo) -> Iterator[str]:
    yield from photo.image.notices
    yield from photo.faces.notices


def _refuse_zip(data: bytes) -> None:
    if data.startswith(b"PK\x03\x04"):
        raise ImageRejected("It is a zip inside the set; unpack it, or name it itself.")


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
