"""Handle of one job of the model process, for the visitor who waits for it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator

from dashboard.worker.jobs import Job, JobProgress, ResultPart

__all__ = ["JobError", "JobHandle", "decode_outcome"]

_LOG = logging.getLogger(__name__)


class JobError(Exception):
    """A job failed. Its message is under ``failure.<reason>``.

    Attributes:
        reason: ``refused`` (the library said no; ``values["sentence"]`` says why, ``values["error"]`` is
            the class of its error), ``busy``, ``cancelled``, ``closed``, ``died``, ``down``,
            ``incident``, ``reading_slow``, ``slow`` or ``stopped``.
        values: placeholder values of the message.
    """

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason, values)
        self.reason = reason
        self.values = values


class JobHandle:
    """A job and its outcome. Created by ``Worker.submit`` alone.

    Attributes:
        number: counts up over the life of the worker.
        visitor: whose job it is.
        job: what is to be done.
        background: whether nobody waits for it.
    """

    def __init__(
        self,
        number: int,
        visitor: str,
        job: Job,
        drop: Callable[[JobHandle], None],
        *,
        background: bool = False,
    ) -> None:
        self.number = number
        self.visitor = visitor
        self.job = job
        self.background = background
        self._drop = drop
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._stage = JobProgress("waiting")
        self._outcome: object = None
        self._parts: deque[ResultPart] = deque()

    @property
    def stage(self) -> JobProgress:
        """Its progress."""
        return self._stage

    @property
    def done(self) -> bool:
        """Whether it has finished, successfully or not."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the outcome at most this long; returns whether it is there."""
        return self._over.wait(seconds)

    def result(self) -> object:
        """The outcome, waiting for it without limit.

        Raises:
            JobError: there is no result.
        """
        self._over.wait()
        if isinstance(self._outcome, JobError):
            raise self._outcome
        return self._outcome

    def cancel(self) -> None:
        """Cancel it; does nothing when it has finished."""
        if self.fail(JobError("cancelled")):
            self._drop(self)

    def parts(self) -> Iterator[ResultPart]:
        """Partial results since the last call, each once."""
        while self._parts:
            yield self._parts.popleft()

    def add(self, part: ResultPart) -> None:
        """For the worker: add a partial result."""
        self._parts.append(part)

    def advance(self, stage: JobProgress) -> None:
        """For the worker: set the progress."""
        self._stage = stage

    def finish(self, outcome: object) -> bool:
        """For the worker: set the result. False, and no change, when it had finished already."""
        with self._lock:
            if self._over.is_set():
                return False
            self._outcome = outcome
            self._over.set()
            return True

    def fail(self, failure: JobError) -> bool:
        """For the worker: mark as failed. False when it had finished already."""
        return self.finish(failure)


def decode_outcome(kind: str, content: list[object]) -> object:
    """The result, or the ``JobError``, decoded from the model process's last message about a job.

    Args:
        kind: ``done``, ``refused``, ``cancelled`` or ``broken``.
        content: its values.

    Raises:
        ValueError: no such message.
    """
    match kind, content:
        case "done", [result]:
            return result
        case "refused", [str(name), str(sentence)]:
            return JobError("refused", error=name, sentence=sentence)
        case "cancelled", []:
            return JobError("cancelled")
        case "broken", [str(incident), str(where)]:
            _LOG.error("incident %s: %s", incident, where)
            return JobError("incident", incident=incident)
    raise ValueError(f"the model process sent {kind!r} with {len(content)} values, which means nothing")
