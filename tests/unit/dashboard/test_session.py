"""Jobs of a session: partial results are handed over; a stopped run starts none, the one after it does."""

from types import SimpleNamespace

import pytest

from dashboard import session
from dashboard.worker.job_handle import JobError, JobHandle
from dashboard.worker.jobs import AnalyzeSample, JobProgress, ResultPart

JOB, REFUSED, SLOW = (AnalyzeSample(name, ()) for name in ("sample", "refused", "slow"))


class Process:
    """A model process by hand: answers at once what it is asked for, and keeps the handles."""

    def __init__(self):
        self.handles, self.dropped = [], []

    def submit(self, visitor, job):
        handle = JobHandle(len(self.handles), visitor, job, self.dropped.append)
        self.handles.append(handle)
        if job is not SLOW:
            handle.add(ResultPart("first", 1))
            handle.add(ResultPart("last", 2))
            handle.finish(JobError("refused") if job is REFUSED else job.sample)
        return handle


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


def test_a_job_gives_its_partial_results_in_their_order_and_then_its_result(process):
    parts = []
    assert session.run_job(JOB, nothing, parts.append) == "sample"
    assert [part.value for part in parts] == [1, 2]
    assert [handle.visitor for handle in process.handles] == ["visitor"]
    assert process.dropped == []


def test_a_refusal_is_passed_on(process):
    with pytest.raises(JobError, match="refused"):
        session.run_job(REFUSED, nothing)


def test_a_click_while_it_is_waited_for_takes_the_job_back(process):
    """Streamlit ends the run of a page by raising in the first call to it."""

    class RerunError(BaseException):
        pass

    def shown(stage):
        assert stage == JobProgress("waiting")
        raise RerunError

    with pytest.raises(RerunError):
        session.run_job(SLOW, shown)
    assert process.dropped == process.handles


def stopped(job=JOB):
    """Whether a job is not started because the visitor stopped it."""
    try:
        session.run_job(job, nothing)
    except JobError as failure:
        return failure.reason == "stopped"
    return False


def test_after_stop_one_run_of_the_page_starts_no_job_and_the_next_starts_them_again(process):
    session.begin_run()
    assert not stopped()
    session.stop()  # Streamlit calls it before the run that follows the click
    session.begin_run()
    assert [stopped(), stopped()] == [True, True], "none of its jobs"
    assert len(process.handles) == 1
    session.begin_run()
    assert [stopped(), stopped()] == [False, False]


def test_a_stop_is_over_after_one_run_even_where_that_asked_for_nothing(process):
    session.stop()
    session.begin_run()
    session.begin_run()
    assert not stopped()


@pytest.fixture
def alone(monkeypatch):
    """Say that a fragment is run without its page, or with it."""

    def choose(fragments):
        context = SimpleNamespace(fragment_ids_this_run=fragments)
        monkeypatch.setattr(session, "get_script_run_ctx", lambda **_: context)

    return choose


def test_a_fragment_that_was_stopped_starts_its_job_on_the_next_click(process, alone):
    alone(["references"])
    session.stop()
    session.begin_fragment()
    assert stopped()
    session.begin_fragment()
    assert not stopped()


def test_a_fragment_may_start_jobs_after_its_page_was_stopped(process, alone):
    session.stop()
    session.begin_run()
    alone(None)
    session.begin_fragment()
    assert stopped(), "it is a part of the page that was stopped"
    alone(["references"])
    session.begin_fragment()
    assert not stopped()


def test_a_stopped_fragment_does_not_stop_the_page_after_it(process, alone):
    alone(["references"])
    session.stop()
    session.begin_fragment()
    session.begin_run()
    assert not stopped()
