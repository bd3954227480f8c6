"""The real model process with stand-in work: its jobs are samples whose id says what to do.

Started by the tests in place of ``dashboard.worker.process``; the pipe, the threads and the protocol are the
real ones. ``echo:x`` returns x, ``steps:n`` reports n steps of 50 ms, ``parts:n`` hands over n pieces,
``sleep:s`` is silent for s seconds, ``hang:s`` claims to be decoding for s seconds, ``refuse:x`` and
``break:x`` fail with x, ``pid:`` returns the process id, ``die:`` ends the process.
"""

import os
import sys
import time
from types import ModuleType

from dashboard.worker import process
from dashboard.worker.jobs import READING, AnalyzeSample, JobProgress, ModelStatus, ResultPart
from xai.errors import ImageRejected


class ModelPool:
    """No models, announced at once."""

    def __init__(self, announce):
        self._announce = announce

    def load_all(self):
        """Say that everything is there."""
        self._announce(ModelStatus(("stand-in",), loading=False))


def perform(job, models, tell):
    """Do what the id of the sample says."""
    assert isinstance(job, AnalyzeSample)
    order, _, rest = job.sample.partition(":")
    return ORDERS[order](rest, tell)


def steps(rest, tell):
    """Report progress in small steps."""
    for done in range(int(rest)):
        tell(JobProgress("explaining", done, int(rest)))
        time.sleep(0.05)
    return rest


def parts(rest, tell):
    """Hand over pieces, the last one just before the end."""
    for number in range(int(rest)):
        tell(ResultPart(f"piece {number}", number))
        tell(JobProgress("examining", number, int(rest)))
        time.sleep(0.05)
    tell(ResultPart("last", int(rest)))
    return rest


def hang(rest, tell):
    """Claim to decode."""
    tell(JobProgress(READING))
    time.sleep(float(rest))
    return rest


def refuse(rest, tell):
    """Refuse a picture."""
    raise ImageRejected(rest)


def fault(rest, tell):
    """Fail with a message that must not travel."""
    raise RuntimeError(rest)


ORDERS = {
    "echo": lambda rest, tell: rest,
    "steps": steps,
    "parts": parts,
    "sleep": lambda rest, tell: time.sleep(float(rest)),
    "hang": hang,
    "refuse": refuse,
    "break": fault,
    "pid": lambda rest, tell: os.getpid(),
    "die": lambda rest, tell: os._exit(3),
}

if __name__ == "__main__":
    work = ModuleType("dashboard.worker.handlers")
    work.handle, work.warm_up = perform, lambda models, tell: None
    sys.modules["dashboard.worker.handlers"] = work
    pool = ModuleType("dashboard.worker.model_pool")
    pool.ModelPool = ModelPool
    sys.modules["dashboard.worker.model_pool"] = pool
    process.main(int(sys.argv[1]))
