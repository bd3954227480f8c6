"""The font of sheets: DejaVu Sans, free to embed, read from the Matplotlib package, which is not imported."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from dashboard.sheet_marks import FONT_FILES
from xai.errors import ThirdPartyMissing

__all__ = ["font_file"]

_FOLDER = "mpl-data/fonts/ttf"


@cache
def font_file(bold: bool) -> Path:
    """The font's file, regular or bold.

    There is no other to fall back to: Pillow's own font and those that every PDF reader has lack letters of
    the languages spoken here.

    Raises:
        ThirdPartyMissing: it is not installed.
    """
    package = find_spec("matplotlib")
    if package and package.origin:
        path = Path(package.origin).parent / _FOLDER / FONT_FILES[bold]
        if path.is_file():
            return path
    raise ThirdPartyMissing(
        f"The font {FONT_FILES[bold]} of the package matplotlib is not installed; run `make setup`."
    )
