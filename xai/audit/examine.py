"""Examines the photos of one part of a set: rows for its faces, and what became of each file.

A part depends on no other part, so any process may examine it. What only the whole set can tell, that a photo
repeats an earlier one, is settled afterwards, in the order of the set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xai.audit.ledger import Kind, Outcome
from xai.audit.rows import rows_of
from xai.audit.sources.files import SourceFile
from xai.audit.sources.labels import labels_of_faces
from xai.errors import Cancelled, DataRejected, ImageRejected, ThirdPartyMissing, WeightsUnavailable, XaiError
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.classifiers import Classifier
from xai.photo.image_headers import MAX_BYTES
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright
from xai.pipeline import Pair, explain_all
from xai.types import Explanation, Face, Faces, Image

__all__ = ["Examine", "Part", "Photo", "examine_part", "examine_photo", "settle"]


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


@dataclass(frozen=True, eq=False)
class Part:
    """What was found in some consecutive files of a set.

    Attributes:
        rows: one for each face and model, as ``rows_of`` makes them.
        outcomes: of each file, in order.
    """

    rows: Sequence[dict[str, Any]]
    outcomes: Sequence[Outcome]


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


def examine_part(
    files: Sequence[SourceFile],
    classifiers: Sequence[Classifier],
    examine: Examine = examine_photo,
    skip: Container[str] = (),
) -> Part:
    """Examine files one after the other; one photo at a time is in memory.

    Args:
        files: of the part.
        classifiers: whose predictions are tested.
        examine: how a photo is examined.
        skip: hex digests of photos that were examined before: only noted as duplicates.

    Raises:
        DataRejected: a zip changed while it was audited.
        ThirdPartyMissing: a network's file, or a portrait that lends parts, is not installed.
    """
    rows: list[dict[str, Any]] = []
    return Part(rows, [_examined(file, classifiers, examine, skip, rows) for file in files])


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


def _examined(
    file: SourceFile,
    classifiers: Sequence[Classifier],
    examine: Examine,
    skip: Container[str],
    rows: list[dict[str, Any]],
) -> Outcome:
    """What became of the file; its rows are appended."""
    if file.table:
        return Outcome(file.name, "labels")
    if file.refusal:
        return Outcome(file.name, "refused", sentence=file.refusal)
    sha256 = ""
    try:
        data = file.read()
        sha256 = hashlib.sha256(data).hexdigest() if len(data) <= MAX_BYTES else ""
        if sha256 in skip:
            return Outcome(file.name, "duplicate", sha256)
        _refuse_zip(data)
        photo = examine(data, classifiers)
    except (Cancelled, DataRejected, ThirdPartyMissing, WeightsUnavailable):  # not the photo's fault
        raise
    except XaiError as error:
        return Outcome(file.name, "refused", sha256, sentence=str(error))
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
