"""The model process, as the server sees it: a bounded queue with progress and cancel.

All decoding of untrusted bytes and all model work happen in one child process, so that the server never
blocks its event loop, never imports torch, and survives any picture. The child is started with ``subprocess``
and not with ``multiprocessing``: the latter runs ``__main__`` again in the child, and while a page runs,
``__main__`` is the page.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from dashboard.worker.job_handle import JobError, JobHandle, decode_outcome
from dashboard.worker.jobs import READING, Job, JobProgress, ModelStatus, ResultPart

__all__ = ["QUEUE_LIMIT", "READING_SECONDS", "SILENT_SECONDS", "Worker"]

QUEUE_LIMIT = 20
"""Most jobs that may wait; one more is refused."""

READING_SECONDS = 10.0
"""A picture that takes longer to decode is refused and the process replaced."""

SILENT_SECONDS = 300.0
"""A job that reports nothing for this long is abandoned and its process replaced."""

CANCEL_SECONDS = 20.0
"""A cancelled job that has not stopped after this long is killed with its process."""

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "dashboard.worker.process")
_PATIENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "TORCHINDUCTOR_CACHE_DIR": str(_ROOT),
}
"""Torch's threads sleep while they wait for each other. Spinning takes twice the time on a busy machine, and
the web server always keeps it busy. NumPy's always spin, and its matrices are small here: it gets one.
Torch looks for a temporary folder when it is imported, and a full disk has none that can be written: it gets
one, and writes nothing there, because nothing is compiled."""

_LOG = logging.getLogger(__name__)


class Worker:
    """One model process behind a queue. All methods are thread-safe.

    The process starts with the object. When it dies, the running job fails with a message and a new process
    takes over the queue; when that one dies too before it has finished anything, all queued jobs fail and the
    next job submitted starts a new process, so that a crash never loops.

    Args:
        command: what to start; the number of the pipe's file descriptor is appended.
    """

    def __init__(self, command: tuple[str, ...] = _COMMAND) -> None:
        self._command = command
        self._lock = threading.RLock()
        self._pending: deque[JobHandle] = deque()
        self._running: JobHandle | None = None
        self._status = ModelStatus()
        self._deaths = 0
        self._stopped = False  # by us, for being slow: not a crash
        self._down = False
        self._count = 0
        self._closed = False
        self._news = time.monotonic()
        self._start()

    def submit(self, visitor: str, job: Job, *, background: bool = False) -> JobHandle:
        """Submit a job. An unfinished job of the same visitor is cancelled: its page has moved on.

        Args:
            visitor: whose job it is.
            job: what is to be done.
            background: nobody waits for it; it runs when the models are in memory and no visitor's job is
                waiting.

        Raises:
            JobError: ``busy`` when ``QUEUE_LIMIT`` jobs are waiting, ``closed`` after ``close``.
        """
        with self._lock:
            if self._closed:
                raise JobError("closed")
            for earlier in self._of(visitor):
                earlier.cancel()
            waiting = sum(not handle.background for handle in self._pending)
            if waiting >= QUEUE_LIMIT and not background:
                raise JobError("busy", waiting=waiting)
            self._count += 1
            handle = JobHandle(self._count, visitor, job, self._drop, background=background)
            self._pending.append(handle)
            if self._down:
                self._start()
            self._dispatch()
            return handle

    @property
    def status(self) -> ModelStatus:
        """Which models are in memory, as the process last reported."""
        return self._status

    @property
    def pid(self) -> int:
        """Process id of the model process."""
        return self._process.pid

    def close(self) -> None:
        """Stop the process and fail all remaining jobs. A second call does nothing."""
        with self._lock:
            self._closed = True
            self._fail_all("closed")
            self._process.kill()
        self._process.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def _of(self, visitor: str) -> list[JobHandle]:
        everyone = [*self._pending, *([self._running] if self._running else [])]
        return [handle for handle in everyone if handle.visitor == visitor]

    def _start(self) -> None:
        self._down = False
        ours, theirs = Pipe()
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [*self._command, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env={**_PATIENT, **os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        theirs.close()
        self._link: Connection[Any, Any] = ours
        self._status = ModelStatus()
        self._reader = threading.Thread(target=self._listen, name="worker-reader", daemon=True)
        self._reader.start()

    def _dispatch(self) -> None:
        """Send the process the next job, if it has none. Called with the lock held."""
        handle = self._next()
        if self._running is None and handle:
            try:
                self._link.send(("job", handle.number, handle.job))
            except OSError:  # it has just died: the reader thread will notice and start another
                return
            self._pending.remove(handle)
            handle.advance(JobProgress("loading"))
            self._running, self._news = handle, time.monotonic()
        for ahead, handle in enumerate((one for one in self._pending if not one.background), start=1):
            handle.advance(JobProgress("waiting", ahead))

    def _next(self) -> JobHandle | None:
        """The first job that a visitor waits for; else, once the models are in memory, any. Until then no
        background job competes with the loading: on two cores the first visitor would wait for both.
        """
        wanted = (one for one in self._pending if not one.background or not self._status.loading)
        return min(wanted, key=lambda one: (one.background, one.number), default=None)

    def _drop(self, handle: JobHandle) -> None:
        """Drop a cancelled job."""
        with self._lock:
            if handle in self._pending:
                self._pending.remove(handle)
                self._dispatch()
            elif handle is self._running:
                self._news = time.monotonic()
                try:
                    self._link.send(("cancel", handle.number))
                except OSError:
                    _LOG.info("the model process went before a job could be cancelled")

    def _listen(self) -> None:
        link = self._link
        try:
            while True:
                while link.poll(0.2):
                    self._receive(link.recv())
                self._enforce_limits()
        except (EOFError, OSError):
            link.close()
            self._process.wait()
            self._on_process_exit()

    def _receive(self, message: tuple[object, ...]) -> None:
        with self._lock:
            self._news = time.monotonic()
            handle = self._running
            match message:
                case ("models", _, ModelStatus() as status):
                    self._status = status
                    self._dispatch()
                case ("stage", int(number), JobProgress() as stage) if handle and handle.number == number:
                    handle.advance(stage)
                case ("part", int(number), ResultPart() as part) if handle and handle.number == number:
                    handle.add(part)
                case (str(kind), int(number), *content) if handle and handle.number == number:
                    self._running, self._deaths = None, 0
                    handle.finish(decode_outcome(kind, content))
                    self._dispatch()

    def _enforce_limits(self) -> None:
        with self._lock:
            handle = self._running
            if handle is None:
                return
            silent = time.monotonic() - self._news
            if handle.done:
                limit, reason = CANCEL_SECONDS, "slow"
            elif handle.stage.name == READING:
                limit, reason = READING_SECONDS, "reading_slow"
            else:
                limit, reason = SILENT_SECONDS, "slow"
            if silent > limit:
                handle.fail(JobError(reason, seconds=round(limit)))
                self._stopped = True
                self._process.kill()

    def _on_process_exit(self) -> None:
        """The process has exited: fail its running job, and start another unless that would loop."""
        with self._lock:
            if self._closed:
                return
            _LOG.warning("the model process ended with %s", self._process.returncode)
            if self._running:
                self._running.fail(JobError("died"))
                self._running = None
            self._deaths, self._stopped = self._deaths + (not self._stopped), False
            if self._deaths > 1:
                self._fail_all("down")
                self._down = True
                self._status = ModelStatus(loading=False)
                return
            try:
                self._start()
            except OSError:  # out of memory or processes: the next job tries again
                _LOG.exception("the model process cannot be started")
                self._fail_all("down")
                self._down = True
                return
            self._dispatch()

    def _fail_all(self, reason: str) -> None:
        for handle in [*self._pending, *([self._running] if self._running else [])]:
            handle.fail(JobError(reason))
        self._pending.clear()
        self._running = None
