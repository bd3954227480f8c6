"""The command line: ``python -m xai …``. Flags and JSON keys are fixed, others script against them."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from xai.errors import XaiError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 a claim of a gate does not hold, 2 bad usage, 130
    stopped from the keyboard.
    """
    try:
        _write_any_letter()
        args = _parser().parse_args(argv)
        result = args.run(args, _note)
        return _print(result, as_json=args.json, table=args.table) or args.status(args, result)
    except KeyboardInterrupt as stop:
        _note(str(stop) or "Stopped.")
        return _STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _note(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
        return 2
    except (XaiError, ValueError) as error:
        _note(str(error))
        return 2


_COMMAND = "mask-xai"
"""The command that pip installs (``pyproject.toml``); it does what ``python -m xai`` does."""

_STOPPED = 130
"""Exit status of a command that was stopped from the keyboard: 128 and the number of the signal."""


def _write_any_letter() -> None:
    """Letters that a terminal or pipe has no code for are written as their number, and nothing is lost."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _print(result: Any, *, as_json: bool, table: Callable[[Any], str] | None) -> int:
    """Print a result; a stream of photo records is a failure only if not one photo could be read."""
    from xai.cli import Measured  # noqa: PLC0415 - as in _parser

    if isinstance(result, Measured):
        print(json.dumps(result.record) if as_json else result.text, flush=True)
        return 0
    if not isinstance(result, Iterator):
        text = json.dumps(result) if as_json else table(result) if table else json.dumps(result, indent=1)
        print(text, flush=True)
        return 0
    read = False
    for record in result:
        read = read or record["error"] is None
        if as_json or not record["error"]:
            print(json.dumps(record) if as_json else _sentence(record), flush=True)
        if record["error"]:
            _note(f"{record['photo']}: {record['error']}")
    return 0 if read else 2


def _sentence(record: dict[str, Any]) -> str:
    """One photo's record as text."""
    if not record["faces"]:
        return f"{record['photo']}: no face found"
    faces = (
        f"  {number}. {face['label']} ({max(face['probabilities'].values()):.0%}) at {face['box']}"
        for number, face in enumerate(record["faces"], start=1)
    )
    return "\n".join((f"{record['photo']}:", *faces))


def _note(sentence: str) -> None:
    """Print a sentence on one line, whatever the names in it contain."""
    line = "".join(c if c.isprintable() or "\ud800" <= c <= "\udfff" else ascii(c)[1:-1] for c in sentence)
    print(line, file=sys.stderr, flush=True)


class _Parser(argparse.ArgumentParser):
    """Reports bad usage in one sentence with status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message[0].upper()}{message[1:]}; `{self.prog} --help` lists what there is.\n")


def _parser() -> argparse.ArgumentParser:
    from xai.cli import inference_flags, training_flags  # noqa: PLC0415 - takes so long that it may be stopped

    called = Path(sys.argv[0]).stem
    program = called if called == _COMMAND else "python -m xai"
    parser = _Parser(prog=program, description="Does a face-mask classifier look at nose and mouth?")
    calls = parser.add_subparsers(required=True, metavar="COMMAND")
    inference_flags.add_calls(calls)
    training_flags.add_calls(calls)
    return parser


if __name__ == "__main__":
    sys.exit(main())
