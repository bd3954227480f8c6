"""A sample that was answered beforehand costs the model process nothing, and is the same on the page."""

import re
from functools import partial

import pytest

from dashboard import session
from dashboard.prefetch.disk_cache import DiskCache
from dashboard.prefetch.scheduler import PREFETCHED, Prefetcher, Waiting
from dashboard.text.model_names import model_name
from tests.support.pages import cards, no_more_jobs, page_at, pills, text
from xai.models.cards import read_cards
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.usefixtures("one_model_process")

FIRST = next(iter(SAMPLES))
CARDS = read_cards().cards[:2]


@pytest.fixture
def answered(tmp_path, monkeypatch):
    """The first sample answered by the real models, and then a model process that takes no more jobs."""
    session.sample_thumbnails(SAMPLES)
    cache = DiskCache(tmp_path, CARDS)
    submit = partial(session.worker().submit, "samples", background=True)
    Prefetcher(cache, submit, Waiting()).run([FIRST])
    monkeypatch.setattr(PREFETCHED, "_cache", cache)
    no_more_jobs(monkeypatch)


def measured(page):
    """Every number that the page says, without the seconds that measuring took."""
    without = re.sub(r"[\d.]+ s\b|base64,[^\"]+", "", text(page) + "".join(cards(page)))
    return re.findall(r"\d+(?:\.\d+)?%?", without)


@pytest.mark.usefixtures("answered")
def test_many_visitors_see_the_first_sample_with_its_verdicts_without_one_job():
    pages = [page_at("").run() for _ in range(3)]
    for page in pages:
        assert not page.error
        said = text(page)
        assert all(f"**{model_name(card)}**" in said for card in CARDS)
        assert said.count("Where it looked does not say whether it is right.") == len(CARDS)
        assert len(pills(page)) == len(CARDS)
        assert said.count("Model-randomisation check") == 2 * len(CARDS), "the maps are checked as well"
        assert "visitor" not in page.session_state, "this is what a job is handed in under"


@pytest.mark.usefixtures("answered")
def test_what_was_answered_beforehand_is_what_a_visitor_would_have_measured(monkeypatch):
    ready = measured(page_at("").run())
    monkeypatch.undo()
    assert measured(page_at("").run()) == ready
    assert len(ready) > 60
