"""Checks an audit's folder without its photos: digests, and everything that follows from the rows."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xai.audit.claims.definitions import Claim, digest
from xai.audit.controls import CONTROLS_FILE, write_controls
from xai.audit.donors import DONORS_FILE
from xai.audit.findings.collect import FINDINGS_FILE
from xai.audit.ledger import LEDGER_FILE, PARTS_FOLDER, Ledger, Outcome, contradicted
from xai.audit.photos import AuditedPhotos, crops_of
from xai.audit.report.about import ABOUT_FILE
from xai.audit.report.record import NOTES_FILE
from xai.audit.report.write import MANIFEST_FILE, REPORT_FILES, wanted_faces, write_report
from xai.audit.rows import FACES_FILE, join_parts
from xai.audit.run import write_results
from xai.audit.settings import SETTINGS_FILE, card_digest, code_digest, package_versions
from xai.audit.summary import FILES_TABLE, SUMMARY_FILE
from xai.audit.verify.comparison import Verification, json_differences, same_bytes, table_differences
from xai.errors import UnknownName, WeightsUnavailable, XaiError
from xai.export import defused
from xai.models.cards import find_card

__all__ = ["check_folder", "read_json", "settings_of_folder", "stored_outcomes"]

_DOCUMENTS = ("report.html", "report.pdf")
"""Files of the report that show faces."""


def settings_of_folder(out: Path) -> dict[str, Any]:
    """The settings of an audit's folder.

    Raises:
        XaiError: it is no folder of an audit.
    """
    settings = read_json(out / SETTINGS_FILE)
    keys = {"models", "set", "claims", "device", "code", "packages"}
    if not isinstance(settings, dict) or not keys <= set(settings):
        raise XaiError(
            f"{out / SETTINGS_FILE} should hold the settings of an audit; it holds something else."
        )
    return settings


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        XaiError: it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise XaiError(
            f"{path} should be a JSON file of an audit or an explanation; it cannot be read."
        ) from error


def check_folder(out: Path, found: Verification, photos: AuditedPhotos | None = None) -> None:
    """Check all but the photos' bytes and the rows.

    Args:
        out: the audit's folder; nothing in it is changed.
        photos: of the audit, for the faces in the report; None where they are not there.
        found: what was checked and what differs is added.

    Raises:
        XaiError: it is no folder of an audit.
    """
    settings = settings_of_folder(out)
    _check_manifest(out, found)
    sound = found.note("the digests in the ledger", _of_ledger(out))
    found.note("the models against those installed", _of_models(settings, found))
    if not (out / SUMMARY_FILE).is_file():
        found.unchecked.append("The audit is not finished: there is no summary yet.")
    elif not sound:
        found.unchecked.append("Nothing was made again from the rows, since the ledger or a part differs.")
        _compare_rows(out, found)
    else:
        found.note(f"{FILES_TABLE} against the ledger", _of_files_table(out))
        found.note("the outcomes in the ledger against the rows", _of_outcomes(out))
        _remake(out, settings, found, photos)


def stored_outcomes(out: Path) -> list[Outcome]:
    """What became of every file, without checking the parts."""
    return [Outcome(**file) for line in _ledger_lines(out) for file in line["files"]]


def _ledger_lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / LEDGER_FILE).read_text(encoding="utf-8").splitlines()]


def _check_manifest(out: Path, found: Verification) -> None:
    if not (out / MANIFEST_FILE).is_file():
        found.unchecked.append("There is no manifest: the audit has no report.")
        return
    listed = read_json(out / MANIFEST_FILE)
    files = listed.get("files") if isinstance(listed, dict) else None
    if not isinstance(files, dict):
        found.differs.append(f"{MANIFEST_FILE} does not list files and their digests.")
        return
    found.note(f"the {len(files)} digests in {MANIFEST_FILE}", _of_digests(out, files))


def _of_digests(out: Path, files: Mapping[str, str]) -> Iterator[str]:
    for name, wanted in files.items():
        if not (out / name).is_file():
            yield f"{name} is missing; {MANIFEST_FILE} lists it."
        elif _digest(out / name) != wanted:
            yield f"{name} does not have the digest that {MANIFEST_FILE} lists."


def _of_ledger(out: Path) -> Iterator[str]:
    try:
        lines = (out / LEDGER_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        yield f"{LEDGER_FILE} is missing or no text."
        return
    for number, line in enumerate(lines):
        name = f"part-{number:05d}.parquet"
        try:
            told = json.loads(line)
            [Outcome(**file) for file in told["files"]]
            part, wanted = told["part"], told["sha256"]
        except (ValueError, KeyError, TypeError):
            yield f"{LEDGER_FILE}, line {number + 1}, cannot be read."
            continue
        path = out / PARTS_FOLDER / name
        if part != name:
            yield f"{LEDGER_FILE}, line {number + 1}, names {part} and should name {name}."
        elif not path.is_file():
            yield f"{PARTS_FOLDER}/{name} is missing; {LEDGER_FILE} notes it."
        elif _digest(path) != wanted:
            yield f"{PARTS_FOLDER}/{name} does not have the digest in {LEDGER_FILE}, line {number + 1}."


def _of_models(settings: Mapping[str, Any], found: Verification) -> Iterator[str]:
    for name, wanted in settings["models"].items():
        try:
            card = find_card(name)
        except UnknownName:
            found.unchecked.append(
                f"The model {name} is not installed here, so nothing is known of its weights."
            )
            continue
        except WeightsUnavailable as error:
            yield f"model {name}: {error}"
            continue
        if card_digest(card) != wanted:
            yield f"model {name}: its card or its weights are not those that were audited."


def _of_files_table(out: Path) -> Iterator[str]:
    with (out / FILES_TABLE).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    outcomes = stored_outcomes(out)
    if len(rows) != len(outcomes):
        yield f"{FILES_TABLE} has {len(rows)} files and {LEDGER_FILE} {len(outcomes)}."
    for row, outcome in zip(rows, outcomes, strict=False):
        for column, wanted in asdict(outcome).items():
            if row.get(column) != str(defused(wanted)):
                yield (
                    f"{outcome.name}: the {column} in {FILES_TABLE} is {row.get(column)!r} and in "
                    f"{LEDGER_FILE} {wanted!r}."
                )


def _of_outcomes(out: Path) -> Iterator[str]:
    table = pq.read_table(out / FACES_FILE, columns=["photo", "photo_sha256", "face"])
    faces: dict[str, set[int]] = {}
    digests: dict[str, str] = {}
    for photo, sha256, face in zip(*(column.to_pylist() for column in table.columns), strict=True):
        faces.setdefault(photo, set()).add(face)
        digests[photo] = sha256
    for outcome in stored_outcomes(out):
        has = len(faces.pop(outcome.name, ()))
        if outcome.faces != has:
            yield f"{LEDGER_FILE}, {outcome.name}: it notes {outcome.faces} faces, and {has} have rows."
        if has and digests[outcome.name] != outcome.sha256:
            yield f"{LEDGER_FILE}, {outcome.name}: its rows are of a photo with another digest."
    for name in faces:
        yield f"photo {name} has rows, and {LEDGER_FILE} does not know it."


def _remake(
    out: Path, settings: Mapping[str, Any], found: Verification, photos: AuditedPhotos | None
) -> None:
    """Make everything that follows from the parts again, in a temporary folder, and compare it."""
    same_code = settings["code"] == code_digest() and settings["packages"] == package_versions()
    if not same_code:
        found.checked.append(
            "The audit was made by another version of this program or of its packages, which may explain "
            "what differs."
        )
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder)
        try:
            _copy_sources(out, again)
            ledger = Ledger(again)
            join_parts(ledger.parts(), again / FACES_FILE, contradicted(ledger.outcomes()))
            found.note(f"{FACES_FILE} against the parts", _of_rows(out, again))
            controls = _remake_controls(out, again, found)
            summary = read_json(out / SUMMARY_FILE)
            claims = _claims_of(summary)
            if digest(claims) != settings["claims"]:
                found.differs.append(
                    f"{SUMMARY_FILE}, claims: they are not those that were fixed before the audit, whose "
                    f"digest {SETTINGS_FILE} holds."
                )
            write_results(list(summary["verdicts"]), again, claims, controls)
        except (XaiError, KeyError, TypeError, ValueError, OSError, pa.ArrowException) as error:
            found.differs.append(f"What follows from the rows cannot be made again: {error}")
            return
        for name in (SUMMARY_FILE, FILES_TABLE, FINDINGS_FILE):
            found.note(f"{name}, made again", _of_file(out, again, name))
        if (out / MANIFEST_FILE).is_file():
            _remake_report(out, again, photos, found)


def _compare_rows(out: Path, found: Verification) -> None:
    """Name the cells in which the rows and a part differ, whatever the ledger says of it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            parts = sorted((out / PARTS_FOLDER).glob("*.parquet"))
            join_parts(parts, Path(folder) / FACES_FILE, contradicted(stored_outcomes(out)))
        except (XaiError, OSError, ValueError, KeyError, TypeError) as error:
            found.differs.append(str(error))
            return
        found.note(f"{FACES_FILE} against the parts", _of_rows(out, Path(folder)))


