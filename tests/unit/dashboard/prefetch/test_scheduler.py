"""The round over the samples: everything once, visitors first, and a quiet end."""

import threading

import pytest

from dashboard.prefetch.disk_cache import SampleAnswers
from dashboard.prefetch.scheduler import SampleRound, Visitors
from dashboard.worker.jobs import Examine, Explained, Part, SampleLook
from dashboard.worker.ticket import JobError, Ticket
from tests.support import evidences
from tests.support.answers import face, maps_of, seen
from xai.models.cards import read_cards

CARDS = read_cards().cards[:2]
MODELS = tuple(card.name for card in CARDS)
METHODS = ("occlusion", "gradcam")


@pytest.fixture
def answers(tmp_path):
    return SampleAnswers(tmp_path / "kept", CARDS)


class Asked:
    """A model process by hand. It answers at once; the first job it leaves open where a visitor comes.

    Args:
        visitors: one of them comes while the first job is under way, and stays.
    """

    def __init__(self, visitors=None):
        self.jobs, self.dropped = [], threading.Event()
        self.visitor = visitors.waiting() if visitors else None

    def __call__(self, job):
        self.jobs.append(job)
        ticket = Ticket(len(self.jobs), "samples", job, lambda _: self.dropped.set(), background=True)
        if self.visitor and len(self.jobs) == 1:
            self.visitor.__enter__()
            return ticket
        if isinstance(job, Examine):
            for model in job.maps:
                ticket.add(Part(model, evidences.evidence("supported")))
        ticket.finish(self.result(job))
        return ticket

    def result(self, job):
        if isinstance(job, SampleLook):
            return seen(face("a" * 64), face("d" * 64))
        return None if isinstance(job, Examine) else Explained(maps_of(job.face, job.model), None, 1, 2)


def kinds(jobs):
    return [type(job).__name__ for job in jobs]


def test_the_round_asks_everything_once_and_the_next_one_nothing(answers):
    asked = Asked()
    SampleRound(answers, asked, Visitors(), METHODS).walk(["both"])
    of_a_face = ["Explain"] * len(MODELS) + ["Examine"]
    assert kinds(asked.jobs) == ["SampleLook", *of_a_face, *of_a_face]
    again = Asked()
    SampleRound(answers, again, Visitors(), METHODS).walk(["both"])
    assert again.jobs == []


def test_a_visitor_goes_first_and_the_job_that_was_dropped_is_asked_again(answers):
    visitors = Visitors()
    asked = Asked(visitors)
    walk = SampleRound(answers, asked, visitors, METHODS).walk
    walking = threading.Thread(target=walk, args=(["both"],), daemon=True)
    walking.start()
    assert asked.dropped.wait(20)
    walking.join(0.3)
    assert walking.is_alive(), "it waits for as long as the visitor does"
    assert kinds(asked.jobs) == ["SampleLook"]
    asked.visitor.__exit__(None, None, None)
    walking.join(20)
    assert not walking.is_alive()
    assert kinds(asked.jobs[:3]) == ["SampleLook", "SampleLook", "Explain"]
    assert answers.find(SampleLook("both", MODELS[:1])) is not None


def test_a_closed_model_process_and_a_folder_that_cannot_be_end_the_round_quietly(answers, caplog, tmp_path):
    caplog.set_level("INFO")

    def closed(job):
        raise JobError("closed")

    SampleRound(answers, closed, Visitors(), METHODS).walk(["both"])
    (tmp_path / "file").write_text("")
    nowhere = SampleAnswers(tmp_path / "file" / "kept", CARDS)
    SampleRound(nowhere, Asked(), Visitors(), METHODS).walk(["both"])
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]
