"""Parquet files that hold photos as bytes, a row for each, as Hugging Face's datasets do.

Sizes are counted while rows are read, one at a time: what a file says of itself is not relied on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xai.errors import DataRejected
from xai.photo.image_headers import MAX_BYTES

__all__ = ["MAX_GROUP", "ParquetRow", "read_parquet"]

MAX_GROUP = 512_000_000
"""Most bytes of one row group, unpacked: what may be in memory at once."""

_PICTURES, _NAMES, _CLASSES = ("image", "bytes", "photo"), ("path", "file", "name"), ("class", "label")
_EDGES = ("x0", "y0", "x1", "y1")
_INSIDE = "bytes"
"""Field of a picture that is a struct."""


@dataclass(frozen=True, eq=False)
class ParquetRow:
    """One photo of a Parquet file.

    Attributes:
        number: of the row, from 1.
        name: as the file gives it; else the number. A label and never a path.
        size: bytes.
        read: returns the bytes, at most one more than ``read_image`` accepts; raises ``DataRejected``.
        cells: the class under ``class`` and the edges of its box, as a table has them; empty where not known.
        group: of photos that belong together; empty where the file does not say so.
        refusal: why there is no photo, one sentence; empty where there is one.
    """

    number: int
    name: str
    size: int
    read: Callable[[], bytes]
    cells: Mapping[str, str]
    group: str
    refusal: str = ""


def read_parquet(path: Path) -> Iterator[ParquetRow]:
    """The photos of a Parquet file, in its order.

    A photo is a column ``image``, ``bytes`` or ``photo``, binary or a struct with a field ``bytes``. Optional
    are its name (``path``, ``file`` or ``name``), its class (``class`` or ``label``, text, or a number where
    the schema names the classes as Hugging Face does), its box (``x0, y0, x1, y1``) and its ``group``.

    Raises:
        DataRejected: it is no Parquet file, has no such column, or a row group is beyond ``MAX_GROUP``.
    """
    file = _opened(path)
    picture = next((name for name in _PICTURES if _holds_bytes(file.schema_arrow, name)), None)
    if picture is None:
        there = ", ".join(file.schema_arrow.names[:20])
        raise DataRejected(
            f"{path} should have a column of bytes of pictures, {' or '.join(_PICTURES)}; it has {there}."
        )
    named, cursor = _class_names(file.schema_arrow), _Cursor(path, picture)
    number = 0
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).total_byte_size > MAX_GROUP:
            raise DataRejected(
                f"A row group of {path} unpacks to more than {MAX_GROUP / 1e6:g} MB; write it with fewer "
                "rows in a group."
            )
        for row, values in enumerate(_rows(path, file, group)):
            number += 1
            yield _photo(number, values, picture, named, partial(cursor.read, group, row))


class _Cursor:
    """Reads the pictures of a file, the next one without going through the row group again.

    Args:
        path: of the file.
        picture: its column of pictures.
    """

    def __init__(self, path: Path, picture: str) -> None:
        self._path, self._picture = path, picture
        self._rows: Iterator[dict[str, Any]] = iter(())
        self._at = (-1, 0)

    def __reduce__(self) -> tuple[type[_Cursor], tuple[Path, str]]:
        return _Cursor, (self._path, self._picture)

    def read(self, group: int, row: int) -> bytes:
        """The bytes of the picture in a row of a row group.

        Raises:
            DataRejected: the file has changed since it was listed.
        """
        if self._at[0] != group or self._at[1] > row:
            self._rows, self._at = _rows(self._path, _opened(self._path), group, self._picture), (group, 0)
        for values in self._rows:
            self._at = (group, self._at[1] + 1)
            if self._at[1] > row:
                return (_bytes(values[self._picture]) or b"")[: MAX_BYTES + 1]
        raise DataRejected(f"{self._path} has changed since the audit began; start a new one.")


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise DataRejected(f"{path} should be a Parquet file; it cannot be read as one.") from error


def _rows(path: Path, file: pq.ParquetFile, group: int, *columns: str) -> Iterator[dict[str, Any]]:
    """The rows of a row group. One at a time: a few bytes of a file may say that a large picture repeats."""
    try:
        for batch in file.iter_batches(1, row_groups=[group], columns=list(columns) or None):
            yield from batch.to_pylist()
    except (OSError, pa.ArrowException, IndexError) as error:
        raise DataRejected(f"{path} is damaged, or has changed since the audit began.") from error


def _holds_bytes(schema: pa.Schema, name: str) -> bool:
    index = schema.get_field_index(name)
    if index < 0:
        return False
    kind = schema.field(index).type
    if pa.types.is_struct(kind):
        inside = kind.get_field_index(_INSIDE)
        kind = kind.field(inside).type if inside >= 0 else pa.null()
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _class_names(schema: pa.Schema) -> list[str]:
    """What the numbers of the column of classes mean, as Hugging Face's datasets write it into the schema."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return [str(name) for name in next(features[c]["names"] for c in _CLASSES if c in features)]
    except (KeyError, ValueError, TypeError, StopIteration):
        return []


def _photo(
    number: int, values: Mapping[str, Any], picture: str, named: list[str], read: Callable[[], bytes]
) -> ParquetRow:
    data = _bytes(values[picture])
    inside = values[picture].get("path") if isinstance(values[picture], dict) else None
    name = next((str(values[c]) for c in _NAMES if values.get(c)), inside or f"row {number:07}")
    label = next((values[c] for c in _CLASSES if values.get(c) is not None), None)
    if isinstance(label, int) and 0 <= label < len(named):
        label = named[label]
    edges = {edge: str(values[edge]) for edge in _EDGES if values.get(edge) is not None}
    return ParquetRow(
        number=number,
        name=str(name),
        size=len(data or b""),
        read=read,
        cells={"class": "" if label is None else str(label), **edges},
        group=str(values.get("group") or ""),
        refusal="" if data else "The row holds no bytes of a photo.",
    )


def _bytes(value: Any) -> bytes | None:
    return value.get(_INSIDE) if isinstance(value, dict) else value
