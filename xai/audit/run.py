"""Runs models over a set, part by part, and goes on after a kill where the last whole part ended."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from xai.audit.claims.definitions import Claim
from xai.audit.claims.judge import judge
from xai.audit.controls import ControlModels, Controls, run_controls, withheld
from xai.audit.donors import choose_donors
from xai.audit.engines.base import Engine
from xai.audit.engines.local import Local
from xai.audit.examine import Examine, Part, examine_photo, settle
from xai.audit.findings.collect import find, write_findings
from xai.audit.ledger import Ledger, contradicted
from xai.audit.photos import AuditedPhotos, FindFaces, crops_of
from xai.audit.report.write import wanted_faces, write_report
from xai.audit.rows import FACES_FILE, join_parts, write_part
from xai.audit.settings import Options, alone, check_settings, settings_of
from xai.audit.sources.files import SourceFile
from xai.audit.summary import summarise
from xai.models.classifiers import Classifier
from xai.types import Progress

__all__ = ["PART_FILES", "finish_audit", "report_audit", "run_audit", "write_results"]

PART_FILES = 32
"""Files of one part: about what a kill costs."""


def run_audit(
    files: Sequence[SourceFile],
    classifiers: Sequence[Classifier],
    out: Path,
    progress: Progress | None = None,
    examine: Examine | Engine | None = None,
    options: Options | None = None,
) -> Ledger:
    """Audit every file and write ``out/faces.parquet``, with the parts and the ledger beside it.

    Called again after a kill it goes on, and what it writes is the same to the byte. One photo at a time is
    in memory, and the rows of one part.

    Args:
        files: the set.
        classifiers: whose predictions are tested.
        out: a new folder, or that of the same audit.
        progress: called after every part with (files done, files in all); raising in it stops the run.
        examine: how a photo is examined in this process, ``examine_photo`` where None; or the engine that
            does so.
        options: claims and donors; the default ones where None.

    Raises:
        XaiError: ``out`` holds something else or an audit with other settings, another run writes to it, or
            it cannot be written.
        DataRejected: a zip changed while it was audited.
        ThirdPartyMissing: a network's file, or a portrait that lends parts, is not installed.
    """
    options = options or Options()
    check_settings(out, settings_of(classifiers, files, options))
    engine = Local(examine or examine_photo) if examine is None or callable(examine) else examine
    with alone(out):
        donors = choose_donors(files, out) if options.donors == "set" else None
        return _run(files, out, progress, partial(engine.parts, classifiers=classifiers, donors=donors))


def finish_audit(
    files: Sequence[SourceFile],
    models: Sequence[str],
    out: Path,
    claims: Sequence[Claim],
    controls: Controls | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Test the controls on an audit's own faces, judge its claims, and write what is read of it.

    A killed call goes on where it was, to the same bytes. Claims about verdicts are withheld where the
    controls do not hold.

    Args:
        files: the set.
        models: names of the models, in their order.
        out: the folder of an audit whose rows are complete.
        claims: that it was begun with.
        controls: ``ControlModels`` where None.
        progress: of the controls, as of ``run_controls``.

    Returns:
        The summary, as of ``summarise``.

    Raises:
        DataRejected: a photo has changed since its part was done.
        XaiError: another run writes to ``out``, or it cannot be written.
    """
    with alone(out):
        found = run_controls(files, out, controls or ControlModels(), progress)
        return write_results(models, out, claims, found)


def write_results(
    models: Sequence[str], out: Path, claims: Sequence[Claim], controls: Mapping[str, Any]
) -> dict[str, Any]:
    """Judge the claims of an audit by its rows and controls, and write what follows from them to its folder.

    Where the controls do not hold, all that rests on verdicts is withheld, in claims and findings alike.

    Args:
        models: names of the models, in their order.
        out: the audit's folder.
        claims: in their order.
        controls: as of ``run_controls``.

    Returns:
        The summary, as of ``summarise``.

    Raises:
        XaiError: a file cannot be written.
    """
    table, ledger = pq.read_table(out / FACES_FILE), Ledger(out)
    summary = summarise(ledger, models, out, withheld(judge(table, claims), controls), controls)
    write_findings(out, find(table, ledger.outcomes(), models, verdicts=controls["hold"]))
    return summary


def report_audit(out: Path, files: Sequence[SourceFile] | None, faces: FindFaces | None = None) -> None:
    """Write the report of a finished audit to its folder; the same audit gives the same bytes.

    Args:
        out: the audit's folder.
        files: the set, from which the faces that the report shows are read again; None for a report without
            faces.
        faces: how faces are found; ``faces_in`` where None.

    Raises:
        DataRejected: a photo has changed since it was audited.
        XaiError: another run writes to ``out``, or it cannot be written.
        ThirdPartyMissing: the font of the PDF is not installed.
    """
    with alone(out):
        pictures = None
        if files is not None:
            photos = AuditedPhotos(files, Ledger(out).outcomes(), faces)
            pictures = crops_of(photos, wanted_faces(out))
        write_report(out, pictures)


def _run(
    files: Sequence[SourceFile],
    out: Path,
    progress: Progress | None,
    parts_of: Callable[..., Generator[Part, None, None]],
) -> Ledger:
    ledger = Ledger(out)
    named = {file.name: file for file in files}
    known = {o.sha256: named[o.name] for o in ledger.outcomes() if o.outcome in ("read", "no_face")}
    begun = min(ledger.done * PART_FILES, len(files))
    chunks = [files[start : start + PART_FILES] for start in range(begun, len(files), PART_FILES)]
    _report(progress, begun, len(files))
    with closing(parts_of(chunks, skip=known)) as parts:  # workers end with the run
        for chosen, part in zip(chunks, parts, strict=True):
            settled = settle(chosen, part, known)
            write_part(ledger.part(ledger.done), settled.rows)
            ledger.add(settled.outcomes)
            _report(progress, min(ledger.done * PART_FILES, len(files)), len(files))
    join_parts(ledger.parts(), out / FACES_FILE, contradicted(ledger.outcomes()))
    return ledger


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
