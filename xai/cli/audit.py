"""The command that audits a set of photos."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path

from xai.cli.common import Json, Note
from xai.errors import XaiError
from xai.models.cards import DEFAULT_MODEL

__all__ = ["audit"]


def audit(args: Namespace, note: Note) -> Json:
    """Test every model's prediction for every face of a set, and write the rows to ``--out``.

    Raises:
        XaiError: a path or a model cannot be read, ``--out`` lies in the set or holds something else, or the
            run was stopped from the keyboard.
    """
    try:
        return _audited(args, note)
    except KeyboardInterrupt:
        raise XaiError("Stopped; the same call goes on where it was.") from None


def _audited(args: Namespace, note: Note) -> Json:
    from xai.audit.run import run_audit  # noqa: PLC0415 - torch, seconds
    from xai.audit.sources import list_files  # noqa: PLC0415
    from xai.audit.summary import summarise  # noqa: PLC0415
    from xai.models.classifiers import load_classifier  # noqa: PLC0415

    began = time.monotonic()
    _check_out(args.out, args.paths)
    names = list(dict.fromkeys(args.model or [DEFAULT_MODEL]))
    classifiers = [load_classifier(name, args.device) for name in names]
    files = list_files(args.paths, note, args.limit)
    ledger = run_audit(files, classifiers, args.out, lambda done, total: _count(done, total, note))
    summary = summarise(ledger, names, args.out)
    seconds = round(time.monotonic() - began, 3)
    return {**summary, "claims": {}, "controls": {}, "seconds": seconds, "out": str(args.out)}


def _check_out(out: Path, paths: list[Path]) -> None:
    """What is written into the set would be audited by the next call."""
    inside = next((p for p in paths if p.is_dir() and out.resolve().is_relative_to(p.resolve())), None)
    if inside is not None:
        raise XaiError(f"The folder {out} lies in the set {inside}; name one outside it.")


def _count(done: int, total: int, note: Note) -> None:
    note(f"{done:,} of {total:,} files")
