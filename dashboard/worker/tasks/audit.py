"""Job handlers for the page "Audit a set": the steps of ``xai.audit`` on a folder that lives for one job.

Loads torch; only ``handlers`` imports it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageOps

from dashboard.worker.audit_jobs import (
    IN_ZIP,
    AskedAgain,
    AuditJob,
    BeginAudit,
    ClosePart,
    CutFaces,
    Examined,
    ExamineFile,
    FinishAudit,
    Finished,
    Folder,
    ListedSet,
    ListSet,
    ResumeAudit,
    Resumed,
    SetFile,
    WriteReport,
)
from dashboard.worker.jobs import READING, JobProgress, ProgressCallback
from dashboard.worker.model_pool import ModelPool
from xai.audit.claims.definitions import Claim, parse_claims
from xai.audit.controls import ControlModels, control_photos
from xai.audit.examine import Donors, Part, examine_part, examine_photo, settle
from xai.audit.findings.collect import FINDINGS_FILE
from xai.audit.ledger import Ledger, Outcome, contradicted
from xai.audit.photos import AuditedPhotos, crops_of
from xai.audit.report.about import ABOUT_FILE, about_json
from xai.audit.report.record import NOTES_FILE, finding_key
from xai.audit.report.write import wanted_faces, write_report
from xai.audit.rows import FACES_FILE, SCHEMA, join_parts, write_part
from xai.audit.run import PART_FILES, finish_audit
from xai.audit.settings import SETTINGS_FILE, Options, check_settings, settings_of
from xai.audit.sources.archives import HeldZip, read_zip
from xai.audit.sources.files import SourceFile, list_uploads
from xai.audit.sources.labels import Annotation
from xai.errors import DataRejected
from xai.models.classifiers import Classifier
from xai.photo.images import encode_jpeg, read_image
from xai.photo.orientation import turn_photo

__all__ = ["handle"]

CONTROL_FACES = 2
"""Faces that the control models are asked about in one job."""

THUMBNAIL = 144
"""Side of a face on the page in pixels: twice the displayed size, for high-density screens."""

_AROUND = 0.25
"""Of a face's size, shown on each side of its box."""

_FOLDERS = "xai-audit-"
_CLAIMS_FILE = "claims.toml"
_ANSWERS = "parts/controls.jsonl"
_KEPT = re.compile(
    rf"{SETTINGS_FILE}|{ABOUT_FILE}|ledger\.jsonl|{_CLAIMS_FILE}|parts/part-\d{{5}}\.parquet|{_ANSWERS}"
)
"""Names in a resume file; others are no part of an audit."""

_MOST_RESUMED = 500_000_000
"""Bytes that a resume file may unpack to."""

_COLUMNS = (
    "photo", "face", "box", "face_width", "turn", "label", "model", "prediction", "confidence", "verdict",
    "reason",
)  # fmt: skip


def handle(job: AuditJob, models: ModelPool, tell: ProgressCallback) -> object:
    """Run one job.

    Raises:
        XaiError: with a sentence for the visitor.
    """
    return _HANDLERS[type(job)](job, models, tell)


def _list(job: ListSet, _models: ModelPool, _tell: ProgressCallback) -> ListedSet:
    uploads = [
        HeldZip(each.name, each.packed)
        if each.packed
        else SourceFile(each.name, each.size, _Elsewhere(number))
        for number, each in enumerate(job.uploads)
    ]
    notices: list[str] = []
    listed = list_uploads(uploads, notices.append, job.most)
    return ListedSet(tuple(map(_set_file, listed)), tuple(dict.fromkeys(notices)))


def _begin(job: BeginAudit, models: ModelPool, _tell: ProgressCallback) -> Folder:
    settings = settings_of(_classifiers(models, job.models), _sources(job.files), _options(job.claims))
    with _laid_out({}) as out:
        check_settings(out / "audit", settings)
        kept = (out / "audit" / SETTINGS_FILE).read_bytes()
    about = about_json(job.about).encode()
    return {SETTINGS_FILE: kept, ABOUT_FILE: about, _CLAIMS_FILE: _as_toml(job.claims).encode()}


