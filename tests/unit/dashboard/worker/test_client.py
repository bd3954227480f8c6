import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from dashboard.worker import client as worker_module
from dashboard.worker.client import QUEUE_LIMIT, Worker
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import AnalyzeSample, JobProgress, ModelStatus
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

STAND_IN = (sys.executable, str(ROOT / "tests" / "support" / "stand_in_process.py"))


def order(text):
    return AnalyzeSample(text, ())


def until(true, seconds=10.0):
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.01)


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def reason(handle):
    with pytest.raises(JobError) as caught:
        handle.result()
    return caught.value.reason


@pytest.fixture
def worker():
    made = Worker(STAND_IN)
    yield made
    made.close()
    assert not alive(made.pid)


def test_jobs_are_done_in_the_order_they_came(worker):
    over = []
    handles = [worker.submit(f"visitor {n}", order(f"echo:{n}")) for n in range(8)]
    for handle in handles:
        over.append(handle.result())
    assert over == [str(n) for n in range(8)]
    assert worker.status.ready == ("stand-in",)


def test_progress_is_seen_while_the_job_runs(worker):
    handle = worker.submit("a", order("steps:10"))
    seen = set()
    while not handle.wait(0.01):
        if handle.stage.name == "explaining":
            seen.add((handle.stage.done, handle.stage.total))
    assert handle.result() == "10"
    assert len(seen) >= 5
    assert seen <= {(n, 10) for n in range(10)}


def test_a_result_comes_in_pieces_in_order_and_each_once(worker):
    handle = worker.submit("a", order("parts:3"))
    came, before_the_end = [], 0
    while not handle.wait(0.01):
        came += handle.parts()
        before_the_end = len(came)
    came += handle.parts()
    assert [(part.name, part.value) for part in came] == [
        ("piece 0", 0), ("piece 1", 1), ("piece 2", 2), ("last", 3)
    ]  # fmt: skip
    assert before_the_end >= 2
    assert list(handle.parts()) == []


def test_those_who_wait_know_how_many_are_in_front(worker):
    first = worker.submit("a", order("steps:20"))
    second, third = worker.submit("b", order("echo:b")), worker.submit("c", order("echo:c"))
    assert (second.stage, third.stage) == (JobProgress("waiting", 1), JobProgress("waiting", 2))
    first.cancel()
    assert (second.result(), third.result()) == ("b", "c")


def test_cancel_frees_the_process_within_a_second(worker):
    long = worker.submit("a", order("steps:1000"))
    until(lambda: long.stage.name == "explaining")
    began = time.monotonic()
    long.cancel()
    assert reason(long) == "cancelled"
    assert worker.submit("b", order("echo:next")).result() == "next"
    assert time.monotonic() - began < 1.0


def test_a_new_job_of_a_visitor_cancels_the_old_one_and_nobody_elses(worker):
    worker.submit("other", order("steps:10"))
    mine, theirs = worker.submit("me", order("echo:old")), worker.submit("them", order("echo:theirs"))
    new = worker.submit("me", order("echo:new"))
    assert reason(mine) == "cancelled"
    assert (theirs.result(), new.result()) == ("theirs", "new")


def test_a_full_queue_refuses_and_keeps_what_it_has(worker):
    blocker = worker.submit("blocker", order("steps:1000"))
    waiting = [worker.submit(f"visitor {n}", order(f"echo:{n}")) for n in range(QUEUE_LIMIT)]
    with pytest.raises(JobError) as caught:
        worker.submit("one too many", order("echo:late"))
    assert caught.value.reason == "busy"
    assert caught.value.values == {"waiting": QUEUE_LIMIT}
    blocker.cancel()
    assert [handle.result() for handle in waiting] == [str(n) for n in range(QUEUE_LIMIT)]


def test_what_nobody_waits_for_is_done_last_and_takes_no_place(worker):
    blocker = worker.submit("blocker", order("steps:1000"))
    later = [worker.submit(f"b {n}", order("steps:4"), background=True) for n in range(QUEUE_LIMIT + 3)]
    now = worker.submit("visitor", order("echo:v"))
    assert now.stage == JobProgress("waiting", 1)
    blocker.cancel()
    assert now.result() == "v"
    assert sum(handle.done for handle in later) == 0, "the visitor had to wait for the background"
    for handle in later[1:]:
        handle.cancel()
    assert later[0].result() == "4"


