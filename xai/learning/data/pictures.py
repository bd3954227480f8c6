"""Which files of a folder are pictures, and which a table means. Content decides, never the ending."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from xai.photo.image_headers import HEADER_BYTES, is_picture

__all__ = ["Pictures", "files_in", "folders_in"]


class Pictures:
    """The pictures under a folder, in the order of their names.

    Attributes:
        paths: the pictures, each below the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.paths = tuple(path for path in files_in(folder) if _begins_as_picture(path))
        self._by_name: dict[str, Path | None] = {}
        for path in self.paths:
            name = _folded(path.relative_to(folder).as_posix())
            self._by_name[name] = None if name in self._by_name else path

    def named(self, name: str) -> Path:
        """The picture that a table calls ``name``; the path as written where there is none.

        Windows separates folders by backslashes and ignores case, and macOS spells accents in two characters.
        """
        written = self._folder / name
        if "\0" in name or written.is_file():
            return written
        name = os.path.normpath(name.replace("\\", "/"))
        return self._by_name.get(_folded(name)) or self._folder / name


def files_in(folder: Path) -> Iterator[Path]:
    """Every file under a folder by name, those of linked folders included, each folder once."""
    for inside, names in _walk(folder):
        yield from (inside / name for name in names)


def folders_in(folder: Path) -> Iterator[Path]:
    """Every folder under a folder, itself included; as ``files_in``."""
    return (inside for inside, _ in _walk(folder))


def _walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    seen: set[str] = set()
    for inside, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(inside)
        if real in seen:  # a link back to where it came from
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield Path(inside), sorted(names)


def _begins_as_picture(path: Path) -> bool:
    if not path.is_file():  # a device or a pipe, which may never end
        return False
    try:
        with path.open("rb") as file:
            return is_picture(file.read(HEADER_BYTES))
    except OSError:
        return False


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
