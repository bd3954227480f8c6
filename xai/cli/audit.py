"""The command that audits a set of photos."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xai.audit.claims.definitions import ALL_MODELS, DEFAULT_CLAIMS, Claim, parse_claims
from xai.cli.common import Json, Note
from xai.errors import XaiError
from xai.models.cards import DEFAULT_MODEL
from xai.types import Progress

if TYPE_CHECKING:
    from xai.audit.engines.base import Engine
    from xai.models.classifiers import Classifier

__all__ = ["audit", "gate"]


def audit(args: Namespace, note: Note) -> Json:
    """Test every model's prediction for every face of a set, and write the rows to ``--out``.

    Raises:
        XaiError: a path or a model cannot be read, or ``--out`` lies in the set or holds something else.
        KeyboardInterrupt: the run was stopped from the keyboard; with a sentence.
    """
    from xai.audit.settings import threads_of  # noqa: PLC0415 - seconds, with torch

    _check_out(args.out, args.paths)
    try:
        with threads_of(args.out):
            return _audited(args, note)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Stopped; the same call goes on where it was.") from None


def _audited(args: Namespace, note: Note) -> Json:
    from xai.audit.controls import ControlModels  # noqa: PLC0415
    from xai.audit.report.about import write_about  # noqa: PLC0415
    from xai.audit.run import finish_audit, report_audit, run_audit  # noqa: PLC0415
    from xai.audit.settings import Options  # noqa: PLC0415
    from xai.audit.sources.files import list_files  # noqa: PLC0415
    from xai.models.classifiers import load_classifier  # noqa: PLC0415

    began = time.monotonic()
    names = list(dict.fromkeys(args.model or [DEFAULT_MODEL]))
    claims = _claims(args.claims, names)
    classifiers = [load_classifier(name, args.device) for name in names]
    files = list_files(args.paths, note, args.limit)
    options = Options(claims, args.donors)
    run_audit(files, classifiers, args.out, _counter("files", note), _engine(args, classifiers), options)
    controls = ControlModels(args.device)
    summary = finish_audit(files, names, args.out, claims, controls, _counter("faces for the controls", note))
    write_about(args.out, {"set": _title(args), "auditor": args.auditor, "purpose": args.purpose})
    report_audit(args.out, None if args.no_faces else files)
    return {**summary, "seconds": round(time.monotonic() - began, 3), "out": str(args.out)}


def _engine(args: Namespace, classifiers: Sequence[Classifier]) -> Engine:
    from xai.audit.engines.local import Local, workers_here  # noqa: PLC0415
    from xai.audit.engines.ray import Ray  # noqa: PLC0415

    if args.engine == "ray":
        return Ray(args.workers)
    on_gpu = any(classifier.device.type == "cuda" for classifier in classifiers)
    return Local(workers=args.workers or (1 if on_gpu else workers_here()))


def _title(args: Namespace) -> str:
    """Name of the set: as it was given, or of the one path."""
    return str(args.title or (args.paths[0].resolve().name if len(args.paths) == 1 else ""))


def gate(record: Json) -> int:
    """Exit status of an audit that guards: 1 where a claim does not hold, else 0."""
    return int(any(claim["result"] != "holds" for claim in record["claims"].values()))


def _claims(path: Path | None, models: list[str]) -> tuple[Claim, ...]:
    """The claims of a file, or the default ones; read before anything of the set is."""
    if path is None:
        return DEFAULT_CLAIMS
    try:
        claims = parse_claims(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise XaiError(f"{path} should be a TOML file of claims; it is no text in UTF-8.") from error
    for number, claim in enumerate(claims, 1):
        if claim.model not in (ALL_MODELS, *models):
            raise XaiError(
                f"{path.name}, claim {number}: model should be {ALL_MODELS!r} or one that is audited; it is "
                f"{claim.model!r}."
            )
    return claims


def _check_out(out: Path, paths: list[Path]) -> None:
    """What is written into the set would be audited by the next call."""
    inside = next((p for p in paths if p.is_dir() and out.resolve().is_relative_to(p.resolve())), None)
    if inside is not None:
        raise XaiError(f"The folder {out} lies in the set {inside}; name one outside it.")


def _counter(what: str, note: Note) -> Progress:
    return lambda done, total: note(f"{done:,} of {total:,} {what}")
