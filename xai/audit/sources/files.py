"""What is audited: every file of a folder, a labelled set, a table, a zip or a Parquet, in a fixed order.

Nothing is decoded here. Names are for display and never become paths: two files keep two names, whatever
control characters a set hides in them.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from xai.audit.sources.archives import HeldZip, Member, Zip, read_zip
from xai.audit.sources.labels import Annotation
from xai.audit.sources.parquet import read_parquet
from xai.errors import DataRejected, ImageRejected
from xai.learning.data.formats import Extent, label_of_folders, read_layout
from xai.learning.data.splits import upright_box
from xai.learning.data.tables import Row, read_rows
from xai.photo.image_headers import MAX_BYTES

__all__ = ["SourceFile", "list_files", "list_uploads"]

_TABLES = ("labels.csv", "boxes.csv")
_ANNOTATIONS = "annotations"
_LABELS_IN_ZIP = "Tables of labels inside a zip are not read; unpack it and name the folder to use them."


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One file of the set.

    Attributes:
        name: unique in the set and safe to print; parts separated by ``/``.
        size: bytes.
        read: returns the bytes, at most one more than ``read_image`` accepts; raises ``ImageRejected``.
        annotations: the labels that the set has for it, in the set's order.
        refusal: why it is not read at all, one sentence; empty where it is.
        table: whether it holds the set's labels and is therefore no photo.
        group: of photos that belong together, as crops of one photo or near duplicates do, where the set says
            so; else empty.
    """

    name: str
    size: int
    read: Callable[[], bytes]
    annotations: tuple[Annotation, ...] = ()
    refusal: str = ""
    table: bool = False
    group: str = ""


def list_files(
    paths: Sequence[Path], note: Callable[[str], None], limit: int | None = None
) -> tuple[SourceFile, ...]:
    """Every file of the set: those of the first path, then those of the next, each in the order of names.

    Args:
        paths: photos, folders (photos at any depth, class folders, VOC, ``labels.csv`` or ``boxes.csv``),
            tables of ``path,class``, zips and Parquet files.
        note: called with one sentence for each label that cannot be used.
        limit: how many to keep, tables of labels aside: the first in this order; all where None.

    Raises:
        DataRejected: a path does not exist, or a table or a zip cannot be read or is beyond the limits.
    """
    prefixes = [f"{path.resolve().name}/" if len(paths) > 1 and _is_set(path) else "" for path in paths]
    found = [
        replace(file, name=f"{prefix}{file.name}", group=file.group and f"{prefix}{file.group}")
        for path, prefix in zip(paths, prefixes, strict=True)
        for file in _listed(path, note)
    ]
    if not any(not file.table for file in found):
        raise DataRejected(f"There is no file to audit in {', '.join(map(str, paths))}.")
    kept = {id(file) for file in [file for file in found if not file.table][:limit]}
    return tuple(_named_apart(file for file in found if file.table or id(file) in kept))


def list_uploads(
    uploads: Sequence[SourceFile | HeldZip], note: Callable[[str], None], most: int
) -> tuple[SourceFile, ...]:
    """Every file of what was uploaded, in the order of names: files, those of a folder, or zips in memory.

    A folder gives what ``list_files`` gives for it, tables of labels aside, and a zip the same as on disk.

    Args:
        uploads: files by their names with the folders that they lay in, and zips.
        note: called with one sentence for each label that cannot be used.
        most: bytes that one zip may unpack to.

    Raises:
        DataRejected: there is nothing, or a zip cannot be read or is beyond the limits.
    """
    plain = [each for each in uploads if isinstance(each, SourceFile)]
    folders = {each.name.split("/")[0] for each in plain if "/" in each.name}
    inside = len(folders) == 1 and all("/" in each.name for each in plain)
    root = f"{folders.pop()}/" if inside else ""
    found = [_of_folder(replace(each, name=each.name.removeprefix(root))) for each in plain]
    for each in (each for each in uploads if isinstance(each, HeldZip)):
        prefix = f"{each.name}/" if len(uploads) > 1 else ""
        found += [replace(file, name=f"{prefix}{file.name}") for file in _zip(each, note, most)]
    if any(file.refusal == _LABELS_IN_ZIP for file in found[: len(plain)]):
        note(_LABELS_IN_ZIP)
    if not found:
        raise DataRejected("There is no file to audit in what was uploaded.")
    return tuple(_named_apart(sorted(found, key=lambda file: file.name)))


