"""Zips of photos: read in memory, within limits that are counted while reading.

An archive is untrusted. Its directory says what it likes about sizes, so every member is unpacked once before
the audit begins, and only the bytes that came out count. Nothing is written to disk.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from xai.errors import DataRejected, ImageRejected
from xai.photo.image_headers import MAX_BYTES

__all__ = ["MAX_MEMBERS", "MAX_RATIO", "MAX_UNPACKED", "HeldZip", "Member", "Zip", "read_zip"]

MAX_MEMBERS = 5_000
"""Most files in one zip."""

MAX_UNPACKED = 2_000_000_000
"""Most bytes that one zip may unpack to (2 GB)."""

MAX_RATIO = 100.0
"""Most bytes that come out for each byte of the zip; photos are compressed already and stay near 1."""

_DIRECTORY_BYTES = 8_000_000
"""Largest read while the directory is parsed: each of its entries becomes an object."""

_CHUNK = 1 << 20
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others may unpack to any size at once, before the bytes can be counted."""

_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OSError)
"""What a damaged zip or member raises; an encrypted or unknown one is a ``RuntimeError``."""


@dataclass(frozen=True, eq=False)
class HeldZip:
    """A zip that is in memory, as one that was uploaded is.

    Attributes:
        name: of the file, for the sentence that refuses it.
        data: its bytes.
    """

    name: str
    data: bytes = field(repr=False)

    def open(self) -> io.BytesIO:
        """A reader of its bytes."""
        return io.BytesIO(self.data)


Zip = Path | HeldZip
"""A zip on disk, or in memory."""


@dataclass(frozen=True, eq=False)
class Member:
    """One file of a zip.

    Attributes:
        name: as in the zip; a label and never a path.
        size: bytes that came out, at most one more than ``read_image`` accepts.
        read: returns these bytes; raises ``ImageRejected``.
        refusal: why it cannot be read, one sentence; empty where it can.
    """

    name: str
    size: int
    read: Callable[[], bytes]
    refusal: str = ""


def read_zip(path: Zip, most: int | None = None) -> tuple[Member, ...]:
    """The files of a zip, in the order of its directory.

    Args:
        path: the zip.
        most: bytes that it may unpack to; ``MAX_UNPACKED`` where None.

    Raises:
        DataRejected: it is damaged or beyond a limit: ``MAX_MEMBERS``, ``most``, ``MAX_RATIO``.
    """
    with _opened(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MAX_MEMBERS:
            raise DataRejected(
                f"The zip {path.name} holds {len(infos):,} files and at most {MAX_MEMBERS:,} are taken; "
                "unpack it and name the folder."
            )
        return tuple(_members(path, archive, infos, MAX_UNPACKED if most is None else most))


def _members(
    path: Zip, archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], most: int
) -> Iterator[Member]:
    packed, unpacked = len(path.data) if isinstance(path, HeldZip) else path.stat().st_size, 0
    for number, info in enumerate(infos):
        read = partial(_read_again, path, number)
        own = 0
        try:
            for chunk in _chunks(archive, info):
                own += len(chunk)
                unpacked += len(chunk)
                _check(path, packed, unpacked, most)
        except ImageRejected as refused:
            yield Member(info.filename, own, read, str(refused))
        else:
            yield Member(info.filename, own, read)


def _check(path: Zip, packed: int, unpacked: int, most: int) -> None:
    if unpacked > most:
        raise DataRejected(
            f"The zip {path.name} unpacks to more than {most / 1e9:g} GB; unpack it and name the folder."
        )
    if unpacked > MAX_RATIO * packed:
        raise DataRejected(
            f"The zip {path.name} unpacks to more than {MAX_RATIO:.0f} times its size, as photos never do; "
            "unpack it and name the folder if it is sound."
        )


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes piece by piece, up to one more than ``read_image`` accepts."""
    left = MAX_BYTES + 1
    if info.compress_type not in _PACKINGS:
        raise ImageRejected("The file is packed in an unusual way; pack the zip again with deflate.")
    try:
        with archive.open(info) as file:
            while left and (chunk := file.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk
    except _DAMAGE as error:
        why = "it is encrypted" if info.flag_bits & 1 else "it is damaged"
        raise ImageRejected(f"The file cannot be unpacked from the zip: {why}.") from error


def _read_again(path: Zip, number: int) -> bytes:
    with _opened(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if number >= len(infos):
            raise DataRejected(f"The zip {path.name} has changed since the audit began; start a new one.")
        return b"".join(_chunks(archive, infos[number]))


@contextmanager
def _opened(path: Zip) -> Iterator[zipfile.ZipFile]:
    with path.open() if isinstance(path, HeldZip) else io.FileIO(path) as file:
        try:
            archive = zipfile.ZipFile(_BoundedReader(file))
        except _DAMAGE as error:
            told = path.name if isinstance(path, HeldZip) else path
            raise DataRejected(f"{told} is not a zip, or is damaged; pack it again.") from error
        with archive:
            yield archive


class _BoundedReader:
    """A file, without reads so large that they can only be a directory of far too many files.

    Args:
        file: opened for reading.
    """

    def __init__(self, file: IO[bytes] | io.FileIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int | None = -1, /) -> bytes:
        """At most ``size`` bytes."""
        most = _DIRECTORY_BYTES + 1
        data = self._file.read(most if size is None or size < 0 else min(size, most))
        if len(data) == most:
            raise DataRejected(f"The zip's directory lists far more than {MAX_MEMBERS:,} files.")
        return data
