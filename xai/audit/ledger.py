"""The ledger of an audit: which parts are whole, and what became of every file in them.

JSON lines, one per part, appended once the part is on disk under its final name. What a kill leaves behind, a
part without a line or a line without an end, is done again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from xai.errors import XaiError

__all__ = [
    "LEDGER_FILE",
    "OTHER_LABELS",
    "OUTCOMES",
    "PARTS_FOLDER",
    "Kind",
    "Ledger",
    "Outcome",
    "contradicted",
]

Kind = Literal["read", "no_face", "duplicate", "refused", "labels"]

OUTCOMES: tuple[Kind, ...] = ("read", "no_face", "duplicate", "refused", "labels")
"""What becomes of a file: its faces have rows; it has none; an earlier file has the same bytes; it is not
accepted; it holds the set's labels and no photo."""

LEDGER_FILE = "ledger.jsonl"
"""Name of the file in the audit's folder."""
PARTS_FOLDER = "parts"
"""Name of the folder of the parts in it."""

OTHER_LABELS = ", and other labels"
"""In the sentence of a duplicate whose labels contradict those of the file that it repeats."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        name: in the set.
        outcome: one of ``OUTCOMES``.
        sha256: hex digest of its bytes; empty where they were not read, or not all.
        faces: how many have rows.
        unmatched: labels of the set that belong to no detected face.
        unexplained: faces without rows, since a classifier could not be tested on them.
        sentence: why it was refused, which file it repeats, or notices about how it was read and why a face
            is unexplained; may be empty.
    """

    name: str
    outcome: Kind
    sha256: str = ""
    faces: int = 0
    unmatched: int = 0
    unexplained: int = 0
    sentence: str = ""


def contradicted(outcomes: Iterable[Outcome]) -> set[str]:
    """Names of the examined photos that a copy contradicts: what is right of the two labels is not known."""
    first: dict[str, str] = {}
    found = set()
    for outcome in outcomes:
        if outcome.outcome in ("read", "no_face"):
            first[outcome.sha256] = outcome.name
        elif outcome.outcome == "duplicate" and OTHER_LABELS in outcome.sentence:
            found.add(first[outcome.sha256])
    return found


class Ledger:
    """The ledger in an audit's folder.

    Args:
        out: the folder; it exists.

    Raises:
        XaiError: a part is missing or was changed, or the ledger cannot be read.
    """

    def __init__(self, out: Path) -> None:
        self._path, self._out = out / LEDGER_FILE, out
        self.done = 0
        try:
            (out / PARTS_FOLDER).mkdir(exist_ok=True)
            self._forget_torn_line()
            for line in self._lines():
                self._check(line)
                self.done += 1
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise XaiError(f"{self._path} cannot be read; audit into a new folder.") from error

    def part(self, number: int) -> Path:
        """Where the part ``number``, from 0, is kept."""
        return self._out / PARTS_FOLDER / f"part-{number:05d}.parquet"

    def parts(self) -> Iterator[Path]:
        """The whole parts, in order."""
        return map(self.part, range(self.done))

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Note that the next part is whole.

        Raises:
            XaiError: the ledger cannot be written.
        """
        part = self.part(self.done)
        files = [asdict(outcome) for outcome in outcomes]
        line = json.dumps({"part": part.name, "sha256": _digest(part), "files": files})
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise XaiError(f"{self._path} cannot be written: {error.strerror}.") from error
        self.done += 1

    def outcomes(self) -> Iterator[Outcome]:
        """What became of the files of the whole parts, in the order of the set."""
        for line in self._lines():
            yield from (Outcome(**file) for file in line["files"])

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self._path.exists():
            with self._path.open(encoding="utf-8") as file:
                yield from map(json.loads, file)

    def _check(self, line: dict[str, Any]) -> None:
        part = self.part(self.done)
        if line["part"] != part.name or not part.is_file() or _digest(part) != line["sha256"]:
            raise XaiError(f"The part {part} is missing or was changed; audit into a new folder.")

    def _forget_torn_line(self) -> None:
        if self._path.exists():
            with self._path.open("r+b") as file:
                whole = sum(len(line) for line in file if line.endswith(b"\n"))
                file.truncate(whole)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
