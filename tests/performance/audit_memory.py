"""Does an audit's memory grow with the set? Peaks of 500 and 5,000 photos, each in a process of its own.

``python -m tests.performance.audit_memory --data DIR...`` reads photos and finds their faces as an audit
does, and writes rows, controls, findings and report. Only the explanation of a face is made once and
repeated, since it takes a second and leaves nothing behind but its row.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from tests.support.audits import RIGHT, StandInControls
from xai.audit import examine
from xai.audit.claims.definitions import DEFAULT_CLAIMS
from xai.audit.run import finish_audit, report_audit, run_audit
from xai.audit.settings import Options
from xai.audit.sources.files import list_files
from xai.models.cards import DEFAULT_MODEL
from xai.models.classifiers import load_classifier
from xai.pipeline import Pair, explain_all
from xai.types import Explanation

__all__ = ["main"]

SIZES = (500, 5_000)
"""Photos of the sets compared."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 1 if the larger peak is more than 5 % above the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.audit_memory")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="DIR", help="of 5,000 photos in all"
    )
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.only:
        print(_peak(args.data, args.only))
        return 0
    peaks = []
    for size in SIZES:
        call = [
            sys.executable,
            "-m",
            "tests.performance.audit_memory",
            "--only",
            str(size),
            "--data",
            *args.data,
        ]
        peaks.append(int(subprocess.run(call, check=True, capture_output=True, text=True).stdout))
        print(f"{size:,} photos: peak {peaks[-1] / 1024:.0f} MB", flush=True)
    print(f"{peaks[1] / peaks[0]:.3f} times the peak for ten times the photos")
    return int(peaks[1] > 1.05 * peaks[0])


def _peak(data: Sequence[Path], size: int) -> int:
    """Peak resident memory of an audit, kilobytes."""
    classifier = load_classifier(DEFAULT_MODEL, "cpu")
    files = list_files(list(data), lambda _told: None, size)
    assert sum(not file.table for file in files) == size, f"there are only {len(files)} files"
    made: list[Explanation] = []

    def once(pairs: Sequence[Pair], *_: object) -> tuple[Explanation, ...]:
        if not made:
            made.extend(explain_all(pairs))
        return tuple(replace(each, face=pair.edits.original) for each, pair in zip(made, pairs, strict=True))

    with patch.object(examine, "explain_all", once), tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run_audit(files, [classifier], out, options=Options(donors="set"))
        finish_audit(files, [DEFAULT_MODEL], out, DEFAULT_CLAIMS, _Controls())
        report_audit(out, files)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class _Controls(StandInControls):
    """Finds the real faces, and answers without networks."""

    def __init__(self) -> None:
        super().__init__(RIGHT)

    def find(self, data: bytes) -> object:
        """The faces of a photo."""
        from xai.audit.photos import faces_in

        return faces_in(data)


if __name__ == "__main__":
    sys.exit(main())
