"""The table of what heads of reasons can say, in ``weights/README.md``, from the heads' own files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from xai.errors import WeightsUnavailable
from xai.photo.synthetic_masks.wear_styles import REASONS

__all__ = ["reason_table"]

_HEAD = (
    f"| model | set | n | named rightly | {' | '.join(REASONS)} | said from | said of | right of those |",
    f"|---|---|---|---|{'---|' * len(REASONS)}---|---|---|",
)


def reason_table(folder: Path) -> list[str]:
    """A heading and a table of the heads in ``folder/reasons``; nothing where there is none.

    Drawn sets are measured on groups that were held out.

    Raises:
        WeightsUnavailable: a head's file cannot be read.
    """
    rows = [row for path in sorted((folder / "reasons").glob("*.safetensors")) for row in _rows(path)]
    return ["", "### Reasons of a mask worn incorrectly", "", *_HEAD, *rows] if rows else []


def _rows(path: Path) -> list[str]:
    try:
        with safe_open(path, framework="np") as file:
            header = file.metadata()
        about, threshold = json.loads(header["about"]), float(header["threshold"])
        sets = {f"{', '.join(about['sets'])}, held out": about["held_out"], **about.get("measured", {})}
        return [_row(path.stem, name, found, threshold) for name, found in sets.items()]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsUnavailable(
            f"The reasons in {path} cannot be read ({error}); train them again."
        ) from error


def _row(model: str, name: str, found: Mapping[str, Any], threshold: float) -> str:
    shares = (f"{found['per_reason'][r]:.3f}" if r in found["per_reason"] else "–" for r in REASONS)
    right = "–" if found["precision"] is None else f"{found['precision']:.3f}"
    cells = (
        model,
        name,
        found["n"],
        f"{found['accuracy']:.3f}",
        *shares,
        threshold,
        f"{found['said']:.3f}",
        right,
    )
    return f"| {' | '.join(map(str, cells))} |"
