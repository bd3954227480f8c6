"""One stream of batches: inputs of several faces through several networks, without gaps.

Between batches the progress callback is called, and may stop the work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from xai.models.inference.batch_job import InferenceJob, JobState, ModelOutputs, PendingBatch
from xai.types import Progress

__all__ = ["iter_results", "run"]


def run(jobs: Sequence[InferenceJob], progress: Progress | None = None) -> tuple[ModelOutputs, ...]:
    """The outputs of all jobs, in order; see ``iter_results``."""
    return tuple(iter_results(jobs, progress))


def iter_results(jobs: Sequence[InferenceJob], progress: Progress | None = None) -> Iterator[ModelOutputs]:
    """The outputs of each job, in order, as soon as they are complete.

    Args:
        jobs: the jobs.
        progress: called between batches with (inputs done, inputs in all); what it raises stops the work.
    """
    said = _Said(progress, sum(job.count for job in jobs))
    under_way: deque[tuple[JobState, PendingBatch]] = deque()
    try:
        for job in jobs:
            run = JobState(job)
            while run.rest:
                while len(under_way) >= run.runtime.depth:
                    yield from _settled(under_way, said)
                said.tell()
                under_way.append((run, run.send()))
        while under_way:
            yield from _settled(under_way, said)
        said.tell()
    finally:
        for _, batch in under_way:
            batch.drain()


class _Said:
    """Count of finished inputs, and the progress callback."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self.done = progress, total, 0

    def tell(self) -> None:
        if self._progress:
            self._progress(self.done, self._total)


def _settled(under_way: deque[tuple[JobState, PendingBatch]], said: _Said) -> Iterator[ModelOutputs]:
    """Fetch the oldest batch; returns its job's outputs where it was the last."""
    run, batch = under_way.popleft()
    run.take(batch)
    said.done += batch.stop - batch.start
    if run.complete:
        yield run.answers()
