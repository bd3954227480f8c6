"""A sample that was answered beforehand costs the model process nothing, and is the same on the page."""

import re
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.prefetch.disk_cache import DiskCache
from dashboard.prefetch.scheduler import PREFETCHED, Prefetcher, Waiting
from dashboard.text.model_names import model_name
from tests.support.paths import APP
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

    def refuse(*_, **__):
        raise AssertionError("a job was handed in")

    monkeypatch.setattr(session.worker(), "submit", refuse)


def text(page):
    assert not page.exception
    return "\n".join(str(part.value) for part in (*page.markdown, *page.caption, *page.error, *page.header))


def measured(page):
    """Every number that the page says, without the seconds that measuring took."""
    return re.findall(r"\d+(?:\.\d+)?%?", re.sub(r"[\d.]+ seconds", "", text(page)))


@pytest.mark.usefixtures("answered")
def test_many_visitors_see_the_first_sample_with_its_verdicts_without_one_job():
    pages = [AppTest.from_file(str(APP), default_timeout=120).run() for _ in range(3)]
    for page in pages:
        assert not page.error
        said = text(page)
        assert all(f"**{model_name(card)}**" in said for card in CARDS)
        assert said.count("Where it looked does not say whether it is right.") == len(CARDS)
        assert "visitor" not in page.session_state, "this is what a job is handed in under"


@pytest.mark.usefixtures("answered")
def test_what_was_answered_beforehand_is_what_a_visitor_would_have_measured(monkeypatch):
    ready = measured(AppTest.from_file(str(APP), default_timeout=120).run())
    monkeypatch.undo()
    assert measured(AppTest.from_file(str(APP), default_timeout=280).run()) == ready
    assert len(ready) > 20
