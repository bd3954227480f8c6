"""A stand-in examiner for worker processes, one of which dies once."""

import os
import signal
from pathlib import Path

from tests.support.audits import examine

__all__ = ["Mortal"]


class Mortal:
    """Examines as the stand-in does; the first process to meet a certain picture is killed.

    Args:
        fatal: bytes of the picture; none where None.
        notes: a folder: a file per process that examined, and one of the killed process.
    """

    def __init__(self, fatal, notes):
        self.fatal, self.notes = fatal, Path(notes)

    def __call__(self, data, classifiers):
        (self.notes / f"worked-{os.getpid()}").touch()
        if data == self.fatal:
            try:
                (self.notes / "killed").touch(exist_ok=False)
            except FileExistsError:
                return examine(data, classifiers)
            os.kill(os.getpid(), signal.SIGKILL)
        return examine(data, classifiers)
