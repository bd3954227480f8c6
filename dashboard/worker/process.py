"""The model process itself: ``python -m dashboard.worker.process FD``, started by ``client``.

Three threads: one listens to the pipe (and ends the process the moment the server is gone, whatever the
others are doing), one loads the models, and the main one runs the jobs one by one. No visitor's data stays
when a job is done.
"""

from __future__ import annotations

import os
import queue
import secrets
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from dashboard.worker.jobs import Job, JobProgress, ProgressCallback, ResultPart
from xai.errors import Cancelled, XaiError

if TYPE_CHECKING:
    from dashboard.worker.model_pool import ModelPool

__all__ = ["main"]


class Link:
    """The pipe to the server; writing is thread-safe.

    Args:
        descriptor: file descriptor of this process's end.
    """

    def __init__(self, descriptor: int) -> None:
        self.jobs: queue.Queue[tuple[int, Job | None]] = queue.Queue()
        self._pipe: Connection[Any, Any] = Connection(descriptor)
        self._writing = threading.Lock()
        self._cancelled: set[int] = set()

    def listen(self) -> None:
        """Receive jobs and cancellations until the server is gone; then end the process at once."""
        try:
            while True:
                kind, number, *content = self._pipe.recv()
                if kind == "cancel":
                    self._cancelled.add(number)
                else:
                    self.jobs.put((number, content[0]))
        finally:
            os._exit(0)  # not sys.exit: a job may be deep in native code, and must not outlive the server

    def send(self, kind: str, number: int, *content: object) -> None:
        """Send the server a message about job ``number`` (0: about no job)."""
        with self._writing:
            self._pipe.send((kind, number, *content))

    def tell(self, number: int) -> ProgressCallback:
        """A function that reports progress or a partial result of job ``number``, and stops the job when it
        is cancelled.
        """

        def report(news: JobProgress | ResultPart) -> None:
            if number in self._cancelled:
                raise Cancelled("The job was cancelled.")
            self.send("part" if isinstance(news, ResultPart) else "stage", number, news)

        return report

    def forget(self, number: int) -> None:
        """Job ``number`` is done."""
        self._cancelled.discard(number)


def main(descriptor: int) -> None:
    """Run jobs until the server goes away.

    Args:
        descriptor: file descriptor of this process's end of the pipe.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server; we leave when it leaves
    link = Link(descriptor)
    threading.Thread(target=link.listen, daemon=True).start()
    from dashboard.worker.handlers import handle, warm_up  # noqa: PLC0415 - slow: after listening
    from dashboard.worker.model_pool import ModelPool  # noqa: PLC0415 - likewise

    models = ModelPool(lambda status: link.send("models", 0, status))
    threading.Thread(target=_load, args=(models, link), daemon=True).start()
    while True:
        number, job = link.jobs.get()
        _do(link, number, partial(handle, job, models) if job else partial(warm_up, models))
        del job
        link.forget(number)


def _load(models: ModelPool, link: Link) -> None:
    """Load the models, and queue their warm-up among the jobs."""
    try:
        models.load_all()
    finally:
        link.jobs.put((0, None))


def _do(link: Link, number: int, work: Callable[[ProgressCallback], object]) -> None:
    try:
        link.send("done", number, work(link.tell(number)))
    except Cancelled:
        link.send("cancelled", number)
    except XaiError as refusal:
        link.send("refused", number, type(refusal).__name__, str(refusal))
    except Exception as fault:
        link.send("broken", number, secrets.token_hex(4), _where(fault))


def _where(fault: Exception) -> str:
    """Exception type and traceback lines; the message is left out, it may quote a picture."""
    frames = traceback.extract_tb(fault.__traceback__)
    return " < ".join(
        [type(fault).__name__, *(f"{f.name} ({f.filename}:{f.lineno})" for f in reversed(frames))]
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
