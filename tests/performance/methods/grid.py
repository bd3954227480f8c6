"""How long the grid of methods takes: ``python -m tests.performance.methods.grid``.

Starts the model process and asks it as *Compare models* does, method by method, for the first methods of the
page and every class of the model. Prints when the first map was there and when the last, the processor time
that the model process took, which other load changes little, and the load of the machine before each round.
The exit status is 1 where the best round took longer than asked.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dashboard.views.compare.grid import DEFAULT_ROWS, grid_jobs
from dashboard.worker.client import Worker
from dashboard.worker.jobs import AnalyzeSample
from xai.models.cards import DEFAULT_MODEL, find_card

__all__ = ["main"]

FIRST, LAST = 1.0, 12.0
"""Seconds in which the first map, and all maps, of the default model should be there on two cores."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.methods.grid")
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME")
    parser.add_argument("--sample", default="admiral-blue", metavar="ID")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    args = parser.parse_args(argv)
    classes = find_card(args.model).classes
    worker = Worker()
    try:
        while worker.status.loading:
            time.sleep(0.1)
        (face, *_) = _run(worker, AnalyzeSample(args.sample, (args.model,))).faces
        wanted = [(method, args.model, target) for method in DEFAULT_ROWS for target in classes]
        jobs = grid_jobs(face, wanted)
        rounds = [_round(worker, jobs) for _ in range(args.rounds)]
    finally:
        worker.close()
    first, last, spent = (min(each) for each in zip(*rounds, strict=True))
    print(
        f"{args.model}, {len(DEFAULT_ROWS)} methods, {len(classes)} classes, the best of {args.rounds}: the "
        f"first map after {first:.2f} s (asked {FIRST:g}), all after {last:.1f} s (asked {LAST:g}), "
        f"{spent:.1f} s of processor time"
    )
    return int(first > FIRST or last > LAST)


def _round(worker, jobs):
    """Seconds until the first and the last map, and of processor time."""
    load, began, ends, spent = os.getloadavg()[0], time.perf_counter(), [], {}
    for job in jobs:
        before = _processor_seconds(worker.pid)
        _run(worker, job)
        ends.append(time.perf_counter() - began)
        spent[job.method] = spent.get(job.method, 0.0) + _processor_seconds(worker.pid) - before
    each = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in spent.items())
    print(f"load {load:.1f}, {ends[0]:.2f} and {ends[-1]:.1f} s; processor time: {each}", flush=True)
    return ends[0], ends[-1], sum(spent.values())


def _processor_seconds(process):
    """Of all threads of a process, in the system and outside of it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _run(worker, job):
    handle = worker.submit("grid", job)
    while not handle.wait(1):
        pass
    return handle.result()


if __name__ == "__main__":
    sys.exit(main())
