"""Does memory grow with the number of explanations? A thousand in a row, in one process.

``python -m tests.performance.explanation_memory`` explains the gallery's faces in turn, with maps and
verdict, by default with the two classifiers that the pages open with, and prints the resident memory on the
way. The first ``WARM`` explanations are not counted: libraries load, and caches fill up to their bounds.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Sequence
from itertools import cycle, product
from pathlib import Path

import numpy as np

from xai.models.cards import read_cards
from xai.models.classifiers import load_classifier
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES
from xai.pipeline import explain

__all__ = ["main"]

WARM = 100
"""Explanations before the first reading that counts."""

_LIMIT = 0.01
_WINDOW = 50
"""Readings at each end, of which the median is taken: resident memory moves up and down by some megabytes."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status is 1 if memory has grown by more than 1 %."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.explanation_memory")
    parser.add_argument("--count", type=int, default=1000, metavar="N")
    parser.add_argument("--model", action="append", metavar="NAME")
    parser.add_argument("--method", action="append", metavar="NAME")
    args = parser.parse_args(argv)
    names = args.model or [card.name for card in read_cards().cards[:2]]
    classifiers = [load_classifier(name, "cpu") for name in names]
    faces = [face for name in SAMPLES for face in find_faces(load_sample(name))]
    chosen = {"methods": tuple(args.method)} if args.method else {}
    readings, began = [], time.perf_counter()
    work = cycle(product(faces, classifiers))
    for number, (face, classifier) in zip(range(WARM + args.count), work, strict=False):
        explain(face, classifier, **chosen)
        gc.collect()
        readings.append(_resident())
        if number % 100 == 99:
            print(f"{number + 1:,} explanations: {readings[-1]:.1f} MiB", flush=True)
    seconds = time.perf_counter() - began
    first, last = (float(np.median(part)) for part in (readings[WARM : WARM + _WINDOW], readings[-_WINDOW:]))
    grown = last / first - 1
    print(
        f"{' and '.join(names)}: {args.count:,} explanations after {WARM}, {seconds / len(readings):.2f} s "
        f"each: {first:.1f} MiB at first, {last:.1f} MiB at last, {grown:+.2%}"
    )
    return int(grown > _LIMIT)


def _resident() -> float:
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
