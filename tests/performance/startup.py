"""How soon the dashboard is there, its first page, its models: ``python -m tests.performance.startup``.

The dashboard is run, as ``make run`` runs it, and not known.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from tests.support.paths import ROOT
from xai.errors import XaiError

__all__ = ["HEAVY", "Start", "Startup", "answered", "imported", "measure_startup", "serving"]

HEAVY = ("torch", "torchvision", "captum", "pytorch_grad_cam", "sklearn", "sympy", "scipy", "openvino")
"""What the server must not import: seconds and hundreds of megabytes that its pages need nothing of."""

_ROOT = ROOT
_SERVER = Path("dashboard", "server.py")
_PATIENCE = 180.0
_LOOK = 0.01  # seconds between two looks


@dataclass(frozen=True)
class Start:
    """One start, seconds since the command was given.

    Attributes:
        healthy: the server answers.
        first_page: the first element of the first page has left the server.
        ready: every model is in memory, with what its maps need.
    """

    healthy: float
    first_page: float
    ready: float


@dataclass(frozen=True)
class Startup:
    """Several starts, and what the server imported in one more.

    Attributes:
        starts: at least one.
        modules: how many modules the server had imported when the first page was finished.
        heavy: those of ``HEAVY`` among them.
    """

    starts: tuple[Start, ...]
    modules: int
    heavy: tuple[str, ...]

    def median(self, name: str) -> float:
        """Of one of the fields of ``Start``, seconds."""
        return statistics.median(float(getattr(start, name)) for start in self.starts)

    def as_dict(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        medians = {f"{name}_s": self.median(name) for name in ("healthy", "first_page", "ready")}
        starts = [asdict(start) for start in self.starts]
        return {**medians, "starts": starts, "modules": self.modules, "heavy": list(self.heavy)}

    def text(self) -> str:
        """The same for a person."""
        worst = max(start.healthy for start in self.starts)
        return (
            f"of {len(self.starts)} starts, median: server healthy after {self.median('healthy'):.2f} s "
            f"(at most {worst:.2f}), first page after {self.median('first_page'):.2f} s, "
            f"models ready after {self.median('ready'):.2f} s\n"
            f"imported by the server for the first page: {self.modules} modules, "
            f"heavy ones: {', '.join(self.heavy) or 'none'}"
        )


def measure_startup(rounds: int, note: Callable[[str], None]) -> Startup:
    """Start the dashboard's server ``rounds`` times on free ports, and once more to see what it imports.

    Raises:
        XaiError: it does not start.
    """
    starts = []
    for number in range(rounds):
        note(f"start {number + 1} of {rounds}")
        starts.append(_start())
    note("one more start, to see what is imported")
    modules = _modules()
    heavy = tuple(name for name in HEAVY if name in modules)
    return Startup(tuple(starts), len(modules), heavy)


def imported(report: str) -> frozenset[str]:
    r"""The modules in what ``python -X importtime`` writes.

    >>> sorted(imported("import time:  10 |  20 |   os\nimport time: 5 | 5 |     os.path\nhello"))
    ['os', 'os.path']
    """
    lines = (line for line in report.splitlines() if line.startswith("import time:"))
    return frozenset(line.rsplit("|", 1)[1].strip() for line in lines if "imported package" not in line)


def _start() -> Start:
    began = time.time()
    with serving() as address:
        healthy = answered(address, "/_stcore/health", began)
        first = _visited(address, "first") - began
        return Start(healthy, first, answered(address, "/ready", began))


def _modules() -> frozenset[str]:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as report:
        with serving("-X", "importtime", report=report) as address:
            answered(address, "/ready", time.time())
            _visited(address, "finished")
        report.seek(0)
        return imported(report.read())


@contextlib.contextmanager
def serving(*flags: str, report: IO[str] | None = None) -> Iterator[str]:
    """The dashboard as ``make run`` starts it, on a free port; its address.

    Answers about the samples that were kept earlier are left aside, so that what is measured is work.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *flags, "-m", "streamlit", "run", str(_SERVER), "--server.port", str(port)]
    said = report or subprocess.DEVNULL
    alone = {**os.environ, "XAI_SAMPLE_ANSWERS": "off"}
    with subprocess.Popen(command, cwd=_ROOT, env=alone, stdout=subprocess.DEVNULL, stderr=said) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def answered(address: str, path: str, began: float) -> float:
    """Seconds since ``began`` at which ``path`` first answers with 200."""
    while not _answers(address + path):
        if time.time() - began > _PATIENCE:
            raise XaiError(
                f"The dashboard did not answer at {path} within {_PATIENCE:.0f} s; start it by hand."
            )
        time.sleep(_LOOK)
    return time.time() - began


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _visited(address: str, until: str) -> float:
    """Seconds since the epoch at which the page was there; see ``streamlit_visit``."""
    command = [sys.executable, "-m", "tests.performance.streamlit_visit", address, until]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise XaiError(f"The first page could not be visited: {last}")
    return float(json.loads(done.stdout)["at"])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure some starts and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="starts; 5")
    parser.add_argument("--json", action="store_true", help="print JSON alone on standard output")
    args = parser.parse_args(argv)
    found = measure_startup(args.rounds, lambda note: print(note, file=sys.stderr, flush=True))
    print(json.dumps(found.as_dict()) if args.json else found.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
