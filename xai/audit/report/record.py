"""What an audit left in its folder, read for the report."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xai.audit.claims.definitions import NOT_ESTABLISHED
from xai.audit.controls import CONTROLS_FILE
from xai.audit.donors import DONORS_FILE
from xai.audit.findings.collect import FINDINGS_FILE
from xai.audit.report.about import read_about
from xai.audit.report.formats import isolated
from xai.audit.report.words import NETWORKS
from xai.audit.rows import FACES_FILE
from xai.audit.settings import SETTINGS_FILE, card_digest
from xai.audit.summary import FILES_TABLE, SUMMARY_FILE
from xai.errors import UnknownName, WeightsUnavailable, XaiError
from xai.models.cards import Card, find_card

__all__ = [
    "NOTES_FILE",
    "NOTE_STATUS",
    "FaceKey",
    "Record",
    "finding_key",
    "read_record",
]

Json = dict[str, Any]
FaceKey = tuple[str, int]

NOTES_FILE = "notes.json"

NOTE_STATUS = ("open", "agreed", "disputed")
"""What an auditor can say of a finding."""


@dataclass(frozen=True, eq=False)
class Record:
    """An audit.

    Attributes:
        settings: of ``settings.json``.
        summary: of ``summary.json``.
        controls: of ``controls.json``; empty where no controls were run.
        donors: of ``donors.json``; empty where the gallery's were asked for.
        findings: of ``findings.json``.
        notes: key of a finding -> ``{"status": one of NOTE_STATUS, "note": text}``.
        faces: rows of ``faces.parquet`` without maps and other grids.
        about: of ``about.json``, as ``read_about``.
        files: rows of ``files.csv``.
        cards: model -> its card; None where no card of the audited bytes is installed here.
    """

    settings: Json
    summary: Json
    controls: Json
    donors: Json
    findings: Json
    notes: Mapping[str, Mapping[str, str]]
    faces: pa.Table
    about: Mapping[str, str]
    files: Sequence[Mapping[str, str]]
    cards: Mapping[str, Card | None]

    @property
    def models(self) -> list[str]:
        """The models, in the order of the audit."""
        return list(self.summary["verdicts"])

    @property
    def begun(self) -> date | None:
        """The day on which the audit was begun; None where that was not noted."""
        try:
            return date.fromisoformat(str(self.settings.get("begun")))
        except ValueError:
            return None

    @property
    def withheld(self) -> bool:
        """Whether nothing that rests on verdicts is told, since the controls did not confirm the tool."""
        return bool(self.controls) and not self.controls["hold"]

    def title(self, model: str) -> str:
        """The model's network, where its card is known, and its name."""
        card = self.cards.get(model)
        network = None if card is None else NETWORKS.get(card.architecture)
        return f"{network} ({isolated(model)})" if network else isolated(model)

    @cached_property
    def by_face(self) -> dict[FaceKey, list[Json]]:
        """Rows of each face: (photo, number) -> one row for each model."""
        columns = ("photo", "face", "model", "label", "prediction", "confidence", "verdict")
        found: dict[FaceKey, list[Json]] = {}
        for row in self.faces.select(columns).to_pylist():
            found.setdefault((row["photo"], row["face"]), []).append(row)
        return found


def read_record(out: Path) -> Record:
    """Read the files of an audit's folder.

    Raises:
        XaiError: one is missing, damaged, or of another version.
    """
    settings, summary, findings = (_json(out / n) for n in (SETTINGS_FILE, SUMMARY_FILE, FINDINGS_FILE))
    controls, donors, notes = (
        _json(out / n) if (out / n).exists() else {} for n in (CONTROLS_FILE, DONORS_FILE, NOTES_FILE)
    )
    _check(
        out / SETTINGS_FILE, settings, ("models", "set", "claims", "methods", "device", "code", "packages")
    )
    _check(out / SUMMARY_FILE, summary, ("files", "photos", "faces", "verdicts", "untold", "claims"))
    _check(
        out / FINDINGS_FILE, findings, ("models", "comparisons", "findings", "withheld", "signs", "scales")
    )
    _check_notes(out / NOTES_FILE, notes)
    for claim in summary["claims"].values():
        if claim["asked"]["kind"] not in NOT_ESTABLISHED or "models" not in claim:
            raise XaiError(f"{out / SUMMARY_FILE} has a claim of another version; audit into a new folder.")
    return Record(
        settings, summary, controls, donors, findings, notes,
        _faces(out / FACES_FILE), read_about(out), _files(out / FILES_TABLE),
        {name: _card(name, digest) for name, digest in settings["models"].items()},
    )  # fmt: skip


def finding_key(finding: Mapping[str, Any]) -> str:
    """The name of a finding, 16 hexadecimal digits: it stays where other findings come or go.

    It is the beginning of the SHA-256 of its code, model and values, as JSON with sorted keys and no spaces.
    """
    told = [finding["code"], finding["model"], finding["values"]]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _json(path: Path) -> Json:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise XaiError(f"{path} is missing; call the audit again, it goes on where it was.") from error
    except (OSError, ValueError) as error:
        raise XaiError(f"{path} cannot be read; audit into a new folder.") from error
    if not isinstance(content, dict):
        raise XaiError(f"{path} should hold a JSON object; it holds a {type(content).__name__}.")
    return content


def _check(path: Path, content: Json, keys: Sequence[str]) -> None:
    missing = next((key for key in keys if key not in content), None)
    if missing is not None:
        raise XaiError(f"{path} should have the key {missing!r}; it was written by another version.")


def _check_notes(path: Path, notes: Json) -> None:
    for key, note in notes.items():
        said = isinstance(note, dict) and {"status", "note"} == set(note) and isinstance(note["note"], str)
        if not said or note["status"] not in NOTE_STATUS:
            raise XaiError(
                f"{path} should have a status ({', '.join(NOTE_STATUS)}) and a note for each finding; that "
                f"of {key!r} has not."
            )


def _faces(path: Path) -> pa.Table:
    try:
        grids = pa.types.is_fixed_size_list
        names = [field.name for field in pq.read_schema(path) if not grids(field.type)]
        return pq.read_table(path, columns=names)
    except (OSError, pa.ArrowException) as error:
        raise XaiError(f"{path} cannot be read; call the audit again.") from error


def _files(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    except (OSError, ValueError, csv.Error) as error:
        raise XaiError(f"{path} cannot be read; call the audit again.") from error


def _card(name: str, digest: str) -> Card | None:
    try:
        card = find_card(name)
    except (UnknownName, WeightsUnavailable):
        return None
    return card if card_digest(card) == digest else None