def _resume(job: ResumeAudit, models: ModelPool, _tell: ProgressCallback) -> Resumed:
    members = read_zip(HeldZip("audit.zip", job.packed), _MOST_RESUMED)
    folder = {each.name: each.read() for each in members if _KEPT.fullmatch(each.name) and not each.refusal}
    try:
        settings = json.loads(folder[SETTINGS_FILE])
        claims = parse_claims(folder[_CLAIMS_FILE].decode(), _CLAIMS_FILE)
        names = tuple(str(name) for name in settings["models"])
        now = settings_of(_classifiers(models, names), _sources(job.files), _options(claims))
        other = tuple(key for key in now if settings[key] != now[key])
    except (KeyError, ValueError, TypeError) as error:
        raise DataRejected("The file holds no audit; choose one that this page has made.") from error
    if other:
        return Resumed({}, other=other)
    with _laid_out(folder) as out:
        ledger = Ledger(out)
        outcomes = list(ledger.outcomes())
        for part in ledger.parts():
            if not pq.read_schema(part).equals(SCHEMA):
                raise DataRejected("The file holds an audit of another version; start a new one.")
    known = {file.name: file.sha256 for file in job.files}
    if any(each.sha256 and each.sha256 != known.get(each.name) for each in outcomes):
        return Resumed({}, other=("set",))
    return Resumed(folder, names, claims, tuple(asdict(each) for each in outcomes))


def _examine(job: ExamineFile, models: ModelPool, tell: ProgressCallback) -> Examined:
    classifiers = _classifiers(models, job.models)

    def examine(data: bytes, asked: Sequence[Classifier], group: str, donors: Donors) -> Any:
        tell(JobProgress(READING))
        return examine_photo(data, asked, group, donors, lambda _done, _total: tell(JobProgress("auditing")))

    skip = (job.file.sha256,) if job.known else ()
    part = examine_part(_sources((job.file,)), classifiers, examine, skip=skip)
    return Examined(part.rows, asdict(part.outcomes[0]))


def _close(job: ClosePart, _models: ModelPool, _tell: ProgressCallback) -> Folder:
    files = _sources(job.files)
    named = {file.name: file for file in files}
    with _laid_out(job.folder) as out:
        ledger = Ledger(out)
        known = {o.sha256: named[o.name] for o in ledger.outcomes() if o.outcome in ("read", "no_face")}
        start = ledger.done * PART_FILES
        rows = [dict(row) for each in job.examined for row in each.rows]
        found = Part(rows, [Outcome(**each.outcome) for each in job.examined])
        part = settle(files[start : start + len(job.examined)], found, known)
        write_part(ledger.part(ledger.done), part.rows)
        ledger.add(part.outcomes)
        return _news(out, job.folder)


class _Enough(Exception):
    """The next control face needs a photo that is not here."""


def _finish(job: FinishAudit, _models: ModelPool, tell: ProgressCallback) -> Finished | AskedAgain:
    files = _sources(job.files)
    here = {file.name for file in job.files if file.data}
    with _laid_out(job.folder) as out:
        ledger = Ledger(out)
        if FACES_FILE not in job.folder:
            join_parts(ledger.parts(), out / FACES_FILE, contradicted(ledger.outcomes()))
        photos, noted = control_photos(out), job.folder.get(_ANSWERS, b"").count(b"\n")
        done = noted

        def next_face(face: int, total: int) -> None:
            nonlocal done
            tell(JobProgress("auditing"))
            done = max(done, face)
            if noted <= face < total and photos[face] not in here:
                raise _Enough

        try:
            summary = finish_audit(files, job.models, out, job.claims, _controls(), next_face)
        except _Enough:
            wanted = tuple(dict.fromkeys(photos[done : done + CONTROL_FACES]))
            return AskedAgain(_news(out, job.folder), wanted, done, len(photos))
        outcomes = list(ledger.outcomes())
        found = json.loads((out / FINDINGS_FILE).read_bytes())
        return Finished(
            folder=_news(out, job.folder),
            summary=summary,
            findings=found,
            keys=tuple(map(finding_key, found["findings"])),
            wanted=tuple(wanted_faces(out)),
            rows=tuple(pq.read_table(out / FACES_FILE, columns=list(_COLUMNS)).to_pylist()),
            outcomes=tuple(map(asdict, outcomes)),
        )


def _report(job: WriteReport, _models: ModelPool, tell: ProgressCallback) -> Folder:
    with _laid_out(job.folder) as out:
        (out / NOTES_FILE).write_text(json.dumps(job.notes, indent=1, sort_keys=True), encoding="utf-8")
        pictures: dict[tuple[str, int], NDArray[np.uint8]] | None = None
        if job.faces is not None:
            photos, pictures = AuditedPhotos(_sources(job.files), Ledger(out).outcomes()), {}
            for face in sorted(job.faces):  # each photo is decoded once
                tell(JobProgress("auditing"))
                pictures |= crops_of(photos, [face])
        write_report(out, pictures)
        return _news(out, job.folder)