def _remake_report(out: Path, again: Path, photos: AuditedPhotos | None, found: Verification) -> None:
    """The report without faces, or else with those of the photos; without photos, all but its documents."""
    try:
        write_report(again, None)
        shown = not all(same_bytes(out / name, again / name) for name in _DOCUMENTS)
        if shown and photos is not None:
            write_report(again, crops_of(photos, wanted_faces(again)))
    except XaiError as error:
        found.differs.append(f"The report cannot be made again: {error}")
        return
    blind = shown and photos is None
    if blind:
        found.unchecked.append(
            f"{' and '.join(_DOCUMENTS)} show faces and need --photos to be made again; their digests are "
            f"compared with those in {MANIFEST_FILE}."
        )
    for name in (*REPORT_FILES, MANIFEST_FILE):
        if not (blind and name in (*_DOCUMENTS, MANIFEST_FILE)):
            found.note(f"{name}, made again", _of_file(out, again, name))
    if blind:
        found.note(f"{MANIFEST_FILE}, made again", _of_manifest(out, again))


def _of_manifest(out: Path, again: Path) -> Iterator[str]:
    """Differences from the manifest made again, the two documents aside."""
    contents = [read_json(folder / MANIFEST_FILE) for folder in (out, again)]
    for content in contents:
        for name in _DOCUMENTS:
            content["files"].pop(name, None)
    yield from json_differences(MANIFEST_FILE, *contents)


