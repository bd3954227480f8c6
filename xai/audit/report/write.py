"""Writes the report into an audit's folder, and the manifest of everything there."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xai.atomic_write import write_atomically
from xai.audit.controls import CONTROLS_FILE
from xai.audit.donors import DONORS_FILE
from xai.audit.findings.collect import FINDINGS_FILE
from xai.audit.ledger import LEDGER_FILE, PARTS_FOLDER
from xai.audit.report.about import ABOUT_FILE
from xai.audit.report.calibration import Calibration, read_calibration
from xai.audit.report.first_page import claims, opening, reading
from xai.audit.report.methods import calibration, files, glossary, limits, methods, technical
from xai.audit.report.record import (
    NOTES_FILE,
    FaceKey,
    Record,
    read_record,
)
from xai.audit.report.rendering.document import Document
from xai.audit.report.rendering.html import html_of
from xai.audit.report.rendering.pdf import pdf_of
from xai.audit.report.results import SHOWN, Pictures, comparisons, controls, findings, models, wrong_cells
from xai.audit.report.tables import claims_csv, faces_csv, findings_csv, report_json
from xai.audit.rows import FACES_FILE
from xai.audit.settings import SETTINGS_FILE
from xai.audit.summary import FILES_TABLE, SUMMARY_FILE

__all__ = ["MANIFEST_FILE", "REPORT_FILES", "wanted_faces", "write_report"]

MANIFEST_FILE = "manifest.json"

REPORT_FILES = ("report.html", "report.pdf", "report.json", "claims.csv", "findings.csv", "faces.csv")
"""What the report consists of."""

_SOURCES = (
    SETTINGS_FILE, LEDGER_FILE, FACES_FILE, FILES_TABLE, SUMMARY_FILE, CONTROLS_FILE, FINDINGS_FILE,
    NOTES_FILE, DONORS_FILE, ABOUT_FILE,
)  # fmt: skip
"""What it rests on, beside the parts."""

_SCHEMA = 1
_SIDE, _QUALITY = 192, 88
"""Longest side of a face in the report, pixels, and its JPEG quality."""


def write_report(out: Path, pictures: Mapping[FaceKey, NDArray[np.uint8]] | None) -> None:
    """Write ``REPORT_FILES`` and the manifest into an audit's folder, each of them whole or not at all.

    The same folder and pictures give the same bytes.

    Args:
        out: an audit's folder.
        pictures: of ``wanted_faces``, (photo, number of the face) -> its crop, RGB uint8 ``(H, W, 3)``; a
            face that is missing is shown by its name alone. None: faces are left out.

    Raises:
        XaiError: a file of the audit is missing or damaged, or the report cannot be written.
        ThirdPartyMissing: the font of the PDF is not installed.
    """
    record, known = read_record(out), read_calibration()
    encoded = None if pictures is None else {key: _jpeg(pixels) for key, pixels in sorted(pictures.items())}
    document = _document(record, known, encoded)
    made: dict[str, bytes] = {
        "report.html": html_of(document).encode(),
        "report.pdf": pdf_of(document),
        "report.json": report_json(record, known).encode(),
        "claims.csv": claims_csv(record).encode(),
        "findings.csv": findings_csv(record).encode(),
        "faces.csv": faces_csv(record).encode(),
    }
    for name, data in made.items():
        write_atomically(out / name, _writer(data))
    text = json.dumps({"schema": _SCHEMA, "files": _digests(out)}, indent=1) + "\n"
    write_atomically(out / MANIFEST_FILE, _writer(text.encode()))


def wanted_faces(out: Path) -> list[FaceKey]:
    """The faces that the report shows, the most important first, each once: (photo, number of the face).

    Raises:
        XaiError: a file of the audit is missing or damaged.
    """
    record = read_record(out)
    found: dict[FaceKey, None] = {}
    for each in record.findings["findings"]:
        found.update(dict.fromkeys(map(_key, each["faces"][:SHOWN])))
    for one in record.findings["models"].values():
        worst = [(each["photo"], each["face"]) for each in one["worst"][:SHOWN]]
        found.update(dict.fromkeys(worst))
        for _, _, faces in wrong_cells(one):
            found.update(dict.fromkeys(faces[:SHOWN]))
    return list(found)


def _key(face: Sequence[Any]) -> FaceKey:
    return face[0], face[1]


def _document(record: Record, known: Calibration | None, pictures: Pictures | None) -> Document:
    return Document(
        "Audit of face-mask classifiers",
        opening(record),
        (
            reading(),
            claims(record),
            controls(record),
            findings(record, pictures),
            models(record, pictures),
            comparisons(record),
            methods(record),
            calibration(known),
            files(record),
            technical(record),
            glossary(),
            limits(record),
        ),
        record.begun,
    )


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A picture as JPEG, made from its pixels alone: nothing that the photo said of itself is in it."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()


def _digests(out: Path) -> dict[str, str]:
    """Name in the folder -> SHA-256, of all that is there of the audit and the report."""
    inside = (out / PARTS_FOLDER).glob("*")
    parts = [f"{PARTS_FOLDER}/{path.name}" for path in inside if path.suffix != ".unfinished"]
    names = [name for name in (*_SOURCES, *parts, *REPORT_FILES) if (out / name).is_file()]
    digests = {}
    for name in sorted(names):
        with (out / name).open("rb") as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _writer(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)