def test_what_nobody_waits_for_leaves_the_machine_to_the_loading_of_the_models(worker):
    assert worker.submit("first", order("echo:up")).result() == "up"
    worker._receive(("models", 0, ModelStatus(loading=True)))
    later = worker.submit("b", order("echo:later"), background=True)
    assert worker.submit("visitor", order("echo:now")).result() == "now"
    assert not later.wait(0.5)
    worker._receive(("models", 0, ModelStatus(loading=False)))
    assert later.result() == "later"


def test_a_killed_process_fails_its_job_and_the_queue_goes_on_in_a_new_one(worker):
    victim = worker.submit("a", order("sleep:60"))
    bystander = worker.submit("b", order("pid:"))
    old = worker.pid
    time.sleep(0.1)
    os.kill(old, signal.SIGKILL)
    assert reason(victim) == "died"
    assert bystander.result() not in (None, old)
    assert not alive(old)


def test_a_crash_loop_ends_and_the_next_visitor_may_try_again(worker):
    poison = [worker.submit(f"visitor {n}", order("die:")) for n in range(4)]
    assert [reason(handle) for handle in poison] == ["died", "died", "down", "down"]
    assert worker.submit("patient", order("echo:back")).result() == "back"


def test_a_picture_that_takes_too_long_is_given_up(worker, monkeypatch):
    monkeypatch.setattr(worker_module, "READING_SECONDS", 0.5)
    slow = worker.submit("a", order("hang:60"))
    after = worker.submit("b", order("echo:b"))
    began = time.monotonic()
    assert reason(slow) == "reading_slow"
    assert after.result() == "b"
    assert time.monotonic() - began < 10


def test_slow_pictures_one_after_the_other_do_not_bring_the_queue_down(worker, monkeypatch):
    monkeypatch.setattr(worker_module, "READING_SECONDS", 0.3)
    slow = [worker.submit(f"visitor {n}", order("hang:60")) for n in range(3)]
    after = worker.submit("last", order("echo:last"))
    assert [reason(handle) for handle in slow] == ["reading_slow"] * 3
    assert after.result() == "last"


def test_a_refusal_travels_as_its_sentence(worker):
    with pytest.raises(JobError) as caught:
        worker.submit("a", order("refuse:This is no picture.")).result()
    assert caught.value.reason == "refused"
    assert caught.value.values == {"error": "ImageRejected", "sentence": "This is no picture."}


def test_a_fault_travels_as_a_number_and_its_message_stays_where_it_was(worker, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(JobError) as caught:
        worker.submit("a", order("break:holiday.jpg")).result()
    assert caught.value.reason == "incident"
    incident = str(caught.value.values["incident"])
    until(lambda: incident in caplog.text)
    assert "RuntimeError" in caplog.text
    assert "stand_in_process.py" in caplog.text
    assert "holiday" not in caplog.text
    assert worker.submit("a", order("echo:on")).result() == "on"


def test_a_closed_worker_fails_what_it_has_and_takes_nothing(worker):
    handle = worker.submit("a", order("sleep:60"))
    worker.close()
    assert reason(handle) == "closed"
    with pytest.raises(JobError, match="closed"):
        worker.submit("a", order("echo:x"))


@pytest.mark.parametrize("job", ["sleep:60", "steps:1000"])
def test_no_orphan_when_the_server_is_killed(job):
    """A server that dies without a word takes its model process with it, busy or not."""
    server = textwrap.dedent(
        f"""
        import time
        from dashboard.worker.jobs import AnalyzeSample
        from dashboard.worker.client import Worker
        worker = Worker({STAND_IN!r})
        worker.submit("a", AnalyzeSample("echo:", ())).result()
        worker.submit("a", AnalyzeSample({job!r}, ()))
        print(worker.pid, flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", server], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    until(lambda: not alive(pid), seconds=2.0)
