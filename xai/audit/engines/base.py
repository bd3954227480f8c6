"""What an engine of an audit is, and what one of its workers is told.

Whatever the engine, the parts come in the order of the set and the rows are the same: a part depends on no
other, what only the whole set tells is settled by the caller, and a worker has as many threads as the calling
process, since another number of them rounds otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from xai.audit.examine import Donors, Examine, Part, examine_part
from xai.audit.sources.files import SourceFile
from xai.errors import XaiError
from xai.models.classifiers import Classifier

__all__ = ["Chunks", "Engine", "Task"]

Chunks = Sequence[Sequence[SourceFile]]


class Engine(Protocol):
    """What examines the parts of a set."""

    def parts(
        self, chunks: Chunks, classifiers: Sequence[Classifier], donors: Donors, skip: Collection[str]
    ) -> Generator[Part, None, None]:
        """Each part as ``examine_part`` makes it, in the order of ``chunks``, as soon as it is ready.

        Args:
            chunks: the files of each part.
            classifiers: whose predictions are tested.
            donors: that lend parts to the faces; the gallery's where None.
            skip: hex digests of photos that were examined before; the caller adds to it between two parts.

        Raises:
            XaiError: as of ``examine_part``.
        """


@dataclass(frozen=True, eq=False)
class Task:
    """What every worker does.

    Attributes:
        classifiers: whose predictions are tested.
        examine: how a photo is examined.
        donors: that lend parts to the faces.
        skip: hex digests of photos that were examined before; those examined meanwhile are told apart by the
            caller.
        folder: that relative names start from.
        threads: of torch.
    """

    classifiers: Sequence[Classifier]
    examine: Examine
    donors: Donors
    skip: frozenset[str]
    folder: Path = field(default_factory=Path.cwd)
    threads: int = field(default_factory=torch.get_num_threads)

    def begin(self) -> None:
        """Make this process ready for parts."""
        if self.folder.is_dir():
            os.chdir(self.folder)
        torch.set_num_threads(self.threads)

    def part(self, files: Sequence[SourceFile]) -> Part | XaiError:
        """A part of the set, or the error that ends the audit."""
        try:
            return examine_part(files, self.classifiers, self.examine, self.donors, self.skip)
        except XaiError as error:
            return error
