"""Jobs of a session: partial results are handed over, a stopped run of a page starts none, the next one does."""

import pytest

from dashboard import session
from dashboard.worker.job_handle import JobError, JobHandle
from dashboard.worker.jobs import AnalyzeSample, JobProgress, ResultPart

JOB = AnalyzeSample("sample", ())


class Process:
    """A model process that answers at once, or only stands there; keeps what it was given."""

    def __init__(self):
        self.handles, self.answers = [], True

    def submit(self, _visitor, job):
        handle = Handle(job)
        self.handles.append(handle)
        if self.answers:
            handle.add(ResultPart("part", 1))
            handle.finish(("done", [job.sample]))
        return handle


class Handle(JobHandle):
    """A handle that knows whether it was cancelled."""

    def __init__(self, job):
        super().__init__("visitor", job)
        self.cancelled = 0

    def cancel(self):
        self.cancelled += 1
        super().cancel()


@pytest.fixture
def state(monkeypatch):
    """The choices of a session."""
    held = {}
    monkeypatch.setattr(session, "get_state", held.get)
    monkeypatch.setattr(session, "set_state", held.__setitem__)
    monkeypatch.setattr(session, "session_id", lambda: "visitor")
    return held


@pytest.fixture
def process(monkeypatch, state):
    made = Process()
    monkeypatch.setattr(session, "worker", lambda: made)
    return made


def nothing(_stage):
    pass
