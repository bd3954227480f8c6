"""Donors of an audit: faces of the set itself that lend their parts to the edits of the others.

They bring along whatever a class of the set has in common, a wall or a mark, which the gallery's portraits do
not have: a model that goes by it is moved by them. They are chosen before anything is examined, written to
``donors.json``, and read again from the set by whoever examines a part.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xai.atomic_write import write_atomically
from xai.audit.examine import end_unless_of_photo
from xai.audit.sources.files import SourceFile
from xai.audit.sources.labels import labels_of_faces
from xai.errors import DataRejected, ImageRejected
from xai.evidence.interventions.donors import Donor
from xai.evidence.interventions.face_edits import donor_of
from xai.photo.image_headers import MAX_BYTES
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright
from xai.types import CLASSES, Progress

__all__ = ["DONORS_FILE", "LEAST", "PER_CLASS", "choose_donors", "read_donors"]

DONORS_FILE = "donors.json"
"""Name of the file in the audit's folder."""

PER_CLASS = 24
"""Donors of a class, at most."""

LEAST = 6
"""Donors that each of two classes needs; with fewer all come from the gallery."""

_TRIED = 3 * PER_CLASS  # photos that are read for the donors of a class, at most


def choose_donors(
    files: Sequence[SourceFile], out: Path, progress: Progress | None = None
) -> tuple[Donor, ...] | None:
    """The donors of an audit; they are chosen by the first call and written to its folder.

    Of each class faces are taken whose edits are feasible, one a group, from labelled photos in the order of
    the digests of their names, which has nothing to do with their content.

    Args:
        files: of the set.
        out: the audit's folder.
        progress: called before each photo with (donors found, donors wanted); may raise.

    Returns:
        The donors; None where the set has too few and those of the gallery are used.

    Raises:
        DataRejected: a photo of a donor has changed since it was chosen.
        XaiError: the file cannot be written.
    """
    if not (out / DONORS_FILE).exists():
        found = list(_found(files, progress))
        counts = Counter(line["class"] for line, _ in found)
        enough = sum(count >= LEAST for count in counts.values()) >= 2
        lines = [line for line, _ in found] if enough else []
        text = json.dumps({"counts": dict(sorted(counts.items())), "faces": lines}, indent=1)
        write_atomically(out / DONORS_FILE, lambda path: path.write_text(text, encoding="utf-8"))
    return read_donors(files, out)


def read_donors(files: Sequence[SourceFile], out: Path) -> tuple[Donor, ...] | None:
    """The donors that an audit was made with; None where they are the gallery's.

    Raises:
        DataRejected: a photo of a donor has changed or is missing, or ``donors.json`` is damaged.
    """
    path = out / DONORS_FILE
    if not path.exists():
        return None
    named = {file.name: file for file in files}
    try:
        lines = json.loads(path.read_bytes())["faces"]
        donors = [_again(named.get(line["photo"]), line) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise DataRejected(f"{path} cannot be read; audit into a new folder.") from error
    return tuple(donors) or None


def _again(file: SourceFile | None, line: dict[str, Any]) -> Donor:
    data = b"" if file is None else _bytes_of(file)
    if file is not None and hashlib.sha256(data).hexdigest() == line["sha256"]:
        donor = next((donor for each, donor in _of_photo(file, data) if each["face"] == line["face"]), None)
        if donor is not None:
            return donor
    raise DataRejected(
        f"The photo {line['photo']}, whose face lends parts to others, has changed since the audit began; "
        "put the earlier one back, or audit into a new folder."
    )


def _bytes_of(file: SourceFile) -> bytes:
    try:
        return file.read()
    except ImageRejected:
        return b""


def _found(files: Sequence[SourceFile], progress: Progress | None) -> Iterator[tuple[dict[str, Any], Donor]]:
    taken: set[tuple[str, str]] = set()
    counts, read, twins = Counter[str](), set[str](), _Twins(files)
    for label in CLASSES:
        own = [file for file in files if any(each.label == label for each in file.annotations)]
        for file in sorted(own, key=lambda file: hashlib.sha256(file.name.encode()).digest())[:_TRIED]:
            if counts[label] >= PER_CLASS or file.name in read:
                continue
            if progress is not None:
                progress(counts.total(), PER_CLASS * len(CLASSES))
            read.add(file.name)
            if twins.contradict(file):
                continue
            for line, donor in _of_file(file):
                key = (donor.wearing, donor.group)
                if key not in taken and counts[donor.wearing] < PER_CLASS:
                    taken.add(key)
                    counts[donor.wearing] += 1
                    yield line, donor


class _Twins:
    """Files of the same bytes; only those of the same size are read.

    Args:
        files: of the set.
    """

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._by_size: dict[int, list[SourceFile]] = {}
        self._digests: dict[str, str] = {}
        for file in files:
            if file.annotations and not file.refusal:
                self._by_size.setdefault(file.size, []).append(file)

    def contradict(self, file: SourceFile) -> bool:
        """Whether a file of the same bytes has other labels, so that this one's are not known."""
        others = [each for each in self._by_size.get(file.size, ()) if each.annotations != file.annotations]
        return any(self._digest(each) == self._digest(file) for each in others)

    def _digest(self, file: SourceFile) -> str:
        if file.name not in self._digests:
            try:
                self._digests[file.name] = hashlib.sha256(file.read()).hexdigest()
            except Exception as error:  # why it cannot be read is said where it is examined
                end_unless_of_photo(error)
                self._digests[file.name] = file.name
        return self._digests[file.name]


def _of_file(file: SourceFile) -> Iterator[tuple[dict[str, Any], Donor]]:
    """Nothing of a photo that is refused: why, is said where it is examined."""
    if file.refusal or file.table:
        return
    try:
        data = file.read()
        if len(data) <= MAX_BYTES:
            yield from _of_photo(file, data)
    except Exception as error:
        end_unless_of_photo(error)


def _of_photo(file: SourceFile, data: bytes) -> Iterator[tuple[dict[str, Any], Donor]]:
    image, faces = find_faces_upright(read_image(data))
    labels, _ = labels_of_faces(file.annotations, faces, (image.width, image.height), image.turn)
    for number, (face, label) in enumerate(zip(faces, labels, strict=True)):
        donor = label and donor_of(face, label, file.group or image.sha256, f"{file.name} {number + 1}")
        if donor:
            yield (
                {"photo": file.name, "face": number, "sha256": image.sha256, "class": donor.wearing},
                donor,
            )
