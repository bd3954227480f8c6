"""The table of an audit: one row per face and model, as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xai.atomic_write import write_atomically
from xai.audit.measures import (
    ALIGNED_SIDE,
    SURROUND_SIDE,
    aligned_map,
    colour_of_mask,
    difference_hash,
    light_of,
    seen_of,
    surround_of,
    yaw_of,
)
from xai.classes import class_info
from xai.errors import XaiError
from xai.types import Explanation, Face, Image

__all__ = ["FACES_FILE", "SCHEMA", "join_parts", "rows_of", "without_labels", "write_part"]

FACES_FILE = "faces.parquet"
"""The rows of all parts, in the audit's folder."""

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
        pa.field("yaw", pa.float32()),
        pa.field("dhash", pa.uint64(), nullable=False),
        pa.field("surround", pa.list_(pa.uint8(), 3 * SURROUND_SIDE**2), nullable=False),
        pa.field("seen", pa.list_(pa.int8(), 4), nullable=False),
        pa.field("label", pa.string()),
        pa.field("model", pa.string(), nullable=False),
        pa.field("mask_colour", pa.string()),
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
        pa.field("aligned_map", pa.list_(pa.float16(), ALIGNED_SIDE**2)),
    ]
)
"""The columns.

``photo``: name in the set. ``photo_sha256``: hex digest of the file's bytes. ``group``: of photos that
belong together (crops of one photo, near duplicates) as the set names it, else the digest. ``face``: from
0, left to right. ``box``: left, top, right, bottom in pixels of the turned photo, half-open.
``face_width``: of the box, pixels. ``turn``: quarter turns clockwise, 0..3. ``light``: mean luminance of
the crop, 0..1. ``yaw``: degrees by which the head is turned, positive where the nose points to the
picture's right; null without an accepted mesh. ``dhash``: perceptual hash of the crop, 64 bits
(``difference_hash``). ``surround``: mean colours of 12 x 12 cells of the crop, row by row, red, green,
blue, 0..255. ``seen``: which of these cells lie in the photo, and not beyond where it is mirrored: left,
top, right, bottom, half-open. ``label``: one of ``CLASSES``, null where not known. ``mask_colour``: one of
``COLOURS``; null where the label, or without one the prediction, is a class without a mask. ``prediction``:
in the model's spelling. ``confidence``: its probability, 0..1. ``verdict``: one of ``VERDICTS``.
``reason``: code of the deciding reason. ``follow_held`` of ``follow_of`` edits of the lower face were
followed; under ``stay_held`` of ``stay_of`` others the prediction stayed; both 0 of 0 where nothing was
tested, and ``families`` is then empty. ``shares``: part of a map's positive evidence in a region, 0..1;
empty where the regions are not known. ``aligned_map``: the occlusion map of the predicted class on 24 x 24
cells that all faces share (``aligned_map`` in ``measures.py``), row by row, in probability; NaN beyond the
crop, null without an accepted mesh.
"""

_MAP = "occlusion"


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
            "mask_colour": colour_of_mask(explanation.face, label or explanation.prediction.label),
            **_of_model(explanation),
        }
        for number, (label, explanations) in enumerate(zip(labels, faces, strict=True))
        for explanation in explanations
    ]


def _of_face(face: Face) -> dict[str, Any]:
    return {
        "box": face.box.as_list(),
        "face_width": face.box.width,
        "light": light_of(face.crop),
        "yaw": yaw_of(face),
        "dhash": difference_hash(face.crop),
        "surround": surround_of(face.crop).ravel(),
        "seen": seen_of(face),
    }


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
        "aligned_map": _aligned(explanation),
    }


def _aligned(explanation: Explanation) -> NDArray[np.float16] | None:
    heatmap = explanation.heatmaps.get(_MAP)
    if heatmap is None or heatmap.target != explanation.prediction.label:
        return None
    cells = aligned_map(heatmap.values, explanation.face)
    return None if cells is None else cells.ravel()


def write_part(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of ``SCHEMA``, atomically; the same rows give the same bytes.

    Raises:
        XaiError: the file cannot be written.
    """
    table = pa.Table.from_pylist(list(rows), schema=SCHEMA)
    write_atomically(path, lambda unfinished: pq.write_table(table, unfinished, compression="zstd"))


def without_labels(table: pa.Table, photos: AbstractSet[str]) -> pa.Table:
    """The rows, with no label for those of these photos.

    The colour of a mask that the label alone suggested is not known either.
    """
    names = table["photo"].to_pylist()
    if not photos or photos.isdisjoint(names):
        return table
    rows = [_unlabelled(row) if row["photo"] in photos else row for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, schema=table.schema)


def _unlabelled(row: Mapping[str, Any]) -> dict[str, Any]:
    masked = {"covered", "incorrect"} & set(class_info(row["prediction"]).wearings)
    return {**row, "label": None, "mask_colour": (row["mask_colour"] or "unknown") if masked else None}


def join_parts(parts: Iterable[Path], path: Path, doubtful: AbstractSet[str] = frozenset()) -> None:
    """Write the rows of all parts as one file, a part at a time, atomically.

    Args:
        parts: in their order.
        path: of the file.
        doubtful: photos whose label is not known after all, as of ``contradicted``.

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
                writer.write_table(without_labels(table, doubtful))

    write_atomically(path, write)
