"""Atomic writing of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError

from xai.errors import XaiError

__all__ = ["write_atomically"]


def write_atomically(path: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` create a temporary file beside ``path``, then rename it to ``path``; returns ``path``.

    Raises:
        XaiError: the disk is full or the folder cannot be written; the earlier file at ``path`` is intact,
            and no partial file is left.
    """
    unfinished = path.with_suffix(path.suffix + ".unfinished")
    try:
        write(unfinished)
        unfinished.replace(path)
    except (OSError, RuntimeError, SafetensorError) as error:  # torch reports a full disk as RuntimeError
        unfinished.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or "the disk may be full"
        raise XaiError(f"{path} cannot be written: {reason}; free some space and call again.") from error
    return path
