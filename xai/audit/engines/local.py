"""The engine that examines the parts of a set on this machine."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path

import torch

from xai.audit.engines.base import Chunks, Task
from xai.audit.examine import Donors, Examine, Part, examine_part, examine_photo
from xai.errors import XaiError
from xai.models.classifiers import Classifier

__all__ = ["Local", "serve", "workers_here"]

_BYTES_EACH = 1.5e9
"""What a worker takes: libraries, models, the photo it reads."""

_ENDED = (
    "A process that examined photos ended early, perhaps for want of memory; the same call goes on where it "
    "was, with --workers 1 in a single process."
)


def workers_here() -> int:
    """How many workers this machine has cores and memory for, each with the threads of this process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(max(1, min(cores // torch.get_num_threads(), memory // _BYTES_EACH)))


class Local:
    """This process, or several on this machine.

    Args:
        examine: how a photo is examined.
        workers: processes; with one, parts are examined in this process.
    """

    def __init__(self, examine: Examine = examine_photo, workers: int = 1) -> None:
        self._examine, self._workers = examine, workers

    def parts(
        self, chunks: Chunks, classifiers: Sequence[Classifier], donors: Donors, skip: Collection[str]
    ) -> Generator[Part, None, None]:
        """As of ``Engine``.

        Raises:
            XaiError: a worker died, or as of ``examine_part``.
        """
        workers = min(self._workers, len(chunks))
        if workers < 2:
            return (examine_part(files, classifiers, self._examine, donors, skip) for files in chunks)
        return _examined(chunks, Task(classifiers, self._examine, donors, frozenset(skip)), workers)


@dataclass(frozen=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection


def _examined(chunks: Chunks, task: Task, count: int) -> Generator[Part, None, None]:
    """The parts in their order, examined by ``count`` processes that end with this generator."""
    told = pickle.dumps(task)
    workers: list[_Worker] = []
    ahead = iter(enumerate(chunks))
    made: dict[int, Part | XaiError] = {}
    try:
        workers.extend(_start() for _ in range(count))
        busy = {worker.pipe for worker in workers}
        for pipe in busy:
            _send(pipe, told)
            _send(pipe, next(ahead))
        for number in range(len(chunks)):
            while number not in made:
                for pipe in _ready(busy):
                    done, part = _received(pipe)
                    made[done] = part
                    following = next(ahead, None)
                    busy.discard(pipe) if following is None else _send(pipe, following)
            part = made.pop(number)
            if isinstance(part, XaiError):
                raise part
            yield part
    finally:
        for worker in workers:
            worker.process.terminate()
            worker.process.wait()
            worker.pipe.close()


def _start() -> _Worker:
    """A process of this program. ``multiprocessing`` would run the caller's own script in it again."""
    here, there = Pipe()
    command = f"from {__name__} import serve; serve({there.fileno()})"
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    process = subprocess.Popen(  # noqa: S603 - this program
        [sys.executable, "-c", command],
        pass_fds=[there.fileno()],
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,  # the keyboard stops the calling process, which ends this one
    )
    there.close()
    return _Worker(process, here)


def _ready(busy: Collection[Connection]) -> list[Connection]:
    return [pipe for pipe in wait(busy) if isinstance(pipe, Connection)]


def _send(pipe: Connection, what: object) -> None:
    try:
        pipe.send(what)
    except OSError:
        raise XaiError(_ENDED) from None


def _received(pipe: Connection) -> tuple[int, Part | XaiError]:
    try:
        number, part = pipe.recv()
    except (EOFError, OSError):
        raise XaiError(_ENDED) from None
    return number, part


def serve(descriptor: int) -> None:
    """Examine parts until the calling process closes its end of the pipe, or dies.

    Args:
        descriptor: of this process's end, over which a pickled ``Task`` comes first.
    """
    pipe = Connection(descriptor)
    try:
        task: Task = pickle.loads(pipe.recv())  # noqa: S301 - of this run
        task.begin()
        while True:
            number, files = pipe.recv()
            pipe.send((number, task.part(files)))
    except (EOFError, OSError):
        return
