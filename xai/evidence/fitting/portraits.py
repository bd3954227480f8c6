"""Portraits that a model of faces is fitted to, and the command that fits one."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from xai.photo.images import read_image

__all__ = ["run_fit", "training_portraits"]


def training_portraits(folder: Path) -> Iterator[NDArray[np.uint8]]:
    """The pictures of the rows ``train`` in ``folder/labels.csv``, RGB uint8 ``(H, W, 3)``, sorted."""
    with (folder / "labels.csv").open(encoding="utf-8") as lines:
        files = [row["file"] for row in csv.DictReader(lines) if row["split"] == "train"]
    for file in sorted(files):
        yield read_image((folder / file).read_bytes()).pixels


def run_fit(description: str, fit: Callable[[Path], Mapping[str, NDArray[Any]]]) -> None:
    """Read ``--data DIR`` and ``--out FILE`` from the command line, and write what ``fit`` makes of DIR."""
    asked = argparse.ArgumentParser(description=description)
    asked.add_argument("--data", type=Path, required=True, help="folder with portraits and labels.csv")
    asked.add_argument("--out", type=Path, required=True, help="the safetensors file to write")
    args = asked.parse_args()
    save_file(dict(fit(args.data)), args.out)
