"""What all commands share: output types and common flags."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from xai.types import Box

__all__ = ["Json", "Note", "box", "given", "new_call", "positive", "setting"]

Json = dict[str, Any]
"""What ``--json`` prints."""

Note = Callable[[str], None]
"""Receives progress and notices: lines for the user, never part of the result."""


_ALIASES = {
    "calibrate": ("validate-verdict",),
    "doubts": ("label-issues",),
    "draw": ("synthesize",),
    "experiments": ("replicate",),
    "recall": ("eval-detector",),
}
"""Command -> the names that others give it."""


def given(**values: Any) -> dict[str, Any]:
    """The flags that were set."""
    return {name: value for name, value in values.items() if value is not None}


def box(text: str) -> Box:
    """A box, ``L,T,R,B`` in pixels."""
    try:
        return Box(*(int(edge) for edge in text.split(",")))
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(
            f"a box is four whole numbers, left,top,right,bottom, as 40,30,160,170; it is {text!r}"
        ) from None


def setting(text: str) -> tuple[str, str, str]:
    """Method, name of a parameter and value of ``METHOD.NAME=VALUE``."""
    name, equals, value = text.partition("=")
    method, point, parameter = name.partition(".")
    if not (equals and point and method and parameter and value):
        raise argparse.ArgumentTypeError(
            f"a setting reads METHOD.NAME=VALUE, as rise.masks=4000; it is {text!r}"
        )
    return method, parameter, value


def new_call(
    calls: Any, name: str, run: Any, text: str, table: Callable[[Any], str] | None = None
) -> argparse.ArgumentParser:
    """A command ``name`` run by ``run``, with the flags that every command has.

    ``table`` turns its record into what is printed without ``--json``.
    """
    call: argparse.ArgumentParser = calls.add_parser(
        name, aliases=_ALIASES.get(name, ()), help=text, description=text
    )
    call.set_defaults(run=run, table=table, status=lambda _args, _record: 0)
    call.add_argument("--json", action="store_true", help="print JSON alone on standard output")
    call.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    return call


def positive(text: str) -> int:
    """A whole number above 0.

    Raises:
        ArgumentTypeError: it is not one.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
