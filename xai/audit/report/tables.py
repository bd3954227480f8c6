"""The report as data: ``report.json`` with every number of it, and its tables as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from xai.audit.report.calibration import Calibration
from xai.audit.report.finding_words import finding_meaning, finding_title
from xai.audit.report.record import Record, finding_key
from xai.export import defused

__all__ = ["claims_csv", "faces_csv", "findings_csv", "report_json"]

SCHEMA = 1


def report_json(record: Record, calibration: Calibration | None) -> str:
    """All numbers of the report, with the sentences of its findings."""
    found = {**record.findings, "findings": [_finding(each, record) for each in record.findings["findings"]]}
    content = {
        "schema": SCHEMA,
        "about": dict(record.about),
        "settings": record.settings,
        "summary": record.summary,
        "controls": record.controls,
        "findings": found,
        "notes": dict(record.notes),
        "calibration": None if calibration is None else asdict(calibration),
    }
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def _finding(each: dict[str, Any], record: Record) -> dict[str, Any]:
    key = finding_key(each)
    said = {"key": key, "title": finding_title(each), "meaning": finding_meaning(each)}
    return {**each, **said, "auditor": record.notes.get(key)}


def claims_csv(record: Record) -> str:
    """A row for each claim."""
    columns = (
        "claim", "kind", "model", "threshold", "least_n", "result", "about", "value", "low", "high", "n",
        "unjudged", "reasons", "power",
    )  # fmt: skip
    rows = []
    for name, each in record.summary["claims"].items():
        asked = each["asked"]
        rows.append(
            [
                name, asked["kind"], asked["model"], asked["threshold"], asked["least_n"], each["result"],
                each["about"], each["value"], *(each["interval"] or (None, None)), each["n"],
                each["unjudged"], json.dumps(each["reasons"]), each["power"],
            ]
        )  # fmt: skip
    return _csv(columns, rows)


def findings_csv(record: Record) -> str:
    """A row for each finding."""
    columns = (
        "number",
        "key",
        "code",
        "model",
        "title",
        "meaning",
        "values",
        "faces",
        "photos",
        "status",
        "note",
    )
    rows = []
    for number, each in enumerate(record.findings["findings"], 1):
        note = record.notes.get(finding_key(each), {})
        rows.append(
            [
                number, finding_key(each), each["code"], each["model"], finding_title(each),
                finding_meaning(each), json.dumps(each["values"], sort_keys=True), json.dumps(each["faces"]),
                json.dumps(each["photos"]),
                note.get("status"), note.get("note"),
            ]
        )  # fmt: skip
    return _csv(columns, rows)


def faces_csv(record: Record) -> str:
    """A row for each face and model: the Parquet without grids; lists as JSON."""
    table = record.faces
    columns = [_texts(table.column(name)) for name in table.column_names]
    return _csv(table.column_names, zip(*columns, strict=True))


def _texts(column: pa.ChunkedArray) -> list[object]:
    values: list[object] = column.to_pylist()
    if pa.types.is_float32(column.type):  # as short as it is exact, not with the digits of a double
        return [None if value is None else float(f"{value:.7g}") for value in values]
    if pa.types.is_nested(column.type):
        return [json.dumps(value, separators=(",", ":")) for value in values]
    return values


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return stream.getvalue()
