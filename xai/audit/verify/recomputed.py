"""Checks an audit against its photos: their bytes, and rows and controls made again from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xai.audit.controls import ANSWERS, Controls
from xai.audit.donors import read_donors
from xai.audit.examine import Donors, Examine, Part, examine_part, examine_photo
from xai.audit.ledger import LEDGER_FILE, Outcome, contradicted
from xai.audit.photos import AuditedPhotos
from xai.audit.rows import FACES_FILE, SCHEMA, without_labels
from xai.audit.settings import code_digest, package_versions, set_digest
from xai.audit.sources.files import SourceFile
from xai.audit.verify.comparison import (
    FLOAT_TOLERANCE,
    INT_TOLERANCE,
    Verification,
    json_differences,
    row_differences,
)
from xai.audit.verify.stored import settings_of_folder, stored_outcomes
from xai.errors import DataRejected, XaiError
from xai.models.classifiers import Classifier, machine_of
from xai.types import Progress

__all__ = ["Again", "check_photos"]

_Item = TypeVar("_Item")

_PHOTOS = 8  # examined before the progress is told again


@dataclass(frozen=True, eq=False)
class Again:
    """What an audit is made again from.

    Attributes:
        files: of the set.
        classifiers: in the order of the audit; none where no row is to be made again.
        controls: the control models.
        limit: how many photos are examined again, and faces by the controls, evenly spaced; all where None.
        examine: how a photo is examined.
    """

    files: Sequence[SourceFile]
    classifiers: Sequence[Classifier]
    controls: Controls
    limit: int | None = None
    examine: Examine = examine_photo


def check_photos(out: Path, again: Again, found: Verification, progress: Progress | None = None) -> None:
    """Check the bytes of all photos, and make rows and answers of the controls again.

    Rows are compared to the bit where device, packages and program are those of the audit, else within
    ``FLOAT_TOLERANCE`` and ``INT_TOLERANCE``.

    Args:
        out: the audit's folder; nothing in it is changed.
        again: photos and models.
        found: what was checked and what differs is added.
        progress: called with (photos examined, photos in all); may raise.

    Raises:
        XaiError: it is no folder of an audit; or what the machine lacks, as of ``examine_part``.
    """
    settings, outcomes = settings_of_folder(out), stored_outcomes(out)
    if set_digest(again.files) != settings["set"]["sha256"]:
        found.note("the names of the set", _of_names(again.files, outcomes))
        found.differs.append("The set's names, sizes, labels or groups are not those that were audited.")
    named = {file.name: file for file in again.files}
    changed = list(_of_bytes(named, outcomes))
    found.note(f"the bytes of {len(outcomes):,} files", [told for _, told in changed])
    sound = {name for name in named if name not in dict(changed)}
    try:
        donors = read_donors(again.files, out)
    except DataRejected as error:
        found.unchecked.append(f"Rows and controls were not made again: {error}")
        return
    if again.classifiers:
        audited = [outcome for outcome in outcomes if outcome.name in sound]
        _check_rows(out, again, audited, donors, found, progress)
    if (out / ANSWERS).is_file():
        _check_controls(out, again, sound, donors, found)


def _check_rows(
    out: Path,
    again: Again,
    outcomes: Sequence[Outcome],
    donors: Donors,
    found: Verification,
    progress: Progress | None,
) -> None:
    exact = _is_same(settings_of_folder(out), again.classifiers)
    how = "to the bit" if exact else f"within {FLOAT_TOLERANCE} of a share and {INT_TOLERANCE} of a number"
    examined = [outcome for outcome in outcomes if outcome.outcome in ("read", "no_face", "refused")]
    chosen = _spaced(examined, again.limit)
    told = f"the rows of {len(chosen):,} of {len(examined):,} photos, made again and compared {how}"
    made = partial(examine_part, classifiers=again.classifiers, examine=again.examine, donors=donors)
    found.note(told, _of_rows(out, chosen, again.files, made, exact=exact, progress=progress))


def _is_same(settings: Mapping[str, Any], classifiers: Sequence[Classifier]) -> bool:
    machines = sorted({machine_of(classifier.device) for classifier in classifiers})
    now = (machines, code_digest(), package_versions())
    return now == (settings["device"], settings["code"], settings["packages"])


def _of_names(files: Sequence[SourceFile], outcomes: Sequence[Outcome]) -> Iterator[str]:
    there, audited = {file.name for file in files}, {outcome.name for outcome in outcomes}
    yield from (f"file {name} was audited and is not in the set." for name in sorted(audited - there))
    yield from (f"file {name} is in the set and was not audited." for name in sorted(there - audited))


def _of_bytes(named: Mapping[str, SourceFile], outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    """Name of a file whose bytes changed, and the sentence about it."""
    for outcome in outcomes:
        if not outcome.sha256 or outcome.name not in named:
            continue
        try:
            data = named[outcome.name].read()
        except XaiError as error:
            yield outcome.name, f"file {outcome.name} cannot be read: {error}"
            continue
        if hashlib.sha256(data).hexdigest() != outcome.sha256:
            yield outcome.name, f"file {outcome.name} does not have the bytes that were audited."


def _spaced(items: Sequence[_Item], limit: int | None) -> Sequence[_Item]:
    count = len(items) if limit is None else min(limit, len(items))
    return [items[number * len(items) // count] for number in range(count)]


def _of_rows(
    out: Path,
    chosen: Sequence[Outcome],
    all_files: Sequence[SourceFile],
    examined: Callable[[Sequence[SourceFile]], Part],
    *,
    exact: bool,
    progress: Progress | None,
) -> Iterator[str]:
    table, named = pq.read_table(out / FACES_FILE), {file.name: file for file in all_files}
    doubtful = contradicted(stored_outcomes(out))
    for start in range(0, len(chosen), _PHOTOS):
        if progress is not None:
            progress(start, len(chosen))
        outcomes = chosen[start : start + _PHOTOS]
        files = [named[outcome.name] for outcome in outcomes]
        part = examined(files)
        made = without_labels(pa.Table.from_pylist(list(part.rows), schema=SCHEMA), doubtful).to_pylist()
        names = pa.array([file.name for file in files], pa.string())
        rows = table.filter(pc.is_in(table["photo"], names)).to_pylist()
        for outcome, found in zip(outcomes, part.outcomes, strict=True):
            yield from json_differences(f"{LEDGER_FILE}, {outcome.name}", asdict(outcome), asdict(found))
        yield from row_differences(rows, made, exact=exact)
    if progress is not None:
        progress(len(chosen), len(chosen))


def _check_controls(out: Path, again: Again, sound: set[str], donors: Donors, found: Verification) -> None:
    lines = [json.loads(line) for line in (out / ANSWERS).read_text(encoding="utf-8").splitlines()]
    chosen = _spaced([line for line in lines if line["photo"] in sound], again.limit)
    photos = AuditedPhotos(again.files, stored_outcomes(out), again.controls.find)
    rows = pq.read_table(out / FACES_FILE, columns=["photo", "face", "label", "group"]).to_pylist()
    known = {(row["photo"], row["face"]): (row["label"], row["group"]) for row in rows}
    told = f"the controls on {len(chosen)} of {len(lines)} faces, asked again"

    def differences() -> Iterator[str]:
        for line in chosen:
            key = line["photo"], line["face"]
            verdicts = dict(again.controls.ask(photos.face(*key), *known[key], donors))
            yield from json_differences(
                f"controls, photo {key[0]}, face {key[1]}", line["verdicts"], verdicts
            )

    found.note(told, differences())
