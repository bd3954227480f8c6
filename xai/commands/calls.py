"""What every call of the command line has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Json", "Note", "given"]

Json = dict[str, Any]
"""What ``--json`` prints."""

Note = Callable[[str], None]
"""Where progress and notices go: a line for a person, never part of the result."""


def given(**values: Any) -> dict[str, Any]:
    """The flags that were set."""
    return {name: value for name, value in values.items() if value is not None}