def _cut(job: CutFaces, _models: ModelPool, tell: ProgressCallback) -> tuple[bytes, ...]:
    tell(JobProgress(READING))
    pixels = turn_photo(read_image(job.file.data), job.turn).pixels
    cut = []
    for left, top, right, bottom in job.boxes:
        half = round(max(right - left, bottom - top) * (0.5 + _AROUND))
        across, down = (left + right) // 2, (top + bottom) // 2
        area = pixels[max(0, down - half) : down + half, max(0, across - half) : across + half]
        picture = ImageOps.fit(Pictures.fromarray(area), (THUMBNAIL, THUMBNAIL), Pictures.Resampling.LANCZOS)
        cut.append(encode_jpeg(np.asarray(picture)))
    return tuple(cut)


@cache
def _controls() -> ControlModels:
    """The control models, loaded once for all visitors."""
    return ControlModels()


def _options(claims: Sequence[Claim]) -> Options:
    """A photo is here alone, without the others of the set: the gallery's portraits lend the parts."""
    return Options(claims, "gallery")


def _classifiers(models: ModelPool, names: Sequence[str]) -> list[Classifier]:
    return [models.get(name) for name in names]


@dataclass(frozen=True)
class _Elsewhere:
    """Reads a file whose bytes stayed with the server: there are none here."""

    upload: int

    def __call__(self) -> bytes:
        return b""


def _set_file(file: SourceFile) -> SetFile:
    label = file.annotations[0].label if file.annotations else None
    if isinstance(file.read, _Elsewhere):
        return SetFile(file.name, file.size, file.read.upload, label, file.refusal)
    data = b"" if file.refusal else file.read()
    sha256 = hashlib.sha256(data).hexdigest() if data else ""
    return SetFile(file.name, file.size, IN_ZIP, label, file.refusal, sha256, data)


def _sources(files: Sequence[SetFile]) -> list[SourceFile]:
    """The files for the library; reading one whose bytes did not travel gives none."""
    return [
        SourceFile(
            file.name,
            file.size,
            partial(_bytes_of, file),
            (Annotation(file.label),) if file.label else (),
            file.refusal,
        )
        for file in files
    ]


def _bytes_of(file: SetFile) -> bytes:
    return file.data


def _as_toml(claims: Sequence[Claim]) -> str:
    """The claims as a file that ``parse_claims`` reads."""
    return "\n".join(
        f'[[claim]]\nkind = "{each.kind}"\nmodel = "{each.model}"\nthreshold = {each.threshold!r}\n'
        f"least_n = {each.least_n}\n"
        for each in claims
    )


@contextmanager
def _laid_out(folder: Folder) -> Iterator[Path]:
    """The folder on disk, until the job is done."""
    _forget_the_killed()
    with TemporaryDirectory(prefix=f"{_FOLDERS}{os.getpid()}-") as name:
        out = Path(name)
        for path, data in folder.items():
            (out / path).parent.mkdir(exist_ok=True)
            (out / path).write_bytes(data)
        yield out


def _forget_the_killed() -> None:
    """Remove the folders of processes that were killed in the middle of a job."""
    for path in Path(gettempdir()).glob(f"{_FOLDERS}*-*"):
        process = path.name.removeprefix(_FOLDERS).partition("-")[0]
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            shutil.rmtree(path, ignore_errors=True)
        except (ValueError, OSError):  # not one of ours, or another user's, who is at work
            continue


def _news(out: Path, before: Folder) -> dict[str, bytes]:
    """Files that were made or changed."""
    files = {path.relative_to(out).as_posix(): path for path in sorted(out.rglob("*")) if path.is_file()}
    now = {name: path.read_bytes() for name, path in files.items()}
    return {name: data for name, data in now.items() if before.get(name) != data}


_HANDLERS: Mapping[type, Callable[[Any, ModelPool, ProgressCallback], object]] = {
    ListSet: _list,
    BeginAudit: _begin,
    ResumeAudit: _resume,
    ExamineFile: _examine,
    ClosePart: _close,
    FinishAudit: _finish,
    CutFaces: _cut,
    WriteReport: _report,
}
"""Type of job -> its handler."""
