"""The table of an audit: one row per face and model, as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xai.atomic_write import write_atomically
from xai.errors import XaiError
from xai.types import Explanation, Face, Image

__all__ = ["SCHEMA", "join_parts", "light_of", "rows_of", "write_part"]

_FAMILY = pa.struct(
    [("family", pa.string()), ("asks", pa.string()), ("held", pa.int32()), ("of", pa.int32())]
)
_SHARE = pa.struct([("method", pa.string()), ("region", pa.string()), ("share", pa.float32())])

SCHEMA = pa.schema(
    [
        pa.field("photo", pa.string(), nullable=False),
        pa.field("photo_sha256", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("face", pa.int32(), nullable=False),
        pa.field("box", pa.list_(pa.int32()), nullable=False),
        pa.field("face_width", pa.int32(), nullable=False),
        pa.field("turn", pa.int32(), nullable=False),
        pa.field("light", pa.float32(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("model", pa.string(), nullable=False),
        pa.field("prediction", pa.string(), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("follow_held", pa.int32(), nullable=False),
        pa.field("follow_of", pa.int32(), nullable=False),
        pa.field("stay_held", pa.int32(), nullable=False),
        pa.field("stay_of", pa.int32(), nullable=False),
        pa.field("families", pa.list_(_FAMILY), nullable=False),
        pa.field("shares", pa.list_(_SHARE), nullable=False),
    ]
)
"""The columns.

``photo``: name in the set. ``photo_sha256``: hex digest of the file's bytes. ``group``: of photos that belong
together (crops of one photo, near duplicates) as the set names it, else the digest. ``face``: from 0, left to
right. ``box``: left, top, right, bottom in pixels of the turned photo, half-open. ``face_width``: of the
box, pixels. ``turn``: quarter turns clockwise, 0..3. ``light``: mean luminance of the crop, 0..1. ``label``:
one of ``CLASSES``, null where not known. ``prediction``: in the model's spelling. ``confidence``: its
probability, 0..1. ``verdict``: one of ``VERDICTS``. ``reason``: code of the deciding reason. ``follow_held``
of ``follow_of`` edits of the lower face were followed; under ``stay_held`` of ``stay_of`` others the
prediction stayed; both 0 of 0 where nothing was tested, and ``families`` is then empty. ``shares``: part of
a map's positive evidence in a region, 0..1; empty where the regions are not known.
"""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def rows_of(
    name: str,
    group: str,
    photo: Image,
    labels: Sequence[str | None],
    faces: Sequence[Sequence[Explanation]],
) -> list[dict[str, Any]]:
    """The rows of one photo, face by face, each in the order of the models.

    Args:
        name: of the photo in the set.
        group: that it belongs to; empty where it stands alone.
        photo: as its faces were detected in it.
        labels: of each face; None where not known.
        faces: of each face, one explanation per model, with evidence.
    """
    return [
        {
            "photo": name,
            "photo_sha256": photo.sha256,
            "group": group or photo.sha256,
            "face": number,
            "turn": photo.turn,
            "label": label,
            **_of_face(explanations[0].face),
            **_of_model(explanation),
        }
        for number, (label, explanations) in enumerate(zip(labels, faces, strict=True))
        for explanation in explanations
    ]


def _of_face(face: Face) -> dict[str, Any]:
    return {"box": face.box.as_list(), "face_width": face.box.width, "light": light_of(face.crop)}


def light_of(crop: NDArray[np.uint8]) -> float:
    """Mean luminance of a crop, RGB uint8 ``(H, W, 3)``, 0..1: BT.709 weights on the values as stored.

    >>> light_of(np.full((2, 2, 3), 255, np.uint8))
    1.0
    """
    return round(float(crop.reshape(-1, 3).mean(axis=0) @ _LUMINANCE) / 255, 6)


def _of_model(explanation: Explanation) -> dict[str, Any]:
    evidence = explanation.evidence
    if evidence is None:
        raise ValueError("a row needs the evidence of its explanation")
    return {
        "model": explanation.provenance.model,
        "prediction": explanation.prediction.label,
        "confidence": explanation.prediction.confidence,
        "verdict": evidence.verdict,
        "reason": evidence.reasons[0].code,
        "follow_held": evidence.follow.held,
        "follow_of": evidence.follow.of,
        "stay_held": evidence.stay.held,
        "stay_of": evidence.stay.of,
        "families": [
            {"family": f.family, "asks": f.asks, "held": f.tally.held, "of": f.tally.of}
            for f in evidence.families
        ],
        "shares": [
            {"method": method, "region": region, "share": share}
            for method, shares in explanation.shares.items()
            if shares is not None
            for region, share in shares.share.items()
        ],
    }


def write_part(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of ``SCHEMA``, atomically; the same rows give the same bytes.

    Raises:
        XaiError: the file cannot be written.
    """
    table = pa.Table.from_pylist(list(rows), schema=SCHEMA)
    write_atomically(path, lambda unfinished: pq.write_table(table, unfinished, compression="zstd"))


def join_parts(parts: Iterable[Path], path: Path) -> None:
    """Write the rows of all parts as one file, a part at a time, atomically.

    Raises:
        XaiError: a part cannot be read, or the file cannot be written.
    """

    def write(unfinished: Path) -> None:
        with pq.ParquetWriter(unfinished, SCHEMA, compression="zstd") as writer:
            for part in parts:
                try:
                    table = pq.read_table(part, schema=SCHEMA)
                except (OSError, pa.ArrowException) as error:
                    raise XaiError(f"The part {part} cannot be read; audit into a new folder.") from error
                writer.write_table(table)

    write_atomically(path, write)