def _copy_sources(out: Path, again: Path) -> None:
    """The parts as links, so that an audit of millions of rows is not copied."""
    for name in (SETTINGS_FILE, LEDGER_FILE, NOTES_FILE, DONORS_FILE, ABOUT_FILE):
        if (out / name).is_file():
            shutil.copy(out / name, again / name)
    (again / PARTS_FOLDER).mkdir()
    for path in sorted((out / PARTS_FOLDER).iterdir()):
        if path.suffix == ".parquet":
            (again / PARTS_FOLDER / path.name).symlink_to(path.resolve())
        else:
            shutil.copy(path, again / PARTS_FOLDER / path.name)


def _remake_controls(out: Path, again: Path, found: Verification) -> Mapping[str, Any]:
    controls = write_controls(again)
    found.note(f"{CONTROLS_FILE}, made again", _of_file(out, again, CONTROLS_FILE))
    return controls


def _claims_of(summary: Mapping[str, Any]) -> tuple[Claim, ...]:
    return tuple(Claim(**each["asked"]) for each in summary["claims"].values())


def _of_rows(out: Path, again: Path) -> Iterator[str]:
    if same_bytes(out / FACES_FILE, again / FACES_FILE):
        return
    named = False
    try:
        found = pq.read_table(out / FACES_FILE)
    except (OSError, pa.ArrowException):
        yield f"{FACES_FILE} is missing or no Parquet."
        return
    for each in table_differences(FACES_FILE, found, pq.read_table(again / FACES_FILE)):
        named = True
        yield each
    if not named:
        yield f"{FACES_FILE} holds the rows of the parts in other bytes."


def _of_file(out: Path, again: Path, name: str) -> Iterator[str]:
    """Nothing where the bytes are the same; else where they differ, as far as that has a name."""
    if same_bytes(out / name, again / name):
        return
    named = False
    if name.endswith(".json") and (out / name).is_file():
        try:
            content = read_json(out / name)
        except XaiError:
            content = None
        for each in json_differences(name, content, read_json(again / name)):
            named = True
            yield each
    if not named and not (out / name).is_file():
        yield f"{name} is missing."
    elif not named:
        yield f"{name} is not what follows from the rows."


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
