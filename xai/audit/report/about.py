"""What an auditor says of an audit: name of the set, who audits, and why. Free of torch, for the pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from xai.atomic_write import write_atomically
from xai.errors import XaiError

__all__ = ["ABOUT", "ABOUT_FILE", "about_json", "read_about", "write_about"]

ABOUT_FILE = "about.json"
"""Name of the file in the audit's folder; it changes no row, and without it nothing is stated."""

ABOUT = ("set", "auditor", "purpose")
"""Its keys, none of them required."""


def about_json(about: Mapping[str, str]) -> str:
    """The file's text; what is empty is left out."""
    return json.dumps({key: about[key] for key in ABOUT if about.get(key)}, indent=1) + "\n"


def write_about(out: Path, about: Mapping[str, str]) -> None:
    """Write ``about.json`` to an audit's folder.

    Raises:
        XaiError: the file cannot be written.
    """
    text = about_json(about)
    write_atomically(out / ABOUT_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def read_about(out: Path) -> dict[str, str]:
    """What ``about.json`` says; nothing where there is none.

    Raises:
        XaiError: it holds something else than texts of ``ABOUT``.
    """
    path = out / ABOUT_FILE
    if not path.exists():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise XaiError(f"{path} cannot be read; call the audit again.") from error
    if (
        not isinstance(told, dict)
        or set(told) - {*ABOUT}
        or not all(isinstance(v, str) for v in told.values())
    ):
        raise XaiError(f"{path} should hold texts of the keys {', '.join(ABOUT)}; it holds something else.")
    return told
