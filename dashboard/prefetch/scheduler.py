"""Has the gallery's samples answered while nobody waits, so that a class that comes later need not.

A visitor's job always goes first: the one under way for a file is dropped and asked again later.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dashboard.prefetch.disk_cache import Answer, SampleAnswers
from dashboard.worker.jobs import METHODS_SHOWN, Examine, Explain, Explained, Job, Part, SampleLook, Seen
from dashboard.worker.ticket import JobError, Ticket
from xai.errors import XaiError
from xai.models.cards import read_cards
from xai.types import Face

__all__ = ["BEFOREHAND", "Beforehand", "SampleRound", "Visitors"]

Submit = Callable[[Job], Ticket]
"""Hands a job to the model process that nobody waits for."""

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "samples"
"""Where the answers are, unless the variable ``XAI_SAMPLE_ANSWERS`` names another folder or says ``off``."""

_COMPARED = 2
"""Models that the first page compares."""

_LOG = logging.getLogger(__name__)
_GLANCE = 0.05
"""Seconds between two looks at whether a visitor waits."""


class Visitors:
    """How many visitors wait for the model process at this moment."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._count = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """One more waits, for as long as this lasts."""
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                self._lock.notify_all()

    @property
    def any(self) -> bool:
        """Whether one waits."""
        return self._count > 0

    def let_pass(self) -> None:
        """Wait until none waits."""
        with self._lock:
            self._lock.wait_for(lambda: not self._count)


class SampleRound:
    """One walk over the gallery.

    Args:
        answers: where what is found is kept.
        submit: asks the model process.
        visitors: who goes first.
        methods: names of the maps that the page shows.
    """

    def __init__(
        self, answers: SampleAnswers, submit: Submit, visitors: Visitors, methods: tuple[str, ...]
    ) -> None:
        self._answers, self._submit, self._visitors, self._methods = answers, submit, visitors, methods

    def walk(self, samples: Sequence[str]) -> None:
        """Answer what no file answers yet, sample by sample; ends early when the model process gives none or
        the folder cannot be written, which only costs the visitors their time.
        """
        try:
            self._answers.tidy()
            for sample in samples if self._answers.models else ():
                self._one(sample)
        except JobError as failure:
            _LOG.info("the samples are not all answered beforehand: %s", failure)
        except (XaiError, OSError) as failure:
            _LOG.warning("the samples are not answered beforehand: %s", failure)

    def _one(self, sample: str) -> None:
        seen = self._ask(SampleLook(sample, self._answers.models[:1])).result
        if isinstance(seen, Seen) and not seen.problems:
            for face in seen.faces:
                self._explain(face)

    def _explain(self, face: Face) -> None:
        made = {
            model: self._ask(Explain(face, model, self._methods, None, {})).result
            for model in self._answers.models
        }
        maps = {model: each.explanation for model, each in made.items() if isinstance(each, Explained)}
        self._ask(Examine(face, maps, {}))

    def _ask(self, job: Job) -> Answer:
        """The answer from its file or else from the model process, which then is kept."""
        answer = self._answers.find(job)
        while answer is None:
            self._visitors.let_pass()
            answer = self._measured(self._submit(job))
            if answer:
                self._answers.keep(job, answer)
        return answer

    def _measured(self, ticket: Ticket) -> Answer | None:
        """What the model process answers; None where it was dropped for a visitor."""
        parts: list[Part] = []
        while not ticket.wait(_GLANCE):
            parts.extend(ticket.parts())
            if self._visitors.any:
                ticket.cancel()
                return None
        parts.extend(ticket.parts())
        return Answer(ticket.result(), tuple(parts))


class Beforehand:
    """The answers of one server, found by its pages; none until ``start``.

    Attributes:
        visitors: who waits for the model process; their jobs go first.
    """

    def __init__(self) -> None:
        self.visitors = Visitors()
        self._answers: SampleAnswers | None = None

    def find(self, job: Job) -> Answer | None:
        """The answer to a job where it was found beforehand."""
        return self._answers.find(job) if self._answers else None

    def start(self, submit: Submit, samples: Sequence[str]) -> None:
        """Open the folder and walk over the samples, in a thread that ends with the server.

        Args:
            submit: asks the model process.
            samples: ids, in the order in which they are wanted.
        """
        folder = os.environ.get("XAI_SAMPLE_ANSWERS", str(FOLDER))
        if folder != "off":
            walk = (Path(folder), submit, samples)
            threading.Thread(target=self._walk, args=walk, name="samples", daemon=True).start()

    def _walk(self, folder: Path, submit: Submit, samples: Sequence[str]) -> None:
        self._answers = SampleAnswers(folder, read_cards().cards[:_COMPARED])
        SampleRound(self._answers, submit, self.visitors, METHODS_SHOWN).walk(samples)


BEFOREHAND = Beforehand()
"""Those of this process."""
