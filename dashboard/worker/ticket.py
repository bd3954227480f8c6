"""One job handed to the model process, as the visitor who waits for it sees it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator

from dashboard.worker.jobs import Job, JobProgress, ResultPart

__all__ = ["JobError", "JobHandle", "decode_outcome"]

_LOG = logging.getLogger(__name__)


class JobError(Exception):
    """A job that has no result. The sentence for it stands in the words under ``failure.<reason>``.

    Attributes:
        reason: ``refused`` (the library said no; ``values["sentence"]`` says why, ``values["error"]`` is
            the class of its error), ``busy``, ``cancelled``, ``closed``, ``died``, ``down``,
            ``incident``, ``reading_slow`` or ``slow``.
        values: what the sentence has to be filled with.
    """

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason, values)
        self.reason = reason
        self.values = values


class JobHandle:
    """A job and what has become of it. Made by ``Worker.submit`` alone.

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
        """How far it has come."""
        return self._stage

    @property
    def done(self) -> bool:
        """Whether there is an outcome, good or bad."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the outcome at most so long; says whether it is there."""
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
        """Give it up; nothing happens when it is already over."""
        if self.fail(JobError("cancelled")):
            self._drop(self)

    def parts(self) -> Iterator[ResultPart]:
        """What has come of the result since this was last asked, each piece once."""
        while self._parts:
            yield self._parts.popleft()

    def add(self, part: ResultPart) -> None:
        """For the worker: a piece of the result."""
        self._parts.append(part)

    def advance(self, stage: JobProgress) -> None:
        """For the worker: it has come so far."""
        self._stage = stage

    def finish(self, outcome: object) -> bool:
        """For the worker: here is the result. False when it was over already, and then nothing changes."""
        with self._lock:
            if self._over.is_set():
                return False
            self._outcome = outcome
            self._over.set()
            return True

    def fail(self, failure: JobError) -> bool:
        """For the worker: there will be no result. False when it was over already."""
        return self.finish(failure)


def decode_outcome(kind: str, content: list[object]) -> object:
    """The result, or the ``JobError``, that the model process's last message about a job stands for.

    Args:
        kind: ``done``, ``refused``, ``cancelled`` or ``broken``.
        content: what came with it.

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
