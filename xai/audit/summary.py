"""The summary of an audit: counts for all readers, and a CSV of what became of every file."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from xai.atomic_write import write_atomically
from xai.audit.claims.definitions import NOT_ESTABLISHED
from xai.audit.claims.judge import ClaimResult
from xai.audit.ledger import Ledger
from xai.evidence_types import VERDICTS
from xai.export import defused

__all__ = ["FILES_TABLE", "SUMMARY_FILE", "summarise"]

SUMMARY_FILE = "summary.json"
FILES_TABLE = "files.csv"

_COLUMNS = ("name", "outcome", "sha256", "faces", "unmatched", "unexplained", "sentence")
_SUMMED = ("faces", "unmatched", "unexplained")


def summarise(
    ledger: Ledger,
    models: Sequence[str],
    out: Path,
    results: Sequence[ClaimResult],
    controls: Mapping[str, Any],
) -> dict[str, Any]:
    """Count what the audit found, and write ``summary.json`` and ``files.csv`` to its folder.

    Neither holds a time or a place on disk, so that a second run of the same audit gives the same bytes.

    Args:
        ledger: of the whole audit.
        models: names of the models, in their order.
        out: the audit's folder.
        results: of the claims, in their order.
        controls: as of ``run_controls``.

    Returns:
        ``{files, photos, faces, refused, no_face, duplicates, unmatched, unexplained,
        verdicts: {model: {verdict: n}}, claims: {claim: {result, …}}, controls}``. A claim is named by its
        kind, where that is made once.
        Of the ``files``, ``photos`` could be read and are no duplicates; ``no_face`` of them have no face.
        ``unmatched`` counts the labels that belong to no detected face, and ``unexplained`` the faces
        without rows, on which a model could not be tested.

    Raises:
        XaiError: a file cannot be written.
    """
    kinds: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for outcome in ledger.outcomes():
        kinds[outcome.outcome] += 1
        sums.update({name: getattr(outcome, name) for name in _SUMMED})
    summary = {
        "files": kinds.total(),
        "photos": kinds["read"] + kinds["no_face"],
        "faces": sums["faces"],
        "refused": kinds["refused"],
        "no_face": kinds["no_face"],
        "duplicates": kinds["duplicate"],
        "unmatched": sums["unmatched"],
        "unexplained": sums["unexplained"],
        "verdicts": _verdicts(ledger.parts(), models),
        "claims": _claims(results, models),
        "controls": dict(controls),
    }
    text = json.dumps(summary, indent=1)
    write_atomically(out / SUMMARY_FILE, lambda path: path.write_text(text, encoding="utf-8"))
    write_atomically(out / FILES_TABLE, lambda path: _write_files(path, ledger))
    return summary


def _claims(results: Sequence[ClaimResult], models: Sequence[str]) -> dict[str, dict[str, Any]]:
    kinds = Counter(each.claim.kind for each in results)
    told = {}
    for each in results:
        claim = each.claim
        by_model = {model: each.models[model].as_dict() for model in models if model in each.models}
        name = claim.kind if kinds[claim.kind] == 1 else f"{claim.kind} {claim.model} {claim.threshold:g}"
        told[name] = {
            **each.as_dict(),
            "models": by_model,
            "asked": asdict(claim),
            "not_established": NOT_ESTABLISHED[claim.kind],
        }
    return told


def _verdicts(parts: Iterable[Path], models: Sequence[str]) -> dict[str, dict[str, int]]:
    counted: Counter[tuple[str, str]] = Counter()
    for part in parts:
        table = pq.read_table(part, columns=["model", "verdict"])
        counted.update(zip(table["model"].to_pylist(), table["verdict"].to_pylist(), strict=True))
    return {model: {verdict: counted[model, verdict] for verdict in VERDICTS} for model in models}


def _write_files(path: Path, ledger: Ledger) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for outcome in ledger.outcomes():
            writer.writerow([defused(getattr(outcome, column)) for column in _COLUMNS])