def _is_set(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in (".csv", ".zip", ".parquet")


def _listed(path: Path, note: Callable[[str], None]) -> list[SourceFile]:
    if path.is_dir():
        return _folder(path, note)
    if not path.is_file():
        raise DataRejected(
            f"There is no file or folder {path}; name photos, a folder, a CSV, a zip or a Parquet file."
        )
    if path.suffix.lower() == ".csv":
        return _table(path)
    if path.suffix.lower() == ".zip":
        return _zip(path, note)
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    return [_on_disk(path, path.name)]


def _folder(folder: Path, note: Callable[[str], None]) -> list[SourceFile]:
    examples = read_layout(folder, note)
    labels: dict[Path, list[Annotation]] = {}
    groups: dict[Path, str] = {}
    for example in examples or ():
        key = _key(example.path)
        try:
            extent = None if example.extent is None else upright_box(example)
        except DataRejected as error:
            note(str(error))
            continue
        labels.setdefault(key, []).append(Annotation(example.label, extent))
        if Path(example.group).name != key.name:  # a file's own name is no group
            groups[key] = example.group
    names = {os.path.relpath(path, folder).replace(os.sep, "/"): path for path in _walk(folder)}
    files = [
        replace(
            _on_disk(names[name], name),
            annotations=tuple(labels.pop(_key(names[name]), ())),
            group=groups.get(_key(names[name]), ""),
            table=examples is not None and _is_table(name),
        )
        for name in sorted(names)
    ]
    for path in labels:
        note(f"{path} has a label, but is not among the files of {folder}.")
    return files


def _key(path: Path) -> Path:
    """Absolute, without ``..``: what a set calls its files and what the folder calls them must meet."""
    return Path(os.path.normpath(path.absolute()))


def _walk(folder: Path) -> Iterator[Path]:
    """Every file under the folder, and links to folders: they are not followed, for they may be a circle."""
    for inside, folders, names in os.walk(folder, onerror=_refuse_folder):
        links = [name for name in folders if (Path(inside) / name).is_symlink()]
        yield from (Path(inside) / name for name in (*names, *links))


def _refuse_folder(error: OSError) -> None:
    raise DataRejected(f"The folder {error.filename} cannot be read: {error.strerror}.") from error


def _is_table(name: str) -> bool:
    return name in _TABLES or (name.startswith(f"{_ANNOTATIONS}/") and name.endswith(".xml"))


def _on_disk(path: Path, name: str) -> SourceFile:
    """A file on disk. Devices and pipes are refused: reading one may never end."""
    if not path.is_file():
        return SourceFile(name, 0, bytes, refusal="It is no regular file, nor a link to one.")
    return SourceFile(name, path.stat().st_size, partial(_read, path))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)  # enough to be refused as too large
    except OSError as error:
        raise ImageRejected(f"The file cannot be read: {error.strerror}.") from error


def _zip(path: Zip, note: Callable[[str], None], most: int | None = None) -> list[SourceFile]:
    """The members; a folder named after a class labels what lies in it."""
    files = [_packed(member) for member in read_zip(path, most)]
    if any(file.refusal == _LABELS_IN_ZIP for file in files):
        note(f"{path.name}: {_LABELS_IN_ZIP}")
    return sorted(files, key=lambda file: file.name)


def _packed(member: Member) -> SourceFile:
    return _of_folder(SourceFile(member.name, member.size, member.read, refusal=member.refusal))


def _of_folder(file: SourceFile) -> SourceFile:
    """The file with the label of the class that its folder is named after; a table of labels is refused."""
    folders, name = file.name.split("/")[:-1], file.name.split("/")[-1]
    label = label_of_folders(folders)
    known = (Annotation(label),) if label else ()
    is_table = name in _TABLES or (_ANNOTATIONS in folders and name.endswith(".xml"))
    return replace(file, annotations=known, refusal=_LABELS_IN_ZIP if is_table else file.refusal)


def _table(path: Path) -> list[SourceFile]:
    """The photos of a CSV with the columns ``path`` and ``class``, and ``x0,y0,x1,y1`` where it has boxes.

    Paths are relative to the table. An empty class means that it is not known.
    """
    labels: dict[str, list[Annotation]] = {}
    for row in read_rows(path):
        name = row.file if (path.parent / row.file).exists() else row.file.replace("\\", "/")
        labels.setdefault(name, []).extend(_annotation(row))
    return [
        replace(_on_disk(path.parent / name, name), annotations=tuple(labels[name]))
        for name in sorted(labels)
    ]


def _parquet(path: Path) -> list[SourceFile]:
    """The photos in the order of the file, so that it is read once through."""
    return [
        SourceFile(
            name=row.name,
            size=row.size,
            read=row.read,
            annotations=tuple(_annotation(Row(path, row.number, row.cells, "Row"))),
            refusal=row.refusal,
            group=row.group,
        )
        for row in read_parquet(path)
    ]


def _annotation(row: Row) -> Iterator[Annotation]:
    if row.get("class"):
        yield Annotation(row.label, _box(row) if row.get("x0") else None)


def _box(row: Row) -> Extent:
    box = Extent(*(row.number(key) for key in ("x0", "y0", "x1", "y1")))
    if box.right <= box.left or box.bottom <= box.top:
        raise row.refused("its box is empty")
    return box


def _named_apart(files: Iterable[SourceFile]) -> Iterator[SourceFile]:
    """The files with printable names; of equal ones the second is numbered 2, and so on."""
    taken: set[str] = set()
    for file in files:
        name = wanted = _printable(file.name)
        count = 1
        while name in taken:
            count += 1
            name = f"{wanted} ({count})"
        taken.add(name)
        yield replace(file, name=name)


def _printable(name: str) -> str:
    """Control characters, direction marks and bytes that are no text, each replaced by a question mark."""
    return "".join("?" if unicodedata.category(c).startswith("C") else c for c in name)
